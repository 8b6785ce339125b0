"""Counting the rows anew: after a release that counts otherwise, after a change of the time zone, or when in doubt."""

from __future__ import annotations

import logging
from collections import Counter
from zoneinfo import ZoneInfo

from closeout_chassis.db import Database
from closeout_metrics.domain import action_item, incident, postmortem
from closeout_metrics.domain.action_item import ActionItem
from closeout_metrics.domain.incident import Incident
from closeout_metrics.domain.postmortem import Postmortem
from closeout_metrics.domain.tally import Cell
from closeout_metrics.store import Store

log = logging.getLogger(__name__)

# Raised with every change of what a row counts for, of the histogram's buckets, or of how soon a fix has not held.
VERSION = 7


class Counting:
    """Keeps the tallies counted by this release's rules and the organisation's time zone."""

    def __init__(self, db: Database, zone: ZoneInfo) -> None:
        self._db = db
        self._zone = zone
        self._basis = basis_of(zone)

    async def check(self) -> None:
        """Count anew where the tallies were counted by other rules."""
        async with self._db.reading() as conn:
            basis = await Store(conn).basis()
        if basis != self._basis:
            await self.rebuild()
            log.info("counted anew", extra={"was": basis, "now": self._basis})

    async def rebuild(self) -> None:
        """Replace the tallies by what the rows say. Scrapes go on; events wait."""
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            await store.hold_tallies()
            await store.drop_recurrences_that_held()
            await count_anew(store, self._zone)


async def count_anew(store: Store, zone: ZoneInfo) -> None:
    """Put in the place of all tallies what the rows say, in the transaction at hand."""
    counts: Counter[Cell] = Counter()
    async for one in store.every(Incident):
        counts.update(incident.cells(one, zone))
    async for paper in store.every(Postmortem):
        counts.update(postmortem.cells(paper))
    async for item in store.every(ActionItem):
        counts.update(action_item.cells(item, zone))
    await store.replace_tallies(counts)
    await store.save_basis(basis_of(zone))


def basis_of(zone: ZoneInfo) -> str:
    """By which rules, and by whose calendar, the tallies are counted."""
    return f"{VERSION} {zone.key}"
