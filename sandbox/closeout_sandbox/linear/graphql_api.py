"""The GraphQL API that the adapter calls. What Linear's schema refuses is refused here, by the same schema."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

from graphql import GraphQLError, GraphQLSchema, build_schema, execute_sync, parse, validate
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from closeout_sandbox import behaviour
from closeout_sandbox.board.door import Answered, Desk, json_object, route
from closeout_sandbox.checks import SPECS
from closeout_sandbox.linear import cost
from closeout_sandbox.linear.views import STATES, Views, connection, time_of
from closeout_sandbox.problems import Missing
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.store import Doc

LIMIT = 5000


@cache
def schema() -> GraphQLSchema:
    return build_schema((SPECS / "linear.graphql").read_text())


def problem(text: str, code: str = "INPUT_ERROR", status: int = 400, said: str = "") -> GraphQLError:
    """An error in Linear's shape."""
    is_users = code != "INTERNAL_SERVER_ERROR"
    told = {"code": code, "statusCode": status, "userError": is_users, "userPresentableMessage": said or text}
    return GraphQLError(text, extensions=told)


def error(status: int, text: str) -> JSONResponse:
    codes = {401: "AUTHENTICATION_ERROR", 403: "FORBIDDEN"}
    code = codes.get(status, "INTERNAL_SERVER_ERROR" if status >= 500 else "INPUT_ERROR")
    return JSONResponse({"errors": [problem(text, code, status).formatted]}, status)


def limited(seconds: int | None) -> JSONResponse:
    """Too many requests: Linear answers 400, and names no time but the moment at which its count begins anew."""
    told = problem("Rate limit exceeded", "RATELIMITED", 429).formatted
    headers = {"x-ratelimit-requests-remaining": "0"}
    return JSONResponse({"errors": [told]}, 400, headers | ({} if seconds is None else {"retry-after": str(seconds)}))


