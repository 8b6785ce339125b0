"""The numbers of this service's own work. Every metric of it is named here."""

from __future__ import annotations

from prometheus_client import Gauge

from closeout_chassis.telemetry import Metrics


class ReviewMetrics:
    """What the back catalogue is worth at night."""

    def __init__(self, metrics: Metrics) -> None:
        self.cards = Gauge(
            "closeout_review_cards",
            "Incidents for which something related was sure enough to be said, ever.",
            registry=metrics.registry,
        )
        self.answers = Gauge(
            "closeout_review_card_answers",
            "What people said of an incident and an earlier review: the same again (yes) or not (no), and whether "
            "whoever was paged said so (feedback) or a reviewer.",
            ["answer", "source"],
            registry=metrics.registry,
        )
        self.catalogued = Gauge(
            "closeout_review_catalogued_reviews",
            "Reviews that a page at night can find, by where they were written: here, or imported.",
            ["written"],
            registry=metrics.registry,
        )
