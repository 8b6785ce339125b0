"""Tickets that still say what was taken out of their promise. Every query is in sql/queries.sql."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from closeout_actions.store import SQL, Kept, kept_of
from closeout_chassis.db import Conn
from closeout_schemas.vocabulary import Vendor


class ToClean:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def want(self, item_id: UUID) -> None:
        """Words were taken out of the promise: its ticket is to be written anew."""
        await self._conn.execute(SQL["want_cleaning"], item_id)

    async def claim(self, tracker: Vendor) -> Kept | None:
        """A ticket that is due, locked."""
        row = await self._conn.fetchrow(SQL["claim_cleaning"], tracker.value)
        return kept_of(row) if row else None

    async def put_off(self, kept: Kept, due_at: datetime | None, failures: int = 0) -> None:
        """When to write the ticket anew; None: it was, or it cannot be."""
        await self._conn.execute(SQL["set_cleaning"], kept.item_id, kept.clean_number, due_at, failures)
