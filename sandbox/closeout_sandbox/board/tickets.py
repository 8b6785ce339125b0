"""Tickets, people, projects and milestones of one stand-in, in no vendor's words; its views put them into those.

A deed changes a ticket and is said to `said`, from where the vendor's webhook goes out.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from closeout_sandbox import clock
from closeout_sandbox.problems import Invalid, Missing
from closeout_sandbox.store import Doc, Store

IDS = uuid.UUID("1d3a5c1e-2a55-5a0e-8d0b-3e1d7f0c9a42")
OUTCOMES = ("completed", "not_planned", "duplicate")


@dataclass(frozen=True)
class Deed:
    """What somebody did to a ticket: `before` is how it was, None for a new one."""

    name: str
    ticket: Doc
    before: Doc | None
    by: str


Said = Callable[[Deed], None]


class Board:
    """`system` names the stand-in. `keeps_id`: whether a ticket that is moved is still the same one. `comments_touch`:
    whether a comment is a change of its ticket."""

    def __init__(
        self, store: Store, system: str, *, keeps_id: bool = True, uuids: bool = False, comments_touch: bool = True
    ) -> None:
        self.store = store
        self.system = system
        self.keeps_id = keeps_id
        self.uuids = uuids
        self.comments_touch = comments_touch
        self.said: Said = lambda _: None

    # Who and what there is

    def add_person(
        self, handle: str, *, name: str = "", email: str | None = None, assignable: bool = True, kind: str = "person"
    ) -> Doc:
        number = self.store.next(f"{self.system}.person", 101)
        person = {
            "id": self.new_id("person", number),
            "number": number,
            "handle": handle,
            "name": name or handle,
            "email": email,
            "assignable": assignable,
            "kind": kind,
        }
        return self.put("person", handle, person)

    def person(self, handle: str) -> Doc:
        return self.get("person", handle, f"no account {handle}")

    def people(self) -> list[Doc]:
        return self.store.all(f"{self.system}.person")

    def add_project(self, key: str, **fields: Any) -> Doc:
        number = self.store.next(f"{self.system}.project", 1001)
        given = {"readable": True, "writable": True, "labels": ["postmortem"], "required": [], "screen": None}
        project = {"id": self.new_id("project", number), "number": number, "key": key, "aliases": [], **given}
        return self.put("project", key, {**project, **fields})

    def project(self, key: str) -> Doc:
        """By its key, a former key, or its id."""
        for one in self.store.all(f"{self.system}.project"):
            if key.lower() in (str(one["key"]).lower(), str(one["id"]), *(alias.lower() for alias in one["aliases"])):
                return one
        raise Missing(f"no project {key}")

    def shown(self, tickets: list[Doc]) -> list[Doc]:
        """Those of projects that our account may read."""
        readable = {one["id"] for one in self.store.all(f"{self.system}.project") if one["readable"]}
        return [one for one in tickets if one["project"] in readable]

    def change_project(self, name: str, /, **changes: Any) -> Doc:
        """A new `key` renames it; the old one leads there."""
        project = self.project(name)
        if "key" in changes:
            changes["aliases"] = [*project["aliases"], project["key"]]
            self.store.delete(f"{self.system}.project", project["key"])
        return self.put("project", changes.get("key", project["key"]), {**project, **changes})

    def add_milestone(self, project: str, title: str, *, due_on: datetime | None = None, state: str = "open") -> Doc:
        number = self.store.next(f"{self.system}.milestone", 11)
        milestone = {
            "id": self.new_id("milestone", number),
            "number": number,
            "project": self.project(project)["id"],
            "title": title,
            "due_on": clock.millis(due_on) if due_on else None,
            "starts_on": clock.millis(due_on - timedelta(weeks=2)) if due_on else None,
            "state": state,
        }
        return self.put("milestone", milestone["id"], milestone)

    def milestone(self, milestone_id: object) -> Doc:
        return self.get("milestone", milestone_id, f"no milestone {milestone_id}")

    def milestones(self, project: Doc) -> list[Doc]:
        return [one for one in self.store.all(f"{self.system}.milestone") if one["project"] == project["id"]]

    # Tickets

    def tickets(self, project: Doc | None = None) -> list[Doc]:
        """Oldest first; deleted ones too."""
        found = self.store.all(f"{self.system}.ticket")
        return [one for one in found if project is None or one["project"] == project["id"]]

    def ticket(self, ticket_id: object) -> Doc:
        return self.get("ticket", ticket_id, f"no ticket {ticket_id}")

    def numbered(self, project: Doc, number: int) -> Doc:
        """By its number, also by one that it had before it was moved."""
        place = self.get("place", f"{project['id']}/{number}", f"no ticket {number}")
        return self.ticket(place["ticket"])

    def open(self, project: Doc, title: str, *, by: str, ticket_id: object = None, **fields: Any) -> Doc:
        if ticket_id is not None and self.store.get(f"{self.system}.ticket", str(ticket_id)):
            raise Invalid("a ticket with that id is here", "id", ticket_id)
        count = self.store.next(f"{self.system}.ticket", 10_001)
        now = clock.now().isoformat()
        ticket: Doc = {
            "id": ticket_id or self.new_id("ticket", count),
            "number": self.store.next(f"{self.system}.number.{project['id']}"),
            "project": project["id"],
            "title": title,
            **{"body": None, "assignees": [], "labels": [], "milestone": None, "due_on": None, "properties": {}},
            **{"state": "open", "outcome": None, "duplicate_of": None, "closed_at": None},
            **{"deleted": False, "moved_to": None, "comments": []},
            **{"author": by, "created_at": now, "updated_at": now, "made_at": time.time(), "changed_at": time.time()},
            **fields,
        }
        self.put("ticket", ticket["id"], ticket)
        self.put_place(ticket["project"], ticket["number"], ticket["id"])
        self.said(Deed("opened", ticket, None, by))
        return ticket

    def change(self, ticket_id: object, deed: str, *, by: str, **changes: Any) -> Doc:
        before = self.ticket(ticket_id)
        stamps = {"updated_at": clock.now().isoformat(), "changed_at": time.time()}
        ticket = self.put("ticket", ticket_id, {**before, **stamps, **changes})
        self.said(Deed(deed, ticket, before, by))
        return ticket

    def close(self, ticket_id: object, outcome: str, *, by: str, duplicate_of: object = None, **changes: Any) -> Doc:
        if outcome not in OUTCOMES:
            raise Invalid(f"closed as {outcome}?", "outcome", outcome)
        now = clock.now().isoformat()
        over = {"state": "closed", "outcome": outcome, "duplicate_of": duplicate_of, "closed_at": now}
        return self.change(ticket_id, "closed", by=by, **{**over, **changes})

    def reopen(self, ticket_id: object, *, by: str, **changes: Any) -> Doc:
        back = {"state": "open", "outcome": None, "duplicate_of": None, "closed_at": None}
        return self.change(ticket_id, "reopened", by=by, **{**back, **changes})

    def delete(self, ticket_id: object, *, by: str) -> Doc:
        return self.change(ticket_id, "deleted", by=by, deleted=True)

    def move(self, ticket_id: object, to: str, *, by: str) -> Doc:
        """To another project: the same ticket under another number, or another ticket, as the vendor has it."""
        ticket, target = self.ticket(ticket_id), self.project(to)
        if self.keeps_id:
            there = {"project": target["id"], "number": self.store.next(f"{self.system}.number.{target['id']}")}
            self.put_place(there["project"], there["number"], ticket_id)
            return self.change(ticket_id, "moved", by=by, **there)
        kept = ("title", "body", "assignees", "labels", "due_on", "author")
        new = self.open(target, by=by, **{name: ticket[name] for name in kept})
        now = clock.now().isoformat()
        self.change(ticket_id, "moved", by=by, state="closed", closed_at=now, moved_to=new["id"])
        return new

    def comment(self, ticket_id: object, body: Any, *, by: str) -> Doc:
        ticket = self.ticket(ticket_id)
        number = self.store.next(f"{self.system}.comment", 501)
        made = {"id": number, "body": body, "author": by, "created_at": clock.now().isoformat()}
        as_it_was = {} if self.comments_touch else {"updated_at": ticket["updated_at"]}
        self.change(ticket_id, "commented", by=by, comments=[*ticket["comments"], made], **as_it_was)
        return made

    # Documents

    def new_id(self, kind: str, number: object) -> Any:
        return str(uuid.uuid5(IDS, f"{self.system}.{kind}.{number}")) if self.uuids else number

    def put_place(self, project_id: object, number: int, ticket_id: object) -> None:
        """Where a ticket is, or was before it was moved."""
        self.put("place", f"{project_id}/{number}", {"ticket": ticket_id})

    def put(self, kind: str, key: object, doc: Doc) -> Doc:
        return self.store.put(f"{self.system}.{kind}", str(key), doc)

    def get(self, kind: str, key: object, otherwise: str) -> Doc:
        found = self.store.get(f"{self.system}.{kind}", str(key))
        if found is None:
            raise Missing(otherwise)
        return found
