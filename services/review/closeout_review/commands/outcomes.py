"""What published postmortems come to: by their tickets, by withdrawal, and by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from closeout_chassis.db import Database, Transaction
from closeout_review.commands.announcements import Announcer, reference
from closeout_review.domain.facts import Facts
from closeout_review.domain.outcome import Standing, open_items, outcome_of
from closeout_review.settings import ReviewSettings
from closeout_review.store.incidents import Incidents
from closeout_review.store.postmortems import Kept, Postmortems, Promise
from closeout_schemas.envelope import Event
from closeout_schemas.postmortems import PostmortemRef
from closeout_schemas.tickets import TicketEvent, TicketSnapshot
from closeout_schemas.vocabulary import Outcome, TicketState

# Of postmortems whose month four begins at one moment; the rest is taken in the same round.
AT_ONCE = 100


async def take_in_tickets(events: Sequence[TicketEvent], settings: ReviewSettings, tx: Transaction) -> None:
    """Keep the latest of each ticket, and conclude what that decides."""
    postmortems = Postmortems(tx.conn)
    latest: dict[UUID, TicketSnapshot] = {}
    because_of: dict[UUID, Event] = {}
    for event in events:
        ticket = event.data.ticket
        if ticket.item_id not in latest or ticket.revision > latest[ticket.item_id].revision:
            latest[ticket.item_id] = ticket
            because_of[ticket.postmortem_id] = event
    # Locked before the tickets change: two tickets of one postmortem, taken in at once, each see the other's end.
    concerned = await postmortems.lock(await postmortems.with_items(latest))
    await postmortems.take_in_tickets(latest.values())
    await conclude(concerned, settings, tx, because_of)


async def conclude(
    concerned: Sequence[Kept],
    settings: ReviewSettings,
    tx: Transaction,
    because_of: dict[UUID, Event] | None = None,
) -> None:
    """Bring the outcome of these locked postmortems up to date, and say each verdict the first time it is true."""
    postmortems = Postmortems(tx.conn)
    promises = await postmortems.promises([one.id for one in concerned])
    by_postmortem = {key: list(group) for key, group in groupby(promises, key=lambda promise: promise.postmortem_id)}
    for one in concerned:
        if one.outcome is None or one.fails_at is None:
            continue
        items = [standing(promise) for promise in by_postmortem.get(one.id, [])]
        outcome = outcome_of(one.outcome, items, one.fails_at, one.now)
        news = _news(one, outcome)
        if outcome is not one.outcome or news:
            await postmortems.conclude(one.id, outcome, news)
        if news:
            announcer = Announcer(tx, await reference_of(one, settings, tx), one.now, (because_of or {}).get(one.id))
            for verdict in news:
                announcer.concluded(verdict, open_items(items))


def standing(promise: Promise) -> Standing:
    """A promise, as far as the outcome goes."""
    ticket = promise.ticket
    return Standing(
        state=ticket.state if ticket else TicketState.WANTED,
        closed_at=ticket.closed_at if ticket else None,
        withdrawn=promise.withdrawn_at is not None,
    )


def _news(one: Kept, outcome: Outcome) -> list[Outcome]:
    """The verdicts that have to be said now. What closed late has failed before, even if nobody said so in time."""
    said = {
        Outcome.SUCCEEDED: one.succeeded_at,
        Outcome.FAILED: one.failed_at,
        Outcome.CLOSED_LATE: one.closed_late_at,
    }
    due = [Outcome.FAILED, Outcome.CLOSED_LATE] if outcome is Outcome.CLOSED_LATE else [outcome]
    return [verdict for verdict in due if verdict in said and said[verdict] is None]


async def reference_of(one: Kept, settings: ReviewSettings, tx: Transaction) -> PostmortemRef:
    """Which postmortem, with its title and times as they were published."""
    incident = await Incidents(tx.conn).one(one.incident_id)
    draft = await Postmortems(tx.conn).draft(one.id, one.revision)
    assert incident is not None
    if one.published_facts is None or incident.restricted:
        return reference(incident, draft.title if draft else incident.title, settings)
    facts = Facts.model_validate(one.published_facts)
    then = reference(incident, draft.title if draft else facts.title, settings)
    return then.model_copy(
        update={"severity": facts.severity, "opened_at": facts.opened_at, "resolved_at": facts.resolved_at}
    )


async def conclude_due(db: Database, settings: ReviewSettings) -> None:
    """Decide, by the database's clock, every pending postmortem whose month four has begun."""
    while True:
        async with db.transaction() as tx:
            due = await Postmortems(tx.conn).lock_due(AT_ONCE)
            await conclude(due, settings, tx)
        if len(due) < AT_ONCE:
            return
