"""Tables of what stands beside a published postmortem: mandated tickets, and reasons beside the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.store.incidents import storable
from closeout_schemas.postmortems import MandatedTicket
from closeout_schemas.tickets import TicketSnapshot

SQL = load_queries("closeout_review")


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Why a mandated ticket does not belong to its postmortem any more."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LinkedTicket:
    """A mandated ticket as it was linked; `seen` is the tracker's word on it, None where nobody follows it."""

    ticket: MandatedTicket
    by: str
    at: datetime
    seen: TicketSnapshot | None
    unlinked: Unlinked | None = None


@dataclass(frozen=True, slots=True)
class VerdictReason:
    """What a team says beside the verdict."""

    reason: str
    by: str
    at: datetime


class Record:
    """What was added to a published postmortem. Nothing of it is ever changed."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def link(self, postmortem_id: UUID, ticket: MandatedTicket, by: str) -> bool:
        """Whether the ticket was not linked yet. From now on it is."""
        content = storable(ticket.model_dump(mode="json"))
        return await self._conn.fetchval(SQL["link_mandated"], ticket.id, postmortem_id, content, by) is not None

    async def mandated(self, postmortem_id: UUID) -> list[LinkedTicket]:
        """Those that are demanded, in the order in which they were linked."""
        return [
            LinkedTicket(
                MandatedTicket.model_validate(row["content"]),
                row["linked_by"],
                row["linked_at"],
                TicketSnapshot.model_validate(row["ticket"]) if row["ticket"] else None,
                Unlinked(row["reason"], row["unlinked_by"], row["unlinked_at"]) if row["reason"] else None,
            )
            for row in await self._conn.fetch(SQL["mandated"], postmortem_id)
        ]

    async def unlink(self, ticket_id: UUID, reason: str, by: str) -> bool:
        """Whether it was linked still. From now on it is not; the link and the reason stay readable."""
        return bool(await self._conn.fetchval(SQL["unlink_mandated"], ticket_id, storable(reason), storable(by)))

    async def add_reason(self, postmortem_id: UUID, reason: str, by: str) -> None:
        """Keep what is said beside the verdict. The postmortem is locked."""
        await self._conn.execute(SQL["add_verdict_reason"], postmortem_id, reason, by)

    async def reasons(self, postmortem_id: UUID) -> list[VerdictReason]:
        """What was said beside the verdict, the first first."""
        rows = await self._conn.fetch(SQL["verdict_reasons"], postmortem_id)
        return [VerdictReason(row["reason"], row["said_by"], row["said_at"]) for row in rows]
