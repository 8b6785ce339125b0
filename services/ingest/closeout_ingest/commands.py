"""What the ingest service can be told to do: keep a delivery, take in facts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from closeout_chassis.db import AWAY, Conn, Database, Outgoing, Transaction, append_to_outbox
from closeout_chassis.errors import Refused
from closeout_chassis.telemetry import current_traceparent
from closeout_ingest.domain import alert as alerts
from closeout_ingest.domain import episode as episodes
from closeout_ingest.domain import incident as incidents
from closeout_ingest.domain.events import SOURCE, event_of
from closeout_ingest.domain.fact import Fact, FactKind
from closeout_ingest.domain.twins import twins as twins_among
from closeout_ingest.rounds import Round
from closeout_ingest.store.history import Histories
from closeout_ingest.store.incidents import Store
from closeout_judgement.people import STAND_IN
from closeout_schemas import incidents as says
from closeout_schemas.catalogue import DIRECTORY, INCIDENTS
from closeout_schemas.directory import KnownParty, PartySeen
from closeout_schemas.envelope import Event
from closeout_schemas.vocabulary import Vendor, derived_id

# PagerDuty gives up on an answer after 5 s: an honest 503 before that is better.
LONGEST_WAIT_SECONDS = 4.0
# The door goes first: what it cannot take may never be sent again (GitHub tries once), what waits behind it is safe.
# So many deliveries in one commit are a crowd; relay and consumer then wait, for so long at the most.
CROWD = 16
CROWD_LASTS_SECONDS = 0.05
LONGEST_GIVING_WAY_SECONDS = 5.0
PEOPLE_A_ROUND = 50
# Pagers that can be asked what their webhooks do not carry.
WITH_HISTORY = frozenset({Vendor.PAGERDUTY, Vendor.OPSGENIE, Vendor.JSM})
# Who was called and who was on call soon after the page; the rest when it is over, and when latecomers have written.
HISTORY_AFTER: dict[FactKind, Sequence[timedelta]] = {
    FactKind.OPENED: (timedelta(minutes=1),),
    FactKind.RESOLVED: (timedelta(), timedelta(minutes=10)),
}


class Batch:
    """Deliveries that will share one commit, and the moment all their senders wait for."""

    def __init__(self) -> None:
        self.deliveries: list[Outgoing] = []
        loop = asyncio.get_running_loop()
        self.stored: asyncio.Future[None] = loop.create_future()
        # One timer for all of them. What is stored after it is a duplicate when the sender tries again: no harm.
        self._patience = loop.call_later(LONGEST_WAIT_SECONDS, self.refuse, "The database is too slow to store it.")

    def accept(self) -> None:
        """All is durable."""
        self._patience.cancel()
        if not self.stored.done():
            self.stored.set_result(None)

    def refuse(self, why: str) -> None:
        """Nothing is known to be durable: the senders shall keep it."""
        self._patience.cancel()
        if not self.stored.done():
            self.stored.set_exception(_not_now(why))
            self.stored.exception()  # a batch whose senders have all gone is no error


class Intake:
    """Commits deliveries: all that arrive while one commit is under way share the next one.

    A request returns from `keep` only when its row is durable. One INSERT for many rows is what makes a durable answer
    about as fast as handing it to a broker (bench/RESULTS.md).
    """

    def __init__(self, db: Database, limit: int) -> None:
        self._db = db
        self._limit = limit
        self._next: Batch | None = None
        self._arrived = asyncio.Event()
        self._taking = asyncio.Lock()
        self._crowded_until = 0.0

    async def give_way(self) -> None:
        """Wait until the crowd at the door is gone, or long enough."""
        latest = time.monotonic() + LONGEST_GIVING_WAY_SECONDS
        while (now := time.monotonic()) < min(self._crowded_until, latest):  # noqa: ASYNC110 - time is what is awaited
            await asyncio.sleep(min(CROWD_LASTS_SECONDS, latest - now))

    async def keep(self, delivery: Outgoing) -> None:
        """Return when `delivery` is committed. Raises Refused(503) when it cannot be in time."""
        batch = self._next
        if batch is None:
            batch = self._next = Batch()
            self._arrived.set()
        elif len(batch.deliveries) >= self._limit:
            raise _not_now("Too many deliveries wait to be stored.")
        batch.deliveries.append(delivery)
        await batch.stored

    async def run(self) -> None:
        """Commit, batch after batch, until cancelled. Raises what PostgreSQL raises when it is away.

        Several may run: what arrives while one waits for the disk is on its way by another.
        """
        try:
            # A connection of its own: giving one back to the pool costs a round trip.
            async with self._db.reading() as conn:
                while True:
                    await self._commit(conn, await self._take())
        except AWAY:
            batch, self._next = self._next, None
            if batch is not None:
                batch.refuse("The database does not answer.")
            raise

    async def _take(self) -> Batch:
        """The batch that fills, as soon as there is one."""
        async with self._taking:
            while self._next is None:
                self._arrived.clear()
                await self._arrived.wait()
            batch, self._next = self._next, None
            return batch

    async def _commit(self, conn: Conn, batch: Batch) -> None:
        try:
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                await append_to_outbox(conn, batch.deliveries)
        except BaseException:
            batch.refuse("The database does not answer.")
            raise
        batch.accept()
        if len(batch.deliveries) >= CROWD:
            self._crowded_until = time.monotonic() + CROWD_LASTS_SECONDS


def _not_now(why: str) -> Refused:
    return Refused(503, "cannot-store", f"{why} Send it again.").retry_after(5)


async def take_in(facts: Sequence[tuple[Fact, Event]], tx: Transaction) -> None:
    """Take new facts into their incidents, and tell the others. Each comes with the delivery that brought it."""
    store = Store(tx.conn)
    located = await placed([fact for fact, _ in facts], store)  # in the same order
    brought_by = {fact.id: delivery for fact, (_, delivery) in reversed(list(zip(located, facts, strict=True)))}
    new = await store.add_facts(located)
    if not new:
        return
    known = await store.lock_incidents(new)
    told = await _without_twins(new, store)
    here = current_traceparent()
    for fact in told:
        known[fact.incident_id] = incidents.take_in(known[fact.incident_id], fact)
        event = event_of(fact, known[fact.incident_id])
        trace = brought_by[fact.id].traceparent or here
        tx.send(Outgoing(INCIDENTS.name, fact.incident_id, event, trace))
    await store.save_incidents(known)
    await announce_parties(_parties(told), tx)
    for kind, after in HISTORY_AFTER.items():
        told_more = {fact.id for fact in told if fact.kind is kind and _has_history(fact)}
        if told_more:
            # The pager is asked by its own name of it, wherever it was placed.
            due = {(fact.vendor, fact.incident_vendor_id) for fact, _ in facts if fact.id in told_more}
            await Histories(store.conn).want_history(due, after)
    over = {(known[one.incident_id].vendor, known[one.incident_id].vendor_id) for one in told if _is_over(one)}
    if over:
        await Histories(store.conn).want_channel_history(over, HISTORY_AFTER[FactKind.RESOLVED])


async def _without_twins(facts: Sequence[Fact], store: Store) -> Sequence[Fact]:
    """`facts` without those that were told the other way before. Their incidents must be locked."""
    # Those of this batch are in the table too by now: two of it, each told the other way, would both be left out.
    here = {fact.id for fact in facts}
    twins = twins_among(facts, [one for one in await store.single(facts) if one.id not in here])
    if twins:
        await store.save_twins(twins)
    return [fact for fact in facts if fact.id not in twins]


def _is_over(fact: Fact) -> bool:
    return fact.kind is FactKind.RESOLVED and not fact.backfilled


def _has_history(fact: Fact) -> bool:
    return fact.vendor in WITH_HISTORY and not fact.backfilled


async def placed(facts: Sequence[Fact], store: Store) -> Sequence[Fact]:
    """`facts`, each about the incident it belongs to: two pagers' alerts about the same thing are in one."""
    facts = await in_episodes(facts, store)
    heard = {(fact.vendor, fact.incident_vendor_id) for fact in facts if fact.vendor in alerts.ONE_PAGER}
    if not heard:
        return facts
    described, ends = alerts.alerts_in(facts), alerts.ends(facts)
    known = await store.alerts(heard)
    if described.keys() - known.keys():
        # Nobody else places an alert of these aliases until this is committed; somebody may just have done it.
        same_aliases = await store.lock_aliases(described.values())
        known = await store.alerts(heard)
        new = [alert for key, alert in described.items() if key not in known]
        made = alerts.place(new, alerts.ended(same_aliases, ends))
        await store.add_alerts(made)
        known |= {alert.key: alert for alert in made}
    if ends:
        await store.end_alerts(ends)
    return alerts.in_their_incidents(facts, known)


