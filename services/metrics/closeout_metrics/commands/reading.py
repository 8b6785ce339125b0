"""Reading the numbers: one consistent set, and the last good one while the database is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from closeout_chassis.db import AWAY, Database
from closeout_metrics.domain.definition import OLDEST_SHOWN, QUARTERS_SHOWN, SERVICES_NAMED, TEAMS_NAMED
from closeout_metrics.domain.moment import Asked, Seen
from closeout_metrics.domain.numbers import Numbers, numbers
from closeout_metrics.store import Store

log = logging.getLogger(__name__)

# Prometheus gives a scrape ten seconds unless told otherwise; the health metrics are in the same answer.
LONGEST_READ_SECONDS = 3.0
ABOUT_TO_FAIL = timedelta(days=30)


class Reading:
    """The last set of numbers that could be read whole.

    `now`: asks what time it is; the database, so that all replicas say the same. `ticks`: seconds on any clock of this
    process, for the age of what was read.
    """

    def __init__(
        self,
        db: Database,
        zone: ZoneInfo,
        now: Callable[[Store], Awaitable[datetime]] = Store.now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._zone = zone
        self._now = now
        self._ticks = ticks
        self._read_at: float = 0
        # What was read last, and for which day. It holds until a change is seen or the day is over.
        self._kept: tuple[Asked, Seen] | None = None
        self.last: Numbers | None = None

    def age(self) -> float | None:
        """Seconds since the last good numbers were read; None before there are any."""
        return max(0.0, self._ticks() - self._read_at) if self.last else None

    async def refresh(self) -> None:
        """Read them now; while that cannot be, keep the last."""
        try:
            async with asyncio.timeout(LONGEST_READ_SECONDS):
                self.last, self._read_at = await self._read(), self._ticks()
        except AWAY as error:
            log.warning("the numbers are not fresh", extra={"because": f"{type(error).__name__}: {error}"})

    async def forget_changes(self) -> None:
        """Keep the list short by which one sees that nothing has changed."""
        async with self._db.transaction() as tx:
            await Store(tx.conn).forget_changes()

    async def _read(self) -> Numbers:
        async with self._db.reading() as conn:
            store = Store(conn)
            now = await self._now(store)
            asked = Asked.at(now, self._zone, QUARTERS_SHOWN)
            by_clock = await store.by_clock(now, now + ABOUT_TO_FAIL, OLDEST_SHOWN)
            if self._kept is None or (self._kept[0], self._kept[1].version) != (asked, by_clock.version):
                # One statement sees one moment of the database: tallies and rows fit each other.
                self._kept = asked, await store.reading(asked, SERVICES_NAMED, TEAMS_NAMED, OLDEST_SHOWN)
            return numbers(now, asked, self._kept[1], by_clock)
