"""What people and monitors do: the deeds that move incidents and issues, by name.

`page`, `on_incident` and `on_issue` are for Python; the control API calls the same with what its JSON says.
"""

import inspect
from collections.abc import Callable
from datetime import datetime
from typing import Any

from closeout_sandbox.board.tickets import Board
from closeout_sandbox.pagerduty.history import Deed
from closeout_sandbox.pagerduty.incidents import Incidents
from closeout_sandbox.problems import Invalid, Missing
from closeout_sandbox.state import State
from closeout_sandbox.store import Doc

HUMAN = "dana-engineer"
INCIDENT_DEEDS: dict[str, Callable[..., Doc]] = {
    "acknowledge": Incidents.acknowledge,
    "unacknowledge": Incidents.unacknowledge,
    "escalate": Incidents.escalate,
    "reassign": Incidents.reassign,
    "delegate": Incidents.delegate,
    "annotate": Incidents.annotate,
    "status_update": Incidents.update_status,
    "add_responder": Incidents.add_responder,
    "answer_responder": Incidents.answer_responder,
    "priority": Incidents.set_priority,
    "urgency": Incidents.set_urgency,
    "service": Incidents.set_service,
    "title": Incidents.set_title,
    "resolve": Incidents.resolve,
    "reopen": Incidents.reopen,
    "merge": Incidents.merge,
}


def page(
    state: State,
    /,
    title: str,
    *,
    service: str = "Checkout API",
    by: str | None = None,
    at: datetime | None = None,
    event_id: str | None = None,
    **given: Any,
) -> Doc:
    """An incident opens. `given`: urgency, priority, assignees, teams, id, incident_key, details, severity."""
    with state.store.transaction():
        deed = Deed(by, at, event_id)
        incident = state.pagerduty.incidents.trigger(title, deed, service=service, **given)
    state.kick()
    return incident


def on_incident(
    state: State,
    deed: str,
    incident: str,
    /,
    *,
    by: str | None = None,
    at: datetime | None = None,
    event_id: str | None = None,
    **given: Any,
) -> Doc:
    """One of INCIDENT_DEEDS, with what it needs in `given`. Raises Missing or Invalid."""
    with state.store.transaction():
        what = Deed(by, at, event_id)
        result = called(INCIDENT_DEEDS, deed, state.pagerduty.incidents, incident, what, **given)
    state.kick()
    return result


def open_issue(
    state: State, /, title: str, *, repository: str = "", by: str = HUMAN, at: datetime | None = None, **given: Any
) -> Doc:
    """A person opens an issue; `given` has further fields of GitHub's create request, and `pull`."""
    where = state.github.directory.repository(repository or state.settings.repository)
    pull = bool(given.pop("pull", False))
    issue = state.github.issues.open(where, {"title": title, **given}, by=by, at=at, pull=pull)
    state.kick()
    return issue


def on_issue(
    state: State,
    deed: str,
    number: int,
    /,
    *,
    repository: str = "",
    by: str = HUMAN,
    at: datetime | None = None,
    **given: Any,
) -> Doc:
    """One of ISSUE_DEEDS, with what it needs in `given`. Raises Missing or Invalid."""
    where = state.github.directory.repository(repository or state.settings.repository)
    result = called(ISSUE_DEEDS, deed, state, where, number, by, at, **given)
    state.kick()
    return result


def called(deeds: dict[str, Callable[..., Doc]], name: str, /, *args: object, **given: Any) -> Doc:
    if name not in deeds:
        raise Invalid(f"no deed {name!r}; there are {', '.join(sorted(deeds))}", "deed", name)
    try:
        inspect.signature(deeds[name]).bind(*args, **given)
    except TypeError as error:
        raise Invalid(str(error), "body") from None
    return deeds[name](*args, **given)


def close(
    state: State,
    where: Doc,
    number: int,
    by: str,
    at: datetime | None,
    /,
    reason: str = "completed",
    of: int | None = None,
) -> Doc:
    """`of`: the number of the issue of which it is a duplicate, marked as GitHub's own button does."""
    if of is not None:
        state.github.issues.mark_as_duplicate(where, number, of, by=by, at=at)
    return state.github.issues.edit(where, number, {"state": "closed", "state_reason": reason}, by=by, at=at)


def reopen(state: State, where: Doc, number: int, by: str, at: datetime | None, /) -> Doc:
    return state.github.issues.edit(where, number, {"state": "open"}, by=by, at=at)


def edit(state: State, where: Doc, number: int, by: str, at: datetime | None, /, **changes: Any) -> Doc:
    """`changes`: title, body, labels, assignees, milestone."""
    return state.github.issues.edit(where, number, changes, by=by, at=at)


def assign(state: State, where: Doc, number: int, by: str, at: datetime | None, /, assignees: list[str]) -> Doc:
    return state.github.issues.edit(where, number, {"assignees": assignees}, by=by, at=at)


def milestone(state: State, where: Doc, number: int, by: str, at: datetime | None, /, milestone: int | None) -> Doc:
    return state.github.issues.edit(where, number, {"milestone": milestone}, by=by, at=at)


def comment(state: State, where: Doc, number: int, by: str, at: datetime | None, /, body: str) -> Doc:
    return state.github.issues.comment(where, number, body, by=by, at=at)


def delete(state: State, where: Doc, number: int, by: str, at: datetime | None, /) -> Doc:
    state.github.issues.delete(where, number, by=by, at=at)
    return {"number": number, "deleted": True}


def transfer(state: State, where: Doc, number: int, by: str, at: datetime | None, /, to: str) -> Doc:
    return state.github.issues.transfer(where, number, state.github.directory.repository(to), by=by, at=at)


ISSUE_DEEDS: dict[str, Callable[..., Doc]] = {
    "close": close,
    "reopen": reopen,
    "edit": edit,
    "assign": assign,
    "milestone": milestone,
    "comment": comment,
    "delete": delete,
    "transfer": transfer,
}


TICKET_DEEDS: dict[str, Callable[..., Doc]] = {
    "close": Board.close,
    "reopen": Board.reopen,
    "delete": Board.delete,
    "move": Board.move,
}


def board_of(state: State, system: str) -> Board:
    """The tickets of a tracker other than GitHub. Raises Missing."""
    if system not in state.trackers:
        raise Missing(f"no tracker {system}; there are {', '.join(state.trackers)}")
    return state.trackers[system].desk.board


def open_ticket(state: State, system: str, project: str, /, title: str, *, by: str = HUMAN, **given: Any) -> Doc:
    """Somebody opens a ticket in a tracker other than GitHub."""
    board = board_of(state, system)
    with state.store.transaction():
        made = board.open(board.project(project), title, by=by, **given)
    state.kick()
    return made


def on_ticket(state: State, system: str, ticket_id: str, deed: str, /, by: str = HUMAN, **given: Any) -> Doc:
    """Somebody does something to a ticket of a tracker other than GitHub."""
    if deed not in TICKET_DEEDS:
        raise Missing(f"no deed {deed}; there are {', '.join(TICKET_DEEDS)}")
    with state.store.transaction():
        done = TICKET_DEEDS[deed](board_of(state, system), ticket_id, by=by, **given)
    state.kick()
    return done
