"""The REST API that the issue adapter calls. Routes are at the end, as a table."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closeout_sandbox import behaviour, clock
from closeout_sandbox.github import gate, search
from closeout_sandbox.github.gate import Answered, Gate, checked_body, checked_query, page_of
from closeout_sandbox.problems import Invalid, Missing
from closeout_sandbox.state import State
from closeout_sandbox.store import Doc

ISSUES = "/repos/{owner}/{repo}/issues"
ISSUE = ISSUES + "/{issue_number}"
Handler = Callable[["Rest", Request], Awaitable[Response]]


class Rest:
    def __init__(self, state: State) -> None:
        self.state = state
        self.gate = Gate(state.settings, state.store)
        self.github = state.github
        self.me = state.settings.github_login

    # Finding what a path names

    def repository(self, request: Request) -> Doc:
        """Raises Answered: 404 unknown or unreadable, 301 renamed."""
        directory = self.github.directory
        path = request.path_params
        try:
            if "repository_id" in path:
                found = directory.repository_by_id(path["repository_id"])
            else:
                found = directory.repository(f"{path['owner']}/{path['repo']}")
        except Missing:
            raise Answered(gate.error(404, "Not Found")) from None
        if not found["readable"]:
            raise Answered(gate.error(404, "Not Found"))
        if "repo" in path and path["repo"].lower() != found["name"].lower():
            rest = request.url.path.split(f"/{path['owner']}/{path['repo']}", 1)[1]
            self.moved(f"/repositories/{found['id']}{rest}")
        return found

    def moved(self, path: str) -> None:
        url = self.github.views.views.api + path
        raise Answered(gate.error(301, "Moved Permanently", headers={"location": url}, url=url))

    def issue(self, request: Request) -> tuple[Doc, Doc]:
        """Raises Answered: 404 unknown or not yet readable, 410 deleted or issues switched off, 301 transferred (404 if
        unreadable there)."""
        repository = self.repository(request)
        self.unless_switched_off(repository)
        try:
            issue = self.github.issues.find(repository, request.path_params["issue_number"])
        except Missing:
            raise Answered(gate.error(404, "Not Found")) from None
        if time.time() - issue["made_at"] < behaviour.read(self.state.store).read_lag_seconds:
            raise Answered(gate.error(404, "Not Found"))
        if issue["deleted"]:
            raise Answered(gate.error(410, "This issue was deleted"))
        if issue["moved_to"]:
            target = self.github.directory.repository_by_id(issue["moved_to"]["repository_id"])
            if not target["readable"]:
                raise Answered(gate.error(404, "Not Found"))
            self.moved(f"/repositories/{target['id']}/issues/{issue['moved_to']['number']}")
        return repository, issue

    def unless_switched_off(self, repository: Doc) -> None:
        if not repository["has_issues"]:
            raise Answered(gate.error(410, "Issues are disabled for this repo"))

    def unless_archived(self, repository: Doc) -> None:
        if repository.get("archived"):
            raise Answered(gate.error(403, "Repository was archived so is read-only."))

    def permitted(self, repository: Doc, given: Doc) -> Doc:
        """Without push access labels, milestone and assignees are dropped without a word."""
        if repository["push"]:
            return given
        return {key: value for key, value in given.items() if key in ("title", "body", "state", "state_reason")}

    def paged(self, request: Request, repository: Doc, items: list[Doc], tail: str) -> Response:
        base = f"{self.github.views.views.api}/repositories/{repository['id']}{tail}"
        page, headers = page_of(request, items, base)
        return JSONResponse(page, headers=headers)

    # Issues

    async def create_issue(self, request: Request) -> Response:
        repository = self.repository(request)
        self.unless_switched_off(repository)
        self.unless_archived(repository)
        given = await checked_body(request, f"POST {ISSUES}", "Issue")
        issue = self.github.issues.open(repository, self.permitted(repository, given), by=self.me)
        view = self.github.views.full_issue(repository, issue)
        return JSONResponse(view, 201, {"location": view["url"]})

    async def get_issue(self, request: Request) -> Response:
        checked_query(request, f"GET {ISSUE}")
        return JSONResponse(self.github.views.full_issue(*self.issue(request)))

    async def update_issue(self, request: Request) -> Response:
        repository, issue = self.issue(request)
        self.unless_archived(repository)
        given = await checked_body(request, f"PATCH {ISSUE}", "Issue")
        changed = self.github.issues.edit(repository, issue["number"], self.permitted(repository, given), by=self.me)
        return JSONResponse(self.github.views.full_issue(repository, changed))

    async def list_issues(self, request: Request) -> Response:
        repository = self.repository(request)
        self.unless_switched_off(repository)
        query = checked_query(request, f"GET {ISSUES}")
        listed_by = time.time() - behaviour.read(self.state.store).list_lag_seconds
        found = [one for one in self.github.views.issues_of(repository) if one["made_at"] <= listed_by]
        chosen = [one for one in found if wanted(one, query)]
        order = {"created": "created_at", "updated": "updated_at", "comments": "comments"}[query.get("sort", "created")]
        views = [self.github.views.issue(repository, one) for one in chosen]
        views.sort(key=lambda view: (view[order], view["number"]), reverse=query.get("direction", "desc") == "desc")
        return self.paged(request, repository, views, "/issues")

    async def search_issues(self, request: Request) -> Response:
        query = checked_query(request, "GET /search/issues")
        found = []
        for issue in search.indexed(self.state.store):
            repository = self.github.directory.repository_by_id(issue["repository_id"])
            if search.matches(query["q"], issue, f"{repository['owner']}/{repository['name']}"):
                view = self.github.views.issue(repository, issue)
                found.append({**view, "body": view["body"] or "", "score": 1.0})
        found.sort(key=lambda view: str(view["created_at"]), reverse=query.get("order", "desc") == "desc")
        page, headers = page_of(request, found, f"{self.github.views.views.api}/search/issues")
        answer = {"total_count": len(found), "incomplete_results": False, "search_type": "lexical", "items": page}
        return JSONResponse(answer, headers=headers)

    # What belongs to an issue

    async def list_comments(self, request: Request) -> Response:
        repository, issue = self.issue(request)
        query = checked_query(request, f"GET {ISSUE}/comments")
        since = clock.seconds(clock.moment(query["since"])) if "since" in query else ""
        found = [one for one in self.state.store.all("github.comment", issue["id"]) if one["updated_at"] >= since]
        views = [self.github.views.views.comment(repository, one) for one in found]
        return self.paged(request, repository, views, f"/issues/{issue['number']}/comments")

    async def create_comment(self, request: Request) -> Response:
        repository, issue = self.issue(request)
        self.unless_archived(repository)
        given = await checked_body(request, f"POST {ISSUE}/comments", "IssueComment")
        comment = self.github.issues.comment(repository, issue["number"], given["body"], by=self.me)
        view = self.github.views.views.comment(repository, comment)
        return JSONResponse(view, 201, {"location": view["url"]})

    async def list_events(self, request: Request) -> Response:
        repository, issue = self.issue(request)
        checked_query(request, f"GET {ISSUE}/events")
        found = self.state.store.all("github.event", issue["id"])
        views = [self.github.views.event(repository, one) for one in found]
        return self.paged(request, repository, views, f"/issues/{issue['number']}/events")

    async def list_timeline(self, request: Request) -> Response:
        repository, issue = self.issue(request)
        left_out = checked_query(request, f"GET {ISSUE}/timeline").get("exclude", "").split(",")
        entries = [one for one in self.github.views.timeline(repository, issue) if one["event"] not in left_out]
        return self.paged(request, repository, entries, f"/issues/{issue['number']}/timeline")


def wanted(issue: Doc, query: dict[str, str]) -> bool:
    state, labels = query.get("state", "open"), [name for name in query.get("labels", "").lower().split(",") if name]
    has_labels = set(labels) <= {name.lower() for name in issue["labels"]}
    since = clock.seconds(clock.moment(query["since"])) if "since" in query else ""
    return (
        state in ("all", issue["state"])
        and has_labels
        and bool(issue["updated_at"] >= since)
        and query.get("creator", "").lower() in ("", issue["user"].lower())
        and f"@{query.get('mentioned', '')}".rstrip("@").lower() in (issue["body"] or "").lower()
        and query.get("type", "none") == "none"  # No issue here has a type or field values.
        and "issue_field_values" not in query
        and one_of(query.get("assignee"), [login.lower() for login in issue["assignees"]])
        and one_of(query.get("milestone"), [str(issue["milestone"])] if issue["milestone"] else [])
    )


def one_of(asked: str | None, held: list[str]) -> bool:
    """GitHub's way to ask: a name, `none`, or `*` for any."""
    if asked is None:
        return True
    if asked in ("*", "none"):
        return bool(held) is (asked == "*")
    return asked.lower() in held


