"""Pictures of promises: how many were open over time, and how old those are that still are. Values in, geometry out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WEEKS = 26
WIDTH, HEIGHT = 640.0, 160.0
# Up to how many days old, by bar.
AGES = ((30, "up to 30 days"), (60, "31 to 60"), (90, "61 to 90"), (180, "91 to 180"), (None, "older"))
# Beyond the third month a promise makes its review fail.
LATE_FROM = 3


@dataclass(frozen=True, slots=True)
class Life:
    """When a promise was made, and when it was over; None while it is open."""

    began: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class BurnDown:
    """How many promises were open at the end of each week, the last one now. `line` and `area` are SVG points."""

    weeks: tuple[tuple[datetime, int], ...]
    most: int
    line: str
    area: str


@dataclass(frozen=True, slots=True)
class Bar:
    """So many open promises of one age. `late`: their reviews have failed, or will."""

    label: str
    count: int
    height: float
    late: bool


def burn_down(lives: Sequence[Life], now: datetime) -> BurnDown:
    """Open promises over the last half year."""
    ends = [now - timedelta(weeks=WEEKS - n) for n in range(WEEKS + 1)]
    weeks = tuple((end, sum(is_open(one, end) for one in lives)) for end in ends)
    most = max(1, *(count for _, count in weeks))
    points = [f"{n * WIDTH / WEEKS:.1f},{HEIGHT - count * HEIGHT / most:.1f}" for n, (_, count) in enumerate(weeks)]
    return BurnDown(weeks, most, " ".join(points), " ".join((f"0,{HEIGHT}", *points, f"{WIDTH},{HEIGHT}")))


def is_open(life: Life, at: datetime) -> bool:
    """Whether the promise stood and had not shipped at that moment."""
    return life.began <= at and (life.ended is None or life.ended > at)


def ages(lives: Iterable[Life], now: datetime) -> list[Bar]:
    """Open promises by how old they are."""
    counts = [0] * len(AGES)
    for one in lives:
        if is_open(one, now):
            days = (now - one.began).days
            counts[next(n for n, (most, _) in enumerate(AGES) if most is None or days <= most)] += 1
    highest = max(1, *counts)
    return [
        Bar(label, count, round(count * HEIGHT / highest, 1), n >= LATE_FROM)
        for n, ((_, label), count) in enumerate(zip(AGES, counts, strict=True))
    ]
