"""The REST API that the adapter calls: v3 (Cloud) or v2 (Data Center). Routes are at the end, as a table."""

from __future__ import annotations

import base64
import hmac
import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from closeout_sandbox import behaviour, checks
from closeout_sandbox.board.door import Answered, Desk, json_object, route
from closeout_sandbox.jira.about import About
from closeout_sandbox.jira.fields import checked_fields, comment_text, wrong_in
from closeout_sandbox.jira.jql import Query
from closeout_sandbox.jira.views import SPRINT_FIELD, STATUSES, Views
from closeout_sandbox.problems import Invalid, Missing
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.store import Doc

HIDDEN = "Issue does not exist or you do not have permission to see it."
LARGEST_PAGE = 100
TRANSITIONS = {"11": "open", "21": "in_progress", "31": "done", "41": "wont_do"}
EDITED = {"summary": "title", "description": "body", "duedate": "due_on", "labels": "labels", SPRINT_FIELD: "milestone"}
OUTCOMES = {"done": "completed", "wont_do": "not_planned"}


def error(
    status: int, text: str, errors: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Jira's error collection."""
    return JSONResponse({"errorMessages": [text] if text else [], "errors": errors or {}}, status, headers)


def limited(seconds: int | None) -> JSONResponse:
    """Too many requests."""
    headers = {"ratelimit-reason": "jira-burst-based", "x-ratelimit-remaining": "0"}
    wait = {} if seconds is None else {"retry-after": str(seconds)}
    return error(429, "Rate limit exceeded.", headers=headers | wait)


class Rest:
    def __init__(self, desk: Desk, views: Views, settings: SandboxSettings) -> None:
        self.desk = desk
        self.board = desk.board
        self.views = views
        self.settings = settings
        self.me = settings.github_login
        self.version = 3 if views.is_cloud else 2

    def admit(self, request: Request) -> None:
        token = self.settings.jira_token.get_secret_value()
        pair = base64.b64encode(f"{self.settings.jira_email}:{token}".encode()).decode()
        wanted = f"Basic {pair}" if self.views.is_cloud else f"Bearer {token}"
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted.encode()):
            if self.views.is_cloud:
                # To whoever it does not know Cloud says what it says to anybody; only the header tells.
                raise Answered(error(404, HIDDEN, headers={"x-seraph-loginreason": "AUTHENTICATED_FAILED"}))
            raise Answered(error(401, "Client must be authenticated to access this resource."))

    async def body(self, request: Request, operation: str) -> Doc:
        """The JSON body, held against Jira's own description. Raises Answered."""
        given = await json_object(request, lambda text: error(400, f"Invalid request payload: {text}"))
        findings = checks.body("jira", operation, given)
        if findings and self.views.is_cloud:
            raise Answered(error(400, f"Invalid request payload: {findings[0].field} {findings[0].message}"[:300]))
        return given

    def query(self, request: Request, operation: str) -> dict[str, str]:
        given = request.query_params.multi_items()
        findings = checks.query("jira", operation, given)
        if findings and self.views.is_cloud:
            raise Answered(error(400, f"{findings[0].field}: {findings[0].message}"))
        return dict(given)

    def issue(self, request: Request) -> Doc:
        """By id, key or former key. Deleted and hidden look the same."""
        name = request.path_params["issue"]
        project, dash, number = name.rpartition("-")
        try:
            keyed = self.board.numbered(self.board.project(project), int(number)) if dash else None
            found = keyed or self.board.ticket(name)
        except (Missing, ValueError):
            raise Missing(HIDDEN) from None
        if found["deleted"] or not self.board.project(str(found["project"]))["readable"]:
            raise Missing(HIDDEN)
        return found

    def project(self, request: Request) -> Doc:
        key = request.path_params["project"]
        project = self.board.project(key)
        if not project["readable"]:
            raise Missing(f"No project could be found with key '{key}'.")
        return project

    # Issues

    async def create(self, request: Request) -> Response:
        given = await self.body(request, "POST /rest/api/3/issue")
        fields = given.get("fields")
        if not isinstance(fields, dict):
            raise Invalid("fields is missing")
        errors = checked_fields(fields, self.board, is_cloud=self.views.is_cloud)
        if errors:
            return error(400, "", errors)
        project = self.board.project(fields["project"]["key"])
        account = fields.get("assignee") or {}
        assignee = account.get("accountId" if self.views.is_cloud else "name")
        made = self.board.open(
            project,
            fields["summary"],
            by=self.me,
            body=fields.get("description"),
            labels=fields.get("labels") or [],
            assignees=[assignee] if assignee else [],
            due_on=fields.get("duedate"),
            priority=(fields.get("priority") or {}).get("name"),
            milestone=fields.get(SPRINT_FIELD),
            properties={one["key"]: one["value"] for one in given.get("properties") or []},
        )
        shown = self.views.issue(made, ["none"])
        return JSONResponse({"id": shown["id"], "key": shown["key"], "self": shown["self"]}, 201)

    async def read(self, request: Request) -> Response:
        asked = self.query(request, "GET /rest/api/3/issue/{issueIdOrKey}")
        ticket = self.issue(request)
        if time.time() - ticket["made_at"] < behaviour.read(self.board.store).read_lag_seconds:
            raise Missing(HIDDEN)
        return JSONResponse(self.views.issue(ticket, listed(asked, "fields"), listed(asked, "properties")))

    async def edit(self, request: Request) -> Response:
        """Each field that is named is set; null takes it away."""
        ticket = self.issue(request)
        given = await self.body(request, "PUT /rest/api/3/issue/{issueIdOrKey}")
        fields, project = given.get("fields") or {}, self.board.project(str(ticket["project"]))
        errors = wrong_in(fields, project, self.board, is_cloud=self.views.is_cloud)
        if errors:
            return error(400, "", errors)
        changes: Doc = {ours: fields[theirs] for theirs, ours in EDITED.items() if theirs in fields}
        if "assignee" in fields:
            handle = (fields["assignee"] or {}).get("accountId" if self.views.is_cloud else "name")
            changes["assignees"] = [handle] if handle else []
        self.board.change(ticket["id"], "edited", by=self.me, **changes)
        return Response(status_code=204)

    async def search(self, request: Request) -> Response:
        """Cloud's: page by token, no count, only the fields asked for."""
        given = await self.body(request, "POST /rest/api/3/search/jql")
        tickets, start = self.found(given.get("jql", "")), int(given.get("nextPageToken") or 0)
        size = min(int(given.get("maxResults", 50)), LARGEST_PAGE)
        page = tickets[start : start + size]
        fields, properties = given.get("fields") or ["id"], given.get("properties") or []
        issues = [self.views.issue(one, fields, properties) for one in page]
        is_last = start + size >= len(tickets)
        rest = {} if is_last else {"nextPageToken": str(start + size)}
        return JSONResponse({"issues": issues, "isLast": is_last, **rest})

    async def bulk_fetch(self, request: Request) -> Response:
        """What is not there, or not for us, is left out; `issueErrors` is for what could be asked for again."""
        given = await self.body(request, "POST /rest/api/3/issue/bulkfetch")
        wanted = set(given["issueIdsOrKeys"])
        if len(wanted) > LARGEST_PAGE:
            raise Invalid("You can request up to 100 issues.")
        known = [self.board.store.get(f"{self.board.system}.ticket", one) for one in sorted(wanted)]
        tickets = [one for one in known if one is not None and not one["deleted"]]
        chosen = [one for one in tickets if self.board.project(str(one["project"]))["readable"]]
        fields, properties = given.get("fields") or (), given.get("properties") or ()
        return JSONResponse(
            {"issues": [self.views.issue(one, fields, properties) for one in chosen], "issueErrors": []}
        )

    async def old_search(self, request: Request) -> Response:
        """Data Center's, which counts. Cloud has removed it."""
        if self.views.is_cloud:
            text = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
            return error(410, text)
        given = await self.body(request, "POST /rest/api/2/search")
        if {"nextPageToken", "properties", "reconcileIssues"} & given.keys():
            return error(400, "Unrecognized field")
        tickets, start = self.found(given.get("jql", "")), int(given.get("startAt", 0))
        size = min(int(given.get("maxResults", 50)), LARGEST_PAGE)
        issues = [self.views.issue(one, given.get("fields") or ()) for one in tickets[start : start + size]]
        return JSONResponse({"startAt": start, "maxResults": size, "total": len(tickets), "issues": issues})

    def found(self, jql: str) -> list[Doc]:
        keys = {one["id"]: str(one["key"]) for one in self.board.store.all(f"{self.board.system}.project")}
        query = Query(jql, lambda ticket: keys[ticket["project"]], self.me)
        indexed_by = time.time() - behaviour.read(self.board.store).search_lag_seconds
        seen = [one for one in self.board.tickets() if not one["deleted"] and one["made_at"] <= indexed_by]
        return query.chosen(self.board.shown(seen))

    async def comments(self, request: Request) -> Response:
        ticket = self.issue(request)
        asked = self.query(request, "GET /rest/api/3/issue/{issueIdOrKey}/comment")
        every = [self.views.comment(one) for one in ticket["comments"]]
        if asked.get("orderBy") == "-created":
            every.reverse()
        start, size = int(asked.get("startAt", 0)), min(int(asked.get("maxResults", 100)), LARGEST_PAGE)
        page = {"startAt": start, "maxResults": size, "total": len(every)}
        return JSONResponse({"comments": every[start : start + size], **page})

    async def comment(self, request: Request) -> Response:
        ticket = self.issue(request)
        given = await self.body(request, "POST /rest/api/3/issue/{issueIdOrKey}/comment")
        wrong = comment_text(given.get("body"), self.board, self.views.is_cloud)
        if wrong:
            return error(400, "", {"comment": wrong})
        return JSONResponse(self.views.comment(self.board.comment(ticket["id"], given["body"], by=self.me)), 201)

    async def remote_links(self, request: Request) -> Response:
        links = self.issue(request).get("links", ())
        return JSONResponse([{"id": at, "object": {"url": url, "title": url}} for at, url in enumerate(links)])

    async def transitions(self, request: Request) -> Response:
        ticket = self.issue(request)
        self.query(request, "GET /rest/api/3/issue/{issueIdOrKey}/transitions")
        here = self.views.status(ticket)
        ways = [(number, name) for number, name in TRANSITIONS.items() if name != here]
        return JSONResponse({"transitions": [transition(number, name) for number, name in ways]})

    async def transit(self, request: Request) -> Response:
        ticket = self.issue(request)
        given = await self.body(request, "POST /rest/api/3/issue/{issueIdOrKey}/transitions")
        name = TRANSITIONS.get(str((given.get("transition") or {}).get("id")))
        if name is None or name == self.views.status(ticket):
            raise Invalid("It seems that you have tried to perform a workflow operation that is not valid.")
        if name in OUTCOMES:
            self.board.close(ticket["id"], OUTCOMES[name], by=self.me)
        else:
            self.board.reopen(ticket["id"], by=self.me, state=name)
        return Response(status_code=204)


