"""The quarterly reading on invented histories: what it finds of what was planted, and how often it finds what is not.

`python -m bench.meta_review [--quick] [--histories N]` prints a table. Pure computation: needs no running system.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from datetime import UTC

from rich.console import Console

from bench.meta_review_histories import CALENDAR, IMPLIED, PLANTS, QUARTER, Maker, World, planted
from bench.rows import Row, table
from closeout_judgement.patterns.exact import clopper_pearson
from closeout_judgement.patterns.record import IncidentRecord, line_of, record_of
from closeout_judgement.patterns.review import MetaReview, meta_review

HISTORIES, QUICK_HISTORIES = 200, 30
MOST_FALSE, LEAST_FOUND = 0.10, 0.80
TEN_THOUSAND_SECONDS = 30.0

# Histories in which nothing is the matter. What reads `uneven`: some services have many times the incidents of others;
# `office`: seven of ten incidents fall into working hours; `alone`: there is no base line.
NULLS: dict[str, World] = {
    "even": World(),
    "office": World(office=True),
    "uneven, office": World(uneven=True, office=True),
    "uneven, office, lists change": World(uneven=True, office=True, graph=False),
    "twelve a quarter": World(incidents=12, base=12, office=True),
    "sixty a quarter, uneven, office": World(incidents=60, base=60, uneven=True, office=True),
    "office, alone": World(base=0, office=True),
    "sixty, office, alone": World(incidents=60, base=0, office=True),
}
# How many of twelve, with twelve in each quarter before. A planted incident may be one that has it anyway. A
# Friday afternoon, on-call, runbook and control begin from shares of 8, 15, 25 and 17 %: five of twelve is less of an
# effect there than five of twelve on one service of twenty.
OF_TWELVE = {
    "dependency": 5,
    "service": 5,
    "failure_mode": 5,
    "weekday_hour": 6,
    "repeated_promise": 5,
    "on_call_from_other_team": 8,
    "runbook": 10,
    "control": 8,
    "alert": 5,
    "change_type": 8,
    "vendor": 5,
    "deploy_window": 6,
    "day_after_release": 6,
    "day_after_holiday": 5,
    "on_call_new_to_service": 10,
    "third_night_on_call": 8,
    "time_to_detect": 8,
    "time_to_fix": 11,
    "pair": 6,
}
# Where the kind alone does not say it: a pair whose second thing is common, a duty that is mostly that long.
OF_TWELVE_OF = {("pair", "service svc-7 + control canary"): 7, ("third_night_on_call", "on call"): 10}
TWELVE = World(incidents=12, base=12, office=True)
# Who is new to a service is seen only where services have incidents often, and few people.
WORLDS = {"on_call_new_to_service": World(incidents=12, base=12, services=4, people=2, office=True)}
ALONE = World(incidents=12, base=0)


def rows(quick: bool, histories: int | None = None) -> list[Row]:
    """False discoveries on histories without a pattern, power on those with one, and the time for ten thousand."""
    count = histories or (QUICK_HISTORIES if quick else HISTORIES)
    return [*_false(count), *_found(count), *_alone(count), _ten_thousand(2_000 if quick else 10_000)]


def _read(records: Sequence[IncidentRecord]) -> MetaReview:
    return meta_review(records, QUARTER, UTC, calendar=CALENDAR)


def _names(review: MetaReview) -> list[tuple[str, str]]:
    return [(one.candidate.kind.value, one.candidate.value) for one in review.patterns]


def _false(count: int) -> Iterator[Row]:
    for name, world in NULLS.items():
        loud = sum(bool(_names(_read(Maker(world, seed).history()))) for seed in range(count))
        # Few histories tell little: the target is missed only where that is more than the luck of these.
        low, _ = clopper_pearson(loud, count)
        title = f"meta-review: a pattern where there is none ({name})"
        yield Row(title, loud / count, "of histories", None, None, MOST_FALSE, low <= MOST_FALSE)


def _found(count: int) -> Iterator[Row]:
    others = 0.0
    for plant in PLANTS:
        found, implied = 0, {plant, *IMPLIED.get(plant, ())}
        for seed in range(count):
            world = WORLDS.get(plant[0], TWELVE)
            names = _names(_read(planted(world, plant, _of_twelve(plant), seed)))
            found += plant in names
            others += sum(one not in implied for one in names) / max(1, len(names))
        _, high = clopper_pearson(found, count)
        title = f"meta-review: found, {_of_twelve(plant)} of 12 ({_called(plant)})"
        yield Row(title, found / count, "of histories", None, None, LEAST_FOUND, high >= LEAST_FOUND)
    share = others / (count * len(PLANTS))
    title = "meta-review: false among the patterns, one planted"
    yield Row(title, share, "of patterns", None, None, MOST_FALSE, share <= MOST_FALSE)


def _of_twelve(plant: tuple[str, str]) -> int:
    return OF_TWELVE_OF.get(plant) or OF_TWELVE[plant[0]]


def _called(plant: tuple[str, str]) -> str:
    several = sum(kind == plant[0] for kind, _ in PLANTS) > 1
    return f"{plant[0]}: {plant[1]}" if several else plant[0]


def _alone(count: int) -> Iterator[Row]:
    """Without a base line, the kinds that exposure alone can judge. No target: a year is what makes the rest."""
    for plant in (one for one in PLANTS if one[0] in ("service", "weekday_hour", "repeated_promise")):
        found = sum(plant in _names(_read(planted(ALONE, plant, 5, seed))) for seed in range(count))
        yield Row(f"meta-review: found without a base line, 5 of 12 ({plant[0]})", found / count, "of histories")


def _ten_thousand(incidents: int) -> Row:
    world = World(incidents=incidents, base=incidents // 4, uneven=True, office=True)
    lines = [line_of(one) for one in Maker(world, 1).history()]
    began = time.perf_counter()
    _read([record_of(line) for line in lines])
    took = time.perf_counter() - began
    title = f"meta-review: {incidents:,} incidents read"
    return Row(title, took, "s", None, None, TEN_THOUSAND_SECONDS, took <= TEN_THOUSAND_SECONDS)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.meta_review", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer histories; the figures are rougher")
    parser.add_argument("--histories", type=int, help=f"how many a row; else {HISTORIES}")
    told = parser.parse_args()
    measured = [row.as_dict() for row in rows(told.quick, told.histories)]
    Console(highlight=False).print(table(measured))


if __name__ == "__main__":
    main()
