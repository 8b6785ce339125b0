"""Reading everything that there is to tell again, a few rows at a time in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.meta_review import Kept
from closeout_review.store.meta_reviews import finding_of

SQL = load_queries("closeout_review")
AT_ONCE = 500


class Told:
    """All of it, in the order in which it came about. Needs a transaction."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def incidents(self) -> AsyncIterator[dict[str, Any]]:
        """Every incident, with when it was first heard of."""
        async for row in self._conn.cursor(SQL["told_incidents"], prefetch=AT_ONCE):
            yield dict(row)

    async def postmortems(self) -> AsyncIterator[dict[str, Any]]:
        """Every postmortem, with its incident, its draft, its promises with their tickets, and what came back."""
        async for row in self._conn.cursor(SQL["told_postmortems"], prefetch=AT_ONCE):
            yield dict(row)

    async def findings(self) -> list[tuple[Kept, int]]:
        """Every decision about a pattern of a quarter, with its number."""
        return [(finding_of(row), row["number"]) for row in await self._conn.fetch(SQL["told_meta_findings"])]

    async def proposals(self) -> list[dict[str, Any]]:
        """Every structural proposal that was accepted."""
        return [dict(row) for row in await self._conn.fetch(SQL["told_meta_proposals"])]
