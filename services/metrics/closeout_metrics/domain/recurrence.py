"""Incidents that came back, as people confirmed, counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Incidents that came back, as people confirmed. `people`: how many were paged for them, together."""

    quarter: str
    kind: str  # while_open, did_not_hold; none where no promise answers for it
    service: str
    count: int
    seconds: float
    people: int


def folded(rows: Iterable[Confirmed], name: Callable[[str], str]) -> tuple[Confirmed, ...]:
    """The rows, those together whose services `name` calls the same."""
    together: defaultdict[tuple[str, str, str], list[Confirmed]] = defaultdict(list)
    for one in rows:
        together[one.quarter, one.kind, name(one.service)].append(one)
    return tuple(
        Confirmed(
            *key,
            sum(one.count for one in alike),
            sum(one.seconds for one in alike),
            sum(one.people for one in alike),
        )
        for key, alike in sorted(together.items())
    )
