"""What would pass in place of what was refused, taken from facts: one click each. Nothing is chosen for anybody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from closeout_judgement.lints import criterion
from closeout_review.domain.directory import Person
from closeout_review.domain.draft import DraftItem
from closeout_review.domain.owners import handle_in
from closeout_review.domain.refusal import Refusal
from closeout_review.domain.targets import latest_day, week_of
from closeout_schemas.directory import Project
from closeout_schemas.vocabulary import Control

MOST = 4
# From a week that leaves time to begin, to one that is not forgotten.
WEEKS_AHEAD = (2, 4, 8)
BUILT = re.compile(
    r"(?:add|create|introduce|set up|build|install|configure|write)\s+(?:an?\s+|the\s+)?(.+)", re.IGNORECASE
)
GONE = re.compile(r"(?:remove|delete|drop|retire)\s+(?:an?\s+|the\s+)?(.+)", re.IGNORECASE)
PROVED = {
    Control.SLO_ALERT: "A drill sets off the {what}, and the on-call is paged within 5 minutes",
    Control.CANARY: "A deploy of a broken build stops at the {what} and is rolled back",
    Control.FEATURE_FLAG: "Switching the {what} off in production takes effect within a minute",
    Control.CIRCUIT_BREAKER: "With the dependency away in staging, the {what} opens and requests end within 1 second",
    Control.GUARD_RAIL: "The {what} refuses the command that was run, and a test shows it",
}


def with_choices(
    refusals: Iterable[Refusal], item: DraftItem, project: Project | None, owners: Iterable[Person], today: date
) -> Iterator[Refusal]:
    """The refusals of `item`, each with what could stand there. `owners`: who took part, the likeliest first."""
    for refusal in refusals:
        kind = refusal.code.partition("-")[0]
        offered: Iterable[str] = ()
        if kind == "owner":
            offered = _owners(owners, project)
        elif kind == "target":
            offered = _targets(project, today)
        elif refusal.code == "criterion-missing":
            offered = _criteria(item)
        elif refusal.code in ("field-missing", "field-not-allowed"):
            offered = _allowed(refusal, project)
        choices = tuple(dict.fromkeys(one for one in offered if one != refusal.mend.value))[:MOST]
        yield replace(refusal, mend=replace(refusal.mend, choices=choices))


def _owners(people: Iterable[Person], project: Project | None) -> Iterator[str]:
    for person in people:
        if project is not None and handle_in(person, project) is not None:
            yield person.calling(project.tracker)


def _targets(project: Project | None, today: date) -> Iterator[str]:
    soon = today + timedelta(days=3)
    dated = [(m.due_on, m.title) for m in (project.milestones if project else ()) if m.due_on]
    for due_on, title in sorted(dated)[:20]:
        if soon <= due_on <= latest_day(today):
            yield title
            break
    yield from (week_of(today + timedelta(weeks=ahead)) for ahead in WEEKS_AHEAD)


def _criteria(item: DraftItem) -> Iterator[str]:
    """Sentences that are true or false, begun from the item's own words; only what the criterion's lint lets pass."""
    built, gone = BUILT.fullmatch(item.text), GONE.fullmatch(item.text)
    sentences = []
    if built:
        what = built[1].rstrip(".")
        sentences += [PROVED[item.control].format(what=what)] if item.control in PROVED else []
        sentences.append(f"The {what} is in production, and a test in staging has shown that it works")
    if gone:
        sentences.append(f"A search for the {gone[1].rstrip('.')} finds nothing")
    yield from (one for one in sentences if next(criterion.find(one), None) is None)


def _allowed(refusal: Refusal, project: Project | None) -> Iterator[str]:
    field = refusal.where.partition(".fields.")[2]
    for one in project.required_fields if project else ():
        if one.id == field:
            yield from one.allowed
