"""What law, security or an auditor demands is linked with a postmortem, and is no promise: no number counts it."""

from __future__ import annotations

from uuid import UUID

import pytest

from closeout_chassis.db import Database
from closeout_metrics import testing as e
from closeout_metrics.domain.tally import Cell
from closeout_metrics.testing import Hear
from closeout_schemas.envelope import Event
from closeout_schemas.postmortems import MandatedTicket, MandatedTicketLinked, TicketMandated
from closeout_schemas.vocabulary import Demand, TicketState, derived_id

pytestmark = pytest.mark.integration


def mandated(ticket_id: UUID, promise: Event) -> MandatedTicketLinked:
    about = promise.data.postmortem  # type: ignore[attr-defined]
    ticket = MandatedTicket(
        id=ticket_id, url="https://t.test/1", title="Report the breach", demanded_by=Demand.LAW, why="GDPR 33"
    )
    data = TicketMandated(postmortem=about, ticket=ticket, linked_at=e.PUBLISHED)
    event_id = derived_id("test", "mandated", str(ticket_id))
    return MandatedTicketLinked(
        id=event_id, source="/test", subject=str(about.postmortem_id), time=e.PUBLISHED, data=data
    )


async def test_a_mandated_ticket_changes_no_number_whatever_its_tracker_says(db: Database, hear: Hear) -> None:
    async def tallies() -> dict[Cell, int]:
        async with db.reading() as conn:
            return await e.tallies(conn)

    promise = e.committed()
    await hear(e.incident(), promise)
    before = await tallies()
    ticket = e.ticket(TicketState.COMPLETED, 2)
    other = ticket.data.ticket.model_copy(update={"item_id": derived_id("mandated", "1")})
    seen = ticket.model_copy(update={"data": ticket.data.model_copy(update={"ticket": other})})
    await hear(mandated(other.item_id, promise), seen)
    assert await tallies() == before
