"""100 million deliveries a day, on paper: what was measured on one machine, carried on by a simulation.

`python -m bench.scaling [--rate RECORDS_A_SECOND] [--quick]` prints the tables of docs/scaling.md. Two claims are held
to numbers here: how many replicas and partitions a storm needs, and what it costs to drop a day's outbox.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from bench.related import postgres
from closeout_chassis.db import SQL
from closeout_chassis.migrate import migrate
from closeout_chassis.settings import DatabaseSettings

A_DAY = 100_000_000
MEAN = A_DAY / 86_400
# A storm: ten times the mean for ten minutes, in the hour that is busiest anyway.
STORM, STORM_SECONDS = 10.0, 600
BUSY_HOUR = 2.0
# What a replica is counted on for: a machine of its own is never free all the time.
COUNTED_ON = 0.5
# Incidents at once; each one's deliveries are in one partition, so chance deals them unevenly.
KEYS = 2_000
SECONDS = 3 * 3600
OUTBOX_ROWS, QUICK_ROWS = 500_000, 50_000
RECORD_BYTES = 1_200


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a simulated busy hour with a storm in it. Seconds."""

    replicas: int
    partitions: int
    longest_wait: float
    drained_after: float | None


def simulate(replicas: int, partitions: int, rate: float, seed: int = 1) -> Outcome:
    """A partition is worked on by one replica; a replica does `rate` records a second over all of its partitions.

    Each second brings every partition its share by the keys it was dealt, and every replica works off its partitions,
    the fullest first. A record waits as long as what stands before it takes.

    >>> simulate(replicas=12, partitions=24, rate=10 * MEAN).longest_wait < 1
    True
    >>> simulate(replicas=1, partitions=24, rate=0.5 * MEAN).drained_after is None
    True
    """
    chance = random.Random(seed)
    shares = [0.0] * partitions
    for _ in range(KEYS):
        shares[chance.randrange(partitions)] += 1 / KEYS
    waiting = [0.0] * partitions
    longest, drained = 0.0, None
    for second in range(SECONDS):
        arriving = MEAN * (BUSY_HOUR if second < 3600 else 1.0) * (STORM if second < STORM_SECONDS else 1.0)
        for partition, share in enumerate(shares):
            waiting[partition] += arriving * share
        for replica in range(min(replicas, partitions)):
            left = rate
            own = sorted(range(replica, partitions, replicas), key=waiting.__getitem__, reverse=True)
            for partition in own:
                done = min(left, waiting[partition])
                waiting[partition] -= done
                left -= done
            longest = max(longest, sum(waiting[one] for one in own) / rate)
        if second >= STORM_SECONDS and drained is None and sum(waiting) < rate:
            drained = second - STORM_SECONDS
    return Outcome(replicas, partitions, longest, drained)


async def deletion(rows: int) -> tuple[float, float]:
    """Seconds to forget `rows` published records: row by row as housekeeping does, and as a whole partition."""
    with postgres() as url:
        settings = DatabaseSettings(url=SecretStr(url), start_timeout_seconds=30)
        await migrate(settings, ["ingest"])
        conn = await asyncpg.connect(url)
        await conn.execute("SET search_path TO ingest")
        words = "convert_to(repeat('x', $1), 'UTF8')"
        filling = f"SELECT 'closeout.incident.v1', n::text, {words} FROM generate_series(1, $2) AS n"
        await conn.execute(f"INSERT INTO outbox (topic, key, value) {filling}", RECORD_BYTES, rows)
        await conn.execute("CREATE TABLE day (topic text, key text, value bytea) PARTITION BY LIST (topic)")
        await conn.execute("CREATE TABLE day_one PARTITION OF day FOR VALUES IN ('closeout.incident.v1')")
        await conn.execute(f"INSERT INTO day (topic, key, value) {filling}", RECORD_BYTES, rows)
        by_row = await _timed(conn, SQL["drop_old_outbox"], await conn.fetchval("SELECT clock_timestamp()"))
        whole = await _timed(conn, "DROP TABLE day_one")
        await conn.close()
        return by_row, whole


async def _timed(conn: asyncpg.Connection[asyncpg.Record], statement: str, *values: object) -> float:
    """Until there is nothing left of it: housekeeping drops a slice at a time."""
    began = time.perf_counter()
    while await conn.execute(statement, *values, timeout=600) not in ("DELETE 0", "DROP TABLE"):
        pass
    return time.perf_counter() - began


def measured_rate(named: float | None) -> float:
    """Records a second of one normaliser: as named, or as the last `make bench` measured it."""
    if named is not None:
        return named
    rows = json.loads(Path("build/bench.json").read_text(encoding="utf-8"))
    return float(next(row["value"] for row in rows if row["name"] == "pipeline"))


def tables(rate: float, by_row: float, whole: float, rows: int) -> Iterator[str]:
    """For docs/scaling.md."""
    yield f"One replica was measured at {rate:,.0f} records a second and is counted on for {COUNTED_ON * rate:,.0f}.\n"
    yield "| replicas | partitions | longest wait in a storm | drained after it |\n|---|---|---|---|"
    for outcome in _outcomes(COUNTED_ON * rate):
        drained = "not in three hours" if outcome.drained_after is None else f"{outcome.drained_after:,.0f} s"
        yield f"| {outcome.replicas} | {outcome.partitions} | {outcome.longest_wait:,.0f} s | {drained} |"
    yield f"\n{rows:,} published records: deleted row by row in {by_row:.2f} s, dropped as one partition in"
    yield f"{whole:.3f} s. A day of {A_DAY:,}: {by_row * A_DAY / rows / 60:,.0f} minutes of deleting."


def _outcomes(rate: float) -> Sequence[Outcome]:
    return [simulate(replicas, partitions, rate) for partitions in (6, 24) for replicas in (1, 2, 4, 6, 12)]


def main() -> None:
    """Parse, measure, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rate", type=float, default=None, help="records a second of one replica; else build/bench.json"
    )
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    rows = QUICK_ROWS if given.quick else OUTBOX_ROWS
    by_row, whole = asyncio.run(deletion(rows))
    for line in tables(measured_rate(given.rate), by_row, whole, rows):
        print(line)


if __name__ == "__main__":
    main()
