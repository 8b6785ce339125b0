"""What a promise made, taken back or asked for again does to its ticket. No tracker is called here."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from closeout_actions.commands.announcing import announce
from closeout_actions.commands.mirroring import look_again
from closeout_actions.domain import creation as create
from closeout_actions.domain import mirror
from closeout_actions.domain.creation import Creation, Stage
from closeout_actions.domain.mirror import Change, Kind
from closeout_actions.domain.ticket import changed, remade, wanted
from closeout_actions.store import Kept, Store
from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Refused
from closeout_schemas.envelope import Event
from closeout_schemas.postmortems import (
    ActionItemChanged,
    ActionItemCommitted,
    ActionItemWithdrawn,
    TicketWantedAgain,
)
from closeout_schemas.vocabulary import TicketState


async def want(event: ActionItemCommitted, tx: Transaction) -> None:
    """Record that there is to be a ticket. The worker makes it; a promise heard of again changes nothing."""
    store = Store(tx.conn)
    creation = Creation(due_at=await store.now())
    await store.add(event.data, wanted(event.data), creation, event.traceparent)


async def change(event: ActionItemChanged, tx: Transaction) -> None:
    """The promise has another owner or target: its ticket is told, or made that way. An older change does nothing."""
    store = Store(tx.conn)
    kept = await store.lock(event.data.item.id)
    if kept is None or event.data.number <= kept.ticket.promise_number:
        return
    ticket = changed(kept.ticket, event.data.item, event.data.number)
    if kept.creation.stage is not Stage.CREATED:
        # What is told of the due day is the promise's own, until the tracker has one.
        snapshot = ticket.snapshot.model_copy(update={"due_on": event.data.item.target.due_on})
        ticket = ticket.model_copy(update={"snapshot": snapshot})
    await store.save_promise(kept.committed.model_copy(update={"item": event.data.item}), ticket)
    now = await store.now()
    # What is being made, or may have been, was asked for as the promise was before.
    if kept.ticket.place is not None or kept.creation.stage in (Stage.CREATING, Stage.DOUBTFUL):
        await store.set_change(kept.item_id, now)
    elif kept.creation.stage is Stage.REFUSED:
        await store.save_creation(kept.item_id, create.asked_again(kept.creation, now))


async def make_again(event: TicketWantedAgain, tx: Transaction) -> None:
    """Somebody wants another ticket on the page. One that is there after all is left alone."""
    with suppress(Refused):
        await remake(event.data.item_id, tx, event.data.asked_by, because_of=event)


async def remake(item_id: UUID, tx: Transaction, by: str | None, because_of: Event | None = None) -> Kept:
    """Make the ticket of a promise again. Raises Refused: 404 no such item, 409 there is nothing to be made again."""
    store = Store(tx.conn)
    kept = await store.lock(item_id)
    if kept is None:
        raise no_such_item(item_id)
    why_not = _why_not_again(kept)
    if why_not is not None:
        raise Refused(409, "nothing-to-make-again", why_not)
    now = await store.now()
    ticket = remade(kept.ticket)
    await store.save_creation(item_id, Creation(due_at=now))
    await store.save_ticket(ticket)
    await store.set_change(item_id, None)
    who = f" {by} asked for it." if by else ""
    reason = f"{kept.ticket.snapshot.key} is gone: it is made again.{who}"
    announce(tx, [Change(Kind.CHANGED, ticket.snapshot, reason)], now, because_of)
    again = await store.get(item_id)
    assert again is not None
    return again


def _why_not_again(kept: Kept) -> str | None:
    snapshot = kept.ticket.snapshot
    if kept.withdrawn_because is not None:
        return "The promise was withdrawn."
    if kept.ticket.place is None:
        return "There is no ticket yet: `closeout sync ITEM` tries again at once."
    if snapshot.state.is_gone or kept.ticket.misses:
        return None
    return f"{snapshot.key} is {snapshot.state.value}: reopen it there, or replace the promise."


async def withdraw(event: ActionItemWithdrawn, tx: Transaction) -> None:
    """Nobody wants the ticket any more: it is not made, or is told so and closed."""
    store = Store(tx.conn)
    kept = await store.lock(event.data.item_id)
    if kept is None or kept.withdrawn_because is not None:
        return
    await store.set_withdrawn(kept.item_id, event.data.reason)
    creation = create.withdrawn(kept.creation)
    await store.save_creation(kept.item_id, creation)
    if creation.stage is Stage.WITHDRAWN:
        await forget(kept, event.data.reason, tx, store)
    elif creation.stage is Stage.CREATED:
        await store.set_farewell(kept.item_id, "comment", await store.now())
        await look_again(replace(kept, withdrawn_because=event.data.reason), tx)


async def forget(kept: Kept, reason: str, tx: Transaction, store: Store) -> None:
    """Say that there will be no ticket for a promise that was taken back in time."""
    now = await store.now()
    following = mirror.not_made(kept.ticket, f"Withdrawn before a ticket was made: {reason}", now)
    await store.save_ticket(following.ticket)
    announce(tx, following.changes, now)


async def synchronize(item_id: UUID, db: Database) -> Kept:
    """Read the ticket now; try again at once where it was refused or waits. Raises Refused(404)."""
    async with db.transaction() as tx:
        store = Store(tx.conn)
        kept = await store.lock(item_id)
        if kept is None:
            raise no_such_item(item_id)
        now = await store.now()
        await store.save_creation(item_id, create.look_now(create.asked_again(kept.creation, now), now))
        if kept.ticket.place is not None:
            await store.ask_for_reading(item_id)
        again = await store.get(item_id)
        assert again is not None
        return again


async def try_refused_again(kept: Kept, now: datetime, store: Store) -> None:
    """What it was refused for may be mended."""
    await store.save_creation(kept.item_id, create.asked_again(kept.creation, now))


def no_such_item(item_id: UUID) -> Refused:
    """The caller asks for an action item that was never committed."""
    return Refused(404, "no-such-action-item", f"No action item {item_id} was committed.")


def is_over(kept: Kept) -> bool:
    """Whether there is nothing left to close."""
    return kept.ticket.snapshot.state is not TicketState.OPEN