def endpoint(rest: Rest, handler: Handler, resource: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            rest.gate.admit(request)
            response = await handler(rest, request)
        except Answered as stop:
            response = stop.response
        except Invalid as problem:
            response = gate.invalid_value(resource, problem)
        except Missing:
            response = gate.error(404, "Not Found")
        finished = rest.gate.finish(request, response)
        rest.github.hooks.kick()
        return finished

    return answer


def route(rest: Rest, methods: str, path: str, handler: Handler, resource: str = "Issue") -> list[BaseRoute]:
    """Everything under a repository is also found by the repository's number, where redirects lead."""
    typed = path.replace("_number}", "_number:int}").replace("_id}", "_id:int}")
    paths = [typed, typed.replace("/repos/{owner}/{repo}", "/repositories/{repository_id:int}")]
    asked: list[Any] = methods.split()
    return [Route(one, endpoint(rest, handler, resource), methods=asked) for one in dict.fromkeys(paths)]


def routes(rest: Rest) -> list[BaseRoute]:
    return [
        *route(rest, "POST", ISSUES, Rest.create_issue),
        *route(rest, "GET", ISSUES, Rest.list_issues),
        *route(rest, "GET", ISSUE, Rest.get_issue),
        *route(rest, "PATCH", ISSUE, Rest.update_issue),
        *route(rest, "GET", ISSUE + "/comments", Rest.list_comments),
        *route(rest, "POST", ISSUE + "/comments", Rest.create_comment, "IssueComment"),
        *route(rest, "GET", ISSUE + "/events", Rest.list_events),
        *route(rest, "GET", ISSUE + "/timeline", Rest.list_timeline),
        *route(rest, "GET", "/search/issues", Rest.search_issues, "Search"),
    ]
