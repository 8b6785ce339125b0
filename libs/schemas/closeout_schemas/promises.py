"""What is promised in a postmortem, and what is demanded beside it; the events about it are in postmortems.py."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime

from closeout_schemas.checks import Check
from closeout_schemas.envelope import Fact
from closeout_schemas.vocabulary import Control, Demand, Severity, TargetKind, Vendor


class Owner(Fact):
    """The one person who promised. `handles`: the person's name in each system that knows it."""

    person_id: UUID
    name: str
    email: str | None = None
    handles: dict[Vendor, str] = {}


class Target(Fact):
    """By when. `due_on` is the last day of the week, or the day that the milestone is due."""

    kind: TargetKind
    value: str  # 2026-W50, or the milestone's title
    due_on: date


class ActionItem(Fact):
    """A promise made in a postmortem.

    `fields`: what was written for the tracker's required fields, by `RequiredField.id`; `replaces`: the promise in
    whose place this one was made after publication.
    """

    id: UUID
    position: int  # 1, 2 or 3
    text: str
    criterion: str
    owner: Owner
    target: Target
    tracker: Vendor
    project: str  # as the tracker writes it: acme/payments
    control: Control | None = None
    fields: dict[str, str] = {}
    replaces: UUID | None = None
    check: Check | None = None  # how Closeout itself sees whether the criterion is true


class MandatedTicket(Fact):
    """A ticket that exists already because law, security or an auditor demands it.

    It is shown apart and never counted as a promise: no item of it is ever committed. Whoever mirrors trackers may
    follow it and say what it sees on closeout.ticket.v1, with `item_id` = `id`; it never creates, changes or closes it.
    """

    id: UUID
    url: str
    title: str
    demanded_by: Demand
    why: str  # which law, which finding, which audit


class PostmortemRef(Fact):
    """Which postmortem, and enough of it for a reader that keeps no copy.

    Of a restricted one nothing is told but its ids and its address: title, service, severity and times are left out.
    """

    postmortem_id: UUID
    incident_id: UUID
    title: str
    service: str | None = None
    severity: Severity = Severity.UNKNOWN
    opened_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None
    url: str | None = None
    restricted: bool = False
