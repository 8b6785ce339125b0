"""In what a ticket as it is shown differs from the ticket as it was known, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from closeout_actions.domain.seen import SeenTicket
from closeout_actions.domain.ticket import Ticket
from closeout_schemas.directory import Milestone


def differences(ticket: Ticket, seen: SeenTicket) -> Iterator[str]:
    """What is different, a sentence each."""
    if seen.title != ticket.snapshot.title:
        yield f"Its title is now “{seen.title}”."
    if set(seen.assignees) != set(ticket.assignees):
        yield _reassigned(ticket, seen)
    due = due_on(ticket, seen)
    if (seen.milestone, seen.due_on, due) != (ticket.milestone, ticket.due_on, ticket.snapshot.due_on):
        yield _retargeted(ticket, seen, due)
    if new := [one for one in seen.pull_requests if one not in ticket.snapshot.pull_requests]:
        yield f"It links {', '.join(new)}."
    if ticket.has_label and not has(seen.labels, ticket.label):
        yield f"The label “{ticket.label}” was taken away."


def _reassigned(ticket: Ticket, seen: SeenTicket) -> str:
    if not seen.assignees:
        return f"Nobody is assigned any more; it was {', '.join(ticket.assignees)}."
    now = ", ".join(seen.assignees)
    if ticket.owner_handle and not has(seen.assignees, ticket.owner_handle):
        return f"It is assigned to {now} now, and not to {ticket.owner}, who promised it."
    return f"It is assigned to {now} now."


def _retargeted(ticket: Ticket, seen: SeenTicket, due: date | None) -> str:
    before, after = ticket.snapshot.due_on, due
    if seen.milestone is None and ticket.milestone is not None:
        return f"It is in no milestone any more; it was in {ticket.milestone}."
    if before is not None and after is not None and before != after:
        return _moved(before, after, seen.milestone)
    if seen.due_on is None and ticket.due_on is not None:
        return f"It has no due date any more; it was {ticket.due_on}."
    return f"It is in the milestone {seen.milestone} now." if seen.milestone else f"It is due on {after} now."


def put_off(before: date | None, there: Milestone) -> str:
    """It is in that iteration now, and was due `before`."""
    if before is None or there.due_on is None or there.due_on == before:
        return f"It is in {there.title} now."
    return _moved(before, there.due_on, there.title)


def _moved(before: date, after: date, where: str | None) -> str:
    way = "put off" if after > before else "brought forward"
    return f"It was {way} from {before} to {after}{f' ({where})' if where else ''}."


def lacking(ticket: Ticket, seen: SeenTicket) -> Iterator[str]:
    """What of the promise the tracker did not take when the ticket was made, a sentence each."""
    where = seen.place.project
    if ticket.owner_handle is None:
        yield f"{ticket.owner} has no account in the tracker that we know: nobody is assigned."
    elif not has(seen.assignees, ticket.owner_handle):
        yield f"{ticket.owner_handle} cannot be assigned in {where}: give them access, then assign them."
    if ticket.week_ends is None and seen.milestone is None:
        yield f"The tracker put it in no milestone: give our account write access to {where}, then set it."
    if ticket.label and not has(seen.labels, ticket.label):
        yield f"It does not carry the label “{ticket.label}”: create that label in {where}."
    yield from seen.left_out


def assignee(ticket: Ticket, seen: SeenTicket) -> str | None:
    """Who counts as assigned: the owner where they are, else the first."""
    if has(seen.assignees, ticket.owner_handle):
        return ticket.owner_handle
    return seen.assignees[0] if seen.assignees else None


def has(names: tuple[str, ...], name: str | None) -> bool:
    """Whether `name` is one of `names`."""
    # No tracker tells accounts or labels apart by their case alone.
    return name is not None and name.casefold() in {one.casefold() for one in names}


def due_on(ticket: Ticket, seen: SeenTicket) -> date | None:
    """By when it is to be done: the tracker's due date, its milestone's, or the promised week's."""
    return seen.due_on or seen.milestone_due_on or ticket.week_ends
