"""What sent outbox rows cost once they are deleted: rows that are dead until they are vacuumed, larger tables.

`python -m bench.outbox [--rows N] [--seconds N]`: two weeks of hours, each said, sent and dropped after a week, the
table vacuumed when PostgreSQL's own rule says so; then a queue under way with the autovacuum that there is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr

from bench.related import postgres
from bench.rows import quantile
from closeout_chassis.db import SQL
from closeout_chassis.migrate import migrate
from closeout_chassis.settings import DatabaseSettings

RESULTS = Path("build/bench-outbox.json")
HOURS_KEPT = 24 * 7
RECORD = b"x" * 1024
# autovacuum_vacuum_threshold and _scale_factor: as PostgreSQL comes, and as our migrations have it.
AS_IT_COMES, OURS = (50, 0.2), (1000, 0.02)
BY_AGE = (
    "DELETE FROM outbox AS o WHERE o.created_at < $1"
    " AND NOT EXISTS (SELECT FROM outbox_waiting AS w WHERE w.seq = o.seq)"
)
WEEKS = {
    "by its age, vacuumed as it comes": (BY_AGE, AS_IT_COMES),
    "by its number, vacuumed as it comes": (SQL["drop_old_outbox"], AS_IT_COMES),
    "by its number, vacuumed at one in fifty": (SQL["drop_old_outbox"], OURS),
}
BATCH = 500


async def weeks(url: str, rows: int, drop: str, rule: tuple[int, float]) -> dict[str, float]:
    """A full week of `rows` in the outbox, then another, hour by hour."""
    conn = await asyncpg.connect(url, server_settings={"search_path": "ingest"})
    await conn.execute("TRUNCATE outbox, outbox_waiting RESTART IDENTITY")
    await conn.execute("ALTER TABLE outbox SET (autovacuum_enabled = off)")
    hour = rows // HOURS_KEPT
    for number in range(HOURS_KEPT):
        await _say(conn, hour, number)
    await conn.execute("VACUUM ANALYZE outbox")
    live = await conn.fetchval("SELECT pg_total_relation_size('outbox')")
    dead, most_dead, largest = 0, 0, live
    deleting: list[float] = []
    vacuums: list[float] = []
    for number in range(HOURS_KEPT, 2 * HOURS_KEPT):
        await _say(conn, hour, number)
        began = time.perf_counter()
        dead += await _drop(conn, drop, await _at(conn, number - HOURS_KEPT + 1))
        deleting.append(time.perf_counter() - began)
        most_dead = max(most_dead, dead)
        largest = max(largest, await conn.fetchval("SELECT pg_total_relation_size('outbox')"))
        if dead > rule[0] + rule[1] * rows:
            began = time.perf_counter()
            await conn.execute("VACUUM outbox")
            vacuums.append(time.perf_counter() - began)
            dead = 0
    blocks = await _blocks(conn, drop, HOURS_KEPT + 1)
    await conn.close()
    return {
        "blocks read for an hour's, of the table's": blocks / (live / 8192),
        "most dead rows, of those there": most_dead / rows,
        "largest size, of a week's": largest / live,
        "an hour deleted, ms": quantile(deleting, 0.5) * 1000,
        "an hour deleted, ms, p99": quantile(deleting, 0.99) * 1000,
        "vacuums in a week": len(vacuums),
        "a vacuum, ms": quantile(vacuums, 0.5) * 1000 if vacuums else 0.0,
        "vacuums together, s": sum(vacuums),
    }


async def _drop(conn: Any, drop: str, before: Any) -> int:
    """A slice at a time, until none is left."""
    dropped = 0
    while count := int((await conn.execute(drop, before)).rpartition(" ")[2]):
        dropped += count
    return dropped


async def _blocks(conn: Any, drop: str, hour: int) -> int:
    """How many blocks are looked at to drop one more hour, which is not done."""
    await _say(conn, 1, 2 * HOURS_KEPT)
    at = (await _at(conn, hour)).isoformat()
    plan = json.loads(
        await conn.fetchval(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT json) " + drop.replace("DELETE", "SELECT *", 1).replace("$1", f"'{at}'")
        )
    )[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


async def _say(conn: Any, count: int, hour: int) -> None:
    """An hour's records, sent already."""
    await conn.execute(
        "INSERT INTO outbox (topic, key, value, created_at) SELECT 't', 'k', $1, $2 FROM generate_series(1, $3)",
        *(RECORD, await _at(conn, hour), count),
    )


