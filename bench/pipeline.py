"""Throughput behind the door: deliveries on a topic become incidents and events, against raw consume-and-insert.

Rounds alternate, each on deliveries of its own and right after a checkpoint; the medians are compared. Two base lines.
`raw` decodes a record and inserts it. `same_writes` does what any consumer must that loses and doubles nothing
and tells others: inbox, row and outbox in one transaction, still without reading a word of the payload.

`python -m bench.pipeline COUNT` with CLOSEOUT_… settings in the environment prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from statistics import median
from uuid import UUID, uuid4

import asyncpg
import uvloop
from starlette.datastructures import Headers

from bench.load import webhook
from bench.rows import Row, rate
from bench.running import Running
from closeout.commands.serve import collect_less_often
from closeout_chassis.bus import Listener, OnRecords, Publisher, Record
from closeout_chassis.consume import Consumer
from closeout_chassis.db import Database, Outgoing, Transaction
from closeout_chassis.settings import KafkaSettings, read
from closeout_chassis.telemetry import Metrics
from closeout_chassis.topics import create_topics
from closeout_ingest import api
from closeout_ingest.adapters import pagerduty
from closeout_ingest.handlers import Hearing, subscriptions
from closeout_ingest.settings import IngestSettings
from closeout_schemas.catalogue import PAGER_DELIVERIES, Topic
from closeout_schemas.deliveries import DeliveryEvent
from closeout_schemas.mapping import ChatMapping

TARGET = 0.6
ROUNDS = 3


def rows(system: Running, quick: bool) -> list[Row]:
    """`pipeline` against raw consume-and-insert, `pipeline_same_writes` against raw SQL with the same guarantees."""
    command = [sys.executable, "-m", "bench.pipeline", "5000" if quick else "20000"]
    with system.frozen():
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=system.environment()).stdout
    figures: dict[str, float] = json.loads(said)
    return [
        rate("pipeline", figures["rate"], figures["raw"], TARGET),
        rate("pipeline_same_writes", figures["rate"], figures["same_writes"], TARGET),
    ]


async def fill(kafka: KafkaSettings, topic: str, count: int, first: int) -> None:
    """Put `count` deliveries on the topic, as the door writes them."""
    publisher = Publisher(kafka, "bench")
    await publisher.start()
    for begin in range(0, count, 2000):
        numbers = range(first + begin, first + min(begin + 2000, count))
        records = [api._as_record(pagerduty.SOURCE, Headers({"x-webhook-id": str(n)}), webhook(n)) for n in numbers]
        await publisher.publish([Outgoing(topic, record.key, record.value, None) for record in records])
    await publisher.stop()


async def drain(
    kafka: KafkaSettings, topic: str, count: int, handle: OnRecords, batch_size: int | None = None
) -> float:
    """Seconds from the first batch to the end of the last."""
    began, left, done = 0.0, count, asyncio.Event()

    async def on_records(records: Sequence[Record]) -> None:
        nonlocal began, left
        began = began or time.perf_counter()
        await handle(records)
        left -= len(records)
        if left <= 0:
            done.set()

    listener = Listener(kafka, f"bench-{uuid4().hex}", [topic], on_records, batch_size=batch_size)
    await listener.start()
    await done.wait()
    took = time.perf_counter() - began
    await listener.stop()
    return took


async def raw(kafka: KafkaSettings, url: str, topic: str, count: int) -> float:
    """Records a second of: decode, insert the batch with one statement, commit."""
    conn = await asyncpg.connect(url)
    await conn.execute("CREATE TABLE IF NOT EXISTS public.bench_raw (id uuid PRIMARY KEY, body jsonb)")
    await conn.execute("TRUNCATE public.bench_raw")

    async def insert(records: Sequence[Record]) -> None:
        ids = [json.loads(record.value)["id"] for record in records]
        await conn.execute(
            "INSERT INTO public.bench_raw SELECT * FROM unnest($1::uuid[], $2::jsonb[]) ON CONFLICT DO NOTHING",
            ids,
            [record.value.decode() for record in records],
        )

    took = await drain(kafka, topic, count, insert)
    await conn.close()
    return count / took


async def same_writes(settings: IngestSettings, topic: Topic, count: int) -> float:
    """Records a second of: decode, remember as seen, insert a row, say it to others; one transaction a batch."""
    db = Database(settings.database, "ingest")
    await db.open()
    async with db.reading() as conn:
        await conn.execute("CREATE TEMP TABLE bench_row (id uuid PRIMARY KEY, body jsonb)")

        async def insert(records: Sequence[Record]) -> None:
            bodies = {UUID(json.loads(record.value)["id"]): record for record in records}
            async with conn.transaction():
                tx = Transaction(conn)
                new = await tx.first_seen(f"{topic.name}.raw", list(bodies))
                await conn.execute(
                    "INSERT INTO bench_row SELECT * FROM unnest($1::uuid[], $2::text[]::jsonb[])",
                    list(new),
                    [bodies[one].value.decode() for one in new],
                )
                for one in new:
                    tx.send(Outgoing("bench.said", str(one), bodies[one].value, None))
                await tx.flush()

        took = await drain(settings.kafka, topic.name, count, insert)
        await conn.execute("DROP TABLE bench_row")
        await conn.execute("DELETE FROM outbox_waiting")
    await db.close()
    return count / took


async def ours(settings: IngestSettings, topic: Topic, count: int) -> float:
    """Records a second of the ingest service's own consumer: inbox, facts, incidents, outbox."""
    db = Database(settings.database, "ingest")
    await db.open()
    consumer = Consumer(
        db,
        [replace(one, topic=topic) for one in subscriptions(Hearing(ChatMapping())) if one.topic is PAGER_DELIVERIES],
        "closeout.ingest",
        Metrics("ingest"),
        settings.kafka.batch_size,
    )
    took = await drain(settings.kafka, topic.name, count, consumer.on_records, consumer.batch_size)
    await db.close()
    return count / took


async def run(count: int) -> dict[str, float]:
    """The median of each."""
    collect_less_often()  # as the service does
    settings = read(IngestSettings)
    url = settings.database.url.get_secret_value()
    ways: dict[str, Callable[[Topic], Awaitable[float]]] = {
        "raw": lambda topic: raw(settings.kafka, url, topic.name, count),
        "same_writes": lambda topic: same_writes(settings, topic, count),
        "rate": lambda topic: ours(settings, topic, count),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    first = int(time.time() * 1000) % 10**9 * 1000
    for _ in range(ROUNDS):
        for name, way in ways.items():
            topic = Topic(f"bench.{uuid4().hex}", ("bench",), ("bench",), "incident", "For the bench.", DeliveryEvent)
            await create_topics(settings.kafka, [topic])
            await fill(settings.kafka, topic.name, count, first)
            first += count
            await checkpoint(url)
            rates[name].append(await way(topic))
    return {name: median(measured) for name, measured in rates.items()}


async def checkpoint(url: str) -> None:
    """What the way before has left to PostgreSQL is not to be paid by the next."""
    conn = await asyncpg.connect(url)
    await conn.execute("CHECKPOINT")
    await conn.close()


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(int(sys.argv[1])))))
