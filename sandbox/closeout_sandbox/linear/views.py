"""Tickets, people, teams and cycles as Linear's schema has them; lists are functions that take their arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from closeout_sandbox import clock
from closeout_sandbox.board.tickets import Board
from closeout_sandbox.store import Doc

STATES = (
    ("backlog", "Backlog"),
    ("unstarted", "Todo"),
    ("started", "In Progress"),
    ("completed", "Done"),
    ("canceled", "Canceled"),
    ("duplicate", "Duplicate"),
)
TYPES = {"completed": "completed", "not_planned": "canceled", "duplicate": "duplicate"}


def time_of(moment: str | None) -> str | None:
    return clock.millis(clock.moment(moment)) if moment else None


def connection(nodes: Sequence[Doc]) -> Callable[..., Doc]:
    """A list as a page of it."""

    def page(_: Any = None, *, first: int = 50, after: str | None = None, filter: Doc | None = None, **__: Any) -> Doc:
        ids = (filter or {}).get("id", {}).get("in")
        chosen = [one for one in nodes if ids is None or one["id"] in ids]
        start = int(after or 0)
        end = start + first
        info = {"hasNextPage": end < len(chosen), "endCursor": str(end)}
        return {"nodes": chosen[start:end], "pageInfo": info}

    return page


class Views:
    def __init__(self, board: Board, site: str) -> None:
        self.board = board
        self.site = site

    def user(self, handle: str) -> Doc:
        person = self.board.person(handle)
        return {
            "id": person["id"],
            "name": person["name"],
            "displayName": handle,
            "email": person["email"] or f"{handle}@example.com",
            "active": True,
            "app": person["kind"] == "bot",
            "isAssignable": person["assignable"],
            "isMe": person["kind"] == "bot",
        }

    def by_id(self, user_id: str) -> str | None:
        """The handle behind an id."""
        return next((one["handle"] for one in self.board.people() if one["id"] == user_id), None)

    def team(self, project: Doc) -> Doc:
        people = [self.user(one["handle"]) for one in self.board.people()]
        return {
            "id": project["id"],
            "key": project["key"],
            "name": project["key"].title(),
            "retiredAt": project.get("retired_at"),
            "members": connection(people),
            "states": connection([self.state(project, kind) for kind, _ in STATES]),
        }

    def state(self, project: Doc, kind: str) -> Doc:
        return {
            "id": self.board.new_id("state", f"{project['number']}.{kind}"),
            "name": dict(STATES)[kind],
            "type": kind,
        }

    def label(self, project: Doc, name: str) -> Doc:
        label_id = self.board.new_id("label", f"{project['number']}.{name}")
        return {"id": label_id, "name": name, "team": {"id": project["id"]}}

    def cycle(self, milestone: Doc) -> Doc:
        return {
            "id": milestone["id"],
            "name": milestone["title"],
            "number": milestone["number"],
            "startsAt": milestone["starts_on"],
            "endsAt": milestone["due_on"],
        }

    def type_of(self, ticket: Doc) -> str:
        """The type of its state."""
        if ticket["state"] == "closed":
            return TYPES[ticket["outcome"]]
        return "started" if ticket["state"] == "in_progress" else "unstarted"

    def issue(self, ticket: Doc) -> Doc:
        """For the API; for a webhook, see `told`."""
        project = self.board.project(str(ticket["project"]))
        relations = [] if ticket["duplicate_of"] is None else [self.relation(ticket["duplicate_of"])]
        labels = [self.label(project, name) for name in ticket["labels"]]
        return {
            **self.plain(ticket, project),
            "state": self.state(project, self.type_of(ticket)),
            "team": self.team(project),
            "assignee": self.user(ticket["assignees"][0]) if ticket["assignees"] else None,
            "creator": self.user(ticket["author"]),
            "cycle": self.cycle(self.board.milestone(ticket["milestone"])) if ticket["milestone"] else None,
            "labels": connection(labels),
            "relations": connection(relations),
            "attachments": connection([{"url": one} for one in ticket.get("links", ())]),
            "comments": connection([self.comment(one) for one in ticket["comments"]]),
        }

    def comment(self, made: Doc) -> Doc:
        at = time_of(made["created_at"])
        return {
            "id": self.board.new_id("comment", made["id"]),
            "body": made["body"],
            "createdAt": at,
            "updatedAt": at,
            "url": f"{self.site}/comment/{made['id']}",
            "user": self.user(made["author"]),
        }

    def told(self, ticket: Doc) -> Doc:
        """For a webhook: lists are lists, and what is empty is left out."""
        project = self.board.project(str(ticket["project"]))
        people = {"assignee": next(iter(ticket["assignees"]), None), "creator": ticket["author"]}
        named = {name: self.user(handle) for name, handle in people.items() if handle}
        cycle = self.cycle(self.board.milestone(ticket["milestone"])) if ticket["milestone"] else None
        labels = [
            {name: one[name] for name in ("id", "name")}
            for one in (self.label(project, name) for name in ticket["labels"])
        ]
        full = {
            **self.plain(ticket, project),
            "state": self.state(project, self.type_of(ticket)),
            "team": {name: self.team(project)[name] for name in ("id", "key", "name")},
            "labels": labels,
            **{name: {"id": user["id"], "name": user["name"]} for name, user in named.items()},
            **{f"{name}Id": user["id"] for name, user in named.items()},
            "cycle": cycle,
        }
        return {name: value for name, value in full.items() if value is not None}

    def plain(self, ticket: Doc, project: Doc) -> Doc:
        identifier = f"{project['key']}-{ticket['number']}"
        closed_at, is_done = time_of(ticket["closed_at"]), ticket["outcome"] == "completed"
        return {
            "id": ticket["id"],
            "identifier": identifier,
            "number": ticket["number"],
            "title": ticket["title"],
            "description": ticket["body"],
            "url": f"{self.site}/issue/{identifier}",
            "createdAt": time_of(ticket["created_at"]),
            "updatedAt": time_of(ticket["updated_at"]),
            "completedAt": closed_at if is_done else None,
            "canceledAt": None if is_done else closed_at,
            "archivedAt": time_of(ticket["updated_at"]) if ticket["deleted"] else None,
            "trashed": True if ticket["deleted"] else None,
            "dueDate": ticket["due_on"],
            "priority": 0,
            "previousIdentifiers": [],
        }

    def relation(self, original_id: str) -> Doc:
        original = self.board.ticket(original_id)
        key = self.board.project(str(original["project"]))["key"]
        return {"type": "duplicate", "relatedIssue": {"identifier": f"{key}-{original['number']}"}}
