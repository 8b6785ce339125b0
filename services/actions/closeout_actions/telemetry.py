"""The numbers of this service's own health. Every metric of it is named here."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from closeout_chassis.telemetry import Metrics
from closeout_schemas.vocabulary import Vendor


class ActionsMetrics:
    """What became of webhooks and of creations."""

    def __init__(self, metrics: Metrics) -> None:
        self._loop_failures = metrics.loop_failures
        self.webhooks = Counter(
            "closeout_actions_webhooks_total",
            "Webhooks of trackers, by what became of them: applied, nothing_new, hint, not_ours, ignored.",
            ["result"],
            registry=metrics.registry,
        )
        self.creations = Counter(
            "closeout_actions_creation_attempts_total",
            "Attempts to make a ticket, by outcome: created, refused, put_off, unknown.",
            ["outcome"],
            registry=metrics.registry,
        )
        self.tickets = Gauge(
            "closeout_actions_tickets",
            "Promises by the stage of their ticket: wanted, creating, doubtful, created, refused, withdrawn.",
            ["stage"],
            registry=metrics.registry,
        )
        self.synced = Gauge(
            "closeout_actions_tracker_synced_timestamp_seconds",
            "When this process last read through all that may have changed in a tracker, in Unix time.",
            ["tracker"],
            registry=metrics.registry,
        )
        self.paused = Gauge(
            "closeout_actions_tracker_paused",
            "1 while a tracker accepts no credential of ours: none is set, or it is refused.",
            ["tracker"],
            registry=metrics.registry,
        )

    def delayed(self, loop: str) -> None:
        """A tracker that does not answer, or not us, held up a round of this loop; with the others it went on."""
        self._loop_failures.labels(loop).inc()

    def tried(self, loop: str, outcome: str) -> None:
        """A ticket was to be made."""
        self.creations.labels(outcome).inc()
        if outcome in ("put_off", "unknown"):
            self.delayed(loop)

    def was_synced(self, tracker: Vendor) -> None:
        """All that may have changed in a tracker has been read now."""
        self.synced.labels(tracker.value).set_to_current_time()
