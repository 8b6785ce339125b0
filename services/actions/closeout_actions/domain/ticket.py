"""A ticket as this service keeps it: what the others see of it, and what is needed to compare it with the tracker."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from closeout_actions.domain.seen import Place
from closeout_schemas.envelope import Fact
from closeout_schemas.postmortems import ActionItem, ItemCommitted
from closeout_schemas.tickets import TicketSnapshot
from closeout_schemas.vocabulary import TargetKind, TicketState

# A tracker's clock need not agree with ours.
CLOCK_SKEW = timedelta(minutes=10)


class Ticket(Fact):
    """A ticket as last seen. `place` is None until it exists in the tracker."""

    snapshot: TicketSnapshot
    place: Place | None = None
    assignees: tuple[str, ...] = ()
    milestone: str | None = None
    iteration: str | None = None  # in which it is to be, where the ticket itself does not show it
    label: str | None = None  # ours; what other labels a team uses is its own matter
    has_label: bool = False
    owner: str  # the owner's name
    owner_handle: str | None = None  # the owner's account in the tracker
    week_ends: date | None = None  # the target's last day, where the ticket itself may have no field for it
    due_on: date | None = None  # the tracker's own due date, as last seen
    updated_at: datetime | None = None  # by the tracker's clock
    misses: int = 0  # how often in a row it was not found
    has_check: bool = False  # whether Closeout itself sees that it is done
    check_failures: int = 0  # of its check, in a row
    # How new the ticket was when its comments were read, by the tracker's clock; None: they are to be read.
    comments_until: datetime | None = None
    promise_number: int = 0  # which change of the promise is known
    hinted_by: str | None = None  # who did what is to be read
    converted_to: str | None = None  # what a webhook says that it was made into


def is_dated_ahead(ticket: Ticket, now: datetime) -> bool:
    """Whether it was last seen while the tracker's clock ran ahead: set right, it dates nothing later for so long."""
    return ticket.updated_at is not None and ticket.updated_at > now + CLOCK_SKEW


def changed(ticket: Ticket, item: ActionItem, number: int) -> Ticket:
    """The ticket, of a promise that has another owner or target now."""
    handle = item.owner.handles.get(item.tracker)
    # Also of a milestone: the tracker does not show it yet, and an iteration it may never show.
    week_ends = item.target.due_on
    update = {"owner": item.owner.name, "owner_handle": handle, "week_ends": week_ends, "promise_number": number}
    update["has_check"] = item.check is not None
    if ticket.iteration is not None:
        update["iteration"] = item.target.value if item.target.kind is TargetKind.MILESTONE else None
    return ticket.model_copy(update=update)


def remade(ticket: Ticket) -> Ticket:
    """The ticket that is wanted in place of one that is gone. What was known of it stays, until there is another."""
    snapshot = ticket.snapshot
    former = (*snapshot.former, snapshot.key) if snapshot.key else snapshot.former
    again = snapshot.model_copy(
        update={
            "state": TicketState.WANTED,
            "key": None,
            "url": None,
            "closed_at": None,
            "problem": None,
            "evidence": None,
            "original": None,
            "comments": (),
            "former": former,
            "revision": snapshot.revision + 1,
        }
    )
    fresh = {"place": None, "misses": 0, "updated_at": None, "converted_to": None, "has_label": False}
    return ticket.model_copy(update={"snapshot": again, **fresh})


def wanted(committed: ItemCommitted) -> Ticket:
    """The ticket that a committed action item asks for."""
    item = committed.item
    snapshot = TicketSnapshot(
        item_id=item.id,
        postmortem_id=committed.postmortem.postmortem_id,
        tracker=item.tracker,
        project=item.project,
        title=item.text,
        due_on=item.target.due_on,
        milestone=item.target.value if item.target.kind is TargetKind.MILESTONE else None,
    )
    return Ticket(
        snapshot=snapshot,
        owner=item.owner.name,
        owner_handle=item.owner.handles.get(item.tracker),
        week_ends=item.target.due_on if item.target.kind is TargetKind.WEEK else None,
        has_check=item.check is not None,
    )
