"""A long timeline in parts: as many entries as a page carries without getting slow to load."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from closeout_review.domain.strip import Row

MOST_ROWS = 80
# Bytes of a page that a part may take; a single entry that is longer makes a part of its own.
MOST_BYTES = 40_000
# What an entry takes besides its words, and each thing that is told about it or stands beside it.
OF_ENTRY, OF_FACT = 520, 90
Beside = Callable[[UUID], int]


@dataclass(frozen=True, slots=True)
class Part:
    """`begin`: the place of its first row in the whole. `earlier`, `later`: where the parts around it begin."""

    rows: Sequence[Row]
    begin: int
    total: int
    earlier: int | None
    later: int | None

    def has(self, entry_id: object) -> bool:
        """Whether the entry is in it."""
        return any(str(row.entry.id) == str(entry_id) for row in self.rows)


def nothing_beside(_entry_id: UUID) -> int:
    """Where nothing stands beside entries."""
    return 0


def part_from(rows: Sequence[Row], begin: int, beside: Beside = nothing_beside) -> Part:
    """The part in which the row at `begin` is. `beside`: bytes of what stands beside an entry."""
    begins = list(_begins(rows, beside))
    number = max((n for n, first in enumerate(begins) if first <= max(begin, 0)), default=0)
    first, later = begins[number], begins[number + 1] if number + 1 < len(begins) else None
    return Part(rows[first:later], first, len(rows), begins[number - 1] if number else None, later)


def part_with(rows: Sequence[Row], entry_id: str, beside: Beside = nothing_beside) -> Part:
    """The part that has this entry; the first one where there is no such entry."""
    place = next((n for n, row in enumerate(rows) if str(row.entry.id) == entry_id), 0)
    return part_from(rows, place, beside)


def _begins(rows: Sequence[Row], beside: Beside) -> Iterator[int]:
    yield 0
    begin, size = 0, 0
    for place, row in enumerate(rows):
        weight = _weight(row) + beside(row.entry.id)
        if place > begin and (place - begin >= MOST_ROWS or size + weight > MOST_BYTES):
            yield place
            begin, size = place, 0
        size += weight


def _weight(row: Row) -> int:
    told = [row.author, row.entry.text, row.entry.url or "", *(f"{a}{b}" for a, b in row.entry.about.items())]
    told += [f"{written}{name}" for written, name in row.mentions]
    facts = len(row.entry.about) + len(row.mentions)
    return OF_ENTRY + OF_FACT * facts + sum(len(text.encode(errors="replace")) for text in told)