async def in_episodes(facts: Sequence[Fact], store: Store) -> Sequence[Fact]:
    """`facts`, those of groups each about the incident that the group was then."""
    spans = episodes.spans_in(facts)
    if not spans:
        return facts
    found, changed = episodes.place(facts, await store.lock_episodes(spans))
    await store.save_episodes(changed)
    return found


class PeopleSource(Protocol):
    """A pager that can be asked who somebody is."""

    async def person(self, user_id: str) -> KnownParty | None:
        """Name and e-mail; None where nobody has that id."""


async def look_up_people(db: Database, vendor: Vendor, source: PeopleSource) -> None:
    """Ask the pager of everybody whom nobody has asked about yet, and tell the others what it says.

    By the e-mail a person is joined to their account at the tracker. One who is gone is not asked about again.
    """
    async with db.reading() as conn:
        unknown = await Store(conn).parties_to_look_up(vendor, PEOPLE_A_ROUND)
    asking = Round()
    for vendor_id, name in unknown:
        with asking.one():
            await _look_up(db, vendor, source, vendor_id, name)
    asking.end()


async def _look_up(db: Database, vendor: Vendor, source: PeopleSource, vendor_id: str, name: str) -> None:
    # No transaction is open while the vendor is asked.
    known = await source.person(vendor_id)
    async with db.transaction() as tx:
        told = (known.name, known.email) if known else (name, None)
        # Whoever was forgotten while the vendor was asked is told of to nobody.
        is_there = await Store(tx.conn).save_look_up(vendor, vendor_id, *told)
        if known is not None and is_there:
            tx.publish(DIRECTORY, party_seen(known))


async def announce_parties(parties: Iterable[says.Party], tx: Transaction) -> None:
    """Tell the others of everybody whom nobody had named before."""
    somebody = [party for party in parties if not party.vendor_id.startswith(STAND_IN)]
    for party in await Store(tx.conn).add_parties(somebody):
        tx.publish(DIRECTORY, party_seen(KnownParty(**party.model_dump())))


def party_seen(party: KnownParty) -> PartySeen:
    """What is known of `party`, as an event; other knowledge of the same party is another event."""
    subject = f"{party.vendor.value}:{party.vendor_id}"
    return PartySeen(
        id=derived_id("party_seen", subject, party.model_dump_json()),
        source=SOURCE,
        subject=subject,
        time=datetime.now(UTC),
        data=party,
    )


def _parties(facts: Sequence[Fact]) -> Iterable[says.Party]:
    for fact in facts:
        yield from fact.people
        yield from fact.mentions
        yield from fact.told.teams or ()
        if fact.author is not None:
            yield fact.author
