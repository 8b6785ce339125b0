"""Tickets: what became, in the team's tracker, of each action item."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from closeout_schemas.checks import Evidence
from closeout_schemas.envelope import Event, Fact
from closeout_schemas.vocabulary import TicketState, Vendor

TOPIC = "closeout.ticket.v1"


class ProblemKind(StrEnum):
    """What can be wrong with a ticket."""

    UNASSIGNED = "unassigned"
    GROUP_ASSIGNED = "group_assigned"  # a team, a bot, a mailing list
    LEAVER_ASSIGNED = "leaver_assigned"  # somebody who cannot be assigned there any more
    NOT_FOUND = "not_found"  # once; three times is lost
    REFUSED = "refused"
    WONT_DO = "wont_do"
    CANCELLED = "cancelled"
    DUPLICATE = "duplicate"
    DELETED = "deleted"
    LOST = "lost"
    ARCHIVED = "archived"
    CONVERTED = "converted"
    NO_ACCESS = "no_access"
    PROJECT_GONE = "project_gone"
    MOVED_AWAY = "moved_away"
    NOT_VERIFIED = "not_verified"
    REGRESSED = "regressed"


class Problem(Fact):
    """Why a promise will not be kept as things stand. `text` says what it is and what to do."""

    kind: ProblemKind
    text: str
    since: AwareDatetime


class Snooze(Fact):
    """Somebody does not want to be reminded until then, and says why."""

    until: date
    reason: str
    by: str | None = None
    at: AwareDatetime


class Original(Fact):
    """The ticket of which this one is a duplicate, as last seen."""

    key: str
    url: str | None = None
    state: TicketState | None = None
    assignee: str | None = None


class Comment(Fact):
    """What somebody wrote on a ticket that those who read the postmortem want to know. `id` is the tracker's."""

    id: str
    by: str  # the account, as the tracker names it
    name: str | None = None  # what people call them, where the account does not say it
    at: AwareDatetime
    text: str  # on one line, cut
    url: str | None = None


class TicketSnapshot(Fact):
    """A ticket as last seen. The highest `revision` is the latest."""

    item_id: UUID
    postmortem_id: UUID
    tracker: Vendor
    project: str
    key: str | None = None  # the tracker's own name of it: acme/payments#12
    url: str | None = None
    title: str = ""
    state: TicketState = TicketState.WANTED
    assignee: str | None = None
    due_on: date | None = None
    milestone: str | None = None  # the sprint, cycle, milestone or iteration that it is in, by its name
    closed_at: AwareDatetime | None = None
    synced_at: AwareDatetime | None = None
    revision: int = 0
    problem: Problem | None = None
    slips: int = 0  # how often the target was put off
    changed_by: str | None = None  # who wrote last, as the tracker names them
    evidence: Evidence | None = None  # where the criterion has a check
    original: Original | None = None
    pull_requests: tuple[str, ...] = ()  # addresses, as the ticket links them
    snooze: Snooze | None = None
    comments: tuple[Comment, ...] = ()  # the latest few of note, oldest first
    former: tuple[str, ...] = ()  # keys of the tickets that were made before this one


class TicketFact(Fact):
    """The payload of every ticket event. `reason` says in plain words why, where there is a why."""

    ticket: TicketSnapshot
    reason: str | None = None


class _TicketEvent(Event):
    data: TicketFact


class TicketCreated(_TicketEvent):
    """The ticket exists in the tracker."""

    type: Literal["closeout.ticket.created.v1"] = "closeout.ticket.created.v1"


class TicketCreationRefused(_TicketEvent):
    """The tracker will not have it; `reason` says why and what to do."""

    type: Literal["closeout.ticket.creation_refused.v1"] = "closeout.ticket.creation_refused.v1"


class TicketChanged(_TicketEvent):
    """Its title, assignee, target, problem or evidence changed; or it is to be made again."""

    type: Literal["closeout.ticket.changed.v1"] = "closeout.ticket.changed.v1"


class TicketCompleted(_TicketEvent):
    """It was completed: shipped."""

    type: Literal["closeout.ticket.completed.v1"] = "closeout.ticket.completed.v1"


class TicketDropped(_TicketEvent):
    """It is over without having been done: won't do, duplicate, deleted."""

    type: Literal["closeout.ticket.dropped.v1"] = "closeout.ticket.dropped.v1"


class TicketLost(_TicketEvent):
    """It cannot be read any more, and nobody said why."""

    type: Literal["closeout.ticket.lost.v1"] = "closeout.ticket.lost.v1"


class TicketMoved(_TicketEvent):
    """It lives elsewhere now, and is followed there."""

    type: Literal["closeout.ticket.moved.v1"] = "closeout.ticket.moved.v1"


class TicketReopened(_TicketEvent):
    """It was over, and is open again."""

    type: Literal["closeout.ticket.reopened.v1"] = "closeout.ticket.reopened.v1"


TicketEvent = Annotated[
    TicketCreated
    | TicketCreationRefused
    | TicketChanged
    | TicketCompleted
    | TicketDropped
    | TicketLost
    | TicketMoved
    | TicketReopened,
    Field(discriminator="type"),
]
