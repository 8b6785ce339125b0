"""Exact distributions of counts: upper tails and intervals, without approximation by a bell curve."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import exp, inf, lgamma, log, log1p

# What lies further out than this adds nothing that a float could hold.
NEGLIGIBLE = 1e-18
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Tail:
    """P(X ≥ k) for k = 0, 1, …; beyond the table the last value stands for what is smaller still."""

    mean: float
    at_least: Sequence[float]

    def of(self, count: int) -> float:
        """P(X ≥ count)."""
        return self.at_least[min(count, len(self.at_least) - 1)]

    def steps(self, least: int) -> Iterator[tuple[float, float]]:
        """P(X ≥ k) and P(X ≥ k + 1), for each k from `least` on."""
        told = self.at_least[least:]
        return zip(told, (*told[1:], 0.0), strict=True) if told else iter(())


@lru_cache(maxsize=4096)
def binomial(trials: int, share: float) -> Tail:
    """Counts among `trials`, each with the chance `share`."""
    share = min(max(share, 0.0), 1.0)
    if share in (0.0, 1.0) or trials == 0:
        return _certain(trials if share == 1.0 else 0)
    yes, no = log(share), log1p(-share)
    return _tail(trials, trials * share, lambda k: log_choose(trials, k) + k * yes + (trials - k) * no)


@lru_cache(maxsize=4096)
def beta_binomial(trials: int, yes: float, no: float) -> Tail:
    """Counts among `trials` when the chance itself is known only as well as `yes` against `no` earlier cases tell.

    The predictive distribution of a binomial count with a Beta(yes, no) chance.
    """
    if trials == 0:
        return _certain(0)
    whole = log_beta(yes, no)
    mean = trials * yes / (yes + no)
    return _tail(trials, mean, lambda k: log_choose(trials, k) + log_beta(k + yes, trials - k + no) - whole)


@lru_cache(maxsize=4096)
def hypergeometric(population: int, marked: int, drawn: int) -> Tail:
    """Marked ones among `drawn`, taken from a population without putting back: two things that are independent."""
    most = min(marked, drawn)
    whole = log_choose(population, drawn)

    def log_chance(k: int) -> float:
        if drawn - k > population - marked:
            return -inf
        return log_choose(marked, k) + log_choose(population - marked, drawn - k) - whole

    return _tail(most, drawn * marked / population if population else 0.0, log_chance)


def clopper_pearson(count: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact interval of a share (Clopper and Pearson, Biometrika 26, 1934)."""
    aside = (1 - confidence) / 2
    low = 0.0 if count == 0 else _share_where(lambda share: binomial_tail(trials, share, count) - aside)
    high = 1.0 if count == trials else _share_where(lambda share: binomial_tail(trials, share, count + 1) - 1 + aside)
    return low, high


def binomial_tail(trials: int, share: float, count: int) -> float:
    """P(X ≥ count), without the table."""
    return binomial.__wrapped__(trials, share).of(count)


def log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _certain(count: int) -> Tail:
    return Tail(float(count), [1.0] * (count + 1) + [0.0])


def _tail(most: int, mean: float, log_chance: Callable[[int], float]) -> Tail:
    # Both ways from the middle, as far as a float holds anything: ten thousand incidents have ten thousand counts.
    middle = min(most, int(mean))
    below: list[float] = []
    for k in range(middle, -1, -1):
        below.append(exp(log_chance(k)))
        if below[-1] < NEGLIGIBLE and k < middle:
            break
    chances = [0.0] * (middle + 1 - len(below)) + below[::-1]
    for k in range(middle + 1, most + 1):
        chances.append(exp(log_chance(k)))
        if chances[-1] < NEGLIGIBLE:
            break
    sums = list(accumulate(reversed(chances)))[::-1]
    sums[0] = 1.0
    return Tail(mean, [min(1.0, one) for one in sums] + ([0.0] if len(chances) == most + 1 else []))


def _share_where(rises: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if rises(middle) > 0 else (middle, high)
    return (low + high) / 2