async def _at(conn: Any, hour: int) -> Any:
    return await conn.fetchval("SELECT timestamptz '2026-01-01' + make_interval(hours => $1)", hour)


async def queue(url: str, seconds: float, settings: str) -> dict[str, float]:
    """Records are said, read by the relay and taken off its queue, as fast as it goes; with the autovacuum there is."""
    conn = await asyncpg.connect(url, server_settings={"search_path": "ingest"})
    await conn.execute("TRUNCATE outbox, outbox_waiting")
    await conn.execute("ALTER TABLE outbox_waiting RESET (autovacuum_vacuum_threshold, autovacuum_vacuum_scale_factor)")
    if settings:
        await conn.execute(f"ALTER TABLE outbox_waiting SET ({settings})")
    reads: list[float] = []
    sizes: list[int] = []
    said, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        await conn.execute(SQL["append_to_outbox"], ["t"] * BATCH, ["k"] * BATCH, [RECORD] * BATCH, [None] * BATCH)
        at = time.perf_counter()
        rows = await conn.fetch(SQL["waiting_records"], 1000)
        reads.append(time.perf_counter() - at)
        await conn.execute(SQL["forget_waiting"], [row["seq"] for row in rows])
        said += BATCH
        if said % (BATCH * 100) == 0:
            sizes.append(await conn.fetchval("SELECT pg_total_relation_size('outbox_waiting')"))
            await conn.execute("TRUNCATE outbox")
    vacuumed = await conn.fetchrow(
        "SELECT autovacuum_count FROM pg_stat_user_tables WHERE relname = 'outbox_waiting' AND schemaname = 'ingest'"
    )
    await conn.close()
    first, last = reads[: len(reads) // 20], reads[-len(reads) // 20 :]
    return {
        "records a second": said / seconds,
        "the relay's read, ms, first twentieth": quantile(first, 0.5) * 1000,
        "the relay's read, ms, last twentieth": quantile(last, 0.5) * 1000,
        "the relay's read, ms, p99": quantile(reads, 0.99) * 1000,
        "largest queue, MB": max(sizes, default=0) / 1e6,
        "vacuums": vacuumed["autovacuum_count"],
    }


async def drop_a_day(url: str, rows: int) -> dict[str, float]:
    """The same week by day: a day is dropped as a partition."""
    conn = await asyncpg.connect(url)
    await conn.execute(
        "CREATE TABLE IF NOT EXISTS by_day (LIKE ingest.outbox INCLUDING DEFAULTS) PARTITION BY RANGE (created_at)"
    )
    dropping = []
    for day in range(3):
        await conn.execute(
            f"CREATE TABLE by_day_{day} PARTITION OF by_day"
            f" FOR VALUES FROM ('2026-01-0{day + 1}') TO ('2026-01-0{day + 2}')"
        )
        await conn.execute(
            "INSERT INTO by_day (seq, topic, key, value, created_at)"
            f" SELECT n, 't', 'k', $1, '2026-01-0{day + 1} 12:00+00' FROM generate_series(1, $2) AS n",
            *(RECORD, rows // 7),
        )
        began = time.perf_counter()
        await conn.execute(f"DROP TABLE by_day_{day}")
        dropping.append(time.perf_counter() - began)
    await conn.close()
    return {"a day dropped, ms": quantile(dropping, 0.5) * 1000}


def main(given: Sequence[str] | None = None) -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.outbox", description=__doc__)
    parser.add_argument("--rows", type=int, default=HOURS_KEPT * 1000, help="records of a week")
    parser.add_argument("--seconds", type=float, default=130, help="that a queue is under way")
    told = parser.parse_args(given)
    found: dict[str, dict[str, float]] = {}
    with postgres() as url:
        asyncio.run(migrate(DatabaseSettings(url=SecretStr(url), start_timeout_seconds=30), ["ingest"]))
        for name, (drop, rule) in WEEKS.items():
            found[f"a week of {told.rows:,}, dropped {name}"] = asyncio.run(weeks(url, told.rows, drop, rule))
        found["partitions by day"] = asyncio.run(drop_a_day(url, told.rows))
        for name, settings in QUEUES.items():
            found[f"the queue, {name}"] = asyncio.run(queue(url, told.seconds, settings))
    for section, values in found.items():
        print(section)
        for name, value in values.items():
            print(f"  {name:<45}{value:,.3f}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")


QUEUES = {
    "as it comes": "",
    "at a thousand": "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000",
}

if __name__ == "__main__":
    main()
