"""The set: the occurrences of one quarter, and of the four before it as the base line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from closeout_judgement.patterns.calendar import Calendar
from closeout_judgement.patterns.occurrence import Occurrence, occurrences
from closeout_judgement.patterns.quarter import Quarter
from closeout_judgement.patterns.record import IncidentRecord

BASE_QUARTERS = 4
# With fewer earlier occurrences that tell a thing, the year before says too little about it: three a quarter.
LEAST_BASE = 12
NO_CALENDAR = Calendar()


@dataclass(frozen=True, slots=True)
class History:
    """What is read in one sitting. Each occurrence is counted once."""

    quarter: Quarter
    zone: tzinfo
    now: Sequence[Occurrence]
    base: Sequence[Occurrence]
    base_quarters: Sequence[Quarter]  # those of the four that have an incident at all
    until: datetime | None = None  # where the quarter is not over yet
    calendar: Calendar = NO_CALENDAR

    @property
    def everything(self) -> list[Occurrence]:
        """The base line and the quarter, in order of time."""
        return [*self.base, *self.now]

    def told(self, tells: Callable[[Occurrence], bool]) -> tuple[list[Occurrence], list[Occurrence]]:
        """The occurrences that tell a thing, of the quarter and of the base line; no base line where it is too thin."""
        base = [one for one in self.base if tells(one)]
        return [one for one in self.now if tells(one)], base if len(base) >= LEAST_BASE else []


def history_of(
    records: Sequence[IncidentRecord],
    quarter: Quarter,
    zone: tzinfo,
    until: datetime | None = None,
    calendar: Calendar = NO_CALENDAR,
) -> History:
    """The quarter and the four before it, storms folded. What lies outside is left out."""
    earlier = [quarter.before(count) for count in range(BASE_QUARTERS, 0, -1)]
    by_quarter = {one: [record for record in records if record.opened_at in one] for one in [*earlier, quarter]}
    folded = {one: occurrences(found, _length(one, zone)) for one, found in by_quarter.items()}
    base = [occurrence for one in earlier for occurrence in folded[one]]
    return History(quarter, zone, folded[quarter], base, [one for one in earlier if folded[one]], until, calendar)


def _length(quarter: Quarter, zone: tzinfo) -> timedelta:
    return quarter.ends(zone) - quarter.begins(zone)
