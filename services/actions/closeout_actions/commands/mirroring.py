"""Keeping up with the tracker: what webhooks and readings make of tickets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from closeout_actions.adapters.markdown import pull_requests_in
from closeout_actions.adapters.port import Converted, Hear, Heard
from closeout_actions.commands.announcing import announce
from closeout_actions.domain import creation as create
from closeout_actions.domain import mirror
from closeout_actions.domain.creation import Stage
from closeout_actions.domain.notable import of_note, with_comments
from closeout_actions.domain.problems import NOBODY, judged
from closeout_actions.domain.seen import Moved, Seen, SeenTicket
from closeout_actions.store import Kept, Store
from closeout_actions.store.projects import Projects
from closeout_chassis.cells import forgotten
from closeout_chassis.db import Transaction
from closeout_chassis.errors import Poison, Reason
from closeout_judgement.people import Known
from closeout_judgement.unnamed import of_nobody
from closeout_schemas.deliveries import DeliveryReceived
from closeout_schemas.directory import Milestone
from closeout_schemas.envelope import Event
from closeout_schemas.tickets import Comment, Original
from closeout_schemas.vocabulary import TicketState, Vendor

Count = Callable[[str], None]


async def take_in(
    kept: Kept,
    seen: Seen,
    tx: Transaction,
    *,
    is_reading: bool,
    because_of: Event | None = None,
    by: str | None = None,
) -> mirror.Next:
    """What `seen` makes of a locked ticket: saved, and told to the others. `by`: who did it."""
    store = Store(tx.conn)
    now = await store.now()
    known = Known(await forgotten(tx.conn))
    seen = await _in_archive(kept, seen_of_nobody(seen, known, kept.tracker), tx)
    by = by and (known.by_handle(kept.tracker, by) or by)
    following = mirror.next(kept.ticket, seen, now, is_reading=is_reading, by=by or kept.ticket.hinted_by)
    hinted_by = by if following.look_again else None
    following = replace(following, ticket=following.ticket.model_copy(update={"hinted_by": hinted_by}))
    following = await with_problem(kept, following, tx, now)
    if following.ticket != kept.ticket:
        await store.save_ticket(following.ticket)
    if following.look_again:
        await store.ask_for_reading(kept.item_id)
    announce(tx, following.changes, now, because_of)
    return following


async def take_in_original(kept: Kept, seen: SeenTicket, tx: Transaction) -> None:
    """What became of the ticket of which this locked one is a duplicate. It does not ship this one: whether that work
    was what was promised, a person says."""
    snapshot = kept.ticket.snapshot
    if snapshot.state is not TicketState.DUPLICATE or snapshot.original is None:
        return
    seen = of_nobody(seen, Known(await forgotten(tx.conn)), kept.tracker)
    assignee = seen.assignees[0] if seen.assignees else None
    found = Original(key=seen.place.key, url=seen.place.url or None, state=seen.state, assignee=assignee)
    if found == snapshot.original:
        return
    store = Store(tx.conn)
    now = await store.now()
    snapshot = snapshot.model_copy(update={"original": found, "revision": snapshot.revision + 1})
    ticket = kept.ticket.model_copy(update={"snapshot": snapshot})
    why = f"{found.key}, of which it is a duplicate, is {seen.state.value.replace('_', ' ')}."
    following = mirror.Next(ticket, (mirror.Change(mirror.Kind.CHANGED, snapshot, why),))
    following = await with_problem(kept, following, tx, now)
    await store.save_ticket(following.ticket)
    announce(tx, following.changes, now)


async def take_in_comments(
    kept: Kept, comments: Sequence[Comment], until: datetime, tx: Transaction, links: Sequence[str] = ()
) -> None:
    """What people wrote on this locked ticket, which was as new as `until` when they were read. `links`: what the
    tracker says that it links."""
    gone = Known(await forgotten(tx.conn))
    comments = [of_nobody(one, gone, kept.tracker) for one in comments]
    postmortem = kept.committed.postmortem
    about = [str(postmortem.postmortem_id), str(postmortem.incident_id), *([postmortem.url] if postmortem.url else [])]
    linked = pull_requests_in("\n".join((*links, *(one.text for one in comments))))
    ticket, changes = with_comments(kept.ticket, of_note(comments, kept.ticket, about), linked)
    store = Store(tx.conn)
    known = ticket.comments_until
    await store.save_ticket(ticket.model_copy(update={"comments_until": max(known, until) if known else until}))
    announce(tx, changes, await store.now())


def would_replan(kept: Kept, plans: Sequence[Milestone]) -> bool:
    """Whether the iterations that a ticket is in now are news."""
    return mirror.replanned(kept.ticket, plans, kept.committed.item.target.value).ticket != kept.ticket


async def take_in_plans(kept: Kept, plans: Sequence[Milestone], tx: Transaction) -> None:
    """In which iterations this locked ticket is now."""
    store = Store(tx.conn)
    now = await store.now()
    following = mirror.replanned(kept.ticket, plans, kept.committed.item.target.value)
    following = await with_problem(kept, following, tx, now)
    await store.save_ticket(following.ticket)
    announce(tx, following.changes, now)


async def with_problem(kept: Kept, following: mirror.Next, tx: Transaction, now: datetime) -> mirror.Next:
    """`following`, with what is wrong with the ticket now."""
    ticket = following.ticket
    assigned = NOBODY
    if ticket.snapshot.state is TicketState.OPEN and ticket.assignees:
        assigned = await Projects(tx.conn).assigned(kept.tracker, ticket.snapshot.project, ticket.assignees)
    return judged(following, assigned, now, is_withdrawn=kept.withdrawn_because is not None)


async def look_again(kept: Kept, tx: Transaction) -> None:
    """Something around a locked ticket changed: say what is wrong with it now."""
    store = Store(tx.conn)
    now = await store.now()
    following = await with_problem(kept, mirror.Next(kept.ticket), tx, now)
    if following.changes:
        await store.save_ticket(following.ticket)
        announce(tx, following.changes, now)


def seen_of_nobody(seen: Seen, known: Known, tracker: Vendor) -> Seen:
    """What is seen, in which nobody stands who was forgotten: the tracker still knows them."""
    match seen:
        case SeenTicket():
            return of_nobody(seen, known, tracker)
        case Moved():
            return Moved(of_nobody(seen.to, known, tracker))
        case _:
            return seen


async def _in_archive(kept: Kept, seen: Seen, tx: Transaction) -> Seen:
    """An open ticket of an archived project is archived with it."""
    if not isinstance(seen, SeenTicket) or seen.state is not TicketState.OPEN:
        return seen
    if not await Projects(tx.conn).is_archived(kept.tracker, seen.place.project):
        return seen
    return seen.model_copy(update={"state": TicketState.ARCHIVED})


async def on_webhooks(
    deliveries: Sequence[DeliveryReceived], hearing: Mapping[Vendor, Hear], tx: Transaction, count: Count
) -> None:
    """Take in what trackers tell, in the order in which it came. Raises Poison for what cannot be read."""
    heard = [(event, one) for event in deliveries if (one := _heard(event, hearing, count)) is not None]
    store = Store(tx.conn)
    for vendor in {event.data.vendor for event, _ in heard}:
        locked = await store.lock_by_remote_id(
            vendor, [one.remote_id for event, one in heard if event.data.vendor is vendor]
        )
        for event, one in heard:
            if event.data.vendor is vendor:
                ours = locked.get(one.remote_id)
                # As those before it in the batch have left it.
                kept = await store.get(ours.item_id) if ours else None
                count(await _hear(event, one, kept, tx, store))


async def _hear(event: Event, heard: Heard, kept: Kept | None, tx: Transaction, store: Store) -> str:
    if kept is None and heard.converted is not None:
        return await _converted(heard.converted, store)
    if kept is None:
        return await _hint(heard.seen, store)
    if heard.is_hint or heard.seen is None or (heard.lacks_milestone and kept.ticket.milestone is not None):
        # It may be about a comment, which not every tracker takes for a change of the ticket.
        await store.save_ticket(kept.ticket.model_copy(update={"hinted_by": heard.by, "comments_until": None}))
        await store.ask_for_reading(kept.item_id)
        return "hint"
    following = await take_in(kept, heard.seen, tx, is_reading=False, because_of=event, by=heard.by)
    return "applied" if following.changes else "nothing_new"


async def _hint(seen: Seen | None, store: Store) -> str:
    """A ticket that is not ours. Where it has the mark of one that is in doubt, that one is looked for at once: anybody
    can write a mark, so a webhook with one proves nothing."""
    item_id = _item_id(seen)
    kept = await store.lock(item_id) if item_id else None
    if kept is None or kept.creation.stage is not Stage.DOUBTFUL:
        return "not_ours"
    await store.save_creation(kept.item_id, create.look_now(kept.creation, await store.now()))
    return "hint"


async def _converted(converted: Converted, store: Store) -> str:
    """Something that is no ticket has the mark of one of ours. Whether that one is gone, reading it tells."""
    item_id = _uuid(converted.mark)
    kept = await store.lock(item_id) if item_id else None
    if kept is None or kept.ticket.place is None:
        return "not_ours"
    await store.save_ticket(kept.ticket.model_copy(update={"converted_to": converted.what}))
    await store.ask_for_reading(kept.item_id)
    return "hint"


def _item_id(seen: Seen | None) -> UUID | None:
    return _uuid(seen.mark) if isinstance(seen, SeenTicket) and seen.mark else None


def _uuid(mark: str) -> UUID | None:
    try:
        return UUID(mark)
    except ValueError:
        return None


def _heard(event: DeliveryReceived, hearing: Mapping[Vendor, Hear], count: Count) -> Heard | None:
    hear = hearing.get(event.data.vendor)
    try:
        heard = hear(event.data) if hear else None
    except ValueError as error:
        raise Poison(Reason.UNINTERPRETABLE, f"a {event.data.vendor.value} webhook: {error}") from None
    if heard is None:
        count("ignored")
    return heard
