"""Rebuilding the projections: what the topics tell is taken in anew, beside what is read, and then swapped.

Scrapes go on, with the old numbers until the new ones are in place. Events go on too: only for the swap, and for what
came in while the topics were read, do they wait.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from closeout_chassis.db import Conn, Database, Transaction
from closeout_chassis.errors import CloseoutError
from closeout_metrics.commands.counting import count_anew
from closeout_metrics.store import Shadow
from closeout_schemas.envelope import Event

TakeIn = Callable[[Sequence[Event], Transaction], Awaitable[None]]


class Incomplete(CloseoutError):
    """The topics do not tell of everything that is known. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild came to. `differing`: numbers that are not what they were."""

    incidents: int
    postmortems: int
    action_items: int
    differing: int
    swapped: bool


class Rebuilding:
    """The shadow, on a connection of its own."""

    def __init__(self, conn: Conn, zone: ZoneInfo, keep: bool) -> None:
        self._conn = conn
        self._shadow = Shadow(conn)
        self._zone = zone
        self._keep = keep

    async def take_in(self, handler: TakeIn, events: Sequence[Event]) -> None:
        """As the consumer does, but without asking the inbox: what was seen before is what this is about."""
        async with self._conn.transaction():
            await handler(events, Transaction(self._conn))

    async def finish(self, catch_up: Callable[[], Awaitable[None]], *, swap: bool) -> Rebuilt:
        """Hold all events, take in what came meanwhile, count, and swap. With `swap` false, only compare.

        Raises Incomplete where things are known that the topics do not tell of, and what is known was not kept.
        """
        async with self._conn.transaction():
            await self._shadow.hold_all()
            await catch_up()
            untold = 0 if self._keep else await self._shadow.untold()
            if untold:
                raise Incomplete(
                    "Of the incidents, postmortems and action items that are known, the topics do not tell of "
                    f"{untold} any more: they keep their records for a week. Nothing was changed. "
                    "Use --exports to take in what review knows of them, or --keep to begin with what is known."
                )
            await count_anew(self._shadow, self._zone)
            differing = await self._shadow.differing_tallies()
            if swap:
                await self._shadow.swap()
            return Rebuilt(**await self._shadow.sizes(), differing=differing, swapped=swap)


@asynccontextmanager
async def rebuilding(db: Database, zone: ZoneInfo, *, keep: bool = False) -> AsyncIterator[Rebuilding]:
    """A shadow to take events into; it begins empty or, with `keep`, with what is known."""
    async with db.reading() as conn:
        shadow = Shadow(conn)
        async with conn.transaction():
            await shadow.make(keep=keep)
        try:
            yield Rebuilding(conn, zone, keep)
        finally:
            await shadow.forget()
