"""Time to detect against time to fix, and each against the year before.

Longer to detect than to fix: the share of the year before, known only as well as that year tells it; without a base
line, half. Longer than usual: if this quarter were like the year before, each of its incidents would be as likely as
any other to lie above the median of all (Mood's median test, exact by the hypergeometric distribution).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

from closeout_judgement.patterns.candidate import Candidate, Kind
from closeout_judgement.patterns.exact import beta_binomial, binomial, hypergeometric
from closeout_judgement.patterns.history import History
from closeout_judgement.patterns.occurrence import Occurrence

MORE_OFTEN_THAN_NOT = 0.5
THAN_TO_FIX, THAN_USUAL = "longer than to fix", "longer than usual"
Minutes = Callable[[Occurrence], float | None]


def to_fix(one: Occurrence) -> float | None:
    """Minutes from opened to resolved."""
    return one.minutes or None


def to_detect(one: Occurrence) -> float | None:
    """Minutes from the beginning of the harm to opened."""
    return one.minutes_to_detect


def is_longer_to_detect(one: Occurrence) -> bool | None:
    """Whether it took longer to detect than to fix; None where either is not known."""
    detect, fix = to_detect(one), to_fix(one)
    return None if detect is None or fix is None else detect > fix


def candidates(history: History) -> Iterator[Candidate]:
    """Longer to detect than to fix, longer to detect than usual, longer to fix than usual."""
    yield from _than_to_fix(history)
    yield from _than_usual(history, Kind.TIME_TO_DETECT, to_detect)
    yield from _than_usual(history, Kind.TIME_TO_FIX, to_fix)


def _than_to_fix(history: History) -> Iterator[Candidate]:
    now, base = history.told(lambda one: is_longer_to_detect(one) is not None)
    if not now:
        return
    hits = [one for one in now if is_longer_to_detect(one)]
    tail, against = binomial(len(now), MORE_OFTEN_THAN_NOT), "half of the incidents"
    if base:
        before = sum(bool(is_longer_to_detect(one)) for one in base)
        tail = beta_binomial(len(now), before + 0.5, len(base) - before + 0.5)
        against = f"{before} of {len(base)} in the year before"
    yield Candidate(Kind.TIME_TO_DETECT, THAN_TO_FIX, hits, len(now), tail.mean, tail, against)


def _than_usual(history: History, kind: Kind, minutes: Minutes) -> Iterator[Candidate]:
    now, base = history.told(lambda one: minutes(one) is not None)
    if not now or not base:
        return
    every = {one.id: minutes(one) or 0.0 for one in [*base, *now]}
    middle = median(every.values())
    above = sum(one > middle for one in every.values())
    hits = [one for one in now if every[one.id] > middle]
    tail = hypergeometric(len(every), above, len(now))
    against = f"the median of five quarters, {middle:.0f} minutes"
    details = {"median_minutes": round(middle, 1)}
    yield Candidate(kind, THAN_USUAL, hits, len(now), tail.mean, tail, against, details=details)
