"""Kafka in: what the ingest service hears, and what it does about it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from closeout_chassis.consume import Subscription, of_nobody_forgotten
from closeout_chassis.db import Database, Transaction
from closeout_chassis.telemetry import Metrics
from closeout_ingest.adapters.histories import HISTORIES
from closeout_ingest.adapters.history import FETCHED
from closeout_ingest.adapters.sources import SOURCES
from closeout_ingest.commands import take_in
from closeout_ingest.domain.channel import CHATS, WAITS_AT_MOST, Channel, Key, named_in, said_to_be
from closeout_ingest.domain.events import SOURCE
from closeout_ingest.domain.fact import Fact, FactKind
from closeout_ingest.notices import on_notices
from closeout_ingest.redacting import on_redactions, take_out_again
from closeout_ingest.saying import on_cards
from closeout_ingest.store.history import Histories
from closeout_ingest.store.incidents import Store
from closeout_ingest.telemetry import IngestMetrics
from closeout_judgement.unnamed import unnamed
from closeout_schemas.catalogue import CARDS, NOTICES, PAGER_DELIVERIES, REDACTIONS
from closeout_schemas.deliveries import Delivery, DeliveryReceived
from closeout_schemas.mapping import ChatMapping
from closeout_schemas.vocabulary import Vendor

log = logging.getLogger(__name__)

Told = tuple[Fact, DeliveryReceived]

CHANNEL_HISTORY_AFTER = timedelta(minutes=1)


class Hearing:
    """The handlers, which need to know whose a chat channel is."""

    def __init__(self, chat: ChatMapping, metrics: IngestMetrics | None = None) -> None:
        self._chat = chat
        self._metrics = metrics or IngestMetrics(Metrics("ingest"))

    async def on_pager_deliveries(self, deliveries: Sequence[DeliveryReceived], tx: Transaction) -> None:
        """Turn verified deliveries into facts of incidents. What says nothing that we know is kept as it came."""
        said: list[Told] = []
        counted: Counter[tuple[Vendor, str, str]] = Counter()
        for delivery in deliveries:
            told = _facts_of(delivery.data)
            said.extend((fact, delivery) for fact in told)
            if FETCHED in delivery.data.headers:
                continue
            event_type = SOURCES[delivery.data.vendor].event_type_of(delivery.data)
            counted[delivery.data.vendor, event_type, "read" if told else "kept"] += 1
            if not told:
                await keep_uninterpreted(delivery, tx)
        of_pagers = [one for one in said if one[0].vendor not in CHATS]
        in_chat = [one for one in said if one[0].vendor in CHATS]
        if of_pagers:
            await take_in(of_pagers, tx)
        if in_chat:
            await self.take_in_chat(in_chat, tx)
        # Whoever is asked tells again what was taken out; a webhook that is sent again is not even read again.
        await take_out_again([(fact, one) for fact, one in said if FETCHED in one.data.headers], tx)
        self._count(counted)
        arrived = {one.data.vendor: one.data.received_at for one in deliveries if FETCHED not in one.data.headers}
        if arrived:
            await Histories(tx.conn).saw_deliveries(arrived)

    def _count(self, counted: Mapping[tuple[Vendor, str, str], int]) -> None:
        for (vendor, event_type, result), count in counted.items():
            event = SOURCES[vendor].counted_as(event_type)
            self._metrics.deliveries.labels(vendor.value, event, result).inc(count)

    async def take_in_chat(self, said: Sequence[Told], tx: Transaction) -> None:
        """What was said in channels: to their incidents, or kept until it is known which they are."""
        store = Store(tx.conn)
        await self._learn_names((fact for fact, _ in said), store)
        for vendor in {fact.vendor for fact, _ in said}:
            here = [one for one in said if one[0].vendor is vendor]
            known = await store.channels(vendor, {fact.incident_vendor_id for fact, _ in here})
            for channel in known.values():
                in_it = [one for one in here if one[0].incident_vendor_id == channel.channel_id]
                is_new = any(fact.kind is FactKind.CHANNEL_NAMED for fact, _ in in_it)
                incident = channel.incident or await self._incident_of(channel, store, search=is_new)
                if incident is None:
                    for _, delivery in in_it:
                        await keep_uninterpreted(delivery, tx, waits_for=channel.channel_id)
                else:
                    await self._say(channel, incident, in_it, tx)

    async def link_channels(self, db: Database) -> None:
        """Look again whose the channels are in which something waits; forget what has waited too long.

        An incident may be heard of after its channel.
        """
        async with db.transaction() as tx:
            await Store(tx.conn).forget_waiting(datetime.now(UTC) - WAITS_AT_MOST)
        for vendor in CHATS:
            async with db.reading() as conn:
                waited_for = await Store(conn).channels_waited_for(vendor)
            for channel_id in waited_for:
                async with db.transaction() as tx:
                    store = Store(tx.conn)
                    channel = (await store.channels(vendor, [channel_id]))[channel_id]
                    incident = channel.incident or await self._incident_of(channel, store, search=True)
                    if incident is not None:
                        await self._say(channel, incident, [], tx)

    async def _say(self, channel: Channel, incident: Key, said: Sequence[Told], tx: Transaction) -> None:
        """Tell the incident what was said in its channel, and what has waited to be told."""
        store = Store(tx.conn)
        if channel.incident is None:
            await store.link_channel(channel, incident)
            # What was said before we were told of anything in it.
            await Histories(tx.conn).want_history([channel.key], [CHANNEL_HISTORY_AFTER])
        waiting = [_received(*one) for one in await store.take_waiting(channel)]
        interpret = SOURCES[channel.vendor].interpret
        assert interpret is not None
        everything = [(fact, one) for one in waiting for fact in interpret(one.data)] + list(said)
        vendor, vendor_id = incident
        await take_in(
            [(replace(fact, incident_vendor=vendor, incident_vendor_id=vendor_id), one) for fact, one in everything], tx
        )

    async def _learn_names(self, facts: Iterable[Fact], store: Store) -> None:
        for fact in facts:
            if fact.kind is FactKind.CHANNEL_NAMED:
                channel = Channel(fact.vendor, fact.incident_vendor_id, fact.text, fact.occurred_at)
                await store.name_channel(channel)

    async def _incident_of(self, channel: Channel, store: Store, *, search: bool) -> Key | None:
        """Whose channel it is, if that incident was heard of. `search`: also by name, which reads all incidents."""
        mapped = said_to_be(channel, self._chat.channels)
        if mapped is not None:
            return mapped if await store.has_incident(mapped) else None
        named = named_in(channel.name, self._chat.names) if search and channel.named_at else ""
        return await store.incident_named(named, channel.named_at) if named and channel.named_at else None


def _facts_of(delivery: Delivery) -> Sequence[Fact]:
    """What a webhook tells, or a page of what was asked for."""
    if FETCHED in delivery.headers:
        return HISTORIES[delivery.vendor](delivery)
    interpret = SOURCES[delivery.vendor].interpret
    return interpret(delivery) if interpret else ()


def _received(event_id: UUID, delivery: Delivery) -> DeliveryReceived:
    """A delivery that has waited, as it was received."""
    source = f"{SOURCE}/{delivery.vendor.value}"
    return DeliveryReceived(
        id=event_id, source=source, subject=delivery.vendor.value, time=delivery.received_at, data=delivery
    )


async def keep_uninterpreted(delivery: DeliveryReceived, tx: Transaction, waits_for: str | None = None) -> None:
    """Keep a ping, a service event, a type that is newer than this release, or what waits for a channel's incident."""
    event_type = SOURCES[delivery.data.vendor].event_type_of(delivery.data)
    if waits_for is None:
        log.info("kept a delivery uninterpreted", extra={"vendor": delivery.data.vendor, "event_type": event_type})
    await Store(tx.conn).add_uninterpreted(delivery.id, delivery.data, event_type, waits_for)


def subscriptions(hearing: Hearing) -> list[Subscription]:
    """Which topic is handled by what."""
    return of_nobody_forgotten(
        unnamed,
        [
            # An incident's deliveries are in one partition; of two alerts that are one, whoever comes second waits.
            Subscription(PAGER_DELIVERIES, hearing.on_pager_deliveries, lanes=3),
            Subscription(CARDS, on_cards),
            Subscription(NOTICES, on_notices),
            Subscription(REDACTIONS, on_redactions),
        ],
    )


# With the names that channels have by default.
SUBSCRIPTIONS = subscriptions(Hearing(ChatMapping()))
