"""Tickets, people and fields as Jira writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from closeout_sandbox.board.tickets import Board
from closeout_sandbox.store import Doc

SPRINT_FIELD = "customfield_10020"
SPRINT_TYPE = "com.pyxis.greenhopper.jira:gh-sprint"
STATUSES = {
    "open": ("10000", "To Do", "new"),
    "in_progress": ("10001", "In Progress", "indeterminate"),
    "done": ("10002", "Done", "done"),
    "wont_do": ("10003", "Won't Do", "done"),
}
RESOLUTIONS = {"completed": "Done", "not_planned": "Won't Do", "duplicate": "Duplicate"}
# What can be on a create screen.
FIELDS = (
    *("project", "issuetype", "summary", "description", "labels", "assignee", "duedate", "priority"),
    *("components", SPRINT_FIELD),
)


def time_of(moment: str) -> str:
    """2026-03-03T03:14:00.000+0000."""
    text = datetime.fromisoformat(moment).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "+0000")


class Views:
    """`is_cloud` decides what names an account, and whether texts are documents."""

    def __init__(self, board: Board, site: str, *, is_cloud: bool) -> None:
        self.board = board
        self.site = site
        self.is_cloud = is_cloud
        self.api = f"{site}/rest/api/{3 if is_cloud else 2}"

    def user(self, handle: str) -> Doc:
        person = self.board.person(handle)
        shown = {"displayName": person["name"], "active": True, "timeZone": "Europe/Berlin"}
        if self.is_cloud:
            shown |= {"accountId": handle, "accountType": "app" if person["kind"] == "bot" else "atlassian"}
        else:
            shown |= {"name": handle, "key": f"JIRAUSER{person['number']}"}
        return shown | ({"emailAddress": person["email"]} if person["email"] else {})

    def key(self, ticket: Doc) -> str:
        return f"{self.board.project(str(ticket['project']))['key']}-{ticket['number']}"

    def issue(self, ticket: Doc, fields: Iterable[str] = (), properties: Iterable[str] = ()) -> Doc:
        """`fields`: the named ones; none: all."""
        wanted, every = set(fields), self.fields(ticket)
        shown: Doc = {"id": str(ticket["id"]), "self": f"{self.api}/issue/{ticket['id']}", "key": self.key(ticket)}
        shown["fields"] = {name: value for name, value in every.items() if not wanted or name in wanted}
        asked = {name: ticket["properties"][name] for name in properties if name in ticket["properties"]}
        return shown | ({"properties": asked} if asked else {})

    def fields(self, ticket: Doc, *, in_webhook: bool = False) -> Doc:
        project = self.board.project(str(ticket["project"]))
        status_id, status, category = STATUSES[self.status(ticket)]
        resolution = RESOLUTIONS.get(ticket["outcome"] or "")
        body = ticket["body"]
        return {
            "summary": ticket["title"],
            "description": "(a document)" if in_webhook and isinstance(body, dict) else body,
            "status": {"id": status_id, "name": status, "statusCategory": {"id": 2, "key": category, "name": category}},
            "resolution": {"id": "1", "name": resolution} if resolution else None,
            "resolutiondate": time_of(ticket["closed_at"]) if ticket["closed_at"] else None,
            "statuscategorychangedate": time_of(ticket["closed_at"] or ticket["created_at"]),
            "assignee": self.user(ticket["assignees"][0]) if ticket["assignees"] else None,
            "creator": self.user(ticket["author"]),
            "reporter": self.user(ticket["author"]),
            "labels": ticket["labels"],
            "duedate": ticket["due_on"],
            "priority": {"id": "3", "name": ticket.get("priority") or "Medium"},
            "issuetype": {"id": "10001", "name": "Task", "subtask": False},
            "project": {"id": str(project["id"]), "key": project["key"], "name": project["key"].title()},
            "issuelinks": self.links(ticket),
            "created": time_of(ticket["created_at"]),
            "updated": time_of(ticket["updated_at"]),
            SPRINT_FIELD: self.sprints(ticket),
        }

    def status(self, ticket: Doc) -> str:
        if ticket["state"] == "closed":
            return "wont_do" if ticket["outcome"] == "not_planned" else "done"
        return str(ticket["state"])

    def links(self, ticket: Doc) -> list[Doc]:
        if ticket["duplicate_of"] is None:
            return []
        original = self.board.ticket(ticket["duplicate_of"])
        kind = {"id": "10002", "name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"}
        return [{"id": "1", "type": kind, "outwardIssue": {"id": str(original["id"]), "key": self.key(original)}}]

    def sprints(self, ticket: Doc) -> Any:
        if ticket["milestone"] is None:
            return None
        sprint = self.sprint(self.board.milestone(ticket["milestone"]))
        if self.is_cloud:
            return [sprint]
        told = ",".join(f"{name}={'<null>' if value is None else value}" for name, value in sprint.items())
        return [f"com.atlassian.greenhopper.service.sprint.Sprint@1f2e3d[{told}]"]

    def sprint(self, milestone: Doc) -> Doc:
        states = {"open": "active" if self.is_cloud else "ACTIVE", "closed": "closed" if self.is_cloud else "CLOSED"}
        return {
            "id": milestone["id"],
            "name": milestone["title"],
            "state": states[milestone["state"]],
            "boardId": 1,
            "startDate": milestone["starts_on"],
            "endDate": milestone["due_on"],
        }

    def comment(self, made: Doc) -> Doc:
        return {
            "id": str(made["id"]),
            "author": self.user(made["author"]),
            "body": made["body"],
            "created": time_of(made["created_at"]),
            "updated": time_of(made["created_at"]),
        }
