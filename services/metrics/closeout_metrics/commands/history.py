"""What became of promises over time, asked of the rows: for people, not for a scrape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from closeout_chassis.db import Database
from closeout_metrics.domain.calendar import day_of, quarter_begin, quarters_back
from closeout_metrics.domain.cohort import Cohort, Only, cohorts_of
from closeout_metrics.store import Store

GROUPS = ("all", "team", "service", "control", "tracker")
STATES = ("all", "open", "overdue", "shipped", "withdrawn", "slipped", "recurred")
MOST_ROWS = 1000
# Before everything: the first page ends nowhere.
NEWEST = (datetime(9999, 12, 31, tzinfo=UTC), UUID(int=2**128 - 1))


class History:
    """Cohorts, items and recurrences, by the organisation's calendar and the database's clock."""

    def __init__(self, db: Database, zone: ZoneInfo, now: Callable[[Store], Awaitable[datetime]] = Store.now) -> None:
        self._db = db
        self._zone = zone
        self._now = now

    async def cohorts(self, by: str, quarters: int, only: Only) -> dict[str, list[Cohort]]:
        """The cohorts of the latest quarters, of each team, service, control or tracker, or of all together."""
        async with self._db.reading() as conn:
            store = Store(conn)
            now = await self._now(store)
            since = quarter_begin(quarters_back(now, self._zone, quarters), self._zone)
            return cohorts_of(await store.cohorts_by(by, since, self._zone, day_of(now, self._zone), only))

    async def items(
        self, state: str, only: Only, limit: int | None, before: tuple[datetime, UUID] = NEWEST
    ) -> list[dict[str, Any]]:
        """Action items in that state, the latest promise first. Without a `limit`: all of them."""
        async with self._db.reading() as conn:
            store = Store(conn)
            today = day_of(await self._now(store), self._zone)
            return await store.history_items(before, state, today, only, limit)

    async def recurrences(self, quarters: int, only: Only, limit: int | None) -> list[dict[str, Any]]:
        """What came back in the latest quarters. Without a `limit`: all of it."""
        async with self._db.reading() as conn:
            store = Store(conn)
            first = quarters_back(await self._now(store), self._zone, quarters)
            return await store.history_recurrences(quarter_begin(first, self._zone), only, limit)
