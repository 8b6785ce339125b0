"""Tables of what is attached to timeline entries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.attachment import Attachment, AttachmentKind
from closeout_review.domain.chain import Broken
from closeout_review.store.incidents import storable

SQL = load_queries("closeout_review")


class Attachments:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def of(self, incident_ids: Iterable[UUID]) -> list[Attachment]:
        """Everything that was attached to these timelines, the oldest first; what was taken away included."""
        rows = await self._conn.fetch(SQL["attachments"], list(incident_ids))
        return [Attachment(**{**row, "kind": AttachmentKind(row["kind"])}) for row in rows]

    async def file(self, attachment_id: UUID) -> tuple[str, bytes] | None:
        """(media type, content) of a file; None where there is none, or none any more."""
        row: Any = await self._conn.fetchrow(SQL["attachment"], attachment_id)
        return (row["media_type"], bytes(row["content"])) if row else None

    async def count(self, incident_id: UUID) -> int:
        """How many stand beside an incident's entries."""
        return int(await self._conn.fetchval(SQL["count_attachments"], incident_id))

    async def attach(self, one: Attachment, content: bytes | None) -> None:
        """Put something beside an entry; once, however often it is sent."""
        await self._conn.execute(
            SQL["attach"],
            one.id,
            one.incident_id,
            one.entry_id,
            one.kind.value,
            storable(one.title),
            one.url,
            one.media_type,
            one.size,
            hashlib.sha256(content).digest() if content is not None else None,
            storable(one.by),
            content,
        )

    async def remove(self, attachment_id: UUID, entry_id: UUID, by: str, why: str) -> bool:
        """Take one away; that it was there stays. False where the entry has none of that id."""
        there = await self._conn.fetchval(
            SQL["remove_attachment"], attachment_id, entry_id, storable(by), storable(why)
        )
        return bool(there)

    async def changed(self) -> list[Broken]:
        """The files that are not what was attached."""
        rows = await self._conn.fetch(SQL["changed_attachments"])
        return [
            Broken(row["incident_id"], row["seq"], f"the file “{row['title']}” is not what was attached")
            for row in rows
        ]
