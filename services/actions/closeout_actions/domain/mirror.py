"""What became of a ticket: one decision, fed by webhooks and by reading alike. Each change is told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from closeout_actions.domain import differences
from closeout_actions.domain.seen import Gone, Missing, Moved, Seen, SeenTicket
from closeout_actions.domain.ticket import Ticket, is_dated_ahead
from closeout_schemas.directory import Milestone
from closeout_schemas.tickets import Original, TicketSnapshot
from closeout_schemas.vocabulary import TicketState

# One reconciliation may meet a replica that lags or a token that is being changed; three in a row do not.
MISSES_UNTIL_LOST = 3
# What cannot be read; when it can, it is what it is then.
OUT_OF_SIGHT = frozenset({TicketState.LOST, TicketState.NO_ACCESS, TicketState.PROJECT_GONE, TicketState.MOVED_AWAY})


class Kind(StrEnum):
    """What can happen to a ticket."""

    CREATED = "created"
    CHANGED = "changed"
    COMPLETED = "completed"
    DROPPED = "dropped"
    LOST = "lost"
    MOVED = "moved"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened, with the ticket as it was right after it."""

    kind: Kind
    snapshot: TicketSnapshot
    reason: str | None = None


CLAIMED = "It was closed as completed, which is a claim until its check passes."


@dataclass(frozen=True, slots=True)
class Next:
    """What `seen` makes of a ticket. `look_again`: it cannot be told from this; read the ticket itself."""

    ticket: Ticket
    changes: tuple[Change, ...] = ()
    look_again: bool = False


def created(ticket: Ticket, seen: SeenTicket, label: str | None, now: datetime) -> Next:
    """The ticket was made. Says so, and what of the promise the tracker did not take."""
    if seen.iteration_ends_on is not None:
        update = {"week_ends": seen.iteration_ends_on, "iteration": ticket.snapshot.milestone}
        ticket = ticket.model_copy(update=update)
    ticket = ticket.model_copy(update={"label": label})
    # Nobody has written anything on it yet.
    ticket = ticket.model_copy(update={"comments_until": seen.created_at})
    begun = _told(_looking_like(ticket, seen), {**_where(seen), "state": TicketState.OPEN, "synced_at": now})
    changes = [Change(Kind.CREATED, begun.snapshot)]
    lacking = list(differences.lacking(ticket, seen))
    if lacking:
        begun = _told(begun, {})
        changes.append(Change(Kind.CHANGED, begun.snapshot, " ".join(lacking)))
    done, more = _state(begun, seen, "It was found already closed.")
    return Next(done, (*changes, *more))


def refused(ticket: Ticket) -> Ticket:
    """The tracker will not have it."""
    return _told(ticket, {"state": TicketState.REFUSED})


def not_made(ticket: Ticket, reason: str, now: datetime) -> Next:
    """There will be no ticket: nobody wants it any more."""
    return _over(ticket, TicketState.WONT_DO, Kind.DROPPED, reason, now)


def next(ticket: Ticket, seen: Seen, now: datetime, *, is_reading: bool, by: str | None = None) -> Next:
    """What `seen` makes of `ticket`. `is_reading`: it was read now, and is not a webhook that may be late.
    `by`: who did it, as the tracker names them."""
    following = _next(ticket, seen, now, is_reading=is_reading)
    if not following.changes:
        return following
    closer = seen.closed_by if isinstance(seen, SeenTicket) and seen.state is not TicketState.OPEN else None
    snapshot = following.ticket.snapshot.model_copy(update={"changed_by": by or closer})
    *before, last = following.changes
    return replace(
        following,
        ticket=following.ticket.model_copy(update={"snapshot": snapshot}),
        changes=(*before, replace(last, snapshot=snapshot)),
    )


def replanned(ticket: Ticket, plans: Sequence[Milestone], promised: str) -> Next:
    """`plans`: the iterations that the ticket is in now, which it does not show itself; `promised`: the one that it is
    to be in."""
    before = ticket.snapshot
    by_title = {one.title: one for one in reversed(plans)}
    known = by_title.get(ticket.iteration or promised)
    there = known or (plans[0] if plans else None)
    if there is None:
        if ticket.iteration is None:
            return Next(ticket)
        gone = _told(ticket.model_copy(update={"iteration": None}), {"milestone": None})
        why = f"It is in no iteration any more; it was to be in {ticket.iteration}. Its day stays {before.due_on}."
        return Next(gone, (Change(Kind.CHANGED, gone.snapshot, why),))
    moved = ticket.model_copy(update={"iteration": there.title, "week_ends": there.due_on or ticket.week_ends})
    if (there.title, there.due_on) == (before.milestone, before.due_on):
        return Next(moved)
    is_later = before.due_on is not None and there.due_on is not None and there.due_on > before.due_on
    news = {"milestone": there.title, "due_on": there.due_on or before.due_on, "slips": before.slips + is_later}
    told = _told(moved, news)
    return Next(told, (Change(Kind.CHANGED, told.snapshot, differences.put_off(before.due_on, there)),))


