"""The table of what tickets are told when something came back. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from closeout_actions.domain.ticket import Ticket
from closeout_actions.store import SQL
from closeout_chassis.db import Conn
from closeout_schemas.postmortems import Recurrence
from closeout_schemas.vocabulary import Vendor, derived_id


@dataclass(frozen=True, slots=True)
class Due:
    """A comment that is to be said on a ticket that exists."""

    item_id: UUID
    recurrence: Recurrence
    failures: int
    ticket: Ticket

    @property
    def mark(self) -> str:
        """By which the comment is known again in the tracker, however often it is asked for."""
        return str(derived_id("recurrence_comment", str(self.item_id), str(self.recurrence.incident_id)))


class Comments:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def want(self, item_id: UUID, recurrence: Recurrence) -> None:
        """A ticket is to be told; what was heard before changes nothing."""
        said = recurrence.model_dump_json()
        await self._conn.execute(SQL["want_comment"], item_id, recurrence.incident_id, said)

    async def take_back(self, incident_id: UUID, item_ids: Iterable[UUID]) -> None:
        """It was not the same: what was not said yet stays unsaid."""
        await self._conn.execute(SQL["take_back_comments"], incident_id, list(item_ids))

    async def claim(self, tracker: Vendor) -> Due | None:
        """What is due, locked."""
        row = await self._conn.fetchrow(SQL["claim_comment"], tracker.value)
        if row is None:
            return None
        told = Recurrence.model_validate_json(row["recurrence"])
        return Due(row["item_id"], told, row["failures"], Ticket.model_validate_json(row["mirror"]))

    async def put_off(self, due: Due, wait: timedelta, failures: int) -> None:
        """Not before so long."""
        await self._conn.execute(SQL["put_off_comment"], due.item_id, due.recurrence.incident_id, wait, failures)

    async def settle(self, due: Due, outcome: str) -> None:
        """Nothing is left to do."""
        await self._conn.execute(SQL["settle_comment"], due.item_id, due.recurrence.incident_id, outcome)
