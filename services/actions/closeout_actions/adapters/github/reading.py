"""GitHub's JSON as values. Raises ValueError where it is not what GitHub documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from closeout_actions.adapters.markdown import mark_in, pull_requests_in
from closeout_actions.adapters.port import Converted, Heard
from closeout_actions.domain.seen import Gone, Moved, Place, SeenTicket
from closeout_schemas.deliveries import Delivery
from closeout_schemas.directory import KnownParty, Milestone
from closeout_schemas.tickets import Comment
from closeout_schemas.vocabulary import PartyKind, TicketState, Vendor

# Where GitHub's `type` says User, a machine account can still say so by its name.
ROBOT_ENDINGS = ("[bot]", "-bot", "_bot")

STATE_OF_REASON = {
    "completed": TicketState.COMPLETED,
    None: TicketState.COMPLETED,  # issues that were closed before GitHub knew reasons
    "not_planned": TicketState.WONT_DO,
    "duplicate": TicketState.DUPLICATE,
}

Doc = Mapping[str, Any]


def ticket(issue: Doc, repository: Doc | None = None) -> SeenTicket:
    """An issue. `repository`, where the answer came with one, knows its name."""
    try:
        return _ticket(issue, repository)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"no issue as GitHub documents it: {type(error).__name__} {error}") from None


def is_pull_request(issue: Doc) -> bool:
    """GitHub lists pull requests among the issues."""
    return issue.get("pull_request") is not None


def hear(delivery: Delivery) -> Heard | None:
    """What a webhook of issues and their comments tells. Others tell nothing that is not in the issue itself."""
    event = delivery.headers.get("x-github-event")
    if event not in ("issues", "issue_comment", "discussion"):
        return None
    body = json.loads(delivery.raw_body())
    try:
        match event:
            case "issues":
                return _heard(body["action"], body)
            case "issue_comment":
                return _commented(body)
            case _:
                return _converted(body)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no `issues` webhook as GitHub documents it: {type(error).__name__} {error}") from None


def party(user: Doc) -> KnownParty:
    """An account: `type` tells people, organisations and apps apart."""
    login = str(user["login"])
    return KnownParty(
        vendor=Vendor.GITHUB,
        vendor_id=login,
        name=user.get("name") or login,
        email=user.get("email") or None,
        kind=_kind(login, str(user.get("type", ""))),
    )


def milestone(found: Doc) -> Milestone:
    """GitHub keeps a milestone's day as midnight on the American west coast, in UTC: the date is the same."""
    return Milestone(title=str(found["title"]), due_on=_day(found.get("due_on")))


def _ticket(issue: Doc, repository: Doc | None) -> SeenTicket:
    in_milestone = issue.get("milestone") or {}
    author = (issue.get("user") or {}).get("login")
    return SeenTicket(
        place=_place(issue, repository),
        title=issue["title"],
        state=_state(issue),
        assignees=tuple(one["login"] for one in issue.get("assignees") or ()),
        labels=tuple(one if isinstance(one, str) else one["name"] for one in issue.get("labels") or ()),
        milestone=in_milestone.get("title"),
        milestone_due_on=_day(in_milestone.get("due_on")),
        created_at=issue["created_at"],
        updated_at=issue["updated_at"],
        closed_at=issue.get("closed_at"),
        mark=mark_in(issue.get("body")),
        pull_requests=pull_requests_in(issue.get("body")),
        author=author,
        closed_by=(issue.get("closed_by") or {}).get("login"),
    )


def _place(issue: Doc, repository: Doc | None) -> Place:
    # https://api.github.com/repos/acme/payments
    project = repository["full_name"] if repository else "/".join(issue["repository_url"].split("/")[-2:])
    return Place(
        remote_id=str(issue["id"]),
        project=project,
        number=issue["number"],
        key=f"{project}#{issue['number']}",
        url=issue["html_url"],
    )


def _state(issue: Doc) -> TicketState:
    if issue["state"] == "open":
        return TicketState.OPEN
    # A reason that GitHub adds one day is not shipped until we know that it is.
    return STATE_OF_REASON.get(issue.get("state_reason"), TicketState.WONT_DO)


def _heard(action: str, body: Doc) -> Heard | None:
    issue, repository = body["issue"], body["repository"]
    changes = body.get("changes") or {}
    if is_pull_request(issue):
        return None
    remote_id = str(issue["id"])
    by = (body.get("sender") or {}).get("login")
    if action == "deleted":
        return Heard(remote_id, Gone(f"It was deleted in the tracker{f' by {by}' if by else ''}."), by=by)
    if action == "transferred" and changes.get("new_issue"):
        return Heard(remote_id, Moved(ticket(changes["new_issue"], changes["new_repository"])), by=by)
    if action == "opened" and changes.get("old_issue"):
        return Heard(str(changes["old_issue"]["id"]), Moved(ticket(issue, repository)), by=by)
    seen = ticket(issue, repository)
    # A webhook does not tell of what it is a duplicate.
    return Heard(remote_id, seen, is_hint=seen.state is TicketState.DUPLICATE, by=by)


def comment(found: Doc) -> Comment:
    """What somebody wrote on an issue."""
    by = (found.get("user") or {}).get("login") or "somebody"
    return Comment(
        id=str(found["id"]), by=by, at=found["created_at"], text=str(found.get("body") or ""), url=found.get("html_url")
    )


def _commented(body: Doc) -> Heard | None:
    """Whether it is of note, the ticket and all its comments tell."""
    issue = body["issue"]
    if is_pull_request(issue):
        return None
    by = (body.get("sender") or {}).get("login")
    return Heard(str(issue["id"]), ticket(issue, body["repository"]), is_hint=True, by=by)


def _converted(body: Doc) -> Heard | None:
    """An issue that is converted to a discussion takes its text along, and our mark in it."""
    discussion = body["discussion"]
    mark = mark_in(discussion.get("body"))
    if body["action"] != "created" or mark is None:
        return None
    where = Converted(mark, f"a discussion, {discussion['html_url']}")
    return Heard("", Gone("It was converted to a discussion."), is_hint=True, converted=where)


def _kind(login: str, kind: str) -> PartyKind:
    if login.lower().endswith(ROBOT_ENDINGS):
        return PartyKind.BOT
    return {"User": PartyKind.PERSON, "Bot": PartyKind.BOT, "Organization": PartyKind.TEAM}.get(kind, PartyKind.UNKNOWN)


def _day(moment: str | None) -> date | None:
    return datetime.fromisoformat(moment).date() if moment else None