class Api:
    def __init__(self, desk: Desk, views: Views, settings: SandboxSettings) -> None:
        self.desk = desk
        self.board = desk.board
        self.views = views
        self.settings = settings
        self.me = settings.github_login
        self.used = 0

    def admit(self, request: Request) -> None:
        wanted = self.settings.linear_token.get_secret_value()
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted.encode()):
            raise Answered(error(401, "Authentication required, not authenticated"))

    async def answer(self, request: Request) -> Response:
        given = await json_object(request, lambda text: error(400, text))
        variables = given.get("variables") or {}
        try:
            document = parse(str(given.get("query", "")))
        except GraphQLError as wrong:
            return self.refused([wrong])
        findings = validate(schema(), document)
        if findings:
            return self.refused(findings)
        points = cost.cost_of(document, variables)
        if points > cost.MOST or cost.largest_page(document) > cost.LARGEST_PAGE:
            return self.refused([problem("Query too complex")])
        result = execute_sync(schema(), document, root_value=self.root(), variable_values=variables)
        self.used += 1
        headers = {
            "x-ratelimit-requests-limit": str(LIMIT),
            "x-ratelimit-requests-remaining": str(max(0, LIMIT - self.used)),
            "x-complexity": str(round(points)),
        }
        return JSONResponse(result.formatted, headers=headers)

    def refused(self, wrong: list[GraphQLError]) -> JSONResponse:
        told = [
            {**one.formatted, "extensions": {"code": "GRAPHQL_VALIDATION_FAILED", **(one.extensions or {})}}
            for one in wrong
        ]
        return JSONResponse({"errors": told}, 400)

    def root(self) -> dict[str, Callable[..., Any]]:
        return {
            "issue": lambda _, id: self.views.issue(self.issue(id)),
            "issues": self.issues,
            "teams": self.teams,
            "team": lambda _, id: self.views.team(self.team(id)),
            "user": self.user,
            "comments": self.comments,
            "webhooks": self.webhooks,
            "viewer": lambda _: self.views.user(self.me),
            "cycles": self.cycles,
            "issueLabels": self.labels,
            "issueCreate": self.create,
            "issueUpdate": self.update,
            "commentCreate": self.comment,
        }

    # Finding

    def issue(self, name: str) -> Doc:
        """By id, identifier or former identifier. Raises GraphQLError."""
        key, _, number = name.rpartition("-")
        try:
            keyed = (
                self.board.numbered(self.board.project(key), int(number))
                if number.isdigit() and key.isalnum()
                else None
            )
            found = keyed or self.board.ticket(name)
        except Missing:
            raise not_found("Issue") from None
        if not self.board.project(str(found["project"]))["readable"]:
            raise not_found("Issue")
        return found

    def team(self, team_id: str) -> Doc:
        try:
            found = self.board.project(team_id)
        except Missing:
            raise not_found("Team") from None
        if not found["readable"]:
            raise not_found("Team")
        return found

    def user(self, _: Any, id: str) -> Doc:
        handle = self.views.by_id(id)
        if handle is None:
            raise not_found("User")
        return self.views.user(handle)

    def issues(self, info: Any, filter: Doc | None = None, **page: Any) -> Doc:
        asked = filter or {}
        team = asked.get("team", {}).get("key", {}).get("eq")
        since = str(asked.get("updatedAt", {}).get("gte", "")).replace("+00:00", "Z")
        ids = asked.get("id", {}).get("in")
        named = [self.board.store.get(f"{self.board.system}.ticket", one) for one in ids or ()]
        tickets = self.board.tickets() if ids is None else [one for one in named if one is not None]
        changed = [one for one in tickets if since[:23] <= str(time_of(one["updated_at"]))]
        found = [self.views.issue(one) for one in self.board.shown(changed)]
        found = [one for one in found if team in (None, one["team"]["key"])]
        if not page.get("includeArchived"):
            found = [one for one in found if one["archivedAt"] is None]
        found.sort(key=lambda one: one["updatedAt"], reverse=True)
        return connection(found)(info, **page)

    def comments(self, info: Any, filter: Doc | None = None, **page: Any) -> Doc:
        """Of the issues of one team, the latest first."""
        asked = filter or {}
        team = asked.get("issue", {}).get("team", {}).get("key", {}).get("eq")
        since = str(asked.get("updatedAt", {}).get("gte", "")).replace("+00:00", "Z")
        written = [one for one in self.board.tickets() if one["comments"] and not one["deleted"]]
        visible = self.board.shown(written)
        issues = [(one, self.board.project(str(one["project"]))["key"]) for one in visible]
        of_team = [one for one, key in issues if team in (None, key)]
        found = [{**self.views.comment(c), "issue": self.views.issue(one)} for one in of_team for c in one["comments"]]
        chosen = [one for one in found if one["updatedAt"] >= since[:23]]
        chosen.sort(key=lambda one: one["updatedAt"], reverse=True)
        return connection(chosen)(info, **page)

    def webhooks(self, info: Any, **page: Any) -> Doc:
        url = self.desk.sender.target()["url"]
        if not behaviour.read(self.board.store).shows_webhooks:
            raise problem("You need to be an admin", "FORBIDDEN", 403)
        hook = {
            "url": url,
            "enabled": True,
            "resourceTypes": ["Issue", "Comment"],
            "allPublicTeams": True,
            "team": None,
        }
        return connection([hook] if url else [])(info, **page)

    def teams(self, info: Any, filter: Doc | None = None, **page: Any) -> Doc:
        key = (filter or {}).get("key", {}).get("eq")
        found = self.board.store.all(f"{self.board.system}.project")
        chosen = [self.views.team(one) for one in found if one["readable"] and key in (None, one["key"])]
        return connection(chosen)(info, **page)

    def cycles(self, info: Any, filter: Doc | None = None, **page: Any) -> Doc:
        key = (filter or {}).get("team", {}).get("key", {}).get("eq")
        found = [one for one in self.board.store.all(f"{self.board.system}.milestone") if one["state"] == "open"]
        chosen = [self.views.cycle(one) for one in found if key in (None, self.team(one["project"])["key"])]
        return connection(chosen)(info, **page)

    def labels(self, info: Any, filter: Doc | None = None, **page: Any) -> Doc:
        name = (filter or {}).get("name", {}).get("eqIgnoreCase", "").lower()
        projects = self.board.store.all(f"{self.board.system}.project")
        found = [self.views.label(one, label) for one in projects for label in one["labels"] if label.lower() == name]
        return connection(found)(info, **page)

    # Doing

    def create(self, _: Any, input: Doc) -> Doc:
        team = self.team(input["teamId"])
        if not team["writable"]:
            raise problem("Forbidden", "FORBIDDEN", 403)
        chosen = input.get("id")
        if chosen is not None and not is_v4(chosen):
            raise problem("Argument Validation Error", said="id must be a UUID of version 4.")
        if chosen is not None and self.board.store.get(f"{self.board.system}.ticket", chosen):
            raise problem("conflict on insert of Issue", said=f"Entity Issue with id {chosen} already exists.")
        if not (input.get("title") or "").strip():
            raise problem("Argument Validation Error", said="title should not be empty.")
        assignee = self.views.by_id(input["assigneeId"]) if input.get("assigneeId") else None
        if input.get("assigneeId") and (assignee is None or not self.board.person(assignee)["assignable"]):
            raise problem("Argument Validation Error", said="assigneeId: this user cannot be assigned.")
        names = {self.views.label(team, name)["id"]: name for name in team["labels"]}
        if not set(input.get("labelIds") or ()) <= names.keys():
            raise problem("Argument Validation Error", said="labelIds: not of this team.")
        made = self.board.open(
            team,
            input["title"],
            by=self.me,
            ticket_id=chosen,
            body=input.get("description"),
            assignees=[assignee] if assignee else [],
            labels=[names[one] for one in input.get("labelIds") or ()],
            milestone=input.get("cycleId"),
            due_on=input.get("dueDate"),
        )
        return {"success": True, "issue": self.views.issue(made)}

    def update(self, _: Any, id: str, input: Doc) -> Doc:
        ticket = self.issue(id)
        project = self.board.project(str(ticket["project"]))
        kinds = {self.views.state(project, kind)["id"]: kind for kind, _ in STATES}
        kind = kinds.get(input.get("stateId", ""))
        if "stateId" not in input:
            assignee = {"assignees": [self.views.by_id(input["assigneeId"])]} if input.get("assigneeId") else {}
            of = {"dueDate": "due_on", "cycleId": "milestone", "title": "title", "description": "body"}
            more = {ours: input[theirs] for theirs, ours in of.items() if theirs in input}
            self.board.change(ticket["id"], "edited", by=self.me, **assignee, **more)
            return {"success": True}
        if kind is None:
            raise problem("Argument Validation Error", said="stateId: no state of this team.")
        outcome = {"completed": "completed", "canceled": "not_planned", "duplicate": "duplicate"}.get(kind)
        if outcome:
            self.board.close(ticket["id"], outcome, by=self.me)
        else:
            self.board.reopen(ticket["id"], by=self.me)
        return {"success": True}

    def comment(self, _: Any, input: Doc) -> Doc:
        ticket = self.issue(input.get("issueId") or "")
        chosen = input.get("id")
        if chosen is not None and self.board.store.get(f"{self.board.system}.comment_id", chosen):
            raise problem("conflict on insert of Comment", said=f"Entity Comment with id {chosen} already exists.")
        made = self.board.comment(ticket["id"], input.get("body"), by=self.me)
        self.board.put("comment_id", chosen or made["id"], made)
        return {"success": True}


def not_found(kind: str) -> GraphQLError:
    return problem(f"Entity not found: {kind}", said=f"Could not find referenced {kind}.")


def is_v4(text: str) -> bool:
    try:
        return uuid.UUID(text).version == 4
    except ValueError:
        return False


def routes(api: Api) -> list[Route]:
    return [route(api.desk, ["POST"], "/graphql", api.admit, api.answer)]
