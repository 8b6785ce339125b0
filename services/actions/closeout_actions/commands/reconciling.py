"""Reading what no webhook told: a round over the projects, then over the tickets that may change."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from closeout_actions.adapters.port import (
    Changes,
    KnowsByKey,
    Reading,
    ReadsComments,
    ReadsLinks,
    ReadsMany,
    Rejected,
    ShowsPlans,
    Tracker,
    Unauthorized,
)
from closeout_actions.commands.mirroring import (
    take_in,
    take_in_comments,
    take_in_original,
    take_in_plans,
    would_replan,
)
from closeout_actions.commands.people import Leavers
from closeout_actions.domain.seen import Missing, Place, SeenTicket
from closeout_actions.store import Kept, Progress, Store
from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_schemas.vocabulary import TicketState, Vendor

log = logging.getLogger(__name__)

# Changes are asked for from a little before the last one seen: a tracker's list may lag behind its tickets.
OVERLAP = timedelta(minutes=5)
# Single tickets read in one round. With more open tickets than that, each is read every few rounds.
READS_A_ROUND = 200
PLANS_A_ROUND = 500
BATCHES_A_ROUND = 10
FAILURES_A_ROUND = 3


def _remote_id(kept: Kept) -> str | None:
    return kept.ticket.place.remote_id if kept.ticket.place else None


class Reconciler:
    """Reads what changed. A tracker that is away delays it, and nothing is lost.

    `synced` hears of each tracker that was read through; `delayed`, of each loop that one held up.
    """

    def __init__(
        self,
        db: Database,
        trackers: Sequence[Tracker],
        lease: timedelta,
        synced: Callable[[Vendor], None] = lambda _vendor: None,
        delayed: Callable[[str], None] = lambda _loop: None,
    ) -> None:
        self._db = db
        self._synced, self._delayed = synced, delayed
        self._trackers = trackers
        self._lease = lease
        self._leavers = Leavers(db)
        self._gone: set[tuple[Vendor, str]] = set()
        self._silent: set[tuple[Vendor, str]] = set()
        self._stuck: set[UUID] = set()
        self._failures: list[Retryable] = []

    async def run(self) -> None:
        """One round: for each project what changed since the last, then the open tickets one by one."""
        self._gone.clear()
        self._silent.clear()
        for tracker in self._trackers:
            self._failures.clear()
            try:
                await self._catch_up(tracker)
                await self._read_open(tracker)
                await self._read_plans(tracker)
                await self._leavers.look(tracker, self._go_on)
                if self._failures:
                    raise self._failures[0]
                self._synced(tracker.vendor)
            except (Retryable, Unauthorized) as error:
                log.warning("a reconciliation waits", extra={"tracker": tracker.vendor, "because": str(error)})
                self._delayed("reconcile")

    def _go_on(self, error: Retryable) -> None:
        """One project or ticket that cannot be read must not keep the others from being read; a tracker that is away
        may, which raises `error`."""
        self._failures.append(error)
        if error.after is not None or len(self._failures) > FAILURES_A_ROUND:
            raise error

    async def read_asked_for(self) -> None:
        """Read the tickets that are to be read out of turn."""
        for tracker in self._trackers:
            try:
                while await self._read_one_asked_for(tracker):
                    pass
            except (Retryable, Unauthorized) as error:
                log.info("a reading waits", extra={"tracker": tracker.vendor, "because": str(error)})
                self._delayed("readings")

    async def _catch_up(self, tracker: Tracker) -> None:
        async with self._db.reading() as conn:
            projects = await Store(conn).progress(tracker.vendor)
        for progress in projects:
            try:
                changes = await tracker.changed_since(progress.project, progress.since - OVERLAP, progress.etag)
                if changes.seen is not None:
                    await self._take_in_all(tracker, progress, changes.seen, changes)
            except Rejected as error:
                # The project itself is out of reach; the tickets in it are read one by one, and may be lost.
                self._gone.add((tracker.vendor, progress.project))
                log.warning("a project cannot be read", extra={"project": progress.project, "because": str(error)})
            except Retryable as error:
                self._silent.add((tracker.vendor, progress.project))
                self._go_on(error)

    async def _take_in_all(
        self, tracker: Tracker, progress: Progress, seen: Sequence[SeenTicket], changes: Changes
    ) -> None:
        for one in seen:
            async with self._db.transaction() as tx:
                locked = await Store(tx.conn).lock_by_remote_id(tracker.vendor, [one.place.remote_id])
                for kept in locked.values():
                    await take_in(kept, one, tx, is_reading=True)
            for kept in locked.values():
                await self._read_comments_now_or_soon(tracker, kept, one.place, one.updated_at)
        await self._read_commented(tracker, changes.commented)
        moments = (*(one.updated_at for one in seen), *changes.commented.values())
        latest = max(moments, default=progress.since)
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            # A tracker whose clock ran ahead would not be asked for what changes until then.
            since = min(max(latest, progress.since), await store.now())
            # An ETag is of one address, and the address has `since` in it.
            etag = changes.etag if since == progress.since else None
            await store.save_progress(tracker.vendor, Progress(progress.project, since, etag))

    async def _read_commented(self, tracker: Tracker, commented: Mapping[str, datetime]) -> None:
        """Tickets that did not change, and on which somebody wrote."""
        async with self._db.reading() as conn:
            ours = await Store(conn).by_remote_id(tracker.vendor, commented)
        for remote_id, kept in ours.items():
            assert kept.ticket.place is not None
            await self._read_comments_now_or_soon(tracker, kept, kept.ticket.place, commented[remote_id])

    async def _read_comments_now_or_soon(self, tracker: Tracker, kept: Kept, place: Place, moment: datetime) -> None:
        """What was written on one ticket and cannot be read now is read out of turn, as after a webhook's hint."""
        try:
            await self._read_comments(tracker, kept, place, moment)
        except Retryable as error:
            async with self._db.transaction() as tx:
                store = Store(tx.conn)
                now_kept = await store.lock(kept.item_id)
                assert now_kept is not None, "tickets are never deleted"
                await store.save_ticket(now_kept.ticket.model_copy(update={"comments_until": None}))
                await store.ask_for_reading(kept.item_id)
            self._go_on(error)

    async def _read_open(self, tracker: Tracker) -> None:
        at_once = tracker.most_at_once if isinstance(tracker, ReadsMany) else 0
        async with self._db.reading() as conn:
            due = await Store(conn).to_read(tracker.vendor, BATCHES_A_ROUND * at_once or READS_A_ROUND)
        # What could not be read is not read for longest, and would end each round before the others' turn.
        due = sorted(due, key=lambda kept: kept.item_id in self._stuck)
        if isinstance(tracker, ReadsMany):
            for start in range(0, len(due), at_once):
                chosen = due[start : start + at_once]
                try:
                    await self._read_at_once(tracker, chosen)
                except Retryable as error:
                    if error.after is not None:
                        raise
                    # It may be for one of them.
                    await self._read_one_by_one(tracker, chosen)
        else:
            await self._read_one_by_one(tracker, due)
        if isinstance(tracker, KnowsByKey):
            await self._follow_originals(tracker, due)

    async def _read_plans(self, tracker: Tracker) -> None:
        """In which iterations tickets are that do not show it themselves."""
        if not isinstance(tracker, ShowsPlans):
            return
        async with self._db.reading() as conn:
            due = await Store(conn).to_plan(tracker.vendor, PLANS_A_ROUND)
        places = [kept.ticket.place for kept in due if kept.ticket.place is not None]
        found = await tracker.plans(places) if places else {}
        for before in due:
            plans = found.get(_remote_id(before) or "")
            if plans is None or not would_replan(before, plans):
                continue
            async with self._db.transaction() as tx:
                kept = await Store(tx.conn).lock(before.item_id)
                if kept is not None and _remote_id(kept) == _remote_id(before):
                    await take_in_plans(kept, plans, tx)

    async def _follow_originals(self, tracker: KnowsByKey, due: Sequence[Kept]) -> None:
        """What becomes of the tickets of which ours are duplicates."""
        for before in due:
            original = before.ticket.snapshot.original
            try:
                seen = await tracker.read_key(original.key) if original else None
            except Retryable as error:
                self._go_on(error)
                continue
            if isinstance(seen, SeenTicket):
                async with self._db.transaction() as tx:
                    kept = await Store(tx.conn).lock(before.item_id)
                    assert kept is not None, "tickets are never deleted"
                    await take_in_original(kept, seen, tx)

    async def _read_at_once(self, tracker: Tracker, due: Sequence[Kept]) -> None:
        assert isinstance(tracker, ReadsMany)
        places = [kept.ticket.place for kept in due if kept.ticket.place is not None]
        found = await tracker.read_many(places)
        for kept in due:
            seen = found.get(_remote_id(kept) or "")
            if seen is not None:
                await self._took(tracker, kept, Reading(seen, None), counts_misses=True)

    async def _read_one_by_one(self, tracker: Tracker, due: Sequence[Kept]) -> None:
        for kept in due:
            assert kept.ticket.place is not None
            try:
                reading = await tracker.read(kept.ticket.place, kept.etag)
                await self._took(tracker, kept, reading, counts_misses=True)
            except Retryable as error:
                self._stuck.add(kept.item_id)
                self._go_on(error)

    async def _read_one_asked_for(self, tracker: Tracker) -> bool:
        async with self._db.transaction() as tx:
            kept = await Store(tx.conn).claim_reading(tracker.vendor, self._lease)
        if kept is None:
            return False
        assert kept.ticket.place is not None
        await self._took(tracker, kept, await tracker.read(kept.ticket.place), counts_misses=False)
        return True

    async def _took(self, tracker: Tracker, before: Kept, reading: Reading, *, counts_misses: bool) -> None:
        """`counts_misses`: a ticket is lost after so many rounds, not after so many people asked. A round in which its
        project did not answer is none."""
        seen = reading.seen
        counts_misses = counts_misses and (tracker.vendor, before.ticket.snapshot.project) not in self._silent
        if isinstance(seen, Missing) and counts_misses:
            seen = self._missing(tracker, before, seen)
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            kept = await store.lock(before.item_id)
            assert kept is not None, "tickets are never deleted"
            if _remote_id(kept) != _remote_id(before):
                return  # it was moved while it was being read
            if seen is not None and (counts_misses or not isinstance(seen, Missing)):
                await take_in(kept, seen, tx, is_reading=True)
        if isinstance(seen, SeenTicket):
            await self._read_comments(tracker, before, seen.place, seen.updated_at)
        async with self._db.transaction() as tx:
            await Store(tx.conn).was_read(before, reading.etag)
        self._stuck.discard(before.item_id)

    async def _read_comments(self, tracker: Tracker, before: Kept, place: Place, moment: datetime) -> None:
        """Where it changed since they were read last, or a webhook hinted at something. `moment`: when it changed."""
        until = before.ticket.comments_until
        if not isinstance(tracker, ReadsComments) or (until and moment <= until):
            return
        try:
            comments = await tracker.comments(place)
            links = await self._links(tracker, place)
        except Rejected as error:
            log.info("comments cannot be read", extra={"item": str(before.item_id), "because": str(error)})
            return
        async with self._db.transaction() as tx:
            kept = await Store(tx.conn).lock(before.item_id)
            if kept is not None and _remote_id(kept) == place.remote_id:
                await take_in_comments(kept, comments, moment, tx, links)

    async def _links(self, tracker: Tracker, place: Place) -> Sequence[str]:
        if not isinstance(tracker, ReadsLinks):
            return ()
        try:
            return await tracker.pull_requests(place)
        except Rejected as error:
            log.info("links are not told", extra={"ticket": place.key, "because": str(error)})
            return ()

    def _missing(self, tracker: Tracker, kept: Kept, seen: Missing) -> Missing:
        """Whether it is missing alone or with its project, which was asked for in this round."""
        is_gone = (tracker.vendor, kept.ticket.snapshot.project) in self._gone
        return replace(seen, state=TicketState.PROJECT_GONE) if is_gone and seen.state is TicketState.LOST else seen
