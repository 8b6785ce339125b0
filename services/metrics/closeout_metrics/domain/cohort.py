"""How soon promises are kept: the share shipped by its age, with those that are still open counted fairly.

A plain average of the shipped ones is too good: the slow ones are not in it yet. So each cohort's share is the
estimate of Kaplan and Meier (https://doi.org/10.1080/01621459.1958.10501452): who is still open counts as long as it
was watched, and no longer. A promise that was withdrawn, or that ended without being done, never ships.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple, Self

from closeout_metrics.domain.action_item import OPEN, SHIPPED, WITHDRAWN

DAYS_SHOWN = (30, 60, 90)
QUANTILES = (0.5, 0.9)


class Only(NamedTuple):
    """Which promises are asked for; None: all. A team by its name or the pager's id."""

    team: str | None = None
    service: str | None = None
    control: str | None = None
    tracker: str | None = None

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Self:
        """As asked for by these names. What no text of the database can hold is found nowhere."""
        return cls(*(asked.get(name, "").replace("\0", "\ufffd") or None for name in cls._fields))


@dataclass(frozen=True, slots=True)
class Fate:
    """How many promises of a quarter came to the same at the same age in days."""

    whose: str
    quarter: str
    fate: str
    age: int
    count: int


@dataclass(frozen=True, slots=True)
class CohortTally:
    """What was counted of a quarter: `shipped_after` so many days, or `unshipped` since that day or withdrawn."""

    quarter: str
    tally: str
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Cohort:
    """Promises that were made in one quarter. Ages in whole days, by the organisation's calendar.

    `shipped`: how many shipped at which age. `open`: how many are open at which age. `withdrawn`: how many never ship.
    """

    quarter: str
    shipped: Mapping[int, int] = field(default_factory=dict)
    open: Mapping[int, int] = field(default_factory=dict)
    withdrawn: int = 0

    @property
    def committed(self) -> int:
        """All of them."""
        return sum(self.shipped.values()) + sum(self.open.values()) + self.withdrawn

    @cached_property
    def curve(self) -> list[tuple[int, float]]:
        """(age, share shipped by then) at each age at which one shipped."""
        at_risk, unshipped = self.committed, 1.0
        points: list[tuple[int, float]] = []
        for age in sorted({*self.shipped, *self.open}):
            shipped = self.shipped.get(age, 0)
            if shipped:
                unshipped *= 1 - shipped / at_risk
                points.append((age, 1 - unshipped))
            at_risk -= shipped + self.open.get(age, 0)
        return points

    def shipped_by(self, age: int) -> float | None:
        """The share that ships within so many days; None where nobody who is open was watched for so long yet."""
        if not self.committed or (self.open and age > max(self.open)):
            return None
        return max((share for at, share in self.curve if at <= age), default=0.0)

    def quantile(self, share: float) -> int | None:
        """By which age so large a share has shipped; None where it has not come to that yet."""
        # A product of shares need not come out even: a half may be half less one bit.
        return next((age for age, reached in self.curve if reached >= share - 1e-9), None)


def by_age(counted: Iterable[tuple[int, int]]) -> Counter[int]:
    """How many are how old. What a clock that runs ahead has put before its beginning is as old as what just began."""
    ages: Counter[int] = Counter()
    for age, count in counted:
        ages[max(0, age)] += count
    return ages


def cohorts(tallies: Iterable[CohortTally], today: date) -> tuple[Cohort, ...]:
    """The cohorts as they are today, the oldest first."""
    shipped: dict[str, dict[int, int]] = {}
    still: dict[str, dict[int, int]] = {}
    withdrawn: dict[str, int] = {}
    for one in tallies:
        if one.tally == "shipped_after":
            shipped[one.quarter] = {int(days): count for days, count in one.counts.items()}
            continue
        withdrawn[one.quarter] = one.counts.get(WITHDRAWN, 0)
        still[one.quarter] = by_age(
            ((today - date.fromisoformat(since)).days, count)
            for since, count in one.counts.items()
            if since != WITHDRAWN
        )
    return tuple(
        Cohort(quarter, shipped.get(quarter, {}), still.get(quarter, {}), withdrawn.get(quarter, 0))
        for quarter in sorted({*shipped, *still})
    )


def cohorts_of(fates: Iterable[Fate]) -> dict[str, list[Cohort]]:
    """The cohorts of each, the oldest first."""
    grouped: dict[tuple[str, str], list[Fate]] = {}
    for one in fates:
        grouped.setdefault((one.whose, one.quarter), []).append(one)
    cohorts: dict[str, list[Cohort]] = {}
    for (whose, quarter), some in sorted(grouped.items()):
        shipped = by_age((one.age, one.count) for one in some if one.fate == SHIPPED)
        still = by_age((one.age, one.count) for one in some if one.fate == OPEN)
        withdrawn = sum(one.count for one in some if one.fate == WITHDRAWN)
        cohorts.setdefault(whose, []).append(Cohort(quarter, shipped, still, withdrawn))
    return cohorts
