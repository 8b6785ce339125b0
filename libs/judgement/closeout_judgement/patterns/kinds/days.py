"""The day after a release, the day after a holiday: more incidents than such days have.

Null: incidents fall evenly on the working days of the quarter, and evenly on its weekends, as many on each as there
were. The count is then a sum of trials whose chances differ a little; a binomial with the mean chance scatters more
(W. Hoeffding, Annals of Mathematical Statistics 27, 1956), so that the test errs on the silent side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta

from closeout_judgement.patterns.calendar import is_day_after
from closeout_judgement.patterns.candidate import Candidate, Kind
from closeout_judgement.patterns.exact import binomial
from closeout_judgement.patterns.history import History

DAY = timedelta(days=1)
SATURDAY = 5
AGAINST = "the other days of the quarter, working days against working days"


def candidates(history: History) -> Iterator[Candidate]:
    """The day after a release and the day after a holiday, where the calendar names any that count."""
    yield from _candidate(history, Kind.DAY_AFTER_RELEASE, history.calendar.releases)
    yield from _candidate(history, Kind.DAY_AFTER_HOLIDAY, history.calendar.holidays)


def days_after(history: History, days: Collection[date]) -> int:
    """How many days of the quarter come after one of them."""
    return sum(is_day_after(day, days) for day in _days_of(history))


def _candidate(history: History, kind: Kind, days: Collection[date]) -> Iterator[Candidate]:
    if not history.now or not days_after(history, days):
        return
    hits = [one for one in history.now if is_day_after(one.opened_at.date(), days)]
    share = {weekend: _share(history, days, weekend) for weekend in (False, True)}
    chances = [share[_is_weekend(one.opened_at.date())] for one in history.now]
    tail = binomial(len(chances), sum(chances) / len(chances))
    yield Candidate(kind, "all", hits, len(history.now), tail.mean, tail, AGAINST)


def _share(history: History, days: Collection[date], weekend: bool) -> float:
    like = [day for day in _days_of(history) if _is_weekend(day) is weekend]
    return sum(is_day_after(day, days) for day in like) / max(1, len(like))


def _is_weekend(day: date) -> bool:
    return day.weekday() >= SATURDAY


def _days_of(history: History) -> list[date]:
    """The days of the quarter, up to now where it is not over."""
    begin, end = history.quarter.begins(history.zone).date(), history.quarter.ends(history.zone).date()
    if history.until is not None:
        end = min(end, history.until.date() + DAY)
    return [begin + DAY * n for n in range(max(0, (end - begin).days))]
