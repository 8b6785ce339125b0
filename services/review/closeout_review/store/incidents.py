"""Tables of the mirror and of the timeline. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.annotation import Redacted, Tombstone
from closeout_review.domain.chain import Head, Link
from closeout_review.domain.text import without_nul
from closeout_schemas.incidents import IncidentSnapshot, Party, TimelineEntry
from closeout_schemas.vocabulary import Vendor

SQL = load_queries("closeout_review")


@dataclass(frozen=True, slots=True)
class Seen:
    """A snapshot, and when the incident takes its place in the list."""

    snapshot: IncidentSnapshot
    listed_at: datetime


class Incidents:
    """The incidents as far as they are known, and what was said about each."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def take_in(self, seen: Iterable[Seen]) -> list[IncidentSnapshot]:
        """Keep each snapshot that knows more than the one that is there. Returns those that are there now."""
        # In order of id, here and below, so that two replicas never wait for each other.
        rows = sorted(seen, key=lambda one: one.snapshot.id)
        kept = await self._conn.fetch(
            SQL["take_in_incidents"],
            [one.snapshot.id for one in rows],
            [one.snapshot.revision for one in rows],
            [storable(one.snapshot.model_dump(mode="json")) for one in rows],
            [one.listed_at for one in rows],
        )
        return [IncidentSnapshot.model_validate(row["snapshot"]) for row in kept]

    async def one(self, incident_id: UUID) -> IncidentSnapshot | None:
        """The incident, None where nobody has heard of it."""
        row = await self._conn.fetchrow(SQL["incident"], incident_id)
        return IncidentSnapshot.model_validate(row["snapshot"]) if row else None

    async def newest(self, before: tuple[datetime, UUID] | None, limit: int) -> list[dict[str, Any]]:
        """A page of incidents with what became of each, newest first; `before` is where the last page ended."""
        at, incident_id = before or (None, None)
        return [dict(row) for row in await self._conn.fetch(SQL["newest_incidents"], at, incident_id, limit)]

    async def place_of(self, incident_id: UUID) -> tuple[datetime, UUID] | None:
        """Where an incident stands in the list, None where nobody has heard of it."""
        row = await self._conn.fetchrow(SQL["place_of_incident"], incident_id)
        return (row["listed_at"], incident_id) if row else None

    async def lock_heads(self, incident_ids: Iterable[UUID]) -> dict[UUID, Head]:
        """The ends of these chains. Until the transaction ends nobody else appends to them."""
        rows = await self._conn.fetch(SQL["lock_timeline_heads"], sorted(incident_ids))
        return {row["incident_id"]: Head(row["seq"], row["hash"]) for row in rows}

    async def recorded(self, entry_ids: Iterable[UUID]) -> set[UUID]:
        """Which of these entries are there already."""
        return {row["entry_id"] for row in await self._conn.fetch(SQL["recorded_entries"], list(entry_ids))}

    async def written_by_hand(self, incident_id: UUID, kind: str, occurred_at: datetime, text: str) -> UUID | None:
        """The entry of this moment that says the same. Lock the head first, so that nobody writes it meanwhile."""
        found: UUID | None = await self._conn.fetchval(
            SQL["written_by_hand"], incident_id, kind, occurred_at, text.encode()
        )
        return found

    async def append(self, links: Sequence[Link]) -> None:
        """Add links to chains whose heads are locked."""
        await self._conn.execute(
            SQL["append_entries"],
            [link.incident_id for link in links],
            [link.seq for link in links],
            [link.entry.id for link in links],
            [link.entry.kind for link in links],
            [link.entry.author and link.entry.author.model_dump(mode="json") for link in links],
            [link.entry.occurred_at for link in links],
            [link.entry.received_at for link in links],
            [link.entry.source.value for link in links],
            [link.entry.source_id for link in links],
            [link.entry.url for link in links],
            [dict(link.entry.about) for link in links],
            [link.content_digest for link in links],
            [link.prev_hash for link in links],
            [link.hash for link in links],
            [link.version for link in links],
            [hexadecimal(link.salts) for link in links],
        )
        await self._conn.execute(
            SQL["append_words"],
            [link.entry.id for link in links],
            [link.entry.text.encode() for link in links],
            [link.salt for link in links],
        )

    async def move_heads(self, heads: dict[UUID, Head]) -> None:
        """Remember where these chains end now."""
        await self._conn.execute(
            SQL["move_timeline_heads"],
            list(heads),
            [head.seq for head in heads.values()],
            [head.hash for head in heads.values()],
        )

    async def chain(self, incident_id: UUID) -> list[Link]:
        """The chain of an incident, by order of arrival."""
        return [_link(row) for row in await self._conn.fetch(SQL["chain"], incident_id)]

    async def head(self, incident_id: UUID) -> Head | None:
        """Where the chain of an incident was recorded to end; None where there is no chain."""
        row = await self._conn.fetchrow(SQL["timeline_head"], incident_id)
        return Head(row["seq"], row["hash"]) if row else None

    async def now(self) -> datetime:
        """The time, by the database's clock."""
        found: datetime = await self._conn.fetchval(SQL["now"])
        return found

    async def take_card(self, incident_id: UUID, postmortem_ids: Sequence[UUID]) -> bool:
        """Whether the incident had no card yet. From now on it has."""
        return bool(await self._conn.fetchval(SQL["take_card"], incident_id, list(postmortem_ids)))

    async def exported(self) -> AsyncIterator[dict[str, Any]]:
        """Every incident with all that an export tells of it, the oldest first. Needs a transaction."""
        async for row in self._conn.cursor(SQL["exported_incidents"], None, None, prefetch=500):
            yield dict(row)

    async def exported_between(self, begin: datetime, end: datetime) -> list[dict[str, Any]]:
        """As `exported`, of the incidents that were opened from `begin` until before `end`."""
        return [dict(row) for row in await self._conn.fetch(SQL["exported_incidents"], begin, end)]

    async def with_timeline(self) -> AsyncIterator[UUID]:
        """Every incident that has a chain, or what is left of one. Needs a transaction."""
        async for row in self._conn.cursor(SQL["incidents_with_timeline"], prefetch=1000):
            yield row["incident_id"]


