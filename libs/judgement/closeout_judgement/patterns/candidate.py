"""A candidate: something that incidents may have in common, with what chance alone would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from closeout_judgement.patterns.exact import Tail, clopper_pearson
from closeout_judgement.patterns.occurrence import Occurrence

# Two incidents are a coincidence that one remembers; three are looked at.
LEAST_SUPPORT = 3


class Kind(StrEnum):
    """What a pattern is about. The words of the JSON form."""

    DEPENDENCY = "dependency"
    SERVICE = "service"
    FAILURE_MODE = "failure_mode"
    WEEKDAY_HOUR = "weekday_hour"
    NIGHT = "night"
    WEEKEND = "weekend"
    DEPLOY_WINDOW = "deploy_window"
    DAY_AFTER_RELEASE = "day_after_release"
    DAY_AFTER_HOLIDAY = "day_after_holiday"
    ALERT = "alert"
    CHANGE_TYPE = "change_type"
    VENDOR = "vendor"
    ON_CALL = "on_call_from_other_team"
    ON_CALL_NEW = "on_call_new_to_service"
    THIRD_NIGHT = "third_night_on_call"
    TIME_TO_DETECT = "time_to_detect"
    TIME_TO_FIX = "time_to_fix"
    RUNBOOK = "runbook"
    CONTROL = "control"
    REPEATED_PROMISE = "repeated_promise"
    PAIR = "pair"
    RENAMED_SERVICE = "renamed_service"


@dataclass(frozen=True)
class Candidate:
    """`hits` of the `of` incidents that could be judged have it.

    `tail` is the exact distribution of the count under the null that `against` puts into words. `also_of` is the
    p-value of a second comparison, which must not contradict; `chronic` is a p-value against exposure alone, where
    the first is against the year before.
    """

    kind: Kind
    value: str
    hits: Sequence[Occurrence]
    of: int
    expected: float
    tail: Tail
    against: str
    second: float | None = None
    chronic: float | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    parts: tuple[Candidate, ...] = ()  # of a pair: the two things

    @property
    def observed(self) -> int:
        return len(self.hits)

    @cached_property
    def p_value(self) -> float:
        """The chance of so many or more under the null. 1 below the least support: too few are never a pattern."""
        if self.observed < LEAST_SUPPORT:
            return 1.0
        return self.tail.of(self.observed)

    @cached_property
    def interval(self) -> tuple[float, float]:
        """95 %, exact, in incidents."""
        low, high = clopper_pearson(self.observed, max(self.of, self.observed))
        return low * self.of, high * self.of

    @property
    def times(self) -> float:
        """How many times what was expected."""
        return self.observed / self.expected if self.expected else float("inf")
