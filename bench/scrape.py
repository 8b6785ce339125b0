"""What a scrape of the metrics service costs with a long history, against the same without any."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
from pydantic import SecretStr

from bench.rows import Row, latency, quantile
from bench.running import Running, running
from closeout_chassis.db import Database
from closeout_chassis.settings import DatabaseSettings
from closeout_metrics.commands.counting import Counting

SLOWEST_MS = 50.0
MOST_MB = 150.0
POSTMORTEMS, QUICK_POSTMORTEMS = 100_000, 10_000  # with ten action items each
HISTORY = Path(__file__).with_suffix(".sql")


def rows(quick: bool) -> list[Row]:
    """Milliseconds of GET /metrics, and of the processor in it; what the service takes in memory afterwards."""
    count, times = (QUICK_POSTMORTEMS, 40) if quick else (POSTMORTEMS, 200)
    with running() as system, changing(system.database_url()) as change:
        empty, empty_cpu = scrapes(system, times, change)
        empty_mb = system.resident_mb("metrics")
        asyncio.run(fill(system.database_url(), count))
        full, full_cpu = scrapes(system, times, change)
        still, still_cpu = scrapes(system, times)
        full_mb = system.resident_mb("metrics")
    name = f"scrape, {count * 10:,} items"
    return [
        latency(name, quantile(full, 0.5), quantile(empty, 0.5), SLOWEST_MS),
        latency(f"{name}, p99", quantile(full, 0.99), quantile(empty, 0.99), SLOWEST_MS),
        latency(f"{name}, processor", full_cpu, empty_cpu, SLOWEST_MS),
        latency(f"{name}, nothing new", quantile(still, 0.5), quantile(empty, 0.5), SLOWEST_MS),
        latency(f"{name}, nothing new, p99", quantile(still, 0.99), quantile(empty, 0.99), SLOWEST_MS),
        latency(f"{name}, nothing new, processor", still_cpu, empty_cpu, SLOWEST_MS),
        Row(f"{name}, memory", full_mb, "MB", empty_mb, full_mb / empty_mb, MOST_MB, full_mb < MOST_MB),
    ]


@contextmanager
def changing(url: str) -> Iterator[Callable[[], None]]:
    """Changes something that the numbers are made of, each time that it is called."""
    with asyncio.Runner() as runner:
        conn = runner.run(asyncpg.connect(url))
        change = "UPDATE metrics.tally SET value = value + 1 WHERE tally = 'slips'"
        yield lambda: runner.run(conn.execute(change)) and None
        runner.run(conn.close())


def scrapes(system: Running, times: int, change: Callable[[], None] = lambda: None) -> tuple[Sequence[float], float]:
    """Milliseconds of each scrape, one after the other, without the first ones; and of the processor in each.

    `change` is done before each: what was read for the one before does not hold any more.
    """
    took: list[float] = []
    busy = 0.0
    for n in range(times + 3):
        change()
        busy = system.cpu_seconds("metrics") if n == 3 else busy
        began = time.perf_counter()
        with urllib.request.urlopen(f"{system.url('metrics')}/metrics", timeout=10) as answer:
            assert answer.read().startswith(b"#")
        took.append((time.perf_counter() - began) * 1000)
    return took[3:], (system.cpu_seconds("metrics") - busy) / times * 1000


async def fill(url: str, count: int) -> None:
    """Write the history, and count it as the service does after an upgrade."""
    conn = await asyncpg.connect(url)
    await conn.execute(HISTORY.read_text().replace(":count", str(count)), timeout=600)
    await conn.close()
    db = Database(DatabaseSettings(url=SecretStr(url)), "metrics")
    await db.open()
    await Counting(db, ZoneInfo("UTC")).rebuild()
    await db.pool.execute("VACUUM ANALYZE tally", timeout=600)
    await db.close()


if __name__ == "__main__":
    from rich.console import Console

    from bench.rows import table

    Console().print(table([row.as_dict() for row in rows(quick=True)]))