def storable(value: Any) -> Any:
    """JSON with the sign for NUL in place of each NUL, which jsonb cannot hold."""
    match value:
        case str():
            return without_nul(value)
        case list():
            return [storable(part) for part in value]
        case dict():
            return {without_nul(key): storable(part) for key, part in value.items()}
        case _:
            return value


def _link(row: Any) -> Link:
    author = row["author"]
    entry = TimelineEntry(
        id=row["entry_id"],
        kind=row["kind"],
        # Words that were tampered with may be no UTF-8 at all; the digest then tells.
        text=(row["text"] or b"").decode(errors="replace"),
        author=author and Party.model_validate(author),
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        source=Vendor(row["source"]),
        source_id=row["source_id"],
        url=row["url"],
        about=row["about"],
    )
    has_words = row["text"] is not None
    tombstone = (
        Tombstone(Redacted(row["what"]), row["why"], row["by"], row["redacted_at"]) if row["redacted_at"] else None
    )
    return Link(
        row["incident_id"],
        row["seq"],
        entry,
        row["salt"] or b"",
        row["content_digest"],
        row["prev_hash"],
        row["hash"],
        has_words,
        tombstone,
        row["chain"],
        _bytes(row["salts"]),
        _bytes(row["erased"]),
    )


def hexadecimal(kept: Mapping[str, bytes]) -> dict[str, str]:
    """Salts and digests as they are kept."""
    return {name: one.hex() for name, one in kept.items()}


def _bytes(kept: Mapping[str, str]) -> dict[str, bytes]:
    return {name: bytes.fromhex(one) for name, one in kept.items()}
