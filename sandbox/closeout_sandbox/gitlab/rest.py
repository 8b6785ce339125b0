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
from closeout_sandbox.gitlab.views import Views, time_of
from closeout_sandbox.problems import Missing
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.store import Doc

API = "/api/v4"
PROJECT = "/projects/{project:path}"
ISSUES = PROJECT + "/issues"
ISSUE = ISSUES + "/{iid:int}"
LARGEST_PAGE = 100
LONGEST_TITLE = 255
EDITED = {"due_date": "due_on", "milestone_id": "milestone", "title": "title", "description": "body"}


def error(status: int, text: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"message": f"{status} {text}"}, status, headers)


def limited(seconds: int | None) -> JSONResponse:
    """Too many requests."""
    headers = {"ratelimit-limit": "300", "ratelimit-remaining": "0"}
    return error(429, "Too Many Requests", headers | ({} if seconds is None else {"retry-after": str(seconds)}))


class Rest:
    def __init__(self, desk: Desk, views: Views, settings: SandboxSettings) -> None:
        self.desk = desk
        self.board = desk.board
        self.views = views
        self.settings = settings
        self.me = settings.github_login

    def admit(self, request: Request) -> None:
        token = self.settings.gitlab_token.get_secret_value()
        given = request.headers.get("authorization", "").removeprefix("Bearer ") or request.headers.get(
            "private-token", ""
        )
        if not hmac.compare_digest(given.encode(), token.encode()):
            raise Answered(error(401, "Unauthorized"))

    def project(self, request: Request) -> Doc:
        try:
            found = self.board.project(request.path_params["project"])
        except Missing:
            raise Missing("Project Not Found") from None
        if not found["readable"]:
            raise Missing("Project Not Found")
        return found

    def ticket(self, request: Request) -> Doc:
        found = self.board.numbered(self.project(request), request.path_params["iid"])
        if found["deleted"]:
            raise Missing("Not found")
        return found

    async def body(self, request: Request, operation: str) -> Doc:
        given = await json_object(request, lambda text: error(400, text))
        findings = checks.body("gitlab", operation, given)
        if findings:
            raise Answered(JSONResponse({"error": f"{findings[0].field or 'body'} is invalid"}, 400))
        return given

    def page(self, request: Request, found: Sequence[Any]) -> Response:
        asked = request.query_params
        size, number = min(int(asked.get("per_page", 20)), LARGEST_PAGE), int(asked.get("page", 1))
        start = size * (number - 1)
        following = str(number + 1) if start + size < len(found) else ""
        return JSONResponse(list(found[start : start + size]), headers={"x-next-page": following})

    # Issues

    async def create(self, request: Request) -> Response:
        project = self.project(request)
        given = await self.body(request, "POST /projects/{id}/issues")
        if not project["writable"]:
            return error(403, "Forbidden")
        titled(given)
        known = {one["number"]: one["handle"] for one in self.board.people() if one["assignable"]}
        milestone = self.board.store.get(f"{self.board.system}.milestone", str(given.get("milestone_id")))
        made = self.board.open(
            project,
            given["title"],
            by=self.me,
            body=given.get("description"),
            # One who may not be assigned is left out without a word.
            assignees=[known[one] for one in given.get("assignee_ids") or () if one in known][:1],
            labels=named(given.get("labels")),
            milestone=milestone["id"] if milestone else None,
            due_on=given.get("due_date"),
        )
        return JSONResponse(self.views.issue(made), 201)

    async def read(self, request: Request) -> Response:
        return JSONResponse(self.views.issue(self.ticket(request)))

    async def list_issues(self, request: Request) -> Response:
        """Of a project, or of all that the token can see."""
        findings = checks.query("gitlab", "GET /issues", request.query_params.multi_items())
        if findings:
            return JSONResponse({"error": f"{findings[0].field} does not have a valid value"}, 400)
        asked = dict(request.query_params)
        project = self.project(request) if "project" in request.path_params else None
        listed_by = time.time() - behaviour.read(self.board.store).list_lag_seconds
        there = [one for one in self.asked_for(request, project) if not one["deleted"] and one["made_at"] <= listed_by]
        changed = [one for one in there if after(str(time_of(one["updated_at"])), asked.get("updated_after"))]
        found = [self.views.issue(one) for one in self.board.shown(changed) if self.is_mine(one, asked)]
        chosen = [one for one in found if chosen_by(one, asked)]
        chosen.sort(key=lambda one: str(one[asked.get("order_by", "created_at")]), reverse=asked.get("sort") != "asc")
        return self.page(request, chosen)

    def asked_for(self, request: Request, project: Doc | None) -> list[Doc]:
        """All, or those of the numbers that are named."""
        numbers = request.query_params.getlist("iids[]")
        if project is None or not numbers:
            return self.board.tickets(project)
        places = [self.board.store.get(f"{self.board.system}.place", f"{project['id']}/{one}") for one in numbers]
        return [self.board.ticket(one["ticket"]) for one in places if one is not None]

    def is_mine(self, ticket: Doc, asked: dict[str, str]) -> bool:
        # For all issues the usual scope is the asker's own; for a project's it is all of them.
        scope = asked.get("scope", "all" if "project" in asked else "created_by_me")
        return scope == "all" or bool(ticket["author"] == self.me)

    async def edit(self, request: Request) -> Response:
        ticket = self.ticket(request)
        given = await self.body(request, "PUT /projects/{id}/issues/{iid}")
        titled(given)
        labels = list(dict.fromkeys([*ticket["labels"], *named(given.get("add_labels"))]))
        match given.get("state_event"):
            case "close":
                ticket = self.board.close(ticket["id"], "completed", by=self.me, labels=labels)
            case "reopen":
                ticket = self.board.reopen(ticket["id"], by=self.me, labels=labels)
            case _:
                known = {one["number"]: one["handle"] for one in self.board.people() if one["assignable"]}
                chosen = [known[one] for one in given.get("assignee_ids", ()) if one in known][:1]
                more: Doc = {"assignees": chosen} if "assignee_ids" in given else {}
                for theirs, ours in EDITED.items():
                    more |= {ours: given[theirs] or None} if theirs in given else {}
                ticket = self.board.change(ticket["id"], "edited", by=self.me, labels=labels, **more)
        return JSONResponse(self.views.issue(ticket))

    async def notes(self, request: Request) -> Response:
        return self.page(request, [self.views.note(one) for one in reversed(self.ticket(request)["comments"])])

    async def related(self, request: Request) -> Response:
        """The merge requests that mention an issue."""
        return self.page(request, [{"web_url": one} for one in self.ticket(request).get("links", ())])

    async def note(self, request: Request) -> Response:
        ticket = self.ticket(request)
        given = await self.body(request, "POST /projects/{id}/issues/{iid}/notes")
        return JSONResponse(self.views.note(self.board.comment(ticket["id"], given["body"], by=self.me)), 201)

    # What there is

    async def read_project(self, request: Request) -> Response:
        return JSONResponse(self.views.project(self.project(request)))

    async def members(self, request: Request) -> Response:
        self.project(request)
        people = [one["handle"] for one in self.board.people() if one["assignable"]]
        return self.page(request, [{**self.views.user(one), "access_level": 30} for one in people])

    async def milestones(self, request: Request) -> Response:
        found = [self.views.milestone(one) for one in self.board.milestones(self.project(request))]
        return self.page(request, [one for one in found if one["state"] == request.query_params.get("state", "active")])

    async def file(self, request: Request) -> Response:
        """Of the main branch; without `ref` GitLab refuses."""
        project, path = self.project(request), request.path_params["file"]
        if "ref" not in request.query_params:
            return error(400, "ref is missing")
        if path not in project.get("files", ()):
            return error(404, "File Not Found")
        return JSONResponse({"file_name": path.rpartition("/")[2], "file_path": path, "ref": "main", "size": 1})

    async def merge_request(self, request: Request) -> Response:
        """`merge_requests` of a project: the state of each, by its number."""
        project, number = self.project(request), request.path_params["iid"]
        state = project.get("merge_requests", {}).get(str(number))
        if state is None:
            return error(404, "Not found")
        return JSONResponse({"iid": number, "state": state, "merged_at": None})

    async def hooks(self, request: Request) -> Response:
        self.project(request)
        url = self.desk.sender.target()["url"]
        if not behaviour.read(self.board.store).shows_webhooks:
            return error(403, "Forbidden")
        told = {"issues_events": True, "note_events": True, "alert_status": "executable", "disabled_until": None}
        return self.page(request, [{"id": 1, "url": url, **told}] if url else [])

    async def users(self, request: Request) -> Response:
        name = request.query_params.get("username", "")
        return self.page(
            request, [self.views.user(one["handle"]) for one in self.board.people() if one["handle"] == name]
        )

    async def user(self, request: Request) -> Response:
        number = request.path_params["id"]
        handles = [one["handle"] for one in self.board.people() if one["number"] == number]
        if not handles:
            raise Missing("User Not Found")
        return JSONResponse(self.views.user(handles[0], is_full=True))


