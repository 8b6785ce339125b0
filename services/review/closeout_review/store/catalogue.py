"""The tables of the back catalogue's index. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_judgement.postings import Postings, from_bytes, without
from closeout_judgement.ranking import Kept
from closeout_review.domain.text import without_nul
from closeout_review.store.imported import ImportedReview, review_of_row
from closeout_review.store.incidents import storable

SQL = load_queries("closeout_review")
# The most entries of the index that one question reads; beyond it the most common of its terms are left out.
MOST_ENTRIES = 400_000
# Terms that are written anew together, all that is said of each in memory.
TERMS_AT_ONCE = 500
# What the ids of reviews begin with that were not written here.
IMPORTED = "imported:"


@dataclass(frozen=True, slots=True)
class Entry:
    """A review as the index takes it in."""

    review_id: UUID
    imported: bool
    kept: Kept


@dataclass(frozen=True, slots=True)
class State:
    """As the catalogue is: `size` is one more than the highest number of a document, `documents` how many there are.

    `segments`: the ids of all. The rest changes with feedback.
    """

    database: int
    size: int
    documents: int
    segments: str
    answers: int
    yes: int
    read_by: str


class CatalogueIndex:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def published(self, only: Sequence[UUID] | None, limit: int) -> list[dict[str, Any]]:
        """These published reviews; without ids those that the index does not have."""
        ids = None if only is None else list(only)
        return [dict(row) for row in await self._conn.fetch(SQL["published_to_index"], ids, limit)]

    async def imported(self, limit: int) -> list[ImportedReview]:
        """Imported reviews that the index does not have."""
        return [review_of_row(dict(row)) for row in await self._conn.fetch(SQL["imported_to_index"], limit)]

    async def hold(self) -> bool:
        """Whether nobody else looks for what is missing, until this transaction ends."""
        return bool(await self._conn.fetchval(SQL["hold_catalogue"]))

    async def number(self, entries: Sequence[Entry], taxonomy: str) -> dict[UUID, int]:
        """A number for each review, whose former self is passed over from now on.

        `taxonomy`: the fingerprint of that by which their failure modes were read.
        """
        ids = [one.review_id for one in entries]
        await self._conn.execute(SQL["retire_documents"], sorted(ids))
        kept = [storable(_as_json(one.kept)) for one in entries]
        strongest = [storable(dict(one.kept.strongest)) for one in entries]
        imported = [one.imported for one in entries]
        rows = await self._conn.fetch(SQL["add_documents"], ids, imported, kept, strongest, taxonomy)
        return {row["review_id"]: row["number"] for row in rows}

    async def add_segment(self, level: int, postings: Mapping[str, tuple[bytes, bytes]] = {}) -> int:
        """Add documents that are indexed together; the segment's id."""
        segment: int = await self._conn.fetchval(SQL["add_segment"], level)
        await self._add_postings(segment, postings)
        return segment

    async def _add_postings(self, segment: int, postings: Mapping[str, tuple[bytes, bytes]]) -> None:
        terms = sorted(postings)
        numbers, impacts = [postings[term][0] for term in terms], [postings[term][1] for term in terms]
        if terms:
            await self._conn.execute(SQL["add_postings"], segment, list(map(without_nul, terms)), numbers, impacts)

    async def merge(self, at_least: int) -> bool:
        """Merge so many segments of one level into one of the next. False: there are not so many."""
        row = await self._conn.fetchrow(SQL["segments_to_merge"], at_least)
        if row is None:
            return False
        merged = await self.add_segment(row["level"] + 1)
        await self._conn.execute(SQL["merge_segments"], merged, row["ids"], timeout=600)
        await self._conn.execute(SQL["drop_segments"], row["ids"], timeout=600)
        return True

    async def forget_former(self, share: float) -> bool:
        """Take former selves out of the index, by writing it anew. False: they are not more than this share.

        What is indexed meanwhile stands in segments of its own, and stays.
        """
        former = await self._conn.fetchval(SQL["former_documents"], share)
        if former is None:
            return False
        segments = await self._conn.fetchrow(SQL["segments"])
        assert segments is not None
        anew = await self.add_segment(segments["level"])
        term = ""
        while rows := await self._conn.fetch(SQL["postings_of_segments"], segments["ids"], term, TERMS_AT_ONCE):
            term = rows[-1]["term"]
            left = {row["term"]: without(former, row["numbers"], row["impacts"]) for row in rows}
            await self._add_postings(anew, {term: one for term, one in left.items() if one[0]})
        await self._conn.execute(SQL["drop_segments"], segments["ids"], timeout=600)
        await self._conn.execute(SQL["drop_former_documents"], former)
        await self._conn.execute(SQL["count_unused_numbers"])
        return True

    async def counts(self) -> dict[str, int]:
        """Cards, answers and reviews, for the gauges."""
        row = await self._conn.fetchrow(SQL["catalogue_counts"])
        assert row is not None
        return dict(row)

    async def read_otherwise(self, taxonomy: str, limit: int) -> list[tuple[UUID, bool]]:
        """Reviews whose failure modes were read by another taxonomy: which, and whether it is imported."""
        rows = await self._conn.fetch(SQL["read_by_another_taxonomy"], taxonomy, limit)
        return [(row["review_id"], row["imported"]) for row in rows]

    async def say_modes(self, modes: Mapping[UUID, Mapping[str, float]], taxonomy: str) -> None:
        """How far each failure mode is spoken for, as this taxonomy has it; all else stays as it was read."""
        said = [storable(dict(one)) for one in modes.values()]
        await self._conn.execute(SQL["say_catalogue_modes"], list(modes), said, taxonomy)

    async def state(self) -> State:
        """What an answer depends on besides the question: other numbers, another answer."""
        row = await self._conn.fetchrow(SQL["catalogue_state"])
        assert row is not None
        return State(**row)

    async def postings(self, terms: Sequence[str]) -> dict[str, Postings]:
        """What these terms say of all documents."""
        rows = await self._conn.fetch(SQL["postings"], list(terms), MOST_ENTRIES)
        return {row["term"]: from_bytes(row["numbers"] or b"", row["impacts"] or b"", row["documents"]) for row in rows}

    async def documents_with(self, terms: Iterable[str]) -> dict[str, int]:
        """In how many documents each of these terms is."""
        rows = await self._conn.fetch(SQL["documents_with"], list(terms))
        return {row["term"]: row["documents"] for row in rows}

    async def strongest(self, numbers: Iterable[int]) -> dict[int, dict[str, float]]:
        """The words that say most of each of these documents, with how much."""
        rows = await self._conn.fetch(SQL["strongest_words"], list(numbers))
        return {row["number"]: row["strongest"] for row in rows}

    async def kept(self, numbers: Sequence[int]) -> dict[int, Kept]:
        """What is kept of these documents, as far as they are there; without their strongest words."""
        rows = await self._conn.fetch(SQL["catalogue_documents"], list(numbers))
        return {row["number"]: _kept(row) for row in rows}


def _as_json(kept: Kept) -> dict[str, Any]:
    return {
        "origin": kept.origin,
        "services": sorted(kept.services),
        "alerts": sorted(kept.alerts),
        "modes": dict(kept.modes),
        "day": kept.day.isoformat() if kept.day else None,
    }


def _kept(row: Any) -> Kept:
    kept = row["kept"]
    return Kept(
        f"{IMPORTED if row['imported'] else ''}{row['review_id']}",
        kept["origin"],
        frozenset(kept["services"]),
        frozenset(kept["alerts"]),
        kept["modes"],
        {},
        date.fromisoformat(kept["day"]) if kept["day"] else None,
        row["came_back"],
        row["was_not_it"],
    )
