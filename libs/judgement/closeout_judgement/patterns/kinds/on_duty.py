"""Who was on call: new to the service, or in the third night in a row.

New to a service: in the quarter of a year before, nobody of those on call had a hand in one of its incidents. Only
incidents of services that had one in that time, and only once the records reach back so far, can tell.

Third night in a row: of the incidents at night, those in which somebody on call was paged in both nights before
(`paged`), and those in which somebody's duty had begun at least two nights before (`on call`, where that is told).

Null: the share of the year before, known only as well as that year tells it. Being paged three nights running is also
expected as often as nights with a page follow each other by chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from closeout_judgement.patterns.candidate import Candidate, Kind
from closeout_judgement.patterns.exact import beta_binomial, binomial
from closeout_judgement.patterns.expectation import predicted
from closeout_judgement.patterns.history import History
from closeout_judgement.patterns.kinds.clock import NIGHT_TO, has_hour, is_night, slot_of
from closeout_judgement.patterns.occurrence import Occurrence

LOOK_BACK = timedelta(days=91)
LONG_AGO = datetime(1, 1, 3, tzinfo=UTC)
NIGHT = timedelta(days=1)
THIRD = 2  # nights before
PAGED, ON_CALL, ALL = "paged", "on call", "all"
# What chance says of nights in a row weighs, in incidents.
BORROWED = 10.0
MORE_OFTEN_THAN_NOT = 0.5


class Duty:
    """Who was on call when, over the base line and the quarter."""

    def __init__(self, history: History) -> None:
        self._history = history

    def is_new(self, one: Occurrence) -> bool | None:
        """Whether everybody on call was new to the service; None where that cannot be told."""
        return self._new.get(one.id)

    def is_third_paged(self, one: Occurrence) -> bool | None:
        """Whether somebody on call was paged in both nights before; None by day and where nobody is known."""
        night = night_of(one)
        if night is None or not one.on_call:
            return None
        return any(night - NIGHT in self._nights[who] and night - 2 * NIGHT in self._nights[who] for who in one.on_call)

    def chance_of_third(self) -> float:
        """How often two nights in a row have a page, if nights with a page come in any order."""
        paged = {night_of(one) for one in self._history.now} - {None}
        days = (self._history.quarter.ends(self._history.zone) - self._history.quarter.begins(self._history.zone)).days
        return (len(paged) / days) ** 2

    @cached_property
    def _first(self) -> datetime | None:
        told = (one.opened_at for one in self._history.everything if one.on_call)
        return min(told, default=None)

    @cached_property
    def _new(self) -> dict[str, bool | None]:
        """By occurrence, in one pass: when each person, and anybody at all, last had a hand in each service."""
        new: dict[str, bool | None] = {}
        last: dict[tuple[str, str | None], datetime] = {}
        for one in self._history.everything:
            since = one.opened_at - LOOK_BACK
            if one.on_call and self._first is not None and since >= self._first:
                known = {who for who in (None, *one.on_call) for of in one.services if _at(last, of, who) >= since}
                new[one.id] = None if None not in known else len(known) == 1
            people = {who.person for record in one.records for who in record.responders if who.person}
            somebody = (*people, None) if people else ()
            last |= {(service, who): one.opened_at for service in one.services for who in somebody}
        return new

    @cached_property
    def _nights(self) -> dict[str, set[date]]:
        nights: dict[str, set[date]] = defaultdict(set)
        for one in self._history.everything:
            night = night_of(one)
            if night is not None:
                for who in one.on_call:
                    nights[who].add(night)
        return nights


def _at(last: Mapping[tuple[str, str | None], datetime], service: str, who: str | None) -> datetime:
    return last.get((service, who), LONG_AGO)


def night_of(one: Occurrence) -> date | None:
    """The evening's date; None by day."""
    if not has_hour(one) or not is_night(slot_of(one)):
        return None
    return one.opened_at.date() - (NIGHT if one.opened_at.hour < NIGHT_TO else timedelta())


def is_third_on_call(one: Occurrence) -> bool | None:
    """Whether a duty had begun at least two nights before; None by day and where no beginning is told."""
    begun = [who.since for record in one.records for who in record.responders if who.on_call and who.since]
    night = night_of(one)
    if night is None or not begun:
        return None
    zone = one.opened_at.tzinfo
    return any((night - since.astimezone(zone).date()).days >= THIRD for since in begun)


def candidates(history: History) -> Iterator[Candidate]:
    """New to the service, third night paged, third night on call."""
    duty = Duty(history)
    yield from _new(history, duty)
    yield from _third_paged(history, duty)
    yield from _third_on_call(history)


Told = tuple[list[Occurrence], list[Occurrence], list[Occurrence], int]


def _told(history: History, has: Callable[[Occurrence], bool | None]) -> Told:
    """Of the quarter: those that tell, and those that have it; of the base line: those that tell, how many have it."""
    now, base = history.told(lambda one: has(one) is not None)
    return now, [one for one in now if has(one)], base, sum(bool(has(one)) for one in base)


def _new(history: History, duty: Duty) -> Iterator[Candidate]:
    now, hits, base, before = _told(history, duty.is_new)
    if now and base:
        tail = beta_binomial(len(now), before + 0.5, len(base) - before + 0.5)
        yield Candidate(Kind.ON_CALL_NEW, ALL, hits, len(now), tail.mean, tail, _year(before, base))


def _third_paged(history: History, duty: Duty) -> Iterator[Candidate]:
    now, hits, base, before = _told(history, duty.is_third_paged)
    if now:
        tail = predicted(len(now), min(0.99, duty.chance_of_third() + 0.5 / len(now)), BORROWED, before, len(base))
        against = _year(before, base) if base else "nights with a page in any order"
        yield Candidate(Kind.THIRD_NIGHT, PAGED, hits, len(now), tail.mean, tail, against)


def _third_on_call(history: History) -> Iterator[Candidate]:
    now, hits, base, before = _told(history, is_third_on_call)
    if not now:
        return
    if base:
        tail = beta_binomial(len(now), before + 0.5, len(base) - before + 0.5)
        yield Candidate(Kind.THIRD_NIGHT, ON_CALL, hits, len(now), tail.mean, tail, _year(before, base))
        return
    half = binomial(len(now), MORE_OFTEN_THAN_NOT)
    against = "half of the incidents; there is no year before to compare with"
    yield Candidate(Kind.THIRD_NIGHT, ON_CALL, hits, len(now), half.mean, half, against)


def _year(before: int, base: Sequence[Occurrence]) -> str:
    return f"{before} of {len(base)} in the year before"
