"""Weekday and hour, deploy windows, nights, weekends: incidents fall into some hours more than those hours explain.

A block is a weekday and six hours, or a whole weekday. Two comparisons are made. Against the hours that there are:
a block's share of the quarter's hours, counted in the time zone with its clock changes. Against the same hours on the
other days: most organisations have more incidents while people work, so a Friday afternoon is held against the other
working afternoons. With a base line, the second is the test, and the year's afternoons join the reference. Without,
the first is the test, and the second must not contradict it: people who work in the daytime are no pattern.

Deploy windows, as the calendar names them, are tested as a block is: against the same hours on days without one.

Nights and weekends: against the share of the year before, and of the hours where there is no such year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from closeout_judgement.patterns.calendar import Calendar
from closeout_judgement.patterns.candidate import Candidate, Kind
from closeout_judgement.patterns.exact import Tail, beta_binomial, binomial
from closeout_judgement.patterns.history import History
from closeout_judgement.patterns.occurrence import Occurrence
from closeout_judgement.patterns.quarter import Slot, hours_of

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PARTS = ((0, 6), (6, 12), (12, 18), (18, 24))
WHOLE_DAY = (0, 24)
WORKDAYS, WEEKEND = range(5), range(5, 7)
NIGHT_FROM, NIGHT_TO = 22, 6


class Hours(Protocol):
    """Some hours of the week, and those that they are compared with."""

    def has(self, slot: Slot) -> bool: ...

    def is_alike(self, slot: Slot) -> bool: ...


@dataclass(frozen=True, slots=True)
class Block:
    """Some hours of one weekday, and the weekdays that it is compared with."""

    day: int
    begin: int
    end: int

    @property
    def value(self) -> str:
        """friday 12-18; a whole day is friday."""
        return DAYS[self.day] if (self.begin, self.end) == WHOLE_DAY else f"{self.hours_of_day()}"

    def hours_of_day(self) -> str:
        return f"{DAYS[self.day]} {self.begin:02}-{self.end:02}"

    @property
    def like_days(self) -> range:
        return WORKDAYS if self.day in WORKDAYS else WEEKEND

    def has(self, slot: Slot) -> bool:
        return slot[0] == self.day and self.begin <= slot[1] < self.end

    def is_alike(self, slot: Slot) -> bool:
        """The same hours, on this day or one that it is compared with."""
        return slot[0] in self.like_days and self.begin <= slot[1] < self.end


@dataclass(frozen=True, slots=True)
class Windows:
    """The hours in which a deploy window is open, and the same hours of like days."""

    calendar: Calendar

    def has(self, slot: Slot) -> bool:
        return self.calendar.is_window(slot)

    def is_alike(self, slot: Slot) -> bool:
        """The same hour of a working day, or of the weekend where a window is open then."""
        days = WORKDAYS if slot[0] in WORKDAYS else WEEKEND
        return any(self.calendar.is_window((day, slot[1])) for day in days)


BLOCKS = [Block(day, begin, end) for day in range(7) for begin, end in (*PARTS, WHOLE_DAY)]


def candidates(history: History) -> Iterator[Candidate]:
    """Every block, the deploy windows, the nights and the weekends."""
    yield from _blocks(history)
    yield from _deploy_windows(history)
    yield from _nights_and_weekends(history)


def slot_of(occurrence: Occurrence) -> Slot:
    return occurrence.opened_at.weekday(), occurrence.opened_at.hour


def has_hour(occurrence: Occurrence) -> bool:
    return occurrence.records[0].has_hour


def _blocks(history: History) -> Iterator[Candidate]:
    timed = history.told(has_hour)
    dated = history.told(lambda _: True)
    for block in BLOCKS:
        now, base = dated if (block.begin, block.end) == WHOLE_DAY else timed
        if now:
            details = {"weekday": DAYS[block.day], "hours": [block.begin, block.end]}
            yield replace(_hours_held(history, Kind.WEEKDAY_HOUR, block.value, block, now, base), details=details)


def _deploy_windows(history: History) -> Iterator[Candidate]:
    now, base = history.told(has_hour)
    if now and history.calendar.windows:
        windows = Windows(history.calendar)
        yield _hours_held(history, Kind.DEPLOY_WINDOW, "open", windows, now, base)


def _hours_held(
    history: History, kind: Kind, value: str, block: Hours, now: Sequence[Occurrence], base: Sequence[Occurrence]
) -> Candidate:
    """These hours against the same hours on like days, or against all hours where there is no base line."""
    hits = [one for one in now if block.has(slot_of(one))]
    by_hours = binomial(len(now), _share_of_hours(history, block.has))
    alike, usual = _by_like_days(history, block, now, base)
    if base:
        against = "the same hours on the other days, in this quarter and the year before"
        return Candidate(kind, value, hits, len(now), usual, alike, against)
    against = "the hours that there are; more than the same hours on the other days, too"
    second = alike.of(len(hits))
    return Candidate(kind, value, hits, len(now), by_hours.mean, by_hours, against, second=second)


def _by_like_days(
    history: History, block: Hours, now: Sequence[Occurrence], base: Sequence[Occurrence]
) -> tuple[Tail, float]:
    """The conditional test: of all incidents in these hours of like days, the block's share by hours alone.

    An hour of a quarter with many incidents weighs as many times more. Also: how many the block would usually have.
    """
    own = _count(_hours(history), block.has) * len(now)
    every = float(_count(_hours(history), block.is_alike) * len(now))
    if base:
        each = len(base) / len(history.base_quarters)
        every += sum(_count(hours_of(one, history.zone), block.is_alike) * each for one in history.base_quarters)
    total = sum(block.is_alike(slot_of(one)) for one in [*now, *base])
    share = own / every if every else 0.0
    return binomial(total, share), total * share


def _count(hours: Mapping[Slot, int], has: Callable[[Slot], bool]) -> int:
    return sum(count for slot, count in hours.items() if has(slot))


def _hours(history: History) -> dict[Slot, int]:
    return hours_of(history.quarter, history.zone, history.until)


def _share_of_hours(history: History, has: Callable[[Slot], bool]) -> float:
    hours = _hours(history)
    return _count(hours, has) / max(1, sum(hours.values()))


def _nights_and_weekends(history: History) -> Iterator[Candidate]:
    timed, dated = history.told(has_hour), history.told(lambda _: True)
    if timed[0]:
        yield _part(history, Kind.NIGHT, f"night {NIGHT_FROM}-{NIGHT_TO:02}", is_night, *timed)
    if dated[0]:
        yield _part(history, Kind.WEEKEND, "weekend", lambda slot: slot[0] in WEEKEND, *dated)


def is_night(slot: Slot) -> bool:
    return slot[1] >= NIGHT_FROM or slot[1] < NIGHT_TO


def _part(
    history: History,
    kind: Kind,
    value: str,
    has: Callable[[Slot], bool],
    now: Sequence[Occurrence],
    base: Sequence[Occurrence],
) -> Candidate:
    hits = [one for one in now if has(slot_of(one))]
    by_hours = binomial(len(now), _share_of_hours(history, has))
    if not base:
        return Candidate(kind, value, hits, len(now), by_hours.mean, by_hours, "the hours that there are")
    before = sum(has(slot_of(one)) for one in base)
    tail = beta_binomial(len(now), before + 0.5, len(base) - before + 0.5)
    against = f"{before} of {len(base)} in the year before"
    chronic = by_hours.of(len(hits))
    return Candidate(kind, value, hits, len(now), tail.mean, tail, against, chronic=chronic)
