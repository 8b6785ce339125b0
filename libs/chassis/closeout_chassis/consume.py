"""What happens to records on their way in: decoded, deduplicated, handled in one transaction a batch.

A batch that fails is split until the record that breaks it stands alone; that one goes to the dead letters, once, with
its reason, and the rest flows. PostgreSQL being away is nobody's fault: it is waited for, and no record is given up.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import UUID
from zlib import crc32

from pydantic import ValidationError

from closeout_chassis.bus import Record
from closeout_chassis.cells import forgotten
from closeout_chassis.db import AWAY, SQL, Conn, Database, Outgoing, Transaction
from closeout_chassis.errors import Poison, Reason, Retryable
from closeout_chassis.telemetry import Metrics, handling
from closeout_schemas.catalogue import Topic, dead_letter_topic
from closeout_schemas.envelope import Event
from closeout_schemas.vocabulary import derived_id

log = logging.getLogger(__name__)

Handler = Callable[[Sequence[Any], Transaction], Awaitable[None]]
Unnamed = Callable[[Sequence[Any], Mapping[bytes, str]], list[Any]]

TRIES = 5  # of a single record, for a failure that may pass
LONGEST_WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic, and what handles its events: all new ones of a batch, in order, in one transaction.

    `lanes`: in so many transactions side by side, each with keys of its own, so that one is worked out while others are
    written. For handlers to which only the order of a key matters.
    `unnamed`: what is left of events where somebody is named who was forgotten: see `of_nobody_forgotten`.
    """

    topic: Topic
    handler: Handler
    lanes: int = 1
    unnamed: Unnamed | None = None


def of_nobody_forgotten(unnamed: Unnamed, subscriptions: Iterable[Subscription]) -> list[Subscription]:
    """The same, each of whose handlers hears no more of somebody who was forgotten."""
    return [replace(one, unnamed=unnamed) for one in subscriptions]


Decoded = tuple[Record, Event]


class Consumer:
    """Takes batches from the broker. Returns only when every record is an effect, a duplicate or a dead letter."""

    waited_at = 0.0  # when it last began to wait for another try, by the monotonic clock

    def __init__(
        self, db: Database, subscriptions: Sequence[Subscription], group: str, metrics: Metrics, most: int = 500
    ) -> None:
        """`most`: records that one transaction handles."""
        self.batch_size = most * max(subscription.lanes for subscription in subscriptions)
        self._most = most
        self._db = db
        self._subscriptions = {subscription.topic.name: subscription for subscription in subscriptions}
        self._group = group
        self._metrics = metrics

    async def on_records(self, records: Sequence[Record]) -> None:
        """Handle a batch, topic by topic, keeping each topic's order."""
        for topic, run in groupby(sorted(records, key=lambda record: record.topic), key=lambda record: record.topic):
            subscription = self._subscriptions[topic]
            # One that fails cancels the others; what they committed the inbox knows when all come again.
            async with asyncio.TaskGroup() as side_by_side:
                for lane in _lanes(run, subscription.lanes):
                    side_by_side.create_task(self._take(subscription, lane))

    async def _take(self, subscription: Subscription, records: Sequence[Record]) -> None:
        decoded: list[Decoded] = []
        for record in records:
            if (event := await self._decode(record, subscription)) is not None:
                decoded.append((record, event))
        for begin in range(0, len(decoded), self._most):
            with self._metrics.handling_seconds.labels(subscription.topic.name).time():
                await self._handle(subscription, decoded[begin : begin + self._most])

    async def _decode(self, record: Record, subscription: Subscription) -> Event | None:
        try:
            event = subscription.topic.adapter.validate_json(record.value)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            if _is_unknown_type(first, record.value, subscription.topic):
                self._count(record.topic, "unknown_type")
                return None
            reason = Reason.UNDECODABLE if first["type"] == "json_invalid" else Reason.INVALID_EVENT
            await self._bury(subscription, record, reason, _in_words(error), None)
            return None
        event.arrived_with(record.traceparent)
        return event

    async def _handle(self, subscription: Subscription, batch: Sequence[Decoded]) -> None:
        """Handle `batch` as one; when that cannot be, halve it."""
        try:
            await self._try(subscription, batch)
        except Exception as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._handle(subscription, batch[:middle])
                await self._handle(subscription, batch[middle:])
                return
            (record, _event), *_ = batch
            await self._bury(subscription, record, _reason(error), _told(error), error)

    async def _try(self, subscription: Subscription, batch: Sequence[Decoded]) -> None:
        """Run the handler until it succeeds; raise when trying again would not help."""
        tries = 0
        for wait in _waits():
            try:
                await self._once(subscription, batch)
            except AWAY as error:
                self._say_waiting(subscription, error, wait)
                await asyncio.sleep(wait)
            except Retryable as error:
                tries += 1
                # A batch is not tried again as a whole: its other records need not wait for this one.
                if tries >= TRIES or len(batch) > 1:
                    raise
                self._say_waiting(subscription, error, error.after or wait)
                await asyncio.sleep(min(error.after or wait, LONGEST_WAIT_SECONDS))
            else:
                return
            self._metrics.retries.labels(subscription.topic.name).inc()

    async def _once(self, subscription: Subscription, batch: Sequence[Decoded]) -> None:
        topic = subscription.topic.name
        fresh = [event for _, event in batch]
        async with self._db.transaction() as tx:
            new = await tx.first_seen(topic, [event.id for event in fresh])
            if len(new) < len(fresh):
                fresh = list(_each_once(fresh, new))
            if fresh:
                if subscription.unnamed is not None:
                    fresh = subscription.unnamed(fresh, await forgotten(tx.conn))
                with handling(f"handle {topic}", fresh):
                    await subscription.handler(fresh, tx)
        self._count(topic, "handled", len(fresh))
        self._count(topic, "duplicate", len(batch) - len(fresh))

    async def _bury(
        self, subscription: Subscription, record: Record, reason: Reason, detail: str, error: BaseException | None
    ) -> None:
        """Keep the record as a dead letter, visible here and on the dead-letter topic."""
        handler = f"{subscription.handler.__module__}.{subscription.handler.__qualname__}"
        where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        for wait in _waits():
            try:
                async with self._db.transaction() as tx:
                    if await add_dead_letter(tx.conn, record, reason, detail, handler):
                        dead = dead_letter_topic(record.topic, self._group)
                        tx.send(Outgoing(dead, record.key, record.value, record.traceparent))
                break
            except AWAY as away:
                self._say_waiting(subscription, away, wait)
                await asyncio.sleep(wait)
        trace = None if isinstance(error, Poison | Retryable) else error
        log.error("dead letter", extra={**where, "reason": reason.value, "detail": detail}, exc_info=trace)
        self._count(record.topic, "dead_letter")

    def _say_waiting(self, subscription: Subscription, error: BaseException, seconds: float) -> None:
        self.waited_at = time.monotonic()
        because = f"{type(error).__name__}: {error}"
        where = {"topic": subscription.topic.name, "because": because, "seconds": round(seconds, 2)}
        log.warning("a batch waits", extra=where)

    def _count(self, topic: str, result: str, count: int = 1) -> None:
        self._metrics.consumed.labels(topic, result).inc(count)


