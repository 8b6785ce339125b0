"""A withdrawn promise: its ticket is told why, then closed as not planned. Once; whoever reopens it keeps it."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from closeout_actions.adapters.port import Rejected, Tracker, Unauthorized
from closeout_actions.domain.creation import backoff
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Kept, Store
from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Unknown
from closeout_schemas.vocabulary import derived_id

log = logging.getLogger(__name__)

NEXT = {"comment": "close", "close": "done"}
LONGEST_RETRY_SECONDS = 900.0


class Farewells:
    """Two steps, each of which can be repeated without doing anything twice."""

    def __init__(self, db: Database, settings: ActionsSettings, lease: timedelta) -> None:
        self._db = db
        self._settings = settings
        self._lease = lease

    async def begin(self, kept: Kept, store: Store) -> None:
        """Nobody else takes this step until the lease is over."""
        assert kept.farewell is not None
        await store.set_farewell(kept.item_id, kept.farewell, await store.now() + self._lease, kept.farewell_failures)

    async def go_on(self, kept: Kept, tracker: Tracker) -> None:
        """Take the step that is due."""
        try:
            async with asyncio.timeout(self._lease.total_seconds() * 0.95):
                await self._take(kept, tracker)
        except Rejected as error:
            # It cannot be written in any more: there is nobody to say farewell to.
            log.warning("a withdrawn ticket stays as it is", extra={"item": str(kept.item_id), "because": str(error)})
            await self._set(kept, "done", None)
        except (Retryable, Unknown, Unauthorized, TimeoutError) as error:
            asked = error.after if isinstance(error, Retryable) else None
            wait = asked or backoff(kept.farewell_failures, self._settings.retry_seconds, LONGEST_RETRY_SECONDS)
            await self._set(kept, kept.farewell or "comment", wait, failures=kept.farewell_failures + 1)
        else:
            following = NEXT[kept.farewell or "comment"]
            await self._set(kept, following, None if following == "done" else 0.0)

    async def _take(self, kept: Kept, tracker: Tracker) -> None:
        place = kept.ticket.place
        assert place is not None
        if kept.farewell == "close":
            await tracker.close_as_not_planned(place)
            return
        text = (
            f"This promise was withdrawn from its postmortem: {kept.withdrawn_because}\n\n"
            "The issue is closed as not planned. Reopen it if the work is wanted all the same: "
            "it will be left alone then, and does not count for the postmortem any more."
        )
        await tracker.say(place, text, str(derived_id("farewell", str(kept.item_id))))

    async def _set(self, kept: Kept, stage: str, wait: float | None, failures: int = 0) -> None:
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            due_at = None if wait is None else await store.now() + timedelta(seconds=wait)
            await store.set_farewell(kept.item_id, stage, due_at, failures)