def _next(ticket: Ticket, seen: Seen, now: datetime, *, is_reading: bool) -> Next:
    match seen:
        case SeenTicket():
            return _shown(ticket, seen, now, is_reading=is_reading)
        case Gone():
            return _gone(ticket, seen.why, now)
        case Missing():
            return _missed(ticket, seen, now)
        case Moved():
            return _moved(ticket, seen.to, now)
        case _:
            assert_never(seen)


def _shown(ticket: Ticket, seen: SeenTicket, now: datetime, *, is_reading: bool) -> Next:
    if ticket.place is not None and seen.place.remote_id != ticket.place.remote_id:
        return _moved(ticket, seen, now)
    if ticket.updated_at is not None and seen.updated_at < ticket.updated_at:
        if not (is_ahead := is_dated_ahead(ticket, now)) or not is_reading:
            return Next(ticket, look_again=is_ahead)
        ticket = ticket.model_copy(update={"comments_until": None})
    if not is_reading:
        if ticket.snapshot.state is TicketState.DELETED:
            return Next(ticket)  # what was sent before it was deleted and came after
        if seen.updated_at == ticket.updated_at and _differs(ticket, seen):
            # The tracker's clock has seconds: which of the two came first, only reading tells.
            return Next(ticket, look_again=True)
    return _taken_in(ticket, seen, now, [])


def _moved(ticket: Ticket, to: SeenTicket, now: datetime) -> Next:
    """Followed, whatever its time: the new one is another ticket to the tracker."""
    before = ticket.snapshot.key
    if ticket.place is not None and ticket.place.remote_id == to.place.remote_id:
        return Next(ticket)
    there = _told(ticket.model_copy(update={"place": to.place, "misses": 0}), _where(to))
    change = Change(Kind.MOVED, there.snapshot, _went(before, to.place.key))
    return _taken_in(there, to, now, [change])


def _went(before: str | None, there: str | None) -> str:
    return f"It was moved from {before} to {there}, and is followed there."


def _taken_in(ticket: Ticket, seen: SeenTicket, now: datetime, changes: list[Change]) -> Next:
    if ticket.place is not None and seen.place.key != ticket.place.key:
        before, is_renamed = ticket.place.key, seen.place.number == ticket.place.number
        ticket = _told(ticket.model_copy(update={"place": seen.place}), _where(seen))
        there = ticket.snapshot.key
        # Some trackers keep a ticket's id when it moves, and give it another number.
        why = f"Its project has another name now: {before} is {there}." if is_renamed else _went(before, there)
        changes.append(Change(Kind.MOVED, ticket.snapshot, why))
    reasons = list(differences.differences(ticket, seen))
    looking = _looking_like(ticket, seen)
    if reasons:
        looking = _told(looking, {})
        changes.append(Change(Kind.CHANGED, looking.snapshot, " ".join(reasons)))
    done, more = _state(looking, seen, None)
    return Next(_synced(done, now), (*changes, *more))


def _gone(ticket: Ticket, why: str, now: datetime) -> Next:
    if ticket.converted_to is not None:
        return _over(ticket, TicketState.CONVERTED, Kind.DROPPED, f"It was made into {ticket.converted_to}.", now)
    return _over(ticket, TicketState.DELETED, Kind.DROPPED, why, now)


def _missed(ticket: Ticket, seen: Missing, now: datetime) -> Next:
    missed = ticket.model_copy(update={"misses": ticket.misses + 1})
    is_open = ticket.snapshot.state is TicketState.OPEN
    if is_open and ticket.converted_to is not None:
        return _gone(missed, seen.why, now)
    if missed.misses < MISSES_UNTIL_LOST or not (is_open or ticket.snapshot.state in OUT_OF_SIGHT):
        return Next(missed)
    return _over(missed, seen.state, Kind.LOST, seen.why, now)


