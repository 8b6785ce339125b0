"""Work by the clock: many loops on few connections, and one replica at a time."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from pydantic import SecretStr

from closeout_chassis import loops
from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_chassis.loops import Loop, Turns, keep_running
from closeout_chassis.migrate import migrate
from closeout_chassis.settings import DatabaseSettings
from closeout_chassis.telemetry import Metrics

LOOPS = 8


async def opened(url: str, pool_size: int) -> Database:
    settings = DatabaseSettings(url=SecretStr(url)).model_copy(update={"pool_size": pool_size})
    await migrate(settings, ["ingest"])
    db = Database(settings, "ingest")
    await db.open()
    return db


async def test_more_loops_than_connections_all_get_on(database_url: str) -> None:
    db = await opened(database_url, pool_size=3)
    rounds: Counter[int] = Counter()

    async def work(number: int) -> None:
        async with db.reading() as conn:
            await conn.fetchval("SELECT pg_sleep(0.01)")
        rounds[number] += 1

    turns = Turns(db)
    eight = [Loop(f"loop-{n}", 0.01, lambda n=n: work(n)) for n in range(LOOPS)]  # type: ignore[misc]
    running = [asyncio.create_task(keep_running(loop, db, Metrics("ingest"), turns)) for loop in eight]
    async with asyncio.timeout(60):
        while len(rounds) < LOOPS or min(rounds.values()) < 3:
            await asyncio.sleep(0.01)
    assert all(rounds[number] >= 3 for number in range(LOOPS))
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await turns.close()
    await db.close()


async def test_a_loop_is_in_one_replica_at_a_time_and_goes_on_in_the_other_when_that_ends(database_url: str) -> None:
    one, other = await opened(database_url, 3), await opened(database_url, 3)
    first, second = Turns(one), Turns(other)

    assert await first.take("nightly")
    assert not await second.take("nightly")
    assert await second.take("another")
    await first.give_back("nightly")
    assert await second.take("nightly")
    await second.close()
    assert await first.take("another")

    await first.close()
    await one.close()
    await other.close()


async def test_what_was_away_is_asked_again_soon_and_what_answered_when_it_is_time(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = await opened(database_url, pool_size=3)
    pauses: list[float] = []
    over = asyncio.Event()

    async def work() -> None:
        if len(pauses) in (0, 1, 3):
            raise Retryable("it does not answer")

    async def pause(loop: Loop, seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 4:
            over.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(loops, "_pause", pause)
    running = asyncio.create_task(keep_running(Loop("ask", 600, work), db, Metrics("ingest")))
    async with asyncio.timeout(60):
        await over.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await db.close()

    assert pauses == [2, 4, 600, 2]
