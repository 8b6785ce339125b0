"""The gauges of this service, from the database, so that replicas agree."""

from __future__ import annotations

from closeout_chassis.db import Database
from closeout_review.store.catalogue import CatalogueIndex
from closeout_review.telemetry import ReviewMetrics


async def refresh(db: Database, metrics: ReviewMetrics) -> None:
    """Bring the gauges up to date."""
    async with db.reading() as conn:
        counted = await CatalogueIndex(conn).counts()
    metrics.cards.set(counted["cards"])
    for answer in ("yes", "no"):
        for source in ("feedback", "reviewer"):
            metrics.answers.labels(answer, source).set(counted[f"{answer}_{source}"])
    metrics.catalogued.labels("here").set(counted["here"])
    metrics.catalogued.labels("imported").set(counted["imported"])
