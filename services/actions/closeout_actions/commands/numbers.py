"""The gauges of this service, from the database, so that replicas agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from closeout_actions.commands.creating import Connected
from closeout_actions.domain.creation import Stage
from closeout_actions.store import Store
from closeout_actions.telemetry import ActionsMetrics
from closeout_chassis.db import Database
from closeout_schemas.vocabulary import Vendor


async def refresh(
    db: Database, trackers: Mapping[Vendor, Connected], known: Mapping[Vendor, object], metrics: ActionsMetrics
) -> None:
    """Bring the gauges up to date. `known`: every tracker there could be a credential for."""
    stages: Counter[str] = Counter()
    async with db.reading() as conn:
        store = Store(conn)
        for stage, _state, tickets in await store.count():
            stages[stage] += tickets
        for vendor in known:
            connected = trackers.get(vendor)
            is_paused = connected is None or await connected.budget.is_unauthorized(store)
            metrics.paused.labels(vendor.value).set(is_paused)
    for one in Stage:
        metrics.tickets.labels(one.value).set(stages[one.value])
