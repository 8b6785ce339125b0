"""Work by the clock: a loop a task, and with several replicas only one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from closeout_chassis.db import AWAY, Database
from closeout_chassis.errors import Retryable
from closeout_chassis.telemetry import Metrics

log = logging.getLogger(__name__)

ALONE = "SELECT pg_try_advisory_lock(hashtext('closeout.loop.' || current_schema() || '.' || $1))"
DONE = "SELECT pg_advisory_unlock(hashtext('closeout.loop.' || current_schema() || '.' || $1))"

# Failures that the next round may not meet.
PASSING: tuple[type[BaseException], ...] = (*AWAY, Retryable)


@dataclass(frozen=True, slots=True)
class Loop:
    """Something done again and again. `every`: seconds between the end of one round and the next.

    `wake`, where given, begins a round at once. `alone`: a round is skipped while another replica is in one.
    """

    name: str
    every: float
    run: Callable[[], Awaitable[None]]
    wake: asyncio.Event | None = None
    alone: bool = True


class Turns:
    """Which replica's turn it is with each loop: advisory locks, all of them on one connection.

    A connection for each would be waited for by loops that each have one already, until none is left.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._conn: Any = None
        self._using = asyncio.Lock()

    async def take(self, name: str) -> bool:
        """Whether no other replica is in a round of this loop. Raises one of AWAY."""
        async with self._using:
            if self._conn is None or self._conn.is_closed():
                await self._let_go()
                self._conn = await self._db.pool.acquire()
            return bool(await self._conn.fetchval(ALONE, name))

    async def give_back(self, name: str) -> None:
        """The round is over."""
        async with self._using:
            if self._conn is not None and not self._conn.is_closed():
                await self._conn.execute(DONE, name)

    async def close(self) -> None:
        """Give the connection back, and every turn with it."""
        async with self._using:
            if self._conn is not None and not self._conn.is_closed():
                await self._conn.execute("SELECT pg_advisory_unlock_all()")
            await self._let_go()

    async def _let_go(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            await self._db.pool.release(conn)


async def keep_running(loop: Loop, db: Database, metrics: Metrics, turns: Turns | None = None) -> None:
    """Run `loop` until cancelled. A round that fails is counted, logged and tried again, soon for what may pass.

    `turns` is shared by the loops of a service; without it the loop has its own.
    """
    turns = turns or Turns(db)
    failures = 0
    while True:
        if loop.wake is not None:
            loop.wake.clear()
        try:
            await _round(loop, turns)
            failures = 0
        except PASSING as error:
            failures += 1
            log.warning("a loop waits", extra={"loop": loop.name, "because": f"{type(error).__name__}: {error}"})
            metrics.loop_failures.labels(loop.name).inc()
            await asyncio.sleep(getattr(error, "after", None) or 0)
        except Exception:
            log.exception("a loop's round failed", extra={"loop": loop.name})
            metrics.loop_failures.labels(loop.name).inc()
        # What was away at the start is asked again soon, then less and less often.
        await _pause(loop, min(loop.every, 2.0 ** min(failures, 20)) if failures else loop.every)


async def _round(loop: Loop, turns: Turns) -> None:
    if not loop.alone:
        await loop.run()
    elif await turns.take(loop.name):
        try:
            await loop.run()
        finally:
            await turns.give_back(loop.name)


async def _pause(loop: Loop, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await (loop.wake or asyncio.Event()).wait()
