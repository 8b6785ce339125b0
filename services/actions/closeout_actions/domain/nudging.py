"""When somebody is reminded of a promise, and with what words. A rung is said once for the day that it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from closeout_actions.domain.ticket import Ticket
from closeout_schemas.mapping import NudgeMapping
from closeout_schemas.postmortems import ActionItem
from closeout_schemas.vocabulary import TicketState

SATURDAY = 5
# Of those days before month four that the owner has, the reviewer has half and the manager a fifth.
REVIEWERS_SHARE, MANAGERS_SHARE = 2, 5


class Rung(StrEnum):
    """Why somebody is reminded, and who."""

    BEFORE = "before"
    AT = "at"
    REVIEWER = "reviewer"
    MANAGER = "manager"
    MONTH_FOUR = "month_four"
    MONTH_FOUR_REVIEWER = "month_four_reviewer"
    MONTH_FOUR_MANAGER = "month_four_manager"

    @property
    def is_owners(self) -> bool:
        """Whether the owner hears it."""
        return self in (Rung.BEFORE, Rung.AT, Rung.MONTH_FOUR)


@dataclass(frozen=True, slots=True)
class Nudge:
    """One reminder. `about`: the day by which it is known that it was said."""

    rung: Rung
    about: date

    def __str__(self) -> str:
        return f"{self.rung.value} {self.about}"


def is_quiet(local: datetime, rules: NudgeMapping) -> bool:
    """Whether nobody is written to at that time of theirs."""
    if local.weekday() >= SATURDAY and not rules.weekends:
        return True
    return not _between(local.time(), rules.quiet_until, rules.quiet_from)


def _between(now: time, first: time, last: time) -> bool:
    return first <= now < last if first <= last else now >= first or now < last


def nudges(ticket: Ticket, fails_on: date | None, today: date, rules: NudgeMapping) -> Iterator[Nudge]:
    """What is to be said of a promise that stands, if it was not said. Nothing of one that is done, or snoozed."""
    snapshot = ticket.snapshot
    if snapshot.state in (TicketState.COMPLETED, TicketState.CLAIMED):
        return
    if snapshot.snooze is not None and today < snapshot.snooze.until:
        return
    if fails_on is not None and today < fails_on:
        yield from _month_four(fails_on, today, rules)
    if snapshot.due_on is not None and (fails_on is None or today < fails_on):
        yield from _target(snapshot.due_on, today, rules)


def _target(due_on: date, today: date, rules: NudgeMapping) -> Iterator[Nudge]:
    late = (today - due_on).days
    if late >= rules.manager_after_days:
        yield Nudge(Rung.MANAGER, due_on)
    elif late >= rules.reviewer_after_days:
        yield Nudge(Rung.REVIEWER, due_on)
    elif late >= 0:
        yield Nudge(Rung.AT, due_on)
    elif -late <= rules.days_before_target:
        yield Nudge(Rung.BEFORE, due_on)


def _month_four(fails_on: date, today: date, rules: NudgeMapping) -> Iterator[Nudge]:
    left = (fails_on - today).days
    if left > rules.days_before_month_four:
        return
    yield Nudge(Rung.MONTH_FOUR, fails_on)
    if left <= rules.days_before_month_four // REVIEWERS_SHARE:
        yield Nudge(Rung.MONTH_FOUR_REVIEWER, fails_on)
    if left <= rules.days_before_month_four // MANAGERS_SHARE:
        yield Nudge(Rung.MONTH_FOUR_MANAGER, fails_on)


def words(ticket: Ticket, item: ActionItem, nudge: Nudge, today: date, links: Sequence[str]) -> str:
    """What is said of one promise: which it is, why now, what is wrong with it, where to go."""
    snapshot = ticket.snapshot
    about = "“" + " ".join(item.text.split()) + "”"
    whose = "" if nudge.rung.is_owners else f" {ticket.owner} promised it."
    lines = [f"{about} {_why(nudge, today)}{whose}", f"Done when: {' '.join(item.criterion.split())}"]
    if snapshot.problem is not None:
        lines.append(snapshot.problem.text)
    return "\n".join([*lines, *([snapshot.url] if snapshot.url else []), *links])


def _why(nudge: Nudge, today: date) -> str:
    days = abs((nudge.about - today).days)
    count = f"{days} day{'' if days == 1 else 's'}"
    match nudge.rung:
        case Rung.BEFORE:
            return f"is due on {nudge.about}, in {count}."
        case Rung.AT:
            return f"is due today, {nudge.about}." if days == 0 else f"was due on {nudge.about}, {count} ago."
        case Rung.REVIEWER | Rung.MANAGER:
            return f"was due on {nudge.about}, {count} ago, and is not done."
        case _:
            return f"is open, and its postmortem fails in {count}, on {nudge.about}."


def worth_until(local: datetime, rules: NudgeMapping) -> datetime:
    """When it comes too late today: with the quiet time."""
    end = datetime.combine(local.date(), rules.quiet_from, local.tzinfo)
    return max(end if end > local else end + timedelta(days=1), local + timedelta(minutes=30))
