"""Many candidates, one rate of false discoveries.

Counts of incidents are small whole numbers, and a p-value from them is often far below its nominal chance. Plain
Benjamini-Hochberg takes each candidate at the nominal chance, and finds little. Here each candidate adds the chance
that it really has, which is known exactly (R. Heyse, "A false discovery rate procedure for categorical data", 2011;
bounds in S. Döhler, G. Durand, E. Roquain, "New FDR bounds for discrete and heterogeneous tests", Electronic Journal
of Statistics 12, 2018). With continuous p-values it is Benjamini-Hochberg.

Kinds are tested in four groups, each with a rate of its own, so that hundreds of pairs do not drown the few questions
about who was on call. The share of false ones among all that is found is at most the sum of the four: 9.5 %.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from closeout_judgement.patterns.candidate import LEAST_SUPPORT, Candidate, Kind

# Who was on call, how long it took, how it went: few candidates.
PEOPLE = frozenset(
    {Kind.ON_CALL, Kind.ON_CALL_NEW, Kind.THIRD_NIGHT, Kind.RUNBOOK, Kind.TIME_TO_DETECT, Kind.TIME_TO_FIX}
)
# What it came with: as many as there are alerts and vendors.
CIRCUMSTANCES = frozenset(
    {Kind.ALERT, Kind.CHANGE_TYPE, Kind.VENDOR} | {Kind.DEPLOY_WINDOW, Kind.DAY_AFTER_RELEASE, Kind.DAY_AFTER_HOLIDAY}
)
PAIRS = frozenset({Kind.PAIR})
# What failed, when, through what, what was promised.
MAIN = frozenset(Kind) - PEOPLE - CIRCUMSTANCES - PAIRS
MOST_FALSE = 0.05
RATES = ((MAIN, MOST_FALSE), (PEOPLE, 0.02), (CIRCUMSTANCES, 0.015), (PAIRS, 0.01))


@dataclass(frozen=True, slots=True)
class Tested:
    """`by_chance`: how many candidates as striking as this one a quarter brings where nothing is the matter.

    `q_value`: the share of false ones to expect among this and all of its group that are more striking;
    `most_false`: the rate of its group.
    """

    candidate: Candidate
    by_chance: float
    q_value: float
    most_false: float = MOST_FALSE


def tested(candidates: Sequence[Candidate]) -> list[Tested]:
    """All candidates, the most striking first."""
    chance = by_chance(candidates)
    groups = [([one for one in candidates if one.kind in kinds], rate) for kinds, rate in RATES]
    found = [one for group, rate in groups for one in _tested(group, rate, chance)]
    return sorted(found, key=lambda one: _order(one.candidate))


def _order(one: Candidate) -> tuple[float, float, Kind, str]:
    return one.p_value, -one.times, one.kind, one.value


def _tested(group: Sequence[Candidate], rate: float, chance: Callable[[float], float]) -> list[Tested]:
    ordered = sorted(group, key=_order)
    own = by_chance(group)
    found: list[Tested] = []
    q = 1.0
    for rank in range(len(ordered), 0, -1):
        # Equal p-values share the largest rank among them: the minimum is taken from the end.
        candidate = ordered[rank - 1]
        q = min(q, own(candidate.p_value) / rank)
        found.append(Tested(candidate, chance(candidate.p_value), q, rate))
    return found


def by_chance(candidates: Sequence[Candidate]) -> Callable[[float], float]:
    """How many of the candidates come out with a p-value of at most p where nothing is the matter, for any p.

    A step function, worked out once: the tail of each candidate is a staircase, from the least support on.
    """
    steps = sorted(
        (above, above - below)
        for candidate in candidates
        for above, below in candidate.tail.steps(LEAST_SUPPORT)
        if above > below
    )
    heights = list(accumulate(step for _, step in steps))
    edges = [edge for edge, _ in steps]

    def chance(p: float) -> float:
        if p >= 1.0:
            return float(len(candidates))
        reached = bisect_right(edges, p)
        return heights[reached - 1] if reached else 0.0

    return chance
