"""What could not be tested, and why: silence must not be taken for health."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from closeout_judgement.patterns.candidate import LEAST_SUPPORT, Kind
from closeout_judgement.patterns.history import LEAST_BASE, History
from closeout_judgement.patterns.kinds.days import days_after
from closeout_judgement.patterns.kinds.durations import to_detect, to_fix
from closeout_judgement.patterns.kinds.on_duty import LOOK_BACK, Duty, night_of
from closeout_judgement.patterns.kinds.promises import unshipped
from closeout_judgement.patterns.kinds.traits import on_call_from_other_team, runbook_missing
from closeout_judgement.patterns.occurrence import Occurrence


@dataclass(frozen=True, slots=True)
class Untested:
    """A kind that was looked for in vain."""

    kind: str
    why: str


# What each kind needs to be told, and how a reader would call that.
NEEDS: tuple[tuple[Kind, Callable[[Occurrence], bool], str], ...] = (
    (Kind.SERVICE, lambda one: True, "a service"),
    (Kind.DEPENDENCY, lambda one: one.tells_dependencies, "dependencies"),
    (Kind.FAILURE_MODE, lambda one: bool(one.failure_modes), "a failure mode"),
    (Kind.WEEKDAY_HOUR, lambda one: one.records[0].has_hour, "the hour at which it opened"),
    (
        Kind.ON_CALL,
        lambda one: on_call_from_other_team(one) is not None,
        "who was on call, of which team, and the service's team",
    ),
    (Kind.RUNBOOK, lambda one: runbook_missing(one) is not None, "whether a runbook existed"),
    (Kind.CONTROL, lambda one: bool(one.controls), "what would have caught it earlier"),
    (Kind.ALERT, lambda one: bool(one.alerts), "which alert fired"),
    (Kind.CHANGE_TYPE, lambda one: one.tells_change, "whether a change set it off, and which"),
    (Kind.VENDOR, lambda one: one.tells_vendors, "whether another company's system was involved, and whose"),
    (Kind.THIRD_NIGHT, lambda one: night_of(one) is not None and bool(one.on_call), "who was on call at night"),
    (Kind.TIME_TO_DETECT, lambda one: to_detect(one) is not None, "when it began to do harm"),
    (Kind.TIME_TO_FIX, lambda one: to_fix(one) is not None, "when it was resolved"),
    (Kind.REPEATED_PROMISE, lambda one: bool(unshipped(one)), "an action item that is known not to have shipped"),
)
NO_CALENDAR_OF = {
    Kind.DEPLOY_WINDOW: "nobody told when deploys are made: `meta_review.deploy_windows` in the mapping, or --calendar",
    Kind.DAY_AFTER_RELEASE: "nobody told the days of releases: `meta_review.releases` in the mapping, or --calendar",
    Kind.DAY_AFTER_HOLIDAY: "nobody told the holidays: `drafts.holidays` in the mapping, or --calendar",
}


def untested(history: History) -> list[Untested]:
    """Kinds that too few incidents tell, and kinds that need a calendar which nobody told."""
    return [*_too_few(history), *_by_calendar(history), *_by_year(history)]


def _by_calendar(history: History) -> Iterator[Untested]:
    calendar = history.calendar
    for kind, told in (
        (Kind.DEPLOY_WINDOW, calendar.windows),
        (Kind.DAY_AFTER_RELEASE, calendar.releases),
        (Kind.DAY_AFTER_HOLIDAY, calendar.holidays),
    ):
        if not told:
            yield Untested(kind, NO_CALENDAR_OF[kind])
    for kind, days in ((Kind.DAY_AFTER_RELEASE, calendar.releases), (Kind.DAY_AFTER_HOLIDAY, calendar.holidays)):
        if days and not days_after(history, days):
            yield Untested(kind, f"no day of {history.quarter} comes after one that the calendar names")


def _by_year(history: History) -> Iterator[Untested]:
    """What is compared with the year before alone, where enough incidents of the quarter tell it."""
    duty = Duty(history)
    for kind, tells, what in (
        (Kind.ON_CALL_NEW, lambda one: duty.is_new(one) is not None, "who was on call for a service that they know"),
        (Kind.TIME_TO_FIX, lambda one: to_fix(one) is not None, "when they were resolved"),
    ):
        base = sum(map(tells, history.base))
        if sum(map(tells, history.now)) >= LEAST_SUPPORT and base < LEAST_BASE:
            yield Untested(kind, f"{base} incidents of the year before tell {what}; {LEAST_BASE} are needed")
        elif kind is Kind.ON_CALL_NEW and sum(map(tells, history.now)) < LEAST_SUPPORT:
            yield Untested(
                kind,
                f"{sum(map(tells, history.now))} of {len(history.now)} incidents tell who was on call, for a service "
                f"that had another incident in the {LOOK_BACK.days} days before; a pattern needs {LEAST_SUPPORT}",
            )


def _too_few(history: History) -> Iterator[Untested]:
    total = len(history.now)
    for kind, tells, what in NEEDS:
        telling = sum(map(tells, history.now))
        if total < LEAST_SUPPORT:
            incidents = {0: "no incident", 1: "one incident"}.get(total, f"{total} incidents")
            yield Untested(kind, f"{incidents} in {history.quarter}; a pattern needs {LEAST_SUPPORT}")
        elif telling < LEAST_SUPPORT:
            yield Untested(kind, f"{telling} of {total} incidents tell {what}; a pattern needs {LEAST_SUPPORT}")
