"""A promise that was changed after its ticket was made: the ticket gets the new owner and target, or a comment.

So does a ticket whose target takes a call of its own: an iteration of GitHub's Projects.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from closeout_actions.adapters.port import PlansApart, Rejected, TakesChanges, Tracker, Unauthorized
from closeout_actions.commands.announcing import announce
from closeout_actions.domain.creation import backoff
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.mirror import Change, Kind
from closeout_actions.domain.seen import Place
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Kept, Store
from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Unknown
from closeout_schemas.vocabulary import derived_id

log = logging.getLogger(__name__)

LONGEST_RETRY_SECONDS = 900.0


class Amendments:
    """One step, which can be repeated without doing anything twice."""

    def __init__(self, db: Database, settings: ActionsSettings, lease: timedelta) -> None:
        self._db = db
        self._settings = settings
        self._lease = lease

    async def begin(self, kept: Kept, store: Store) -> None:
        """Nobody else takes this step until the lease is over."""
        await store.set_change(kept.item_id, await store.now() + self._lease, kept.change_failures)

    async def go_on(self, kept: Kept, tracker: Tracker, draft: Draft) -> None:
        """Tell the ticket."""
        try:
            async with asyncio.timeout(self._lease.total_seconds() * 0.95):
                await self._tell(kept, tracker, draft)
        except Rejected as error:
            log.warning("a ticket does not take a change", extra={"item": str(kept.item_id), "because": str(error)})
            await self._set(kept, None, refused_because=str(error))
        except (Retryable, Unknown, Unauthorized, TimeoutError) as error:
            asked = error.after if isinstance(error, Retryable) else None
            wait = asked or backoff(kept.change_failures, self._settings.retry_seconds, LONGEST_RETRY_SECONDS)
            await self._set(kept, wait, kept.change_failures + 1)
        else:
            await self._set(kept, None)

    async def _tell(self, kept: Kept, tracker: Tracker, draft: Draft) -> None:
        assert kept.ticket.place is not None
        if not kept.ticket.promise_number:
            # No change of the promise: what was still to be set when the ticket was made.
            if isinstance(tracker, PlansApart):
                await tracker.plan(kept.ticket.place, draft)
            return
        item = draft.item
        mark = str(derived_id("amendment", str(kept.item_id), str(kept.ticket.promise_number)))
        text = f"The promise was changed: its owner is {item.owner.name}, and it is due by {item.target.due_on}."
        refusal = await self._change(kept.ticket.place, tracker, draft)
        if refusal is not None or not isinstance(tracker, TakesChanges):
            text += " Please assign the ticket and set its date accordingly."
        await tracker.say(kept.ticket.place, text, mark)
        if refusal is not None:
            raise refusal

    async def _change(self, place: Place, tracker: Tracker, draft: Draft) -> Rejected | None:
        """What the tracker does not take of it is asked for in words."""
        if isinstance(tracker, TakesChanges):
            try:
                await tracker.change(place, draft)
            except Rejected as refusal:
                return refusal
        return None

    async def _set(self, kept: Kept, wait: float | None, failures: int = 0, refused_because: str | None = None) -> None:
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            now_kept = await store.lock(kept.item_id)
            if now_kept is None or now_kept.ticket.promise_number != kept.ticket.promise_number:
                return  # it was changed once more meanwhile
            due_at = None if wait is None else await store.now() + timedelta(seconds=wait)
            await store.set_change(kept.item_id, due_at, failures)
            if refused_because is not None:
                snapshot = now_kept.ticket.snapshot
                told = snapshot.model_copy(update={"revision": snapshot.revision + 1})
                await store.save_ticket(now_kept.ticket.model_copy(update={"snapshot": told}))
                reason = f"The tracker does not take its owner and target: {refused_because}"
                announce(tx, [Change(Kind.CHANGED, told, reason)], await store.now())
