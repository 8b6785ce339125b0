"""What share of the incidents a category is expected to have: by exposure, and by the year before.

Exposure says what is likely before any incident is counted: one service of twenty has a twentieth. The base line says
what the organisation's own year was like. Both are joined as a Beta distribution: exposure weighs as much as the base
line bears it out (empirical Bayes), and the quarter is then compared with the predictive distribution, so that a thin
base line widens what chance can do instead of being taken for certain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from math import sqrt

from closeout_judgement.patterns.exact import Tail, beta_binomial, binomial

# Exposure never weighs more than so many incidents: no list of services is the whole truth.
HEAVIEST = 300.0
LIGHTEST = 1.0
RAREST = 1e-4


def richness(counts: Mapping[str, int]) -> float:
    """How many different things there are, seen or not: Chao's lower bound (Scandinavian J. of Statistics 11, 1984).

    >>> richness({"a": 1, "b": 1, "c": 1})
    6.0
    >>> richness({"a": 4, "b": 5})
    2.0
    """
    once = sum(1 for count in counts.values() if count == 1)
    twice = sum(1 for count in counts.values() if count == 2)
    return sum(1 for count in counts.values() if count) + once * (once - 1) / (2 * (twice + 1))


def weight_of_exposure(counts: Mapping[str, int], of: int, exposure: Mapping[str, float]) -> float:
    """How many incidents the exposure is worth, seeing how the base line scatters around it."""
    scatter = [_squared(counts.get(name, 0), of, share) for name, share in exposure.items() if 0 < share < 1 and of]
    return _weight(sum(scatter), len(scatter), of)


def _squared(count: int, of: int, share: float) -> float:
    return (count - of * share) ** 2 / (of * share * (1 - share))


def _weight(scatter: float, cells: float, of: int) -> float:
    """By moments of the beta-binomial: where shares are spread with a weight w around the exposure, the squared
    deviations are (of + w) / (1 + w) times those of pure chance. The scatter is taken a standard error too high, so
    that a short base line does not make exposure too sure of itself.
    """
    if not cells:
        return LIGHTEST
    times = scatter / cells * (1 + sqrt(2 / cells))
    return HEAVIEST if times <= 1 else min(HEAVIEST, max(LIGHTEST, (of - times) / (times - 1)))


def predicted(trials: int, share: float, weight: float, seen: int, of: int) -> Tail:
    """The count to expect, from an exposure `share` worth `weight` incidents and `seen` of `of` in the base line."""
    # Nothing is certain: where all incidents so far are of one service, another may come.
    share = min(max(share, RAREST), 1 - RAREST)
    return beta_binomial(trials, seen + weight * share, of - seen + weight * (1 - share))


def by_exposure(trials: int, share: float) -> Tail:
    """The count to expect from exposure alone."""
    return binomial(trials, share)


def as_uneven_as(others: Mapping[str, int], of: int, share: float, trials: int, heaviest: float = HEAVIEST) -> Tail:
    """The count to expect among `trials` of one thing with this share, if it may differ from the even share as much
    as the `others` (counted among `of`) do. Where they scatter no more than chance does, this is the exposure alone.

    `heaviest`: what the even share weighs at the most, where things are known to be uneven by nature.
    """
    cells = richness(others)
    if not others or not 0 < share < 1:
        return binomial(trials, share)
    even = min(0.99, sum(others.values()) / (of * cells))
    # Those that exist and were not seen scatter, too.
    unseen = max(0.0, cells - len(others)) * _squared(0, of, even)
    scatter = unseen + sum(_squared(count, of, even) for count in others.values())
    weight = min(heaviest, _weight(scatter, cells, of))
    if weight >= HEAVIEST:
        return binomial(trials, share)
    return beta_binomial(trials, weight * share, weight * (1 - share))


def tally(named: Collection[Collection[str]]) -> Counter[str]:
    """In how many occurrences each name is."""
    return Counter(name for names in named for name in names)
