"""Who sees an incident. The database holds to it: sql/migrations/0031. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.restriction import Restriction, restriction_of

SQL = load_queries("closeout_review")
NOBODY_NAMED: tuple[str, ...] = ()


class Restrictions:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def by_mapping(self, audiences: Mapping[UUID, list[str]], why: str) -> None:
        """Restrict these, as far as nobody has decided otherwise."""
        ids = sorted(audiences)
        told = ["\n".join(audiences[one]) for one in ids]
        await self._conn.execute(SQL["restrict_by_mapping"], ids, told, [why] * len(ids))

    async def by_hand(self, incident_id: UUID, restricted: bool, audience: list[str], by: str, why: str) -> None:
        """Keep what somebody has decided."""
        await self._conn.execute(SQL["restrict_by_hand"], incident_id, restricted, audience, by, why)
        # An answer that was kept may hold what its principal may not see from now on.
        await self._conn.execute(SQL["forget_answers"])

    async def of(self, incident_id: UUID) -> Restriction | None:
        """Who sees it; None where it is not there, for whoever asks."""
        row = await self._conn.fetchrow(SQL["restriction"], incident_id)
        return restriction_of(*row) if row else None

    async def visible(self, postmortem_ids: Iterable[UUID]) -> set[UUID]:
        """Which of these the viewer may see."""
        return {row["id"] for row in await self._conn.fetch(SQL["visible_postmortems"], list(postmortem_ids))}

    async def hidden(self) -> set[UUID]:
        """Which postmortems the viewer may not see."""
        async with seeing_all(self._conn):
            restricted = await self._conn.fetch(SQL["restricted_postmortems"])
        seen = await self._conn.fetch(SQL["restricted_postmortems"]) if restricted else ()
        return {row["id"] for row in restricted} - {row["id"] for row in seen}

    async def count(self) -> int:
        """How many postmortems are restricted, as far as the viewer sees."""
        found: int = await self._conn.fetchval(SQL["count_restricted_postmortems"])
        return found


@asynccontextmanager
async def seeing_all(conn: Conn) -> AsyncIterator[None]:
    """What is done here is no answer to anybody: an index is brought up to date. In a transaction that has a viewer."""
    before = await conn.fetchval(SQL["viewer"])
    if before:
        await conn.execute(SQL["set_viewer_as_it_was"], "")
    yield
    if before:
        await conn.execute(SQL["set_viewer_as_it_was"], before)


@asynccontextmanager
async def seen_by_all(conn: Conn) -> AsyncIterator[None]:
    """What is found here is told to everybody: only what is not restricted. In a transaction."""
    before = await conn.fetchval(SQL["viewer"])
    await conn.execute(SQL["set_viewer"], list(NOBODY_NAMED))
    yield
    await conn.execute(SQL["set_viewer_as_it_was"], before)
