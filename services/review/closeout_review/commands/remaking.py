"""A lost ticket is asked for again. The actions service makes it, and says so."""

from __future__ import annotations

from uuid import UUID

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.commands.announcements import Announcer
from closeout_review.commands.outcomes import reference_of
from closeout_review.settings import ReviewSettings
from closeout_review.store.postmortems import Postmortems, Promise


async def remake(db: Database, settings: ReviewSettings, postmortem_id: UUID, item_id: UUID, by: str | None) -> None:
    """Ask for it. Pressed twice, it is asked for once. Raises Refused where the ticket is there, or never was."""
    async with db.transaction() as tx:
        postmortems = Postmortems(tx.conn)
        concerned = await postmortems.lock([postmortem_id])
        promises = await postmortems.promises([postmortem_id])
        promise = next((one for one in promises if one.item.id == item_id), None)
        if promise is None:
            raise Refused(404, "no-such-item", "That postmortem has no such action item.")
        if promise.withdrawn_at is not None or promise.ticket is None or not can_be_made_again(promise):
            raise Refused(409, "nothing-to-make-again", "Its ticket is there, or nobody wants it: reload the page.")
        announcer = Announcer(tx, await reference_of(concerned[0], settings, tx), concerned[0].now, None)
        announcer.wanted_again(item_id, promise.ticket.revision, by)


def can_be_made_again(promise: Promise) -> bool:
    """Whether there was a ticket, and is none."""
    ticket = promise.ticket
    if ticket is None or ticket.key is None:
        return False
    is_missed = ticket.problem is not None and ticket.problem.kind == "not_found"
    return ticket.state.is_gone or is_missed
