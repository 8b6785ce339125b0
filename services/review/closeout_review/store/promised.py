"""The table of promises by their words. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.text import without_nul

SQL = load_queries("closeout_review")


@dataclass(frozen=True, slots=True)
class Indexed:
    """A promise, where it was made, and its words. `place`: which of its review's."""

    id: UUID
    review_id: UUID
    imported: bool
    place: int
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unindexed:
    """A promise of ours that the index does not have."""

    id: UUID
    review_id: UUID
    place: int
    text: str


class PromiseIndex:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def missing(self, limit: int) -> list[Unindexed]:
        """Promises of ours that the index does not have."""
        rows = await self._conn.fetch(SQL["promises_to_index"], limit)
        return [Unindexed(row["id"], row["postmortem_id"], row["position"], row["text"]) for row in rows]

    async def forget(self, review_ids: Sequence[UUID]) -> None:
        """These imported reviews are read anew."""
        await self._conn.execute(SQL["forget_promises"], list(review_ids))

    async def add(self, promises: Sequence[Indexed]) -> None:
        """Take these in."""
        await self._conn.execute(
            SQL["index_promises"],
            [one.id for one in promises],
            [one.review_id for one in promises],
            [one.imported for one in promises],
            [one.place for one in promises],
            [without_nul(" ".join(sorted(one.words))) for one in promises],
        )

    async def like(self, words: Iterable[str], without: Iterable[UUID], limit: int) -> list[Indexed]:
        """Those that share most of these words, not those of the reviews `without`."""
        rows = await self._conn.fetch(SQL["promises_like"], sorted(words), list(without), limit)
        return [
            Indexed(row["id"], row["review_id"], row["imported"], row["place"], frozenset(row["words"])) for row in rows
        ]

    async def counts(self, words: Iterable[str]) -> tuple[dict[str, int], int]:
        """In how many promises each of these words is, and how many promises there are."""
        rows = await self._conn.fetch(SQL["promises_with"], sorted(words))
        return {row["word"]: row["promises"] for row in rows}, rows[0]["all_of_them"] if rows else 0
