"""The relay: carries a service's outbox to the broker, in order per key, at least once.

One leader a service, by an advisory lock: two relays at once would not keep the order. The consumer's inbox makes a
second publication harmless.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import asyncpg
from aiokafka.errors import KafkaError

from closeout_chassis.bus import GiveWay, Publisher, Record
from closeout_chassis.consume import add_dead_letter
from closeout_chassis.db import DATABASE_ERRORS, SQL, Conn, Database, Outgoing
from closeout_chassis.errors import Reason, StartError
from closeout_chassis.settings import KafkaSettings
from closeout_chassis.telemetry import Metrics
from closeout_chassis.topics import create_topics, has_topic
from closeout_schemas.catalogue import TOPICS

log = logging.getLogger(__name__)

BATCH = 1000
# LISTEN/NOTIFY wakes the relay at once; the poll behind it is for a notification that was lost with a connection.
POLL_SECONDS = 1.0
FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 5.0
LEADER = "SELECT pg_try_advisory_lock(hashtext('closeout.relay.' || current_schema()))"


class Relay:
    """Runs until it is cancelled. Neither a broker nor a database that is away ends it."""

    def __init__(self, db: Database, kafka: KafkaSettings, metrics: Metrics, give_way: GiveWay | None = None) -> None:
        self._give_way = give_way
        self._db = db
        self._kafka = kafka
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._publisher: Publisher | None = None
        self._got_on = False

    async def run(self) -> None:
        """Lead, or wait to lead; begin again after every failure."""
        delay = FIRST_DELAY_SECONDS
        try:
            while True:
                self._got_on = False
                try:
                    await self._lead()
                except (*DATABASE_ERRORS, KafkaError, StartError) as error:
                    delay = FIRST_DELAY_SECONDS if self._got_on else min(delay * 2, LONGEST_DELAY_SECONDS)
                    because = f"{type(error).__name__}: {error}"
                    log.warning("the relay waits", extra={"because": because, "seconds": delay})
                    await self._close_publisher()
                await asyncio.sleep(delay)
        finally:
            await self._close_publisher()

    async def _lead(self) -> None:
        # Out of the pool for as long as we lead: the lock and the LISTEN belong to this one connection.
        async with self._db.pool.acquire() as conn:
            if not await conn.fetchval(LEADER):
                await asyncio.sleep(POLL_SECONDS)
                return
            try:
                await conn.add_listener(f"{self._db.service}_outbox", lambda *_: self._wake.set())
                publisher = await self._open_publisher()
                while True:
                    await self._carry(conn, publisher)
            finally:
                # It gives both up with its end, whatever state it is in: in the pool it might keep them from us.
                conn.terminate()

    async def _carry(self, conn: Conn, publisher: Publisher) -> None:
        if self._give_way is not None:
            await self._give_way()
        self._wake.clear()
        rows = await conn.fetch(SQL["waiting_records"], BATCH)
        if rows:
            await self._publish(rows, publisher, conn)
            await conn.execute(SQL["forget_waiting"], [row["seq"] for row in rows])
            self._got_on = True
        if len(rows) < BATCH and not await _woken(self._wake, POLL_SECONDS) and self._kafka.embedded:
            await self._refill_after_restart()

    async def _publish(self, rows: list[asyncpg.Record], publisher: Publisher, conn: Conn) -> None:
        records = [Outgoing(r["topic"], r["key"], r["value"], r["traceparent"]) for r in rows]
        too_large = await publisher.publish(records)
        for one in too_large:  # all behind it would wait for ever
            detail = f"{len(one.value)} bytes, more than the broker takes on {one.topic}"
            log.error("dead letter", extra={"topic": one.topic, "reason": Reason.TOO_LARGE.value, "detail": detail})
            never_there = Record(one.topic, -1, -1, one.key, one.value, one.traceparent)
            await add_dead_letter(conn, never_there, Reason.TOO_LARGE, detail, __name__)
        now = time.time()
        for topic, count in Counter(one.topic for one in records if one not in too_large).items():
            self._metrics.published.labels(topic).inc(count)
        for row in rows:
            self._metrics.outbox_latency.observe(max(0.0, now - row["created_at"].timestamp()))

    async def _open_publisher(self) -> Publisher:
        if self._publisher is None:
            if self._kafka.embedded:
                await self._refill_after_restart()
            publisher = Publisher(self._kafka, f"closeout.{self._db.service}")
            await publisher.start()
            self._publisher = publisher
        return self._publisher

    async def _close_publisher(self) -> None:
        if self._publisher is not None:
            publisher, self._publisher = self._publisher, None
            await publisher.stop()

    async def _refill_after_restart(self) -> None:
        """The embedded broker forgets everything when it dies. A topic of our own tells whether it did.

        What we published is then published again; the consumers' inboxes make that harmless. The mark is made last:
        a crash before it only does this once more.
        """
        mark = f"closeout.embedded.{self._db.service}"
        if await has_topic(self._kafka, mark):
            return
        await create_topics(self._kafka, TOPICS, [dead for topic in TOPICS for dead in topic.dead_letter_names()])
        async with self._db.transaction() as tx:
            await tx.refill([topic.name for topic in TOPICS], datetime.now(UTC) - timedelta(days=7))
        await create_topics(self._kafka, (), [mark])
        log.info("the embedded broker is new: its topics are filled again")


async def _woken(wake: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await wake.wait()
    except TimeoutError:
        return False
