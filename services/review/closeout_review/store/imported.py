"""The table of reviews that were written before Closeout was there. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.store.incidents import storable

SQL = load_queries("closeout_review")


@dataclass(frozen=True, slots=True)
class ImportedReview:
    """A review as it was read. An action item has text, owner, done and tickets; done is None where nobody says.

    `failure_modes`: as suggested, until `modes_by` has said which they are. `words` are empty where the original is
    plain to read.
    """

    id: UUID
    name: str
    digest: bytes
    title: str
    happened_on: date | None
    services: tuple[str, ...]
    summary: str
    ended_by: str
    action_items: tuple[dict[str, Any], ...]
    original: bytes
    not_understood: tuple[dict[str, Any], ...] = ()  # line, what, reason
    form: str = ""
    severity: str = ""
    language: str = ""
    words: str = ""
    timeline: tuple[dict[str, Any], ...] = ()  # written, at, text, line
    causes: tuple[dict[str, Any], ...] = ()  # text, section, line
    suggested: tuple[dict[str, Any], ...] = ()  # mode, evidence
    failure_modes: tuple[str, ...] = ()
    taxonomy_version: int = 0
    modes_by: str | None = None
    modes_at: datetime | None = None
    imported_at: datetime | None = None

    @property
    def text(self) -> str:
        """What it says, without markup that nobody reads."""
        return self.words or self.original.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class ListedImport:
    """An imported review in a list. `not_done`: action items that nobody says are done."""

    id: UUID
    title: str
    happened_on: date | None
    services: tuple[str, ...]
    failure_modes: tuple[str, ...]
    is_confirmed: bool
    not_done: int


class ImportedReviews:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def digests(self, ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """Which of these are there, and as which original."""
        rows = await self._conn.fetch(SQL["imported_digests"], list(ids))
        return {row["id"]: bytes(row["digest"]) for row in rows}

    async def save(self, reviews: Sequence[ImportedReview]) -> None:
        """Keep these; the former self of each is replaced."""
        await self._conn.executemany(SQL["save_imported"], [_row_of(one) for one in reviews])

    async def suggest_modes(self, one: ImportedReview) -> None:
        """Keep the failure modes that are suggested for it; those that somebody said stand."""
        suggested, modes = storable(list(one.suggested)), list(one.failure_modes)
        await self._conn.execute(SQL["suggest_imported_modes"], one.id, suggested, modes, one.taxonomy_version)

    async def confirm_modes(self, which: UUID, modes: Sequence[str], by: str) -> None:
        """Keep which failure modes it has, as somebody said. The last word counts, also over a later import."""
        await self._conn.execute(SQL["confirm_imported_modes"], which, list(modes), storable(by))

    async def listed(self, mode: str | None, service: str | None, after: UUID | None, limit: int) -> list[ListedImport]:
        """A page of those of a failure mode and a service, where these are asked, the latest first, after this one."""
        rows = await self._conn.fetch(SQL["imported_listed"], mode, service, after, limit)
        return [
            ListedImport(**{**row, "services": tuple(row["services"]), "failure_modes": tuple(row["failure_modes"])})
            for row in rows
        ]

    async def cursor(self, source: str) -> str | None:
        """Where the import of a source goes on, None where it begins."""
        found: str | None = await self._conn.fetchval(SQL["import_cursor"], source)
        return found

    async def reached(self, source: str, cursor: str | None) -> None:
        """Everything up to there is in; None: the source came to its end."""
        if cursor is None:
            await self._conn.execute(SQL["forget_import_cursor"], source)
        else:
            await self._conn.execute(SQL["save_import_cursor"], source, cursor)

    async def with_tickets(self, after: UUID | None, limit: int) -> list[tuple[UUID, list[dict[str, Any]]]]:
        """Action items of reviews in which a ticket is named and not known to be done."""
        rows = await self._conn.fetch(SQL["imported_with_tickets"], after, limit)
        return [(row["id"], list(row["action_items"])) for row in rows]

    async def save_items(self, which: UUID, was: list[dict[str, Any]], items: list[dict[str, Any]]) -> None:
        """What the tracker says of the tickets in `was`; nothing where the review says something else by now."""
        await self._conn.execute(SQL["save_imported_items"], which, storable(was), storable(items))

    async def some(self, which: Sequence[UUID]) -> list[ImportedReview]:
        """Those of these that there are."""
        rows = await self._conn.fetch(SQL["some_imported"], list(which))
        return [review_of_row(dict(row)) for row in rows]

    async def lock(self, which: Sequence[UUID]) -> list[ImportedReview]:
        """Those of these that nobody else changes now; until the transaction ends, nobody does."""
        rows = await self._conn.fetch(SQL["lock_imported"], list(which))
        return [review_of_row(dict(row)) for row in rows]

    async def one(self, which: UUID) -> ImportedReview | None:
        """The review, None where there is none."""
        row = await self._conn.fetchrow(SQL["imported"], which)
        return review_of_row(dict(row)) if row else None


def _row_of(one: ImportedReview) -> tuple[Any, ...]:
    return (
        one.id,
        storable(one.name),
        one.digest,
        storable(one.title),
        one.happened_on,
        storable(list(one.services)),
        storable(one.summary),
        storable(one.ended_by),
        storable(list(one.action_items)),
        one.original,
        storable(list(one.not_understood)),
        one.form,
        one.severity,
        one.language,
        storable(one.words),
        storable(list(one.timeline)),
        storable(list(one.causes)),
        storable(list(one.suggested)),
        list(one.failure_modes),
        one.taxonomy_version,
    )


def review_of_row(row: dict[str, Any]) -> ImportedReview:
    """A row of the table."""
    parts = {"services": tuple(row["services"]), "action_items": tuple(row["action_items"])}
    for name in ("not_understood", "timeline", "causes", "suggested", "failure_modes"):
        parts[name] = tuple(row[name])
    return ImportedReview(**{**row, **parts, "digest": bytes(row["digest"]), "original": bytes(row["original"])})