def titled(given: Doc) -> None:
    """Raises Answered where a title is none, or too long."""
    title = str(given.get("title", "x"))
    if not title.strip() or len(title) > LONGEST_TITLE:
        wrong = "is too long (maximum is 255 characters)" if title.strip() else "can't be blank"
        raise Answered(JSONResponse({"message": {"title": [wrong]}}, 400))


def named(given: Any) -> list[str]:
    """Labels as text with commas, or as a list."""
    return [one.strip() for one in (given.split(",") if isinstance(given, str) else given or []) if one.strip()]


def chosen_by(issue: Doc, asked: dict[str, str]) -> bool:
    state = asked.get("state", "all")
    return (
        state in ("all", issue["state"])
        and after(issue["created_at"], asked.get("created_after"))
        and after(issue["updated_at"], asked.get("updated_after"))
        and any(
            asked.get("search", "") in (issue[name] or "") for name in asked.get("in", "title,description").split(",")
        )
    )


def after(moment: str, limit: str | None) -> bool:
    return limit is None or moment >= str(time_of(clock.moment(limit).isoformat()))


def routes(rest: Rest) -> list[Route]:
    table = [
        ("GET", "/issues", rest.list_issues),
        ("GET", "/users", rest.users),
        ("GET", "/users/{id:int}", rest.user),
        ("GET", ISSUE + "/notes", rest.notes),
        ("POST", ISSUE + "/notes", rest.note),
        ("GET", ISSUE + "/related_merge_requests", rest.related),
        ("GET", ISSUE, rest.read),
        ("PUT", ISSUE, rest.edit),
        ("POST", ISSUES, rest.create),
        ("GET", ISSUES, rest.list_issues),
        ("GET", PROJECT + "/members/all", rest.members),
        ("GET", PROJECT + "/milestones", rest.milestones),
        ("GET", PROJECT + "/hooks", rest.hooks),
        ("GET", PROJECT + "/repository/files/{file:path}", rest.file),
        ("GET", PROJECT + "/merge_requests/{iid:int}", rest.merge_request),
        ("GET", PROJECT, rest.read_project),
    ]
    return [route(rest.desk, [method], API + path, rest.admit, endpoint) for method, path, endpoint in table]
