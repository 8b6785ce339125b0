"""Jira's JSON as values: issues, webhooks, accounts. Raises ValueError where it is not what Jira documents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from closeout_actions.adapters.closing import Names
from closeout_actions.adapters.jira.dialect import PROPERTY, Dialect
from closeout_actions.adapters.port import Heard
from closeout_actions.domain.seen import Gone, Place, SeenTicket
from closeout_schemas.deliveries import Delivery
from closeout_schemas.directory import KnownParty
from closeout_schemas.vocabulary import PartyKind, TicketState, Vendor

# The only mark that both products find again: labels are indexed.
MARK = re.compile(r"closeout-([0-9a-f-]{36})")
SIGNATURE = "x-hub-signature"
FIELDS = (
    *("summary", "status", "resolution", "assignee", "labels", "duedate", "created", "updated", "resolutiondate"),
    *("statuscategorychangedate", "creator", "issuelinks", "project"),
)
ISSUES = ("jira:issue_created", "jira:issue_updated", "jira:issue_deleted")
COMMENTS = ("comment_created", "comment_updated", "comment_deleted")
# Data Center writes a sprint as the text of its Java object; its goal may have several lines.
OLD_SPRINT = re.compile(r"Sprint@\w+\[(.*)\]$", re.DOTALL)

Doc = Mapping[str, Any]


def mark_of(item_id: str) -> str:
    """The label by which a ticket is found again."""
    return f"closeout-{item_id}"


def named(dialect: Dialect, user: Doc) -> KnownParty:
    """An account. Its e-mail is there only where its owner shows it."""
    kind = PartyKind.BOT if user.get("accountType") == "app" else PartyKind.PERSON
    handle = dialect.handle(user)
    name, email = user.get("displayName") or handle, user.get("emailAddress") or None
    return KnownParty(vendor=Vendor.JIRA, vendor_id=handle, name=name, email=email, kind=kind)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads issues of one Jira. `site`: where people open them."""

    dialect: Dialect
    site: str
    names: Names

    def ticket(self, issue: Doc) -> SeenTicket:
        """An issue, from the REST API or from a webhook."""
        try:
            return self._ticket(issue, issue["fields"])
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"no issue as Jira documents it: {type(error).__name__} {error}") from None

    def readable(self, issues: Mapping[str, Doc]) -> dict[str, SeenTicket]:
        """Issues by their ids. One that cannot be read is left out, and must not keep the others from being read."""
        found = {}
        for remote_id, issue in issues.items():
            with suppress(ValueError):
                found[remote_id] = self.ticket(issue)
        return found

    def hear(self, delivery: Delivery) -> Heard | None:
        """What the webhook of an issue or of a comment on one tells. Others tell nothing that is not in the issue."""
        body = json.loads(delivery.raw_body())
        try:
            event, issue = body["webhookEvent"], body.get("issue")
            if issue is None or event not in (*ISSUES, *COMMENTS):
                return None
            if event in COMMENTS:
                # It shows a part of the issue. Whether it is of note, all comments tell.
                author = (body.get("comment") or {}).get("updateAuthor") or {}
                return Heard(str(issue["id"]), None, is_hint=True, by=author.get("displayName"))
            by = (body.get("user") or {}).get("displayName")
            gone = Gone(f"It was deleted in Jira{f' by {by}' if by else ''}.")
            seen = gone if event == "jira:issue_deleted" else self.ticket(issue)
            # The door checks each signature that is there; what came without one may be from anybody.
            is_unsigned = SIGNATURE not in delivery.headers
            # Some webhooks show an issue without its sprint, though it is in one.
            lacks = isinstance(seen, SeenTicket) and seen.milestone is None
            is_hint = is_unsigned or (lacks and _is_about_sprint(body))
            return Heard(str(issue["id"]), seen, is_hint=is_hint, lacks_milestone=lacks, by=None if is_unsigned else by)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no webhook as Jira documents it: {type(error).__name__} {error}") from None

    def _ticket(self, issue: Doc, fields: Doc) -> SeenTicket:
        labels = tuple(fields.get("labels") or ())
        state = self._state(fields)
        sprint = current_sprint(fields)
        assignee, creator = fields.get("assignee"), fields.get("creator")
        is_over = state is not TicketState.OPEN
        closed_at = fields.get("resolutiondate") or fields.get("statuscategorychangedate") or fields["updated"]
        return SeenTicket(
            place=self._place(issue),
            title=fields["summary"],
            state=state,
            assignees=(self.dialect.handle(assignee),) if assignee else (),
            labels=tuple(label for label in labels if not MARK.fullmatch(label)),
            milestone=sprint.name if sprint else None,
            milestone_due_on=sprint.due_on if sprint else None,
            due_on=date.fromisoformat(fields["duedate"]) if fields.get("duedate") else None,
            created_at=moment(fields["created"]),
            updated_at=moment(fields["updated"]),
            closed_at=moment(closed_at) if is_over else None,
            mark=_mark(issue, labels),
            author=self.dialect.handle(creator) if creator else None,
            duplicate_of=_original(fields) if state is TicketState.DUPLICATE else None,
        )

    def _place(self, issue: Doc) -> Place:
        key = str(issue["key"])
        project, _, number = key.rpartition("-")
        return Place(
            remote_id=str(issue["id"]), project=project, number=int(number), key=key, url=f"{self.site}/browse/{key}"
        )

    def _state(self, fields: Doc) -> TicketState:
        """By the status's category: its name is the team's own, in the team's own language."""
        status = fields["status"]
        if status["statusCategory"]["key"] != "done":
            return TicketState.OPEN
        # Team-managed projects often have a status for it, and no resolution.
        return self.names.meaning((fields.get("resolution") or {}).get("name"), status.get("name"))