def transition(number: str, name: str) -> Doc:
    status_id, shown, category = STATUSES[name]
    to = {"id": status_id, "name": shown, "statusCategory": {"key": category}}
    return {"id": number, "name": f"To {shown}", "to": to, "hasScreen": False, "fields": {}}


def listed(asked: dict[str, str], name: str) -> list[str]:
    return [one for one in asked.get(name, "").split(",") if one]


def routes(rest: Rest) -> list[Route]:
    about = About(rest)
    api, issue = f"/rest/api/{rest.version}", f"/rest/api/{rest.version}/issue/{{issue}}"
    types = f"{api}/issue/createmeta/{{project}}/issuetypes"
    table = [
        ("POST", f"{api}/issue", rest.create),
        ("GET", types, about.issue_types),
        ("GET", f"{types}/{{type}}", about.type_fields),
        ("GET", issue, rest.read),
        ("PUT", issue, rest.edit),
        ("GET", f"{issue}/comment", rest.comments),
        ("POST", f"{issue}/comment", rest.comment),
        ("GET", f"{issue}/remotelink", rest.remote_links),
        ("GET", f"{issue}/transitions", rest.transitions),
        ("POST", f"{issue}/transitions", rest.transit),
        *([("POST", f"{api}/search/jql", rest.search)] if rest.views.is_cloud else []),
        *([("POST", f"{api}/issue/bulkfetch", rest.bulk_fetch)] if rest.views.is_cloud else []),
        ("POST", f"{api}/search", rest.old_search),
        ("GET", f"{api}/project/{{project}}", about.read_project),
        ("GET", f"{api}/field", about.all_fields),
        ("GET", f"{api}/user/assignable/search", about.assignable),
        ("GET", f"{api}/user", about.user),
        ("GET", "/rest/webhooks/1.0/webhook", about.webhooks),
        ("GET", f"{api}/webhook", about.apps_webhooks),
        ("GET", "/rest/agile/1.0/board", about.boards),
        ("GET", "/rest/agile/1.0/board/{board}/sprint", about.sprints),
    ]
    return [route(rest.desk, [method], path, rest.admit, endpoint) for method, path, endpoint in table]
