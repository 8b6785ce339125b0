"""The REST API that the adapter calls. Routes are at the end, as a table."""

from __future__ import annotations

import hmac
import time
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from closeout_sandbox import behaviour, checks, clock
from closeout_sandbox.board.door import Answered, Desk, json_object, route
from closeout_sandbox.gitea.views import Views, end_of_day, here, time_of
from closeout_sandbox.problems import Missing
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.store import Doc

API = "/api/v1"
REPOSITORY = "/repos/{owner}/{repo}"
ISSUES = REPOSITORY + "/issues"
ISSUE = ISSUES + "/{index}"
LARGEST_PAGE = 50
LONGEST_TITLE = 255


def error(status: int, text: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"message": text, "url": "https://docs.gitea.com/api"}, status, headers)


def limited(seconds: int | None) -> JSONResponse:
    """Gitea has no limits of its own; a proxy before it may."""
    return error(429, "Too Many Requests", {} if seconds is None else {"retry-after": str(seconds)})


class Rest:
    def __init__(self, desk: Desk, views: Views, settings: SandboxSettings) -> None:
        self.desk = desk
        self.board = desk.board
        self.views = views
        self.settings = settings
        self.me = settings.github_login

    def admit(self, request: Request) -> None:
        wanted = f"token {self.settings.gitea_token.get_secret_value()}"
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted.encode()):
            raise Answered(error(401, "token is required"))

    def project(self, request: Request) -> Doc:
        """Raises Answered: 404 unknown or hidden, 301 renamed."""
        path = request.path_params
        name = f"{path['owner']}/{path['repo']}"
        try:
            found = self.board.project(name)
        except Missing:
            raise Answered(error(404, "The target couldn't be found.")) from None
        if not found["readable"]:
            raise Answered(error(404, "The target couldn't be found."))
        if found["key"].lower() != name.lower():
            path_only = str(request.url.replace(scheme="", netloc=""))
            target = path_only.replace(f"/repos/{name}", f"/repos/{found['key']}", 1)
            raise Answered(Response(status_code=301, headers={"location": target}))
        return found

    def ticket(self, request: Request) -> tuple[Doc, Doc]:
        project = self.project(request)
        found = self.board.numbered(project, request.path_params["index"])
        if found["deleted"]:
            raise Missing("issue does not exist")
        return project, found

    async def body(self, request: Request, operation: str) -> Doc:
        given = await json_object(request, lambda text: error(422, text))
        findings = checks.body("gitea", operation, given)
        if findings:
            raise Answered(error(422, f"[]: {findings[0].field}: {findings[0].message}"[:300]))
        day = given.get("due_date")
        if day and not ("T" in day and checks.is_time(day)):
            raise Answered(error(422, f'parsing time "{day}" as "2006-01-02T15:04:05Z07:00"'[:300]))
        return given

    def page(self, request: Request, found: Sequence[Any]) -> Response:
        """It says how many there are in all. A link to the next page, which only issues have, is left out here."""
        page = self.cut(request, found)
        return JSONResponse(page, headers={"x-total-count": str(len(found))})

    def cut(self, request: Request, found: Sequence[Any]) -> list[Any]:
        asked = request.query_params
        size, number = min(int(asked.get("limit", 30)), LARGEST_PAGE), int(asked.get("page", 1))
        return list(found[size * (number - 1) : size * number])

    # Issues

    async def create(self, request: Request) -> Response:
        project = self.project(request)
        given = await self.body(request, f"POST {ISSUES}")
        if not given["title"].strip() or len(given["title"]) > LONGEST_TITLE:
            return error(422, "[Title]: MaxSize" if given["title"].strip() else "[Title]: Required")
        if not project["writable"]:
            given = {name: given[name] for name in ("title", "body") if name in given}
        for login in given.get("assignees") or ():
            if not self.board.store.get(f"{self.board.system}.person", login):
                return error(422, f"Assignee does not exist: [name: {login}]")
            if not self.board.person(login)["assignable"]:
                return error(422, "user does not have access to repo")
        names = {self.views.label_id(project, one): one for one in project["labels"]}
        made = self.board.open(
            project,
            given["title"],
            by=self.me,
            body=given.get("body", ""),
            assignees=given.get("assignees") or [],
            labels=[names[one] for one in given.get("labels") or () if one in names],
            milestone=given.get("milestone"),
            due_on=here(clock.moment(given["due_date"])) if given.get("due_date") else None,
        )
        return JSONResponse(self.views.issue(made), 201)

    async def read(self, request: Request) -> Response:
        return JSONResponse(self.views.issue(self.ticket(request)[1]))

    async def list_issues(self, request: Request) -> Response:
        project, asked = self.project(request), dict(request.query_params)
        findings = checks.query("gitea", f"GET {ISSUES}", request.query_params.multi_items())
        if findings:
            return error(422, findings[0].message)
        listed_by = time.time() - behaviour.read(self.board.store).list_lag_seconds
        state, since = asked.get("state", "open"), asked.get("since")
        found = [
            self.views.issue(one)
            for one in reversed(self.board.tickets(project))
            if not one["deleted"] and one["made_at"] <= listed_by
        ]
        found = [
            one
            for one in found
            if state in ("all", one["state"])
            and asked.get("created_by", one["user"]["login"]) == one["user"]["login"]
            and (since is None or one["updated_at"] >= str(time_of(clock.moment(since).isoformat())))
        ]
        return self.page(request, found)

    async def edit(self, request: Request) -> Response:
        _, ticket = self.ticket(request)
        given = await self.body(request, f"PATCH {ISSUE}")
        if given.get("state") == "closed":
            ticket = self.board.close(ticket["id"], "completed", by=self.me)
        elif given.get("state") == "open":
            ticket = self.board.reopen(ticket["id"], by=self.me)
        else:
            day: Doc = {"due_on": here(end_of_day(given["due_date"]))} if given.get("due_date") else {}
            day |= {"due_on": None} if given.get("unset_due_date") else {}
            more = {name: given[name] for name in ("assignees", "milestone", "title", "body") if name in given}
            ticket = self.board.change(ticket["id"], "edited", by=self.me, **day, **more)
        return JSONResponse(self.views.issue(ticket), 201)

    async def comments(self, request: Request) -> Response:
        _, ticket = self.ticket(request)
        return JSONResponse([self.views.comment(one) for one in ticket["comments"]])

    async def comment(self, request: Request) -> Response:
        _, ticket = self.ticket(request)
        given = await self.body(request, f"POST {ISSUE}/comments")
        return JSONResponse(self.views.comment(self.board.comment(ticket["id"], given["body"], by=self.me)), 201)

    async def timeline(self, request: Request) -> Response:
        """Only who mentions it."""
        _, ticket = self.ticket(request)
        mentions = [{"html_url": one, "pull_request": {"merged": False}} for one in ticket.get("links", ())]
        page = self.cut(request, [{"type": "pull_ref", "ref_issue": one} for one in mentions])
        # Of a timeline it counts what is on the page, and one in which nothing is is null.
        return JSONResponse(page or None, headers={"x-total-count": str(len(page))})

    async def add_labels(self, request: Request) -> Response:
        project, ticket = self.ticket(request)
        given = await self.body(request, f"POST {ISSUE}/labels")
        names = {self.views.label_id(project, one): one for one in project["labels"]}
        added = [names[one] for one in given.get("labels") or () if one in names]
        labels = list(dict.fromkeys([*ticket["labels"], *added]))
        self.board.change(ticket["id"], "labeled", by=self.me, labels=labels)
        return JSONResponse([self.views.label(project, one) for one in labels])

    # What there is

    async def repository(self, request: Request) -> Response:
        return JSONResponse(self.views.repository(self.project(request)))

    async def assignees(self, request: Request) -> Response:
        self.project(request)
        return JSONResponse([self.views.user(one["handle"]) for one in self.board.people() if one["assignable"]])

    async def milestones(self, request: Request) -> Response:
        project, state = self.project(request), request.query_params.get("state", "open")
        found = [one for one in self.board.milestones(project) if state in ("all", one["state"])]
        return self.page(request, [self.views.milestone(one) for one in found])

    async def labels(self, request: Request) -> Response:
        project = self.project(request)
        return self.page(request, [self.views.label(project, one) for one in project["labels"]])

    async def hooks(self, request: Request) -> Response:
        self.project(request)
        url = self.desk.sender.target()["url"]
        if not behaviour.read(self.board.store).shows_webhooks:
            return error(403, "user should be an owner or a collaborator with admin write of a repository")
        told = {"type": "gitea", "active": True, "events": ["issues", "issue_assign", "issue_comment"]}
        return self.page(request, [{"id": 1, "config": {"url": url, "content_type": "json"}, **told}] if url else [])

    async def organization_hooks(self, request: Request) -> Response:
        return self.page(request, [])

    async def organization_labels(self, request: Request) -> Response:
        return self.page(request, [])

    async def user(self, request: Request) -> Response:
        return JSONResponse(self.views.user(request.path_params["login"]))

    async def me_myself(self, request: Request) -> Response:
        return JSONResponse(self.views.user(self.me))


def routes(rest: Rest) -> list[Route]:
    table = [
        ("POST", ISSUES, rest.create),
        ("GET", ISSUES, rest.list_issues),
        ("GET", ISSUE, rest.read),
        ("PATCH", ISSUE, rest.edit),
        ("GET", ISSUE + "/comments", rest.comments),
        ("POST", ISSUE + "/comments", rest.comment),
        ("GET", ISSUE + "/timeline", rest.timeline),
        ("POST", ISSUE + "/labels", rest.add_labels),
        ("GET", REPOSITORY, rest.repository),
        ("GET", REPOSITORY + "/assignees", rest.assignees),
        ("GET", REPOSITORY + "/milestones", rest.milestones),
        ("GET", REPOSITORY + "/labels", rest.labels),
        ("GET", REPOSITORY + "/hooks", rest.hooks),
        ("GET", "/orgs/{owner}/hooks", rest.organization_hooks),
        ("GET", "/orgs/{owner}/labels", rest.organization_labels),
        ("GET", "/users/{login}", rest.user),
        ("GET", "/user", rest.me_myself),
    ]
    return [
        route(rest.desk, [method], API + path.replace("{index}", "{index:int}"), rest.admit, endpoint)
        for method, path, endpoint in table
    ]