@dataclass(frozen=True, slots=True)
class Sprint:
    """A sprint. `state`: active, future or closed."""

    name: str
    state: str
    due_on: date | None


def current_sprint(fields: Doc) -> Sprint | None:
    """The sprint that an issue is in: the one that is not closed, else the last. Its field has another number in every
    Jira and is known by what is in it."""
    for name, value in fields.items():
        if name.startswith("customfield_") and isinstance(value, list) and value:
            sprints = [sprint for one in value if (sprint := _sprint(one)) is not None]
            if sprints:
                return next((one for one in sprints if one.state != "closed"), sprints[-1])
    return None


def sprint_of(found: Doc) -> Sprint:
    """A sprint as JSON."""
    ends = found.get("endDate")
    return Sprint(str(found["name"]), str(found["state"]).lower(), moment(ends).date() if ends else None)


def moment(text: str) -> datetime:
    """2026-03-03T03:14:00.000+0000."""
    return datetime.fromisoformat(text)


def _sprint(value: Any) -> Sprint | None:
    if isinstance(value, Mapping) and {"name", "state", "boardId"} <= value.keys():
        return sprint_of(value)
    old = OLD_SPRINT.search(value) if isinstance(value, str) else None
    if old is None:
        return None
    pairs = dict(part.split("=", 1) for part in re.split(r",(?=\w+=)", old[1]) if "=" in part)
    return sprint_of({name: None if text == "<null>" else text for name, text in pairs.items()})


def _is_about_sprint(body: Doc) -> bool:
    return any(one["field"] == "Sprint" for one in (body.get("changelog") or {}).get("items") or ())


def _mark(issue: Doc, labels: tuple[str, ...]) -> str | None:
    ours: Callable[[Any], Any] = lambda found: found.get("item") if isinstance(found, Mapping) else None  # noqa: E731
    by_property = ours((issue.get("properties") or {}).get(PROPERTY))
    by_label = next((found[1] for label in labels if (found := MARK.fullmatch(label))), None)
    return by_property or by_label


def _original(fields: Doc) -> str | None:
    """Of “duplicates” links the other end."""
    for link in fields.get("issuelinks") or ():
        if link["type"].get("outward") == "duplicates" and link.get("outwardIssue"):
            return str(link["outwardIssue"]["key"])
    return None
