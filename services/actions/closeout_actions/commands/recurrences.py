"""An incident came back: each ticket that is still open is told what its absence has cost, once."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from uuid import uuid4

from closeout_actions.adapters.port import Rejected, Unauthorized
from closeout_actions.commands.creating import Connected
from closeout_actions.domain.comment import comment
from closeout_actions.domain.creation import backoff
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Store
from closeout_actions.store.comments import Comments, Due
from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Unknown
from closeout_schemas.postmortems import RecurrenceLinked, RecurrenceUnlinked
from closeout_schemas.vocabulary import RecurrenceKind, TicketState

log = logging.getLogger(__name__)

LONGEST_RETRY_SECONDS = 900.0
LONGEST_NAP_SECONDS = 1.0


async def tell_of_recurrence(event: RecurrenceLinked, tx: Transaction) -> None:
    """Every promise that was open when it came back is to be told; the same heard again changes nothing."""
    for one in event.data.items:
        if one.kind is RecurrenceKind.WHILE_OPEN:
            await Comments(tx.conn).want(one.item_id, event.data)


async def take_back(event: RecurrenceUnlinked, tx: Transaction) -> None:
    """It was not the same: what was not said yet stays unsaid. What was said stays, as everything in a tracker does."""
    await Comments(tx.conn).take_back(event.data.incident_id, [one.item_id for one in event.data.items])


class Recurrences:
    """Says what is due at one tracker. Any number of replicas may run one each."""

    def __init__(self, db: Database, at: Connected, settings: ActionsSettings) -> None:
        self._db = db
        self._at = at
        self._settings = settings
        self._lease = settings.lease

    async def run(self) -> None:
        """Say all that is due."""
        nap = await self._step()
        while nap is not None:
            await asyncio.sleep(min(nap, LONGEST_NAP_SECONDS))
            nap = await self._step()

    async def _step(self) -> float | None:
        """Say one thing. Seconds until there may be another; None when nothing is due."""
        pen = uuid4()
        async with self._db.transaction() as tx:
            store, comments = Store(tx.conn), Comments(tx.conn)
            due = await comments.claim(self._at.tracker.vendor)
            if due is None:
                return None
            if due.ticket.snapshot.state is not TicketState.OPEN:
                await comments.settle(due, "closed")
                return 0.0
            if not await self._at.budget.take_pen(store, pen, self._lease):
                return await self._at.budget.wait_for_pen(store)
            # Until the lease is over nobody else says it.
            await comments.put_off(due, self._lease, due.failures)
        try:
            await self._say(due)
        finally:
            async with self._db.transaction() as tx:
                await self._at.budget.give_pen_back(Store(tx.conn), pen)
        return 0.0

    async def _say(self, due: Due) -> None:
        place = due.ticket.place
        assert place is not None, "only tickets that exist are claimed"
        try:
            async with asyncio.timeout(self._lease.total_seconds() * 0.95):
                await self._at.tracker.say(place, comment(due.recurrence), due.mark)
        except Rejected as error:
            log.warning("a ticket is not told that it came back", extra={"ticket": place.key, "because": str(error)})
            await self._settle(due, "refused")
        except (Retryable, Unknown, Unauthorized, TimeoutError) as error:
            asked = error.after if isinstance(error, Retryable) else None
            wait = asked or backoff(due.failures, self._settings.retry_seconds, LONGEST_RETRY_SECONDS)
            async with self._db.transaction() as tx:
                await Comments(tx.conn).put_off(due, timedelta(seconds=wait), due.failures + 1)
        else:
            await self._settle(due, "said")

    async def _settle(self, due: Due, outcome: str) -> None:
        async with self._db.transaction() as tx:
            await Comments(tx.conn).settle(due, outcome)
