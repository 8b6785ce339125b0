"""A tracker that keeps the protocol of docs/howto/homemade.md, as whoever builds one might write it."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from closeout_sandbox import checks, clock
from closeout_sandbox.board.door import Answered, Desk, json_object, route
from closeout_sandbox.board.sender import Sender
from closeout_sandbox.board.tickets import Board, Deed
from closeout_sandbox.problems import Missing
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.store import Doc

OLDEST_SECONDS = 300


def error(status: int, text: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": text}, status, headers)


def limited(seconds: int | None) -> JSONResponse:
    return error(429, "Too many requests", {} if seconds is None else {"retry-after": str(seconds)})


def signature(secret: str, guid: str, moment: str, body: bytes) -> str:
    digest = hmac.new(secret.encode(), f"{guid}.{moment}.".encode() + body, "sha256").digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def headers(secret: str, event: str, guid: str, body: bytes, tried: int) -> dict[str, str]:
    moment = str(int(time.time()))
    signed = signature(secret, guid, moment, body)
    return {"webhook-id": guid, "webhook-timestamp": moment, "webhook-signature": signed}


def key_of(board: Board, ticket: Doc) -> str:
    return f"{board.project(str(ticket['project']))['key']}-{ticket['number']}"


def shown(board: Board, ticket: Doc) -> Doc:
    """A ticket as the protocol has it."""
    project = board.project(str(ticket["project"]))
    milestone = board.milestone(ticket["milestone"]) if ticket["milestone"] else None
    key = key_of(board, ticket)
    original = None if ticket["duplicate_of"] is None else board.ticket(ticket["duplicate_of"])
    return {
        "id": str(ticket["id"]),
        "project": project["key"],
        "number": ticket["number"],
        "key": key,
        "url": f"https://tracker.test/{key}",
        "title": ticket["title"],
        "state": ticket["outcome"] if ticket["state"] == "closed" else "open",
        "assignees": ticket["assignees"],
        "labels": ticket["labels"],
        "milestone": milestone["title"] if milestone else None,
        "milestone_due_on": milestone["due_on"][:10] if milestone and milestone["due_on"] else None,
        "due_on": ticket["due_on"],
        "created_at": ticket["created_at"],
        "updated_at": ticket["updated_at"],
        "closed_at": ticket["closed_at"],
        "item_id": ticket["properties"].get("item_id"),
        "author": ticket["author"],
        "duplicate_of": key_of(board, original) if original else None,
    }


def tell(board: Board, sender: Sender, deed: Deed) -> None:
    """Send the whole ticket as it is now."""
    kind = {"deleted": "ticket.deleted", "commented": "ticket.commented"}.get(deed.name, "ticket.changed")
    sender.queue(kind, {"type": kind, "ticket": shown(board, deed.ticket), "by": deed.by})


class Homemade:
    def __init__(self, desk: Desk, settings: SandboxSettings) -> None:
        self.desk = desk
        self.board = desk.board
        self.settings = settings
        self.me = settings.github_login
        self.answers: dict[str, Callable[..., Response]] = {
            "ticket.create": self.create,
            "ticket.find": self.find,
            "ticket.read": self.read,
            "ticket.by_key": self.by_key,
            "ticket.comments": self.comments,
            "ticket.change": self.change,
            "tickets.changed": self.changed,
            "ticket.comment": self.comment,
            "ticket.close": self.close,
            "project.describe": self.describe,
            "person.describe": self.person,
        }

    def admit(self, request: Request) -> None:
        """What can be known without the body."""
        moment = request.headers.get("webhook-timestamp", "")
        if not moment.isdigit() or abs(time.time() - int(moment)) > OLDEST_SECONDS:
            raise Answered(error(401, "The signature is missing, or too old."))

    async def answer(self, request: Request) -> Response:
        body, sent = await request.body(), request.headers
        secret = self.settings.homemade_secret.get_secret_value()
        wanted = signature(secret, sent.get("webhook-id", ""), sent["webhook-timestamp"], body)
        if not hmac.compare_digest(sent.get("webhook-signature", "").encode(), wanted.encode()):
            return error(401, "The signature is not ours.")
        asked = await json_object(request, lambda text: error(400, text))
        kind, data = str(asked.get("type")), asked.get("data")
        if kind not in self.answers:
            return error(404, f"unknown question {kind}")
        findings = checks.body("homemade", kind, data)
        if findings or not isinstance(data, dict):
            return error(422, f"{findings[0].field}: {findings[0].message}"[:300] if findings else "data is missing")
        return self.answers[kind](**data)

    def project(self, key: str) -> Doc:
        found = self.board.project(key)
        if not found["readable"]:
            raise Missing(f"no project {key}")
        return found

    def ticket(self, ticket_id: str) -> Doc:
        found = self.board.ticket(ticket_id)
        self.project(str(found["project"]))
        if found["deleted"]:
            raise Answered(error(410, "It was deleted."))
        return found

    def made_for(self, item_id: str) -> Doc | None:
        mine = [one for one in self.board.tickets() if one["properties"].get("item_id") == item_id]
        return mine[0] if mine else None

    def create(self, item_id: str, project: str, title: str, text: str, **more: Any) -> Response:
        """The same item_id, the same ticket."""
        where, known = self.project(project), self.made_for(item_id)
        if known is not None:
            return JSONResponse({"ticket": shown(self.board, known)})
        ahead = {one["title"]: one["id"] for one in self.board.milestones(where) if one["state"] == "open"}
        if more.get("milestone") and more["milestone"] not in ahead:
            return error(422, f"{project} has no open milestone “{more['milestone']}”")
        person = self.board.store.get(f"{self.board.system}.person", str(more.get("assignee")))
        made = self.board.open(
            where,
            title,
            by=self.me,
            body=text,
            properties={"item_id": item_id},
            assignees=[person["handle"]] if person and person["assignable"] else [],
            labels=[*([more["label"]] if more.get("label") else []), *more.get("labels", [])],
            milestone=ahead.get(str(more.get("milestone"))),
            due_on=more.get("due_on"),
        )
        return JSONResponse({"ticket": shown(self.board, made)}, 201)

    def find(self, item_id: str, project: str) -> Response:
        known = self.made_for(item_id)
        return JSONResponse({"ticket": shown(self.board, known) if known else None})

    def read(self, id: str, project: str) -> Response:
        return JSONResponse({"ticket": shown(self.board, self.ticket(id))})

    def changed(self, project: str, since: str) -> Response:
        where, start = self.project(project), clock.moment(since)
        found = [one for one in self.board.tickets(where) if clock.moment(one["updated_at"]) >= start]
        return JSONResponse({"tickets": [shown(self.board, one) for one in found if not one["deleted"]]})

    def by_key(self, key: str) -> Response:
        """Also by one that it had before it was moved."""
        project, _, number = key.rpartition("-")
        found = self.board.numbered(self.project(project), int(number) if number.isdigit() else 0)
        return JSONResponse({"ticket": shown(self.board, self.ticket(found["id"]))})

    def comments(self, id: str, project: str) -> Response:
        ticket = self.ticket(id)
        ours = {number: name for name, number in ticket["properties"].items() if name != "item_id"}
        written = [
            {
                "id": str(one["id"]),
                "by": one["author"],
                "at": one["created_at"],
                "text": one["body"],
                "comment_id": ours.get(one["id"]),
            }
            for one in ticket["comments"]
        ]
        return JSONResponse({"comments": written})

    def comment(self, id: str, text: str, comment_id: str) -> Response:
        ticket = self.ticket(id)
        if comment_id not in ticket["properties"]:
            made = self.board.comment(id, text, by=self.me)
            told = {**ticket["properties"], comment_id: made["id"]}
            self.board.change(id, "edited", by=self.me, properties=told)
        return JSONResponse({})

    def change(self, id: str, assignee: str | None, milestone: str | None, due_on: str | None) -> Response:
        ticket = self.ticket(id)
        where = self.board.project(str(ticket["project"]))
        ahead = {one["title"]: one["id"] for one in self.board.milestones(where) if one["state"] == "open"}
        if milestone and milestone not in ahead:
            return error(422, f"{where['key']} has no open milestone “{milestone}”")
        person = self.board.store.get(f"{self.board.system}.person", str(assignee))
        people = {"assignees": [assignee]} if person and person["assignable"] else {}
        self.board.change(id, "edited", by=self.me, **people, milestone=ahead.get(str(milestone)), due_on=due_on)
        return JSONResponse({})

    def close(self, id: str, outcome: str) -> Response:
        self.board.close(self.ticket(id)["id"], outcome, by=self.me)
        return JSONResponse({})

    def describe(self, project: str) -> Response:
        where = self.project(project)
        people = [
            {"account": one["handle"], "name": one["name"], "email": one["email"], "is_bot": one["kind"] == "bot"}
            for one in self.board.people()
            if one["assignable"]
        ]
        ahead = [one for one in self.board.milestones(where) if one["state"] == "open"]
        milestones = [{"title": one["title"], "due_on": one["due_on"] and one["due_on"][:10]} for one in ahead]
        return JSONResponse({"project": {"can_create": True, "people": people, "milestones": milestones}})

    def person(self, account: str) -> Response:
        one = self.board.person(account)
        about = {"account": account, "name": one["name"], "email": one["email"], "is_bot": one["kind"] == "bot"}
        return JSONResponse({"person": about})


def routes(tracker: Homemade) -> list[Route]:
    return [route(tracker.desk, ["POST"], "/closeout", tracker.admit, tracker.answer)]
