"""The numbers of this service's own health. Every metric of it is named here."""

from __future__ import annotations

from prometheus_client import Counter

from closeout_chassis.telemetry import Metrics


class IngestMetrics:
    """What came in, and what became of what the others wanted said."""

    def __init__(self, metrics: Metrics) -> None:
        self.deliveries = Counter(
            "closeout_ingest_deliveries_total",
            "Deliveries of pagers and chats behind the door, by event as docs/reference/sources.md names it, and what "
            "became of them: read (facts), kept (uninterpreted).",
            ["vendor", "event", "result"],
            registry=metrics.registry,
        )
        self.said = Counter(
            "closeout_ingest_said_total",
            "Cards and notices, by the place or the way, and what became of them: said, too_late, no_way, no_channel, "
            "no_incident, unknown_recipient.",
            ["what", "way", "result"],
            registry=metrics.registry,
        )
