"""Rule 1, targets: an ISO week, or a milestone that really exists; in the future, before month four begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches

from closeout_judgement.lints import target as target_lint
from closeout_review.domain.directory import name_of
from closeout_review.domain.month_four import day_of_month_four
from closeout_review.domain.refusal import REAL_TARGET, Mend, Refusal, question, rewrite
from closeout_review.domain.text import comparable
from closeout_schemas.directory import Milestone, Project
from closeout_schemas.vocabulary import TargetKind

FARTHEST = timedelta(weeks=13)
WEEK = re.compile(r"(\d{4})-W(\d{2})")
ALMOST_A_WEEK = re.compile(r"(?:(\d{4})[\s-]*)?(?:w|kw|cw|week)[\s-]*(\d{1,2})(?:[\s,/-]*(\d{4}))?", re.IGNORECASE)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Aim:
    """By when. `due_on` is the last day of the week, or the day that the milestone is due."""

    kind: TargetKind
    value: str
    due_on: date


def target_of(words: str, where: str, project: Project | None, today: date) -> Aim | Refusal:
    """What `words` aims at, or why that will not do."""
    if not words:
        return _refused("target-missing", where, words, "It has no target.", _which_week(today))
    milestone = _milestone(words, project)
    if milestone is not None:
        return _milestone_aim(milestone, where, words, today)
    exact = WEEK.fullmatch(words.upper())
    if exact:
        year, number = int(exact[1]), int(exact[2])
        sunday = _sunday(year, number)
        if sunday is None:
            reason = f"{year} has no week {number}."
            return _refused("target-not-a-week", where, words, reason, _which_week(today))
        return _in_time(Aim(TargetKind.WEEK, f"{year}-W{number:02}", sunday), where, words, today)
    return _not_understood(words, where, project, today)


def _milestone(words: str, project: Project | None) -> Milestone | None:
    wanted = comparable(words)
    called = [m for m in (project.milestones if project else ()) if comparable(m.title) == wanted]
    # Where two have the same title, the one with a date is meant.
    return next((m for m in called if m.due_on), called[0] if called else None)


def _milestone_aim(milestone: Milestone, where: str, words: str, today: date) -> Aim | Refusal:
    if milestone.due_on is None:
        reason = f"The milestone “{milestone.title}” has no due date, so nobody can be late."
        mend = question(f"When is it due? Give it a date in the tracker, or write a week, {_example(today)}.")
        return _refused("target-without-due-date", where, words, reason, mend)
    return _in_time(Aim(TargetKind.MILESTONE, milestone.title, milestone.due_on), where, words, today)


def _in_time(aim: Aim, where: str, words: str, today: date) -> Aim | Refusal:
    if aim.due_on <= today:
        reason = f"{aim.value} ends on {aim.due_on}, which is not in the future."
        return _refused("target-in-past", where, words, reason, _which_week(today))
    if aim.due_on > latest_day(today):
        far = "more than 13 weeks from today: month four will have begun"
        if aim.due_on <= today + FARTHEST:
            far = f"when month four of what is promised today has begun, on {day_of_month_four(today)}"
        reason = f"{aim.value} ends on {aim.due_on}, {far}."
        return _refused("target-too-far", where, words, reason, rewrite(_latest_week(today)))
    return aim


def _not_understood(words: str, where: str, project: Project | None, today: date) -> Refusal:
    titles = {comparable(m.title): m.title for m in (project.milestones if project else ()) if m.due_on}
    close = get_close_matches(comparable(words), list(titles), n=1, cutoff=0.8)
    week = _almost(words, today)
    mend = _which_week(today)
    if close:
        mend = rewrite(titles[close[0]])
    elif week is not None and isinstance(target_of(week, where, project, today), Aim):
        mend = rewrite(week)
    vague = next(target_lint.find(words), None)
    if vague is not None and vague.code == "target-fictitious" and mend.kind == "question":
        return _refused("target-unknown", where, words, vague.reason, mend)
    place = f"{name_of(project)} has no milestone of that name" if project else "there is no project to look for it in"
    return _refused("target-unknown", where, words, f"“{words}” is no ISO week, and {place}.", mend)


def _almost(words: str, today: date) -> str | None:
    """The week that somebody meant who wrote a day, or a week in another way."""
    try:
        if DAY.fullmatch(words):
            return week_of(date.fromisoformat(words))
        found = ALMOST_A_WEEK.fullmatch(words)
        if not found:
            return None
        year = int(found[1] or found[3] or today.isocalendar().year)
        return week_of(date.fromisocalendar(year, int(found[2]), 1))
    except ValueError:
        return None


def latest_day(today: date) -> date:
    """The last day that what is promised today may aim at: within 13 weeks, and before month four begins."""
    return min(today + FARTHEST, day_of_month_four(today) - timedelta(days=1))


def _latest_week(today: date) -> str:
    """The last week that ends by then."""
    latest = latest_day(today)
    return week_of(latest - timedelta(days=latest.isoweekday() % 7))


def week_of(day: date) -> str:
    """The ISO week of a day."""
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02}"


def _sunday(year: int, number: int) -> date | None:
    try:
        return date.fromisocalendar(year, number, 7)
    except ValueError:
        return None


def _example(today: date) -> str:
    return f"for instance {week_of(today + timedelta(weeks=3))}"


def _which_week(today: date) -> Mend:
    return question(f"By the end of which week will it be done, {_example(today)}?")


def _refused(code: str, where: str, words: str, reason: str, mend: Mend) -> Refusal:
    return Refusal(code, REAL_TARGET, where, words, reason, mend)
