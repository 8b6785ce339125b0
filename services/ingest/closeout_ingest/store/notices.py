"""What people and teams' channels are to be told. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_schemas.notices import Notice, Recipient

SQL = load_queries("closeout_ingest")


@dataclass(frozen=True, slots=True)
class Taken:
    """A notice that is the caller's for a minute. `begun_at`: when somebody first began to say it, and broke off."""

    id: UUID
    notice: Notice
    begun_at: datetime | None
    tries: int


class Notices:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def want(self, event_id: UUID, notice: Notice) -> None:
        """Have it said; a second telling of it changes nothing."""
        # No JSON of PostgreSQL has a NUL in it.
        text = notice.model_dump_json().replace("\\u0000", "\\u2400")
        await self._conn.execute(SQL["want_notice"], event_id, text, notice.not_before, notice.worth_until)

    async def due(self, way: str, after: Sequence[str]) -> list[UUID]:
        """What is to be said that way now: the ways `after` which it comes cannot reach the recipient."""
        return [row["id"] for row in await self._conn.fetch(SQL["due_notices"], way, after)]

    async def take(self, which: UUID) -> Taken | None:
        """Take it for a minute; None where somebody else has it, or it is settled."""
        row = await self._conn.fetchrow(SQL["take_notice"], which)
        if row is None:
            return None
        return Taken(which, Notice.model_validate_json(row["notice"]), row["begun_at"], row["tries"])

    async def with_address(self, to: Recipient) -> Recipient:
        """The recipient with the e-mail address by which a pager or the chat knows them, where nobody has said one."""
        if to.email or to.channel or not to.handles:
            return to
        vendors, ids = [vendor.value for vendor in to.handles], list(to.handles.values())
        email = await self._conn.fetchval(SQL["email_of"], vendors, ids)
        return to.model_copy(update={"email": email})

    async def said(self, which: UUID, way: str, where: str) -> None:
        """It was, and stands there."""
        await self._conn.execute(SQL["notice_said"], which, way, where)

    async def waits(self, which: UUID, seconds: float, trouble: str) -> None:
        """It could not be said now."""
        await self._conn.execute(SQL["notice_waits"], which, seconds, trouble)

    async def not_by(self, which: UUID, way: str, ways: Collection[str]) -> bool:
        """Its recipient cannot be reached that way. True where none of `ways` is left: then it is dropped."""
        return bool(await self._conn.fetchval(SQL["notice_not_by"], which, way, list(ways)))

    async def drop_late(self, *, has_a_way: bool) -> dict[str, int]:
        """Drop what nobody needs any more; how many, by why."""
        rows = await self._conn.fetch(SQL["drop_late_notices"], has_a_way)
        return {row["dropped_because"]: row["number"] for row in rows}

    async def listed(self, since: datetime) -> list[dict[str, Any]]:
        """What waits, and what was said or dropped since then, the newest first."""
        return [dict(row) for row in await self._conn.fetch(SQL["list_notices"], since)]

    async def unheard(self, since: datetime) -> dict[str, int]:
        """How many nobody was told since then, by why."""
        rows = await self._conn.fetch(SQL["count_unheard_notices"], since)
        return {row["dropped_because"]: row["number"] for row in rows}
