"""Linear's JSON as values: issues, webhooks, people. Raises ValueError where it is not what Linear documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from closeout_actions.adapters.port import Heard, Webhook
from closeout_actions.domain.seen import Gone, Place, Seen, SeenTicket
from closeout_schemas.deliveries import Delivery
from closeout_schemas.directory import KnownParty, Milestone
from closeout_schemas.tickets import Comment
from closeout_schemas.vocabulary import PartyKind, TicketState, Vendor

# The names of states are each team's own; their types are Linear's, and more may come.
STATE_OF_TYPE = {
    "completed": TicketState.COMPLETED,
    "canceled": TicketState.CANCELLED,
    "duplicate": TicketState.DUPLICATE,
}
TRASHED = "It was moved to Linear's trash, where it can be restored for 30 days."

Doc = Mapping[str, Any]


def ticket(issue: Doc) -> SeenTicket:
    """An issue, from the API or from a webhook."""
    try:
        return _ticket(issue)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no issue as Linear documents it: {type(error).__name__} {error}") from None


def seen(issue: Doc) -> Seen:
    """An issue, or that it is in the trash. An archived one that is closed is only old."""
    return Gone(TRASHED) if issue.get("trashed") else ticket(issue)


def is_readable(issue: Doc) -> bool:
    """Whether an issue is as Linear documents it: one that is not must not keep others from being read."""
    try:
        seen(issue)
    except ValueError:
        return False
    return True


def hear(delivery: Delivery) -> Heard | None:
    """What the webhook of an issue or of a comment on one tells."""
    body = json.loads(delivery.raw_body())
    try:
        kind, action, issue = body["type"], body["action"], body["data"]
        if kind == "Comment":
            # Whether it is of note, the issue's comments tell. Comments on documents have no issue.
            on = issue.get("issueId")
            return Heard(str(on), None, is_hint=True, by=(body.get("actor") or {}).get("name")) if on else None
        if kind != "Issue":
            return None
        by = (body.get("actor") or {}).get("name")
        gone = Gone(f"It was deleted in Linear{f' by {by}' if by else ''}.")
        what = gone if action == "remove" else seen({"url": body.get("url"), **issue})
        # A webhook does not tell of what it is a duplicate; the issue itself does.
        is_duplicate = isinstance(what, SeenTicket) and what.state is TicketState.DUPLICATE
        has_unnamed_cycle = bool(issue.get("cycleId")) and not issue.get("cycle")
        is_hint = is_duplicate or (has_unnamed_cycle and action != "remove")
        return Heard(str(issue["id"]), what, is_hint=is_hint, by=by)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no webhook as Linear documents it: {type(error).__name__} {error}") from None


def comment(found: Doc) -> Comment:
    """What somebody wrote on an issue; an integration that wrote is nobody."""
    user = found.get("user") or {}
    return Comment(
        id=str(found["id"]),
        by=str(user.get("id") or "somebody"),
        name=user.get("name"),
        at=datetime.fromisoformat(found["createdAt"]),
        text=str(found.get("body") or ""),
        url=found.get("url"),
    )


def party(user: Doc) -> KnownParty:
    """Somebody. People are called by their name or e-mail; the id is what Linear takes."""
    return KnownParty(
        vendor=Vendor.LINEAR,
        vendor_id=str(user["id"]),
        name=user.get("name") or user.get("displayName") or str(user["id"]),
        email=user.get("email") or None,
        kind=PartyKind.BOT if user.get("app") else PartyKind.PERSON,
    )


def webhook(found: Doc) -> Webhook:
    """One of the workspace's. Linear switches one off that failed too often."""
    kinds = found.get("resourceTypes") or ()
    return Webhook(found.get("url"), bool(found.get("enabled")), "Issue" in kinds, "Comment" in kinds)


def milestone(cycle: Doc) -> Milestone:
    """A cycle as a target. Few have a name: Linear itself shows the number then."""
    return Milestone(title=cycle_title(cycle), due_on=_day(cycle.get("endsAt")))


def cycle_title(cycle: Doc) -> str:
    """What people call it."""
    return cycle.get("name") or f"Cycle {int(cycle['number'])}"


def _ticket(issue: Doc) -> SeenTicket:
    cycle = issue.get("cycle")
    state = STATE_OF_TYPE.get(issue["state"]["type"], TicketState.OPEN)
    if state is TicketState.OPEN and issue.get("archivedAt"):
        state = TicketState.ARCHIVED
    return SeenTicket(
        place=_place(issue),
        title=issue["title"],
        state=state,
        assignees=_id(issue, "assignee"),
        labels=tuple(one["name"] for one in _nodes(issue.get("labels"))),
        milestone=cycle_title(cycle) if cycle else None,
        milestone_due_on=_day(cycle.get("endsAt")) if cycle else None,
        due_on=date.fromisoformat(issue["dueDate"]) if issue.get("dueDate") else None,
        created_at=datetime.fromisoformat(issue["createdAt"]),
        updated_at=datetime.fromisoformat(issue["updatedAt"]),
        closed_at=_closed_at(issue) if state not in (TicketState.OPEN, TicketState.ARCHIVED) else None,
        author=next(iter(_id(issue, "creator")), None),
        duplicate_of=_original(issue),
    )


def _place(issue: Doc) -> Place:
    project, number = str(issue["team"]["key"]), int(issue["number"])
    key = issue.get("identifier") or f"{project}-{number}"
    return Place(remote_id=str(issue["id"]), project=project, number=number, key=key, url=issue.get("url") or "")


def _id(issue: Doc, name: str) -> tuple[str, ...]:
    """The API has an object, a webhook an id beside it."""
    found = (issue.get(name) or {}).get("id") or issue.get(f"{name}Id")
    return (str(found),) if found else ()


def _nodes(found: Any) -> list[Doc]:
    """The API wraps a list, a webhook does not."""
    return list(found.get("nodes") or ()) if isinstance(found, Mapping) else list(found or ())


def _closed_at(issue: Doc) -> datetime:
    return datetime.fromisoformat(issue.get("completedAt") or issue.get("canceledAt") or issue["updatedAt"])


def _original(issue: Doc) -> str | None:
    links = [one for one in _nodes(issue.get("relations")) if one["type"] == "duplicate"]
    return str(links[0]["relatedIssue"]["identifier"]) if links else None


def _day(moment: str | None) -> date | None:
    return datetime.fromisoformat(moment).date() if moment else None
