"""Saying what became of tickets: each change is one event, and the same one however often it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from closeout_actions.domain.mirror import Change, Kind
from closeout_chassis.db import Transaction
from closeout_schemas import tickets
from closeout_schemas.catalogue import TICKETS
from closeout_schemas.envelope import Event
from closeout_schemas.tickets import TicketFact, TicketSnapshot
from closeout_schemas.vocabulary import derived_id

SOURCE = "/closeout/actions"

EVENT_OF: dict[Kind, Callable[..., Event]] = {
    Kind.CREATED: tickets.TicketCreated,
    Kind.CHANGED: tickets.TicketChanged,
    Kind.COMPLETED: tickets.TicketCompleted,
    Kind.DROPPED: tickets.TicketDropped,
    Kind.LOST: tickets.TicketLost,
    Kind.MOVED: tickets.TicketMoved,
    Kind.REOPENED: tickets.TicketReopened,
}


def announce(tx: Transaction, changes: Iterable[Change], now: datetime, because_of: Event | None = None) -> None:
    """Tell the others of `changes`, in order."""
    for change in changes:
        _say(tx, EVENT_OF[change.kind], change.snapshot, change.reason, now, because_of)


def announce_refused(tx: Transaction, snapshot: TicketSnapshot, reason: str, now: datetime) -> None:
    """Tell the others that there will be no ticket until somebody does what `reason` says."""
    _say(tx, tickets.TicketCreationRefused, snapshot, reason, now, None)


def _say(
    tx: Transaction,
    event: Callable[..., Event],
    snapshot: TicketSnapshot,
    reason: str | None,
    now: datetime,
    because_of: Event | None,
) -> None:
    said = event(
        id=derived_id("ticket_event", str(snapshot.item_id), str(snapshot.revision)),
        source=SOURCE,
        subject=str(snapshot.item_id),
        time=now,
        data=TicketFact(ticket=snapshot, reason=reason),
    )
    tx.publish(TICKETS, said, because_of=because_of)
