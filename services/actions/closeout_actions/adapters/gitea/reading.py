"""Gitea's and Forgejo's JSON as values. Raises ValueError where it is not what they document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from closeout_actions.adapters.closing import Names
from closeout_actions.adapters.markdown import mark_in, pull_requests_in
from closeout_actions.adapters.port import Heard
from closeout_actions.domain.seen import Gone, Place, SeenTicket
from closeout_schemas.deliveries import Delivery
from closeout_schemas.directory import KnownParty, Milestone
from closeout_schemas.tickets import Comment
from closeout_schemas.vocabulary import TicketState, Vendor

Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads issues. There is no reason for closing: the team's labels say it."""

    names: Names

    def ticket(self, issue: Doc, repository: Doc | None = None) -> SeenTicket:
        """An issue. `repository`, where it came with one."""
        try:
            return self._ticket(issue, repository or issue["repository"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no issue as Gitea documents it: {type(error).__name__} {error}") from None

    def hear(self, delivery: Delivery) -> Heard | None:
        """What a webhook of issues and their comments tells. Others tell nothing that is not in the issue itself."""
        event = delivery.headers.get("x-gitea-event")
        if event not in ("issues", "issue_comment"):
            return None
        body = json.loads(delivery.raw_body())
        try:
            issue, by = body["issue"], (body.get("sender") or {}).get("login")
            gone = Gone(f"It was deleted in the tracker{f' by {by}' if by else ''}.")
            if event == "issue_comment":
                # Whether it is of note, the ticket and all its comments tell.
                is_pull = bool(body.get("is_pull") or issue.get("pull_request"))
                seen = self.ticket(issue, body["repository"])
                return None if is_pull else Heard(str(issue["id"]), seen, is_hint=True, by=by)
            if body["action"] == "deleted":
                return Heard(str(issue["id"]), gone, by=by)
            seen = self.ticket(issue, body["repository"])
            # Of what it is a duplicate, a comment says.
            return Heard(str(issue["id"]), seen, is_hint=seen.state is TicketState.DUPLICATE, by=by)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no `issues` webhook as Gitea documents it: {type(error).__name__} {error}") from None

    def _ticket(self, issue: Doc, repository: Doc) -> SeenTicket:
        labels = tuple(one["name"] for one in issue.get("labels") or ())
        in_milestone = issue.get("milestone") or {}
        is_open = issue["state"] == "open"
        return SeenTicket(
            place=_place(issue, str(repository["full_name"])),
            title=issue["title"],
            state=TicketState.OPEN if is_open else self.names.meaning(*labels),
            assignees=tuple(one["login"] for one in issue.get("assignees") or ()),
            labels=labels,
            milestone=in_milestone.get("title"),
            milestone_due_on=_day(in_milestone.get("due_on")),
            due_on=_day(issue.get("due_date")),
            created_at=datetime.fromisoformat(issue["created_at"]),
            updated_at=datetime.fromisoformat(issue["updated_at"]),
            closed_at=datetime.fromisoformat(issue.get("closed_at") or issue["updated_at"]) if not is_open else None,
            mark=mark_in(issue.get("body")),
            pull_requests=pull_requests_in(issue.get("body")),
            author=(issue.get("user") or {}).get("login"),
        )


def comment(found: Doc) -> Comment:
    """What somebody wrote on an issue."""
    by = (found.get("user") or {}).get("login") or "somebody"
    return Comment(
        id=str(found["id"]), by=by, at=found["created_at"], text=str(found.get("body") or ""), url=found.get("html_url")
    )


def party(user: Doc) -> KnownParty:
    """An account. An e-mail that is hidden comes as a made-up one that ends in noreply.<host>."""
    login, email = str(user["login"]), str(user.get("email") or "")
    shown = None if not email or "@noreply." in email else email
    return KnownParty(vendor=Vendor.GITEA, vendor_id=login, name=user.get("full_name") or login, email=shown)


def milestone(found: Doc) -> Milestone:
    """A milestone as a target."""
    return Milestone(title=str(found["title"]), due_on=_day(found.get("due_on")))


def _place(issue: Doc, project: str) -> Place:
    number = int(issue["number"])
    url = str(issue.get("html_url") or "")
    return Place(remote_id=str(issue["id"]), project=project, number=number, key=f"{project}#{number}", url=url)


def _day(moment: str | None) -> date | None:
    """The last second of the day, in the server's own time zone."""
    return datetime.fromisoformat(moment).date() if moment else None
