"""Tickets that law, security or an auditor demands: what their tracker says of them goes on, and that is all.

They lie in a table of their own, which no worker that makes, changes or closes tickets ever reads.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from closeout_actions.adapters.addresses import ticket_at
from closeout_actions.adapters.port import KnowsByKey, Tracker, Unauthorized
from closeout_actions.commands.announcing import announce
from closeout_actions.commands.mirroring import seen_of_nobody
from closeout_actions.domain.mirror import MISSES_UNTIL_LOST, Change, Kind
from closeout_actions.domain.seen import Seen, SeenTicket
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Store
from closeout_actions.store.mandated import Followed, MandatedTickets
from closeout_chassis.cells import forgotten
from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Retryable
from closeout_judgement.people import Known
from closeout_schemas.postmortems import MandatedTicketLinked, MandatedTicketUnlinked
from closeout_schemas.tickets import TicketSnapshot
from closeout_schemas.vocabulary import TicketState

log = logging.getLogger(__name__)

READS_A_ROUND = 100
FAILURES_A_ROUND = 3
# What the tracker says of it.
SHOWN = ("project", "key", "url", "title", "state", "assignee", "due_on", "closed_at")


async def follow(event: MandatedTicketLinked, settings: ActionsSettings, tx: Transaction) -> None:
    """Read it from now on, where it is of a tracker that we know."""
    ticket = event.data.ticket
    found = ticket_at(ticket.url, settings)
    if found is None:
        log.info(
            "a mandated ticket is not followed: no tracker of ours has its address", extra={"ticket": str(ticket.id)}
        )
        return
    tracker, key = found
    snapshot = TicketSnapshot(
        item_id=ticket.id,
        postmortem_id=event.data.postmortem.postmortem_id,
        tracker=tracker,
        project=key.rpartition("#" if "#" in key else "-")[0],
        key=key,
        url=ticket.url,
        title=ticket.title,
    )
    await MandatedTickets(tx.conn).add(key, snapshot)


async def unfollow(event: MandatedTicketUnlinked, tx: Transaction) -> None:
    """Its link was taken back: it is read no more."""
    await MandatedTickets(tx.conn).forget(event.data.ticket_id)


class Mandated:
    """Reads them, in rounds. `delayed` hears of each tracker that is away."""

    def __init__(
        self, db: Database, trackers: Sequence[Tracker], delayed: Callable[[str], None] = lambda _loop: None
    ) -> None:
        self._db = db
        self._delayed = delayed
        self._trackers = trackers
        self._stuck: set[UUID] = set()

    async def run(self) -> None:
        """One round over all trackers that find a ticket by its name. One that is away delays it."""
        for tracker in self._trackers:
            if isinstance(tracker, KnowsByKey):
                try:
                    await self._read(tracker, tracker)
                except (Retryable, Unauthorized) as error:
                    log.warning("mandated tickets wait", extra={"tracker": tracker.vendor, "because": str(error)})
                    self._delayed("mandated")

    async def _read(self, tracker: Tracker, by_key: KnowsByKey) -> None:
        async with self._db.reading() as conn:
            due = await MandatedTickets(conn).to_read(tracker.vendor, READS_A_ROUND)
        failures: list[Retryable] = []
        # What cannot be read stays the one that was not read for longest: it must not keep the others from being read.
        for one in sorted(due, key=lambda one: one.snapshot.item_id in self._stuck):
            try:
                seen = await by_key.read_key(one.key)
                self._stuck.discard(one.snapshot.item_id)
            except Retryable as error:
                self._stuck.add(one.snapshot.item_id)
                failures.append(error)
                if error.after is not None or len(failures) >= FAILURES_A_ROUND:
                    raise
                continue
            async with self._db.transaction() as tx:
                table = MandatedTickets(tx.conn)
                followed, now = await table.lock(one.snapshot.item_id), await Store(tx.conn).now()
                if followed is None:
                    continue
                seen = seen_of_nobody(seen, Known(await forgotten(tx.conn)), tracker.vendor)
                snapshot, misses, changes = seen_of(followed, seen, now)
                await table.save(snapshot, misses)
                announce(tx, changes, now)
        if failures:
            raise failures[0]


def seen_of(one: Followed, seen: Seen, now: datetime) -> tuple[TicketSnapshot, int, tuple[Change, ...]]:
    """How it looks now, how often it was not found, and what is told of it."""
    before = one.snapshot
    if not isinstance(seen, SeenTicket):
        misses = one.misses + 1
        if misses < MISSES_UNTIL_LOST or before.state is TicketState.LOST:
            return before, misses, ()
        lost = _with(before, {"state": TicketState.LOST})
        return lost, misses, (Change(Kind.LOST, lost, "It cannot be read any more: deleted, or our access was taken."),)
    shown: dict[str, Any] = {
        "project": seen.place.project,
        "key": seen.place.key,
        "url": seen.place.url or before.url,
        "title": seen.title,
        "state": seen.state,
        "assignee": seen.assignees[0] if seen.assignees else None,
        "due_on": seen.due_on or seen.milestone_due_on,
        "closed_at": seen.closed_at,
    }
    if shown == {name: getattr(before, name) for name in SHOWN}:
        return before.model_copy(update={"synced_at": now}), 0, ()
    after = _with(before, {**shown, "synced_at": now})
    return after, 0, (Change(_kind(before.state, seen.state), after),)


def _with(before: TicketSnapshot, changes: dict[str, Any]) -> TicketSnapshot:
    return before.model_copy(update={**changes, "revision": before.revision + 1})


def _kind(before: TicketState, after: TicketState) -> Kind:
    if before is after or (before is TicketState.WANTED and after is TicketState.OPEN):
        return Kind.CHANGED
    match after:
        case TicketState.COMPLETED:
            return Kind.COMPLETED
        case TicketState.OPEN:
            return Kind.REOPENED
        case _:
            return Kind.DROPPED
