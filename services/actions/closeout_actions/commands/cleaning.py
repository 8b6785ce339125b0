"""A secret was taken out of a promise: it leaves what is kept here; then the ticket is written anew, with a comment.

The words themselves are known to nobody here any more: what somebody has written into the text since goes with them.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from closeout_actions.adapters.port import Rejected, Tracker, Unauthorized, WritesAnew
from closeout_actions.domain.cleaned import taken_out
from closeout_actions.domain.creation import backoff
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import Place
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Kept, Store
from closeout_actions.store.cleanings import ToClean
from closeout_chassis.cells import rewrite
from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Unknown
from closeout_judgement.redaction import changed, traces_of
from closeout_schemas.postmortems import ActionItemCleaned
from closeout_schemas.vocabulary import derived_id

log = logging.getLogger(__name__)

LONGEST_RETRY_SECONDS = 900.0
# What holds no words of a promise.
NO_WORDS = ("inbox", "credential", "project", "account", "progress", "assignable", "forgotten")
SAID = "A secret or personal data was taken out of the postmortem that this ticket comes from. "
WRITTEN = (
    "The title and the text of this ticket were written anew without it; what somebody had added to the text is in its "
    "history. {keeps}"
)
LEFT = "Please take it out of this ticket, too: Closeout cannot write its title and text anew here."


async def clean(event: ActionItemCleaned, tx: Transaction) -> None:
    """Words were taken out of the promise: out of what is kept here, and then out of its ticket. Nothing keeps them."""
    store, told = Store(tx.conn), event.data
    kept = await store.lock(told.item.id)
    if kept is None:
        return
    gone = taken_out(kept.committed, told)
    if gone:
        async for _ in rewrite(tx.conn, NO_WORDS, traces_of(gone), lambda _, cells: changed(cells, gone)):
            pass
        kept = await store.lock(told.item.id)
        assert kept is not None
    item = kept.committed.item.model_copy(
        update={"text": told.item.text, "criterion": told.item.criterion, "fields": told.item.fields}
    )
    if gone or (item, told.postmortem.title) != (kept.committed.item, kept.committed.postmortem.title):
        committed = kept.committed.model_copy(update={"item": item, "postmortem": told.postmortem})
        snapshot = kept.ticket.snapshot.model_copy(update={"title": item.text})
        await store.save_promise(committed, kept.ticket.model_copy(update={"snapshot": snapshot}))
        await ToClean(tx.conn).want(kept.item_id)


class Cleanings:
    """One step, which can be repeated without doing anything twice."""

    def __init__(self, db: Database, settings: ActionsSettings, lease: timedelta) -> None:
        self._db = db
        self._settings = settings
        self._lease = lease

    async def begin(self, kept: Kept, store: Store) -> None:
        """Nobody else takes this step until the lease is over."""
        await ToClean(store.conn).put_off(kept, await store.now() + self._lease, kept.clean_failures)

    async def go_on(self, kept: Kept, tracker: Tracker, draft: Draft) -> None:
        """Write the ticket anew."""
        assert kept.ticket.place is not None
        try:
            async with asyncio.timeout(self._lease.total_seconds() * 0.95):
                await self._write(kept, kept.ticket.place, tracker, draft)
        except Rejected as error:
            # It cannot be written in any more.
            log.warning(
                "a ticket keeps words that were taken out", extra={"item": str(kept.item_id), "why": str(error)}
            )
            await self._set(kept, None)
        except (Retryable, Unknown, Unauthorized, TimeoutError) as error:
            asked = error.after if isinstance(error, Retryable) else None
            wait = asked or backoff(kept.clean_failures, self._settings.retry_seconds, LONGEST_RETRY_SECONDS)
            await self._set(kept, wait, kept.clean_failures + 1)
        else:
            await self._set(kept, None)

    async def _write(self, kept: Kept, place: Place, tracker: Tracker, draft: Draft) -> None:
        text = SAID + LEFT
        if isinstance(tracker, WritesAnew):
            await tracker.rewrite(place, draft)
            text = SAID + WRITTEN.format(keeps=tracker.keeps)
        await tracker.say(place, text, str(derived_id("cleaning", str(kept.item_id), str(kept.clean_number))))

    async def _set(self, kept: Kept, wait: float | None, failures: int = 0) -> None:
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            due_at = None if wait is None else await store.now() + timedelta(seconds=wait)
            await ToClean(tx.conn).put_off(kept, due_at, failures)
