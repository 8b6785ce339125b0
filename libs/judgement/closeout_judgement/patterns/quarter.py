"""Quarters of the calendar, and the hours that they have in a time zone."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

FORM = re.compile(r"(\d{4})-?[Qq]([1-4])")
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months. `str()` gives 2026Q3."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04}Q{self.number}"

    def __contains__(self, moment: datetime) -> bool:
        """By the moment's own wall clock."""
        return Quarter.of(moment) == self

    @classmethod
    def of(cls, moment: datetime) -> Quarter:
        """The quarter of a moment, by its own wall clock."""
        return cls(moment.year, (moment.month + 2) // 3)

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Read 2026Q3 or 2026-Q3. Raises ValueError with what is wanted."""
        found = FORM.fullmatch(text.strip())
        if found is None or found[1] == "0000":
            raise ValueError(f"“{text}” is no quarter; write 2026Q3, say")
        return cls(int(found[1]), int(found[2]))

    def before(self, count: int) -> Quarter:
        """The quarter that lies so many quarters earlier; a negative count goes on."""
        index = self.year * 4 + self.number - 1 - count
        return Quarter(index // 4, index % 4 + 1)

    def since(self, earlier: Quarter) -> int:
        """How many quarters after the other."""
        return (self.year - earlier.year) * 4 + self.number - earlier.number

    def begins(self, zone: tzinfo) -> datetime:
        """Its first moment in the zone."""
        return datetime(self.year, self.number * 3 - 2, 1, tzinfo=zone)

    def ends(self, zone: tzinfo) -> datetime:
        """The first moment that is no more in it."""
        return self.before(-1).begins(zone)


# A day of the week and an hour of the day, by the wall clock. Monday is 0.
Slot = tuple[int, int]


@lru_cache(maxsize=64)
def hours_of(quarter: Quarter, zone: tzinfo, until: datetime | None = None) -> Counter[Slot]:
    """How many hours of the quarter fall into each slot, up to `until` where the quarter is not over.

    Counted hour by hour on the UTC clock, so that the night in which the clocks go forward has one less.
    """
    moment, end = quarter.begins(zone).astimezone(UTC), quarter.ends(zone).astimezone(UTC)
    if until is not None and moment < until:
        end = min(end, until.astimezone(UTC))
    hours: Counter[Slot] = Counter()
    while moment < end:
        local = moment.astimezone(zone)
        hours[local.weekday(), local.hour] += 1
        moment += HOUR
    return hours
