"""What is wrong with a ticket as it stands, and what to do about it: one sentence or two for the page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from closeout_actions.domain.mirror import Change, Kind, Next
from closeout_actions.domain.ticket import Ticket
from closeout_schemas.tickets import Problem, ProblemKind
from closeout_schemas.vocabulary import TicketState

AGAIN = "Make it again with one step, or withdraw the promise with a reason."
OF_WITHDRAWN = "The promise was withdrawn: nothing has to be done about the ticket."
# By state; {key} is the ticket, {project} where it is, {original} what it is a duplicate of.
OF_STATE: dict[TicketState, str] = {
    TicketState.WONT_DO: "{key} was closed without being done. Reopen it, replace the promise, or withdraw it.",
    TicketState.CANCELLED: "{key} was cancelled. Reopen it, replace the promise, or withdraw it.",
    TicketState.DUPLICATE: "{key} was closed as a duplicate of {original}. If that does what was promised, close {key} "
    "as completed when it is done; else reopen it, or replace the promise.",
    TicketState.DELETED: f"{{key}} was deleted. {AGAIN}",
    TicketState.LOST: "{key} is not found any more, though {project} can be read: it was deleted, or made private. "
    f"{AGAIN}",
    TicketState.ARCHIVED: "{key} was archived unfinished: nobody will see it. Take it or {project} out of the archive, "
    "or make it again in another project.",
    TicketState.CONVERTED: f"{{key}} is no ticket any more: it was made into something else. {AGAIN}",
    TicketState.NO_ACCESS: "{project} does not let our account read {key} any more: give the access back; until then "
    "nobody here knows what becomes of it.",
    TicketState.PROJECT_GONE: "{project} cannot be read any more: it was deleted or renamed, its issues were switched "
    "off, or our access was taken. Give the access back, or make the ticket again in another project.",
    TicketState.MOVED_AWAY: "{key} was moved to where our account cannot see it: give it access there, or make the "
    "ticket again.",
    TicketState.NOT_VERIFIED: "{key} was closed as completed, and its check does not pass: {says} Reopen it, or mend "
    "what the check looks at.",
    TicketState.REGRESSED: "{key} had shipped, and its check does not pass any more: {says} Reopen it, or mend what "
    "the check looks at.",
}


@dataclass(frozen=True, slots=True)
class Assigned:
    """Of those who are assigned, who cannot be any more, and who is no person."""

    leavers: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


NOBODY = Assigned()


def judged(following: Next, assigned: Assigned, now: datetime, *, is_withdrawn: bool = False) -> Next:
    """`following`, with the problem that the ticket has now. One that begins or ends is told, with the last of what
    happened where something did. The ticket of a withdrawn promise has none: nobody is to do anything about it."""
    ticket = following.ticket
    found = None if is_withdrawn else problem_of(ticket, assigned, now)
    if found == ticket.snapshot.problem:
        return following
    snapshot = ticket.snapshot.model_copy(update={"problem": found})
    if following.changes:
        *before, last = following.changes
        changes = (*before, replace(last, snapshot=snapshot))
    else:
        snapshot = snapshot.model_copy(update={"revision": snapshot.revision + 1})
        ended = OF_WITHDRAWN if is_withdrawn else "What was wrong with it is mended."
        changes = (Change(Kind.CHANGED, snapshot, found.text if found else ended),)
    return replace(following, ticket=ticket.model_copy(update={"snapshot": snapshot}), changes=changes)


def problem_of(ticket: Ticket, assigned: Assigned, now: datetime) -> Problem | None:
    """The one problem that matters most; None where somebody is at it, or it is done."""
    found = _found(ticket, assigned)
    if found is None:
        return None
    kind, text = found
    known = ticket.snapshot.problem
    return Problem(kind=kind, text=text, since=known.since if known and known.kind is kind else now)


def _found(ticket: Ticket, assigned: Assigned) -> tuple[ProblemKind, str] | None:
    snapshot = ticket.snapshot
    state = snapshot.state
    if state in OF_STATE:
        return ProblemKind(state.value), _text(ticket, OF_STATE[state])
    if state is not TicketState.OPEN:
        return None
    if ticket.misses:
        text = "{key} was not found when it was last asked for. It is looked for again before it counts as lost."
        return ProblemKind.NOT_FOUND, _text(ticket, text)
    return _orphaned(ticket, assigned)


def _orphaned(ticket: Ticket, assigned: Assigned) -> tuple[ProblemKind, str] | None:
    who = frozenset(ticket.assignees)
    named = ", ".join(sorted(who))
    if not who:
        return ProblemKind.UNASSIGNED, _text(ticket, "Nobody is assigned to {key}: assign {owner}, or somebody else.")
    if who <= assigned.groups:
        text = f"{{key}} is assigned to {named}, which is no person: assign one."
        return ProblemKind.GROUP_ASSIGNED, _text(ticket, text)
    if who <= assigned.groups | assigned.leavers:
        text = f"{{key}} is assigned to {named}, who cannot be assigned in {{project}} any more: assign somebody else."
        return ProblemKind.LEAVER_ASSIGNED, _text(ticket, text)
    return None


def _text(ticket: Ticket, text: str) -> str:
    snapshot = ticket.snapshot
    original = snapshot.original
    is_over = original is not None and original.state is not None and original.state.is_claimed
    return text.format(
        key=snapshot.key or "The ticket",
        project=snapshot.project,
        owner=ticket.owner,
        original=f"{original.key}{', which is completed' if is_over else ''}" if original else "another ticket",
        says=snapshot.evidence.says if snapshot.evidence else "",
    )
