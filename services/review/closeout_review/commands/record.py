"""What may be added beside a published postmortem: mandated tickets, and a reason beside a verdict. Nothing goes."""

from __future__ import annotations

from uuid import UUID

from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Refused
from closeout_review.commands.announcements import Announcer
from closeout_review.commands.outcomes import reference_of
from closeout_review.domain.draft import Mandated
from closeout_review.domain.mandated import refusals_of
from closeout_review.settings import ReviewSettings
from closeout_review.store.postmortems import Kept, Postmortems
from closeout_review.store.record import Record
from closeout_schemas.postmortems import MandatedTicket
from closeout_schemas.vocabulary import Outcome, derived_id

CONTESTABLE = (Outcome.FAILED, Outcome.CLOSED_LATE)


async def link_mandated(db: Database, settings: ReviewSettings, postmortem_id: UUID, ticket: Mandated, by: str) -> None:
    """Link a ticket that exists already with a published postmortem. The same again changes nothing.

    Raises Refused: 404, 409 while it is a draft (which has a place of its own for them), 422 for what is missing.
    """
    async with db.transaction() as tx:
        kept = await _published(tx, postmortem_id)
        refused = [one.as_json() for one in refusals_of(ticket, "mandated")]
        if refused:
            raise Refused(422, "gate-refused", "A mandated ticket says who demands it, by what.", refusals=refused)
        await link(tx, ticket, by, kept.id, Announcer(tx, await reference_of(kept, settings, tx), kept.now, None))


async def link(tx: Transaction, ticket: Mandated, by: str, postmortem_id: UUID, announcer: Announcer) -> None:
    """Keep and say that `ticket`, which has passed, belongs to the postmortem."""
    assert ticket.demanded_by is not None
    before = [one for one in await Record(tx.conn).mandated(postmortem_id) if one.ticket.url == ticket.url]
    if any(one.unlinked is None for one in before):
        return
    # Linked again after it was unlinked, it is another link.
    again = [str(len(before))] if before else []
    linked = MandatedTicket(
        id=derived_id("mandated_ticket", str(postmortem_id), ticket.url, *again),
        url=ticket.url,
        title=ticket.title or ticket.url,
        demanded_by=ticket.demanded_by,
        why=ticket.why,
    )
    if await Record(tx.conn).link(postmortem_id, linked, by):
        announcer.mandated(linked, by)


async def unlink_mandated(
    db: Database, settings: ReviewSettings, postmortem_id: UUID, ticket_id: UUID, reason: str, by: str
) -> None:
    """Say why a mandated ticket does not belong there. Both stay readable; again, the first reason stands.

    Raises Refused: 404 where the postmortem has no such ticket, 409 while it is a draft.
    """
    async with db.transaction() as tx:
        kept = await _published(tx, postmortem_id)
        if not any(one.ticket.id == ticket_id for one in await Record(tx.conn).mandated(postmortem_id)):
            raise Refused(404, "no-such-mandated-ticket", "No such mandated ticket is linked with that postmortem.")
        if await Record(tx.conn).unlink(ticket_id, reason, by):
            announcer = Announcer(tx, await reference_of(kept, settings, tx), kept.now, None)
            announcer.unlinked(ticket_id, reason, by)


async def contest(db: Database, postmortem_id: UUID, reason: str, by: str) -> None:
    """Say something beside the verdict *failed*. The verdict stays.

    Raises Refused: 404, 409 where it has not failed.
    """
    async with db.transaction() as tx:
        kept = await _published(tx, postmortem_id)
        if kept.outcome not in CONTESTABLE:
            detail = "A reason stands beside the verdict that it failed; this postmortem has no such verdict."
            raise Refused(409, "not-failed", detail)
        said = await Record(tx.conn).reasons(postmortem_id)
        if not any((one.reason, one.by) == (reason, by) for one in said):
            await Record(tx.conn).add_reason(postmortem_id, reason, by)


async def _published(tx: Transaction, postmortem_id: UUID) -> Kept:
    found = await Postmortems(tx.conn).lock([postmortem_id])
    if not found:
        raise Refused(404, "no-such-postmortem", "There is no such postmortem.")
    if found[0].published_at is None:
        raise Refused(409, "not-published", "It is a draft still. Write it there; the gate looks at it.")
    return found[0]
