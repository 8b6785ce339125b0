"""A storm: deliveries in one burst, each twice. All are told, each once, and the memory of ingest stays flat."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import uvloop

from bench.load import LOOPBACK, Client, request, webhook
from bench.rows import Row, rate
from bench.running import Running
from closeout_schemas.vocabulary import Vendor, derived_id

CONNECTIONS = 64
DELIVERIES, QUICK_DELIVERIES = 20_000, 4_000
# Flat: what waits is in PostgreSQL, not in the process.
MOST_GROWTH = 1.5
SAMPLE_SECONDS = 0.05
ASK_SECONDS = 0.25
FIRST = 700_000_000


def rows(system: Running, quick: bool) -> list[Row]:
    """`storm_drained` from the first request until all is told, and `storm_memory`, the most that ingest took."""
    count = QUICK_DELIVERIES if quick else DELIVERIES
    before = system.resident_mb("ingest")
    with _peak(system) as peak:
        began = time.perf_counter()
        accepted = uvloop.run(_burst(system.port("ingest"), count))
        accepting = time.perf_counter() - began
        uvloop.run(_told(system.database_url(), count // 2))
        drained = time.perf_counter() - began
    growth = peak[0] / before
    return [
        rate("storm_drained", accepted / drained, accepted / accepting),
        Row("storm_memory", peak[0], "MB", before, growth, MOST_GROWTH, growth <= MOST_GROWTH),
    ]


async def _burst(port: int, count: int) -> int:
    """Every delivery twice, in one go; how many were accepted, which must be all."""
    requests = iter([request(webhook(FIRST + n), FIRST + n) for n in range(count // 2) for _ in range(2)])
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(lambda: Client(requests, math.inf, 0.0), LOOPBACK[0], port))[1]
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(client.done for client in clients))
    answered = sum(len(client.latencies) for client in clients)
    refused = sum(client.refused for client in clients)
    assert (answered, refused) == (count, 0), f"{answered} answered, {refused} refused"
    return answered


async def _told(url: str, count: int) -> None:
    """Wait until the storm's facts are there: each once."""
    conn = await asyncpg.connect(url)
    numbers = range(FIRST, FIRST + count)
    incidents = list({derived_id("incident", Vendor.PAGERDUTY, f"Q{number // 20:07d}") for number in numbers})
    deadline = time.monotonic() + 120
    found = 0
    while found < count:
        assert time.monotonic() < deadline, f"{found} of {count} were told"
        await asyncio.sleep(ASK_SECONDS)
        found = await conn.fetchval("SELECT count(*) FROM ingest.fact WHERE incident_id = ANY ($1::uuid[])", incidents)
    await conn.close()
    assert found == count, f"{found} facts of {count} deliveries"


@contextmanager
def _peak(system: Running) -> Iterator[list[float]]:
    """The most megabytes that ingest has taken until the block is left, as the list's only item."""
    seen = [system.resident_mb("ingest")]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLE_SECONDS):
            seen[0] = max(seen[0], system.resident_mb("ingest"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()
