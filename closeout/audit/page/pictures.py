"""What the pictures show, in numbers: the template draws them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

from closeout.audit.examined import Examined, Promise
from closeout.audit.recurring import Recurring, Told

COLUMNS = 50
MOST_DOTS = 600
MARKS = 4
# So many places on a line of time can be told apart.
SPOTS = 250
# So many columns can still be told apart on a telephone.
MOST_PERIODS = 24


@dataclass(frozen=True, slots=True)
class Dots:
    """A square for each action item (or for each so many), by how many of the four marks it has: fullest first."""

    each: int
    counts: tuple[int, ...]
    rows: int
    squares: tuple[tuple[int, int, int], ...]


def dots(promises: Sequence[Promise]) -> Dots:
    """Place, column and number of marks of each square."""
    counts = _by_marks(promises)
    each = max(1, ceil(len(promises) / MOST_DOTS))
    shown = [marks for marks in range(MARKS, -1, -1) for _ in range(ceil(counts[marks] / each))]
    squares = tuple((index % COLUMNS, index // COLUMNS, marks) for index, marks in enumerate(shown))
    return Dots(each, counts, ceil(len(shown) / COLUMNS), squares)


def marks_had(promise: Promise) -> int:
    """How many of person, date, criterion and ticket."""
    return promise.has_person + promise.has_date + promise.is_testable + bool(promise.tickets)


@dataclass(frozen=True, slots=True)
class Period:
    """A quarter or a year: postmortems, and what they promised; `by_marks`: how many had none of four marks, one …"""

    name: str
    documents: int
    by_marks: tuple[int, ...]

    @property
    def items(self) -> int:
        """Action items, all of them."""
        return sum(self.by_marks)


def periods(documents: Sequence[Examined]) -> list[Period]:
    """All periods from the first to the last, the empty ones too; quarters where there are few, else years."""
    days = sorted(document.day for document in documents if document.day)
    if not days:
        return []
    by_quarter = (days[-1].year - days[0].year) * 4 + 4 <= MOST_PERIODS
    names = _quarters(days[0], days[-1]) if by_quarter else [str(y) for y in range(days[0].year, days[-1].year + 1)]
    grouped: dict[str, list[Examined]] = {name: [] for name in names}
    for document in documents:
        if document.day:
            grouped[_quarter(document.day) if by_quarter else str(document.day.year)].append(document)
    return [
        Period(name, len(of), _by_marks([one for each in of for one in each.promises])) for name, of in grouped.items()
    ]


def _by_marks(promises: Sequence[Promise]) -> tuple[int, ...]:
    counts = Counter(marks_had(promise) for promise in promises)
    return tuple(counts[marks] for marks in range(MARKS + 1))


def _quarter(day: date) -> str:
    return f"{day.year} Q{(day.month + 2) // 3}"


def _quarters(first: date, last: date) -> list[str]:
    begin, end = first.year * 4 + (first.month - 1) // 3, last.year * 4 + (last.month - 1) // 3
    return [f"{number // 4} Q{number % 4 + 1}" for number in range(begin, end + 1)]


@dataclass(frozen=True, slots=True)
class Lane:
    """A promise that came back: where on the line of time (0 to 100) it was made."""

    recurring: Recurring
    places: tuple[float, ...]


def lanes(recurring: Sequence[Recurring], span: tuple[date, date] | None) -> list[Lane]:
    """One lane for each, on the same line of time."""
    if span is None:
        return [Lane(one, ()) for one in recurring]
    length = max(1, (span[1] - span[0]).days)
    return [Lane(one, _places([(day - span[0]).days / length for day in one.days])) for one in recurring]


def _places(shares: Sequence[float]) -> tuple[float, ...]:
    """In hundredths; what would be drawn on the same spot is drawn once."""
    return tuple(dict.fromkeys(round(share * SPOTS) * 100 / SPOTS for share in shares))


@dataclass(frozen=True, slots=True)
class HeatRow:
    """How many documents of each year tell of something. `heat`: of the largest number in the table, 0 to 100."""

    told: Told
    cells: tuple[tuple[int, int], ...]


def heat(told: Sequence[Told], years: Sequence[int]) -> list[HeatRow]:
    """A row for each, a cell for each year."""
    largest = max((one.in_year(year) for one in told for year in years), default=0) or 1
    return [
        HeatRow(one, tuple((count, round(100 * count / largest)) for count in map(one.in_year, years))) for one in told
    ]
