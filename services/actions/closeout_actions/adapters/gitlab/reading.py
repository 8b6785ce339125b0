"""GitLab's JSON as values. Raises ValueError where it is not what GitLab documents."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from closeout_actions.adapters.closing import Names
from closeout_actions.adapters.markdown import mark_in, pull_requests_in
from closeout_actions.adapters.port import Heard
from closeout_actions.domain.seen import Place, SeenTicket
from closeout_schemas.deliveries import Delivery
from closeout_schemas.directory import KnownParty, Milestone
from closeout_schemas.tickets import Comment
from closeout_schemas.vocabulary import PartyKind, TicketState, Vendor

# The accounts behind project and group access tokens.
ROBOT = re.compile(r"(project|group)_\d+_bot(_\w+)?")
LINK = re.compile(r"/projects/(\d+)/issues/(\d+)$")
NOTE = "note"
KINDS = frozenset({"issue", "work_item"})

Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads issues. There is no reason for closing: the team's labels say it."""

    names: Names

    def ticket(self, issue: Doc) -> SeenTicket:
        """An issue of the API."""
        try:
            return self._ticket(issue)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no issue as GitLab documents it: {type(error).__name__} {error}") from None

    def hear(self, delivery: Delivery) -> Heard | None:
        """Which issue a webhook is about. It lacks the milestone's name, and its times have had several forms: the
        issue itself is read."""
        body = json.loads(delivery.raw_body())
        try:
            if body["object_kind"] not in (*KINDS, NOTE):
                return None
            issue = body.get("issue") if body["object_kind"] == NOTE else body["object_attributes"]
            if issue is None or not body.get("project"):
                return None  # a note on something else, or a group's own work item, such as an epic
            return Heard(
                str(issue["id"]),
                _hinted(issue, body["project"]),
                is_hint=True,
                by=(body.get("user") or {}).get("username"),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no issue webhook as GitLab documents it: {type(error).__name__} {error}") from None

    def _ticket(self, issue: Doc) -> SeenTicket:
        in_milestone = issue.get("milestone") or {}
        original = original_of(issue)
        labels = tuple(issue.get("labels") or ())
        is_open = issue["state"] == "opened"
        state = TicketState.DUPLICATE if original else self.names.meaning(*labels)
        return SeenTicket(
            place=_place(issue),
            title=issue["title"],
            state=TicketState.OPEN if is_open else state,
            assignees=tuple(one["username"] for one in issue.get("assignees") or ()),
            labels=labels,
            milestone=in_milestone.get("title"),
            milestone_due_on=_day(in_milestone.get("due_date")),
            due_on=_day(issue.get("due_date")),
            created_at=datetime.fromisoformat(issue["created_at"]),
            updated_at=datetime.fromisoformat(issue["updated_at"]),
            closed_at=None if is_open else datetime.fromisoformat(issue.get("closed_at") or issue["updated_at"]),
            mark=mark_in(issue.get("description")),
            pull_requests=pull_requests_in(issue.get("description")),
            author=(issue.get("author") or {}).get("username"),
            closed_by=(issue.get("closed_by") or {}).get("username"),
            duplicate_of=None if is_open else original,
        )


def original_of(issue: Doc) -> str | None:
    """What a closed issue is a duplicate of: …/projects/1/issues/75 is acme/payments#75, of another project 1#75.

    A project's number does for its path, wherever it is asked for.
    """
    link = LINK.search(str((issue.get("_links") or {}).get("closed_as_duplicate_of") or ""))
    if link is None:
        return None
    project, number = link.groups()
    is_here = str(issue.get("project_id")) == project
    return f"{_place(issue).project if is_here else project}#{number}"


def comment(found: Doc, issue_url: str) -> Comment:
    """What somebody wrote on an issue."""
    by = (found.get("author") or {}).get("username") or "somebody"
    url = f"{issue_url}#note_{found['id']}"
    return Comment(id=str(found["id"]), by=by, at=found["created_at"], text=str(found.get("body") or ""), url=url)


def party(user: Doc) -> KnownParty:
    """An account. An e-mail is there only where its owner shows it, or for an administrator."""
    username = str(user["username"])
    is_bot = bool(user.get("bot")) or ROBOT.fullmatch(username) is not None
    return KnownParty(
        vendor=Vendor.GITLAB,
        vendor_id=username,
        name=user.get("name") or username,
        email=user.get("email") or user.get("public_email") or None,
        kind=PartyKind.BOT if is_bot else PartyKind.PERSON,
    )


def milestone(found: Doc) -> Milestone:
    """A milestone as a target."""
    return Milestone(title=str(found["title"]), due_on=_day(found.get("due_date")))


def _place(issue: Doc) -> Place:
    key = str(issue["references"]["full"])
    project, _, number = key.rpartition("#")
    return Place(remote_id=str(issue["id"]), project=project, number=int(number), key=key, url=issue["web_url"])


def _hinted(issue: Doc, project: Doc) -> SeenTicket:
    """As much as is needed to know of which ticket it is."""
    path, number = str(project["path_with_namespace"]), int(issue["iid"])
    place = Place(
        remote_id=str(issue["id"]), project=path, number=number, key=f"{path}#{number}", url=str(issue.get("url") or "")
    )
    moment = datetime.fromtimestamp(0, UTC)
    state = TicketState.OPEN if issue.get("state") == "opened" else TicketState.COMPLETED
    mark = mark_in(issue.get("description"))
    return SeenTicket(place=place, title="", state=state, created_at=moment, updated_at=moment, mark=mark)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
