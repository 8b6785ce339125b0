"""What a tracker shows of a ticket: values, the same for every vendor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from closeout_schemas.envelope import Fact
from closeout_schemas.vocabulary import TicketState


class Place(Fact):
    """Where a ticket is. `remote_id` is the tracker's own id of it and survives a renamed project, not a move."""

    remote_id: str
    project: str  # acme/payments
    number: int
    key: str  # acme/payments#12
    url: str


class SeenTicket(Fact):
    """A ticket as the tracker showed it at `updated_at`, by the tracker's clock."""

    place: Place
    title: str
    state: TicketState
    assignees: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    milestone: str | None = None
    milestone_due_on: date | None = None
    due_on: date | None = None  # the tracker's own due date, where it has one
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    mark: str | None = None  # the item's id, where the body has our mark and we wrote it
    author: str | None = None
    duplicate_of: str | None = None  # the tracker's name of the original, where it tells
    closed_by: str | None = None  # where the tracker tells
    pull_requests: tuple[str, ...] = ()  # addresses of pull requests that it links, where it tells
    # The target is an iteration that the ticket itself does not show, and that another call has still to set.
    iteration_ends_on: date | None = None
    left_out: tuple[str, ...] = ()  # what of the promise it did not take when it was made, a sentence each


@dataclass(frozen=True, slots=True)
class Gone:
    """The tracker says that the ticket was deleted."""

    why: str


@dataclass(frozen=True, slots=True)
class Missing:
    """The tracker does not find it. That is no proof of anything. `state`: what it is held for if that stays so."""

    why: str
    state: TicketState = TicketState.LOST


@dataclass(frozen=True, slots=True)
class Moved:
    """The ticket lives elsewhere now, as another one."""

    to: SeenTicket


Seen = SeenTicket | Gone | Missing | Moved