def _over(ticket: Ticket, state: TicketState, kind: Kind, why: str, now: datetime) -> Next:
    if ticket.snapshot.state is state:
        return Next(ticket)
    over = _told(ticket, {"state": state, "synced_at": now})
    return Next(over, (Change(kind, over.snapshot, why),))


def _state(ticket: Ticket, seen: SeenTicket, why: str | None) -> tuple[Ticket, list[Change]]:
    before = ticket.snapshot.state
    # With a check, done in the tracker is a claim, whatever became of it since.
    if seen.state is _claim(before):
        return _with_original(ticket, seen)
    kind, reason = _what_happened(before, seen)
    state, original = seen.state, None
    if state is TicketState.COMPLETED and ticket.has_check:
        kind, state, reason = Kind.CHANGED, TicketState.CLAIMED, CLAIMED
    if state is TicketState.DUPLICATE and seen.duplicate_of:
        original = Original(key=seen.duplicate_of)
    changed = _told(ticket, {"state": state, "closed_at": seen.closed_at, "original": original})
    return changed, [Change(kind, changed.snapshot, why or reason)]


def _with_original(ticket: Ticket, seen: SeenTicket) -> tuple[Ticket, list[Change]]:
    """Of what a ticket is a duplicate may be said only after it was closed as one."""
    if seen.state is not TicketState.DUPLICATE or ticket.snapshot.original or not seen.duplicate_of:
        return ticket, []
    changed = _told(ticket, {"original": Original(key=seen.duplicate_of)})
    return changed, [Change(Kind.CHANGED, changed.snapshot, f"It is a duplicate{_of(seen.duplicate_of)}.")]


def _claim(state: TicketState) -> TicketState:
    """What the tracker itself says of it."""
    return TicketState.COMPLETED if state.is_claimed else state


def _what_happened(before: TicketState, seen: SeenTicket) -> tuple[Kind, str | None]:
    match seen.state:
        case TicketState.COMPLETED:
            return Kind.COMPLETED, None
        case TicketState.OPEN:
            again = before in (*OUT_OF_SIGHT, TicketState.DELETED)
            return Kind.REOPENED, "It can be read again, and is open." if again else None
        case TicketState.DUPLICATE:
            return Kind.DROPPED, f"It was closed as a duplicate{_of(seen.duplicate_of)}."
        case TicketState.CANCELLED:
            return Kind.DROPPED, "It was cancelled."
        case TicketState.ARCHIVED:
            return Kind.DROPPED, "It was archived unfinished."
        case _:
            return Kind.DROPPED, "It was closed as not planned."


def _of(original: str | None) -> str:
    return f" of {original}: whether that ships has to be promised there" if original else ""


def _looking_like(ticket: Ticket, seen: SeenTicket) -> Ticket:
    """All fields but the state as the tracker shows them."""
    before, due_on = ticket.snapshot, differences.due_on(ticket, seen)
    is_later = ticket.place is not None and before.due_on is not None and due_on is not None and due_on > before.due_on
    snapshot = before.model_copy(
        update={
            "title": seen.title,
            "assignee": differences.assignee(ticket, seen),
            "due_on": due_on,
            "milestone": seen.milestone or ticket.iteration,
            "slips": before.slips + is_later,
            "pull_requests": tuple(dict.fromkeys((*before.pull_requests, *seen.pull_requests))),
        }
    )
    return ticket.model_copy(
        update={
            "snapshot": snapshot,
            "place": seen.place,
            "assignees": seen.assignees,
            "milestone": seen.milestone,
            "due_on": seen.due_on,
            "has_label": differences.has(seen.labels, ticket.label),
            "updated_at": seen.updated_at,
            "misses": 0,
            "converted_to": None,
        }
    )


def _differs(ticket: Ticket, seen: SeenTicket) -> bool:
    return seen.state is not _claim(ticket.snapshot.state) or any(True for _ in differences.differences(ticket, seen))


def _where(seen: SeenTicket) -> dict[str, Any]:
    return {"project": seen.place.project, "key": seen.place.key, "url": seen.place.url}


def _told(ticket: Ticket, changes: dict[str, Any]) -> Ticket:
    """With `changes` in what the others see, as its next revision."""
    revision = {"revision": ticket.snapshot.revision + 1}
    return ticket.model_copy(update={"snapshot": ticket.snapshot.model_copy(update={**changes, **revision})})


def _synced(ticket: Ticket, now: datetime) -> Ticket:
    return ticket.model_copy(update={"snapshot": ticket.snapshot.model_copy(update={"synced_at": now})})
