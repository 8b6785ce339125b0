"""The table of the tickets that are demanded, and only read. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from closeout_actions.store import SQL
from closeout_chassis.db import Conn
from closeout_schemas.tickets import TicketSnapshot
from closeout_schemas.vocabulary import Vendor


@dataclass(frozen=True, slots=True)
class Followed:
    """A mandated ticket. `snapshot`: what the others were told last; `misses`: how often in a row it was not found."""

    key: str
    snapshot: TicketSnapshot
    misses: int


class MandatedTickets:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def add(self, key: str, snapshot: TicketSnapshot) -> None:
        """Follow it from now on."""
        await self._conn.execute(
            SQL["add_mandated"], snapshot.item_id, snapshot.tracker.value, key, snapshot.model_dump_json()
        )

    async def to_read(self, tracker: Vendor, most: int) -> Sequence[Followed]:
        """Those that were not read for longest first."""
        return [_followed(row) for row in await self._conn.fetch(SQL["mandated_to_read"], tracker.value, most)]

    async def lock(self, ticket_id: UUID) -> Followed | None:
        """One for changing; None where nobody follows it any more."""
        row = await self._conn.fetchrow(SQL["lock_mandated"], ticket_id)
        return _followed(row) if row else None

    async def forget(self, ticket_id: UUID) -> None:
        """It is not read any more."""
        await self._conn.execute(SQL["forget_mandated"], ticket_id)

    async def save(self, snapshot: TicketSnapshot, misses: int) -> None:
        """It was read."""
        await self._conn.execute(SQL["save_mandated"], snapshot.item_id, snapshot.model_dump_json(), misses)


def _followed(row: object) -> Followed:
    return Followed(row["key"], TicketSnapshot.model_validate_json(row["snapshot"]), row["misses"])  # type: ignore[index]
