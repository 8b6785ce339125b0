"""The worker that makes tickets, each exactly once: commit the intent, call outside any transaction, record at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from closeout_actions.adapters.port import Rejected, Tracker, Unauthorized
from closeout_actions.commands.amending import Amendments
from closeout_actions.commands.announcing import announce, announce_refused
from closeout_actions.commands.budget import SharedBudget
from closeout_actions.commands.cleaning import Cleanings
from closeout_actions.commands.farewell import Farewells
from closeout_actions.commands.mirroring import with_problem
from closeout_actions.commands.promises import forget
from closeout_actions.domain import creation as create
from closeout_actions.domain import mirror
from closeout_actions.domain.creation import Creation, Stage
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import SeenTicket
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Kept, Store
from closeout_actions.store.cleanings import ToClean
from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Unknown
from closeout_chassis.telemetry import span
from closeout_schemas.vocabulary import Vendor

log = logging.getLogger(__name__)

LONGEST_RETRY_SECONDS = 900.0
LONGEST_NAP_SECONDS = 1.0

Work = Callable[[], Awaitable[None]]
Outcome = SeenTicket | Rejected | Retryable | Unauthorized | Unknown


@dataclass(frozen=True, slots=True)
class Connected:
    """A tracker and the budget of its credential."""

    tracker: Tracker
    budget: SharedBudget


class Creator:
    """Makes what is wanted, settles what is in doubt. Any number of replicas may run one each."""

    def __init__(
        self,
        db: Database,
        trackers: Mapping[Vendor, Connected],
        settings: ActionsSettings,
        count: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        self._db = db
        self._trackers = trackers
        self._settings = settings
        self._count = count
        self._patience = settings.request_timeout_seconds * 2
        self._lease = settings.lease
        self._has_complained = False
        self._farewells = Farewells(db, settings, self._lease)
        self._amendments = Amendments(db, settings, self._lease)
        self._cleanings = Cleanings(db, settings, self._lease)

    async def run(self) -> None:
        """Do all that is due."""
        if not self._trackers and not self._has_complained:
            self._has_complained = True
            log.warning("tickets wait: no tracker has a credential; set CLOSEOUT_ACTIONS_<TRACKER>_TOKEN")
        for connected in self._trackers.values():
            nap = await self._step(connected)
            while nap is not None:
                await asyncio.sleep(min(nap, LONGEST_NAP_SECONDS))
                nap = await self._step(connected)

    async def _step(self, at: Connected) -> float | None:
        """Do one thing. Seconds until there may be another; None when nothing is due."""
        if await self._look(at):
            return 0.0
        return await self._write(at)

    async def _look(self, at: Connected) -> bool:
        """Look for one ticket of which nobody knows whether it was made. False: there is none."""
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            kept = await store.claim_look(at.tracker.vendor)
            if kept is None:
                return False
            asked_at = await store.now()
            creation = create.begin_look(kept.creation, asked_at, self._lease)
            await store.save_creation(kept.item_id, creation)
        log.info("looking for a ticket in doubt", extra={"item": str(kept.item_id), "because": creation.why})
        with span("look for ticket", kept.traceparent):
            try:
                found = await at.tracker.find(self._draft(kept))
            except (Retryable, Unauthorized) as error:
                await self._look_failed(kept.item_id, creation, error)
            else:
                if found is None:
                    await self._nothing_there(kept.item_id, creation, asked_at)
                else:
                    await self._record(kept.item_id, creation, found)
        return True

    async def _look_failed(self, item_id: UUID, creation: Creation, error: Retryable | Unauthorized) -> None:
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            kept = await store.lock(item_id)
            if kept is None or not _is_same(kept.creation, creation):
                return
            until = await store.now() + self._pause(kept.creation, error)
            await store.save_creation(item_id, create.look_failed(kept.creation, until, str(error)))

    async def _nothing_there(self, item_id: UUID, creation: Creation, asked_at: datetime) -> None:
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            kept = await store.lock(item_id)
            if kept is None or not _is_same(kept.creation, creation):
                return
            after = create.not_found(kept.creation, asked_at, self._settings.settle(kept.tracker))
            await self._save(kept, after, tx, store)

    async def _write(self, at: Connected) -> float | None:
        """Make one ticket, or tell one that it was withdrawn; one write at a time with one credential."""
        pen = uuid4()
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            begin = await self._due(at, store)
            if begin is None:
                return None
            if not await at.budget.take_pen(store, pen, self._lease):
                return await at.budget.wait_for_pen(store)
            work = await begin()
        try:
            await work()
        finally:
            async with self._db.transaction() as tx:
                await at.budget.give_pen_back(Store(tx.conn), pen)
        return 0.0

    async def _due(self, at: Connected, store: Store) -> Callable[[], Awaitable[Work]] | None:
        """How to begin with the write that is due, its ticket locked."""
        vendor = at.tracker.vendor
        if (kept := await store.claim_creation(vendor)) is not None:
            return partial(self._begin_creation, at.tracker, kept, store)
        if (kept := await ToClean(store.conn).claim(vendor)) is not None:
            return partial(self._clean, at, kept, store)
        if (kept := await store.claim_farewell(vendor)) is not None:
            return partial(self._part, at, kept, store)
        if (kept := await store.claim_change(vendor)) is not None:
            return partial(self._amend, at, kept, store)
        return None

    async def _begin_creation(self, tracker: Tracker, kept: Kept, store: Store) -> Work:
        """Commit the attempt; the work is the call, and the record of what became of it."""
        give_up_at = asyncio.get_running_loop().time() + self._patience
        creation = create.begin_call(kept.creation, await store.now(), self._lease)
        await store.save_creation(kept.item_id, creation)
        await store.set_change(kept.item_id, None)  # it is asked for as the promise is now

        async def work() -> None:
            with span("create ticket", kept.traceparent):
                await self._record(kept.item_id, creation, await self._create(tracker, kept, give_up_at))

        return work

    async def _part(self, at: Connected, kept: Kept, store: Store) -> Work:
        await self._farewells.begin(kept, store)
        return lambda: self._farewells.go_on(kept, at.tracker)

    async def _amend(self, at: Connected, kept: Kept, store: Store) -> Work:
        await self._amendments.begin(kept, store)
        return lambda: self._amendments.go_on(kept, at.tracker, self._draft(kept))

    async def _clean(self, at: Connected, kept: Kept, store: Store) -> Work:
        await self._cleanings.begin(kept, store)
        return lambda: self._cleanings.go_on(kept, at.tracker, self._draft(kept))

    async def _create(self, tracker: Tracker, kept: Kept, give_up_at: float) -> Outcome:
        """The call, with all that can become of it."""
        try:
            async with asyncio.timeout(self._lease.total_seconds() * 0.95):
                return await tracker.create(self._draft(kept), give_up_at)
        except (Rejected, Retryable, Unauthorized, Unknown) as outcome:
            return outcome
        except TimeoutError:
            return Unknown("the tracker took too long")

    async def _record(self, item_id: UUID, creation: Creation, outcome: Outcome) -> None:
        """Write down what became of an attempt. A ticket that is there counts whoever says so; the rest only from
        the one whose turn it still is."""
        self._count(_word(outcome))
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            kept = await store.lock(item_id)
            assert kept is not None, "tickets are never deleted"
            if isinstance(outcome, SeenTicket):
                await self._confirm(kept, outcome, tx, store)
            elif _is_same(kept.creation, creation):
                await self._not_created(kept, outcome, tx, store)

    async def _confirm(self, kept: Kept, seen: SeenTicket, tx: Transaction, store: Store) -> None:
        place = kept.ticket.place
        if place is not None:
            if place.remote_id != seen.place.remote_id:
                log.error("two tickets", extra={"item": str(kept.item_id), "kept": place.key, "other": seen.place.key})
            return
        now = await store.now()
        following = mirror.created(kept.ticket, seen, self._settings.label(kept.tracker), now)
        following = await with_problem(kept, following, tx, now)
        # The ticket first: a row that is created must know where.
        await store.save_ticket(following.ticket)
        await store.save_creation(kept.item_id, create.confirmed(kept.creation))
        # What its webhooks told before this row knew its number was nobody's.
        await store.ask_for_reading(kept.item_id)
        if seen.iteration_ends_on is not None:
            await store.set_change(kept.item_id, now)
        if kept.creation.is_withdrawn:
            await store.set_farewell(kept.item_id, "comment", now)
        announce(tx, following.changes, now)
        log.info("a ticket was made", extra={"item": str(kept.item_id), "ticket": seen.place.key})

    async def _not_created(
        self, kept: Kept, outcome: Rejected | Retryable | Unauthorized | Unknown, tx: Transaction, store: Store
    ) -> None:
        now, why = await store.now(), str(outcome)
        log.warning("no ticket yet", extra={"item": str(kept.item_id), "outcome": _word(outcome), "because": why})
        match outcome:
            case Unknown():
                after = create.doubted(kept.creation, now, self._settings.settle(kept.tracker), why)
            case Rejected():
                after = create.refused(kept.creation, why)
            case Retryable() | Unauthorized():
                after = create.put_off(kept.creation, now + self._pause(kept.creation, outcome), why)
        await self._save(kept, after, tx, store)

    async def _save(self, kept: Kept, after: Creation, tx: Transaction, store: Store) -> None:
        await store.save_creation(kept.item_id, after)
        if after.stage is Stage.REFUSED:
            now = await store.now()
            ticket = mirror.refused(kept.ticket)
            await store.save_ticket(ticket)
            announce_refused(tx, ticket.snapshot, after.why or "", now)
        elif after.stage is Stage.WITHDRAWN:
            await forget(kept, kept.withdrawn_because or "", tx, store)

    def _pause(self, creation: Creation, error: Retryable | Unauthorized) -> timedelta:
        asked = error.after if isinstance(error, Retryable) else self._settings.pause_seconds
        seconds = asked or create.backoff(creation.failures, self._settings.retry_seconds, LONGEST_RETRY_SECONDS)
        return timedelta(seconds=seconds)

    def _draft(self, kept: Kept) -> Draft:
        postmortem = kept.committed.postmortem
        review = self._settings.public_review_url
        team = self._settings.mapping.project(kept.tracker.value, kept.committed.item.project)
        return Draft(
            item=kept.committed.item,
            postmortem=postmortem,
            postmortem_url=postmortem.url or (f"{review}/postmortems/{postmortem.postmortem_id}" if review else None),
            label=self._settings.label(kept.tracker),
            wanted_since=kept.committed_at,
            labels=team.labels,
            kind=team.type,
            fields=team.fields,
            template=team.template,
            former=kept.ticket.snapshot.former,
        )


def _is_same(now: Creation, then: Creation) -> bool:
    """Whether it is still the turn of whoever committed `then`."""
    return (now.stage, now.attempt, now.doubted_at) == (then.stage, then.attempt, then.doubted_at)


def _word(outcome: Outcome) -> str:
    match outcome:
        case SeenTicket():
            return "created"
        case Rejected():
            return "refused"
        case Unknown():
            return "unknown"
        case Retryable() | Unauthorized():
            return "put_off"
