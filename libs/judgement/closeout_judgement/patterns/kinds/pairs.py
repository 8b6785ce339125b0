"""Two things that come together more often than each by itself explains: the ledger, on Friday afternoons.

Null: the second is spread over all incidents of the five quarters without regard to which of them are this quarter's
incidents with the first (Fisher's exact test). Two more comparisons must not contradict, so that two patterns that
grew apart from each other are no pair, and what always came together is no news: the same within the quarter alone,
and the share that had both in the year before. Only things that three incidents have are paired, of each kind those
that the most have; both are margins, which the test takes as given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from closeout_judgement.patterns.candidate import LEAST_SUPPORT, Candidate, Kind
from closeout_judgement.patterns.exact import beta_binomial, hypergeometric
from closeout_judgement.patterns.history import LEAST_BASE, History
from closeout_judgement.patterns.kinds.traits import ALL
from closeout_judgement.patterns.membership import AND, Membership
from closeout_judgement.patterns.occurrence import Occurrence

# Things of one group overlap or imply each other by what they are. The order of the groups says which is the first.
GROUPS = (
    (Kind.DEPENDENCY, Kind.SERVICE, Kind.ALERT, Kind.VENDOR),
    (Kind.FAILURE_MODE, Kind.CHANGE_TYPE),
    (Kind.CONTROL,),
    (Kind.WEEKDAY_HOUR, Kind.DEPLOY_WINDOW, Kind.NIGHT, Kind.WEEKEND),
    (Kind.ON_CALL, Kind.ON_CALL_NEW),
    (Kind.RUNBOOK,),
)
MOST_OF_A_KIND = 12
# With very many incidents fewer: the table of each pair is then long.
MANY, MOST_OF_MANY = 1_000, 4


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing as a set of incidents, a bit each: those that have it, and those of which it is known."""

    single: Candidate
    group: int
    has: int
    told: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A pair: incidents of the five quarters, of the quarter, and of the year before, of which both are known."""

    every: int
    second: int
    now: int
    first_now: int
    second_now: int
    both_now: int
    base: int
    both_base: int


def candidates(history: History, singles: Sequence[Candidate]) -> Iterator[Candidate]:
    """Each pair of the things that were tested by themselves."""
    everything = history.everything
    now = _bits([one.opened_at in history.quarter for one in everything])
    things = list(_things(history, singles, everything))
    for first, second in combinations(things, 2):
        if first.group < second.group:
            yield from _pair(history, everything, now, first, second)


def _things(history: History, singles: Sequence[Candidate], everything: Sequence[Occurrence]) -> Iterator[Thing]:
    membership = Membership(history)
    for number, kinds in enumerate(GROUPS):
        for kind in kinds:
            of_kind = [one for one in singles if one.kind is kind and _is_paired(one)]
            found = [_thing(membership, one, number, everything) for one in of_kind]
            many = [one for one in found if one.has.bit_count() >= LEAST_SUPPORT]
            most = MOST_OF_A_KIND if len(everything) <= MANY else MOST_OF_MANY
            yield from sorted(many, key=lambda one: -one.has.bit_count())[:most]


def _is_paired(one: Candidate) -> bool:
    if one.kind is Kind.ON_CALL:
        return one.value == ALL
    return one.kind is not Kind.WEEKDAY_HOUR or " " in one.value  # parts of a day, no whole days


def _thing(membership: Membership, single: Candidate, group: int, everything: Sequence[Occurrence]) -> Thing:
    told = [membership.has(one, single.kind, single.value) for one in everything]
    return Thing(single, group, _bits([one is True for one in told]), _bits([one is not None for one in told]))


def _bits(flags: Sequence[bool]) -> int:
    return int("".join("1" if flag else "0" for flag in reversed(flags)) or "0", 2)


def _of_bits(bits: int, everything: Sequence[Occurrence]) -> list[Occurrence]:
    found = []
    while bits:
        lowest = bits & -bits
        found.append(everything[lowest.bit_length() - 1])
        bits ^= lowest
    return found


def _pair(
    history: History, everything: Sequence[Occurrence], now: int, first: Thing, second: Thing
) -> Iterator[Candidate]:
    counted = _counted(now, first, second)
    if counted.first_now < LEAST_SUPPORT or counted.second < LEAST_SUPPORT:
        return
    tail = hypergeometric(counted.every, counted.second, counted.first_now)
    hits = _of_bits(first.has & second.has & first.told & second.told & now, everything)
    value = AND.join(f"{one.single.kind} {one.single.value}" for one in (first, second))
    details = {"pair": [{"kind": str(one.single.kind), "value": one.single.value} for one in (first, second)]}
    against = f"{counted.second} of {counted.every} incidents of five quarters have the second, whatever the first"
    yield Candidate(
        Kind.PAIR,
        value,
        hits,
        counted.now,
        tail.mean,
        tail,
        against,
        second=_contradiction(counted),
        details=details,
        parts=(first.single, second.single),
    )


def _counted(now: int, first: Thing, second: Thing) -> Counted:
    told = first.told & second.told
    if (told & ~now).bit_count() < LEAST_BASE:
        told &= now
    of_now, base = told & now, told & ~now
    both = first.has & second.has
    return Counted(
        told.bit_count(),
        (told & second.has).bit_count(),
        of_now.bit_count(),
        (of_now & first.has).bit_count(),
        (of_now & second.has).bit_count(),
        (of_now & both).bit_count(),
        base.bit_count(),
        (base & both).bit_count(),
    )


def _contradiction(counted: Counted) -> float | None:
    """The larger of the other two comparisons; None where the quarter stands alone, and is compared with itself."""
    if not counted.base or counted.both_now < LEAST_SUPPORT:
        return None
    within = hypergeometric(counted.now, counted.second_now, counted.first_now).of(counted.both_now)
    before = beta_binomial(counted.now, counted.both_base + 0.5, counted.base - counted.both_base + 0.5)
    return max(within, before.of(counted.both_now))
