"""Who has promised what. Every query is in sql/queries.sql."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.store.postmortems import Promise, promise_of

SQL = load_queries("closeout_review")


@dataclass(frozen=True, slots=True)
class Counts:
    """How much one person has promised. `name`: as the last promise says; None where there is none."""

    open: int
    shipped: int
    withdrawn: int
    name: str | None


class Owners:
    """Reads on one connection. Every list comes in pages."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def all_of_them(self, zone: ZoneInfo, skip: int, limit: int) -> list[dict[str, Any]]:
        """Everybody who has promised something, and how much is open, overdue and shipped; the most open first."""
        return [dict(row) for row in await self._conn.fetch(SQL["owners"], skip, limit, zone.key)]

    async def counts(self, person_id: UUID) -> Counts:
        """How much one person has promised, and what became of it."""
        row = await self._conn.fetchrow(SQL["counts_of_owner"], str(person_id))
        assert row is not None
        return Counts(**row)

    async def promises(self, person_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> list[Promise]:
        """What one person has promised, in the order in which it was; `after`: where the page before ended."""
        at, item_id = after or (None, None)
        rows = await self._conn.fetch(SQL["promises_of"], str(person_id), at, item_id, limit)
        return [promise_of(row) for row in rows]

    async def still_open(self, person_id: UUID, after: UUID | None, limit: int) -> list[Promise]:
        """What one person has promised and not shipped, by when it is due; `after`: the last of the page before."""
        rows = await self._conn.fetch(SQL["open_promises_of_person"], str(person_id), after, limit)
        return [promise_of(row) for row in rows]

    async def over(self, person_id: UUID, before: UUID | None, limit: int) -> list[Promise]:
        """What one person has shipped or taken back, the latest first; `before`: the last of the page before."""
        rows = await self._conn.fetch(SQL["over_promises_of_person"], str(person_id), before, limit)
        return [promise_of(row) for row in rows]