async def add_dead_letter(conn: Conn, record: Record, reason: Reason, detail: str, handler: str) -> bool:
    """Keep a record that goes no further. Whether it did not wait already: replayed, or on a broker that was filled
    again, it is the same by what it says, not by where it stood."""
    which = derived_id("dead_letter", record.topic, record.value.hex())
    where, what = (record.topic, record.partition, record.offset), (record.key, record.value, record.traceparent)
    why = (reason.value, detail[:2000].replace("\x00", "\u2400").encode(errors="replace").decode(), handler)
    status: str = await conn.execute(SQL["add_dead_letter"], which, *where, *what, *why)
    return status.endswith(" 1")


def _each_once(events: Iterable[Event], new: set[UUID]) -> Iterator[Event]:
    """Those that are new; the same event twice in one batch is handled once."""
    for event in events:
        if event.id in new:
            new.discard(event.id)
            yield event


def _lanes(records: Iterable[Record], count: int) -> Sequence[Sequence[Record]]:
    """`records` dealt out by key, in order: a batch is often of a single partition."""
    lanes: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        lanes[crc32(record.key.encode()) % count].append(record)
    return list(lanes.values())


def _waits() -> Any:
    """Seconds to wait before the next try: doubling, with jitter, never ending."""
    wait = 0.1
    while True:
        yield wait * random.uniform(0.5, 1.5)  # noqa: S311 - jitter, not a secret
        wait = min(wait * 2, LONGEST_WAIT_SECONDS / 2)


def _told(error: BaseException) -> str:
    # Our own failures are sentences; others need their name.
    return str(error) if isinstance(error, Poison | Retryable) else f"{type(error).__name__}: {error}"


def _reason(error: BaseException) -> Reason:
    if isinstance(error, Poison):
        return error.reason
    return Reason.RETRIES_EXHAUSTED if isinstance(error, Retryable) else Reason.HANDLER_ERROR


def _is_unknown_type(problem: Mapping[str, Any], value: bytes, topic: Topic) -> bool:
    """Whether this is a CloudEvent of a type that only a newer release knows."""
    if problem["type"] == "union_tag_invalid":
        return True
    if problem["type"] != "literal_error" or problem["loc"] != ("type",):
        return False
    # A topic with a single event has no union: pydantic reports its type as a wrong literal.
    return len(topic.event_classes()) == 1 and b'"specversion"' in value


def _in_words(error: ValidationError) -> str:
    by_place: dict[str, str] = defaultdict(str)
    for problem in error.errors(include_input=False, include_url=False)[:5]:
        by_place[".".join(map(str, problem["loc"]))] = problem["msg"]
    return "; ".join(f"{place or 'record'}: {message}" for place, message in by_place.items())
