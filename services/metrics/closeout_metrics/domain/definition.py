"""What a metric is, and how many series it may have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from closeout_metrics.domain.numbers import Numbers

Sample = tuple[tuple[str, ...], float]  # label values, and the value

OLDEST_SHOWN = 5  # action items named one by one
TEAMS_NAMED = 100  # as SERVICES_NAMED, for teams
SERVICES_NAMED = 100  # the most services with a series of their own; the others are counted as `other`
QUARTERS_SHOWN = 8  # two years; the REST answer has them all


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric. `query`: the PromQL to begin with. `samples`: how it is read from the numbers."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...]
    query: str
    samples: Callable[[Numbers], Iterable[Sample]]


def one(read: Callable[[Numbers], float]) -> Callable[[Numbers], Iterable[Sample]]:
    """A metric without labels."""
    return lambda numbers: [((), read(numbers))]
