"""Saying on an incident what the others want said there: at each place once, and not when it comes too late."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Retryable
from closeout_chassis.telemetry import span
from closeout_ingest.store.sayings import Begun, Saying, Sayings
from closeout_ingest.telemetry import IngestMetrics
from closeout_schemas.cards import RelatedFound
from closeout_schemas.vocabulary import Vendor

log = logging.getLogger(__name__)

CARD = "card"
SAID, NO_INCIDENT = "said", "no_incident"
RETRY_SECONDS = 2.0


class Place(Protocol):
    """A pager or a chat where something can be written about an incident.

    `settles_after`: seconds until what was written can be seen there.
    """

    @property
    def vendor(self) -> Vendor:
        """Which."""

    @property
    def settles_after(self) -> float:
        """Seconds until what was written can be seen there."""

    async def say(self, vendor_id: str, text: str, known_by: str, begun_at: datetime | None, /) -> bool:
        """Write it, unless it stands there. False where there is no such incident, or no such channel.

        `begun_at`: when somebody first began to, and broke off. Raises Retryable while the place does not take it, or
        nobody knows whether it did: then it is looked for the next time.
        """


async def on_cards(events: Sequence[RelatedFound], tx: Transaction) -> None:
    """Remember what is to be said; loops say it, one for each place."""
    for event in events:
        await Sayings(tx.conn).want(event.id, event.data, event.traceparent)


class Speaker:
    """Says what waits. `channel_of`: an incident's channel by the mapping, where no other tells."""

    def __init__(
        self, db: Database, metrics: IngestMetrics, channel_of: Callable[[tuple[Vendor, str]], str | None]
    ) -> None:
        self._db = db
        self._metrics = metrics
        self._channel_of = channel_of

    async def say_waiting(self, place: Place) -> None:
        """Say what waits for that place. Raises Retryable when all was tried; what was said stays said."""
        async with self._db.reading() as conn:
            waiting = await Sayings(conn).waiting(place.vendor)
        failed: Retryable | None = None
        for one in waiting:
            where = one.vendor_id or self._channel_of(one.incident)
            begun = await self._begin(one) if where is not None else None
            if where is None or begun is None:
                continue
            try:
                with span("say card", one.traceparent):
                    result = SAID if await place.say(where, one.text, str(one.id), begun.before) else NO_INCIDENT
            except Retryable as error:
                failed = error
                await self._put_off(one, place, error)
            else:
                # After a crash before this it is found there.
                await self._settle(one, place, result)
        if failed is not None:
            raise failed

    async def drop_late(self, places: Collection[Vendor]) -> None:
        """Drop what nobody needs any more, and what nobody could say."""
        async with self._db.transaction() as tx:
            dropped = await Sayings(tx.conn).drop_late(places)
        for place, why in dropped:
            self._metrics.said.labels(CARD, place, why).inc()

    async def _begin(self, one: Saying) -> Begun | None:
        async with self._db.transaction() as tx:
            return await Sayings(tx.conn).begin(one.id)

    async def _put_off(self, one: Saying, place: Place, error: Retryable) -> None:
        wait = max(error.after or RETRY_SECONDS, place.settles_after)
        jitter = random.uniform(1.0, 1.2)  # noqa: S311 - no secret
        async with self._db.transaction() as tx:
            await Sayings(tx.conn).waits(one.id, wait * jitter, str(error))

    async def _settle(self, one: Saying, place: Place, result: str) -> None:
        async with self._db.transaction() as tx:
            if result == SAID:
                await Sayings(tx.conn).said(one.id)
            else:
                await Sayings(tx.conn).dropped(one.id, result)
        self._metrics.said.labels(CARD, place.vendor.value, result).inc()
