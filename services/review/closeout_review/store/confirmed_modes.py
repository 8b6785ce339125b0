"""The table of what was suggested and what was confirmed. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.store.imported import ImportedReview, review_of_row
from closeout_review.store.incidents import storable

SQL = load_queries("closeout_review")


class ConfirmedModes:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def keep(
        self, postmortem_id: UUID, version: int, suggested: Sequence[tuple[str, str]], confirmed: Sequence[str]
    ) -> None:
        """Keep what was suggested (mode, evidence) and what people confirmed."""
        rows = [{"mode": mode, "evidence": evidence} for mode, evidence in suggested]
        await self._conn.execute(SQL["keep_confirmed_modes"], postmortem_id, version, storable(rows), list(confirmed))

    async def corrected(self) -> AsyncIterator[ImportedReview]:
        """Imported reviews whose failure modes somebody said, the longest ago first. Needs a transaction."""
        async for row in self._conn.cursor(SQL["corrected_modes"], prefetch=50):
            yield review_of_row(dict(row))

    async def all(self) -> AsyncIterator[dict[str, Any]]:
        """All of it with what each review says, the oldest first. Needs a transaction."""
        async for row in self._conn.cursor(SQL["confirmed_modes"], prefetch=200):
            yield dict(row)
