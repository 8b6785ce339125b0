"""What GitHub asks of every request, and what it puts on every answer: identity, limits, error bodies, pages, ETags."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from closeout_sandbox import behaviour, checks
from closeout_sandbox.problems import Invalid
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.store import Doc, Store

DOCS = "https://docs.github.com/rest"
LARGEST_PAGE = 100  # https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api


class Answered(Exception):
    """Stops a request with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def error(status: int, message: str, *, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    body = {"message": message, **more, "documentation_url": DOCS, "status": str(status)}
    return JSONResponse(body, status, headers)


def invalid(resource: str, findings: Sequence[checks.Finding]) -> JSONResponse:
    errors = []
    for one in findings:
        entry = {"resource": resource, "field": one.field, "code": one.code, "message": one.message}
        sayable = isinstance(one.value, str | int) and not isinstance(one.value, bool)
        errors.append({**entry, "value": one.value} if sayable else entry)
    return error(422, "Validation Failed", errors=errors)


def invalid_value(resource: str, problem: Invalid) -> JSONResponse:
    code = "missing_field" if problem.value is None else "invalid"
    return invalid(resource, [checks.Finding(problem.field, code, str(problem), problem.value)])


@dataclass
class Window:
    """Requests counted since `opened`, in seconds since the epoch."""

    opened: float = 0.0
    used: int = 0

    def count(self, length: float, cost: int = 1) -> int:
        if time.time() - self.opened >= length:
            self.opened, self.used = time.time(), 0
        self.used += cost
        return self.used


@dataclass
class Gate:
    settings: SandboxSettings
    store: Store
    windows: dict[str, Window] = field(default_factory=dict)

    def admit(self, request: Request) -> None:
        """Raises Answered for whoever has no User-Agent, no valid token, or no requests left."""
        if not request.headers.get("user-agent", "").strip():
            text = (
                "Request forbidden by administrative rules. "
                "Please make sure your request has a User-Agent header (https://docs.github.com/rest)."
            )
            raise Answered(PlainTextResponse(text, 403))
        given = request.headers.get("authorization", "")
        if not given:
            raise Answered(error(401, "Requires authentication"))
        scheme, _, token = given.partition(" ")
        if scheme.lower() not in ("bearer", "token") or token != self.settings.github_token.get_secret_value():
            raise Answered(error(401, "Bad credentials"))
        self.charge(request)

    def charge(self, request: Request) -> None:
        limits = behaviour.read(self.store)
        if request.url.path.endswith("/rate_limit"):
            return
        resource, length, limit = self.resource(request.url.path, limits)
        if self.window(resource).count(length) > limit:
            self.window(resource).used = limit
            raise Answered(primary_limit(self.limit_headers(resource, length, limit)))
        creates = request.method == "POST" and not any(one in request.url.path for one in ("/deliveries/", "/graphql"))
        if creates and self.window("content").count(60) > limits.github_content_per_minute:
            raise Answered(secondary_limit(retry_after=60, remaining=limit - self.window(resource).used))

    def resource(self, path: str, limits: behaviour.Behaviour) -> tuple[str, float, int]:
        if "/search/" in path:
            return "search", 60.0, limits.github_search_per_minute
        return "core", 3600.0, limits.github_hourly_limit

    def window(self, name: str) -> Window:
        return self.windows.setdefault(name, Window())

    def limit_headers(self, resource: str, length: float, limit: int) -> dict[str, str]:
        window = self.window(resource)
        reset = int((window.opened or time.time()) + length)
        return {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(max(0, limit - window.used)),
            "x-ratelimit-used": str(window.used),
            "x-ratelimit-reset": str(reset),
            "x-ratelimit-resource": resource,
        }

    def overview(self) -> Doc:
        limits = behaviour.read(self.store)
        resources = {}
        for path in ("/", "/search/"):
            name, length, limit = self.resource(path, limits)
            headers = self.limit_headers(name, length, limit)
            counts = ("limit", "used", "remaining", "reset")
            resources[name] = {count: int(headers[f"x-ratelimit-{count}"]) for count in counts}
        return {"resources": resources, "rate": resources["core"]}

    def finish(self, request: Request, response: Response) -> Response:
        """Adds the headers; a conditional GET that matches becomes a 304, which costs nothing."""
        limits = behaviour.read(self.store)
        resource, length, limit = self.resource(request.url.path, limits)
        if request.method == "GET" and response.status_code == 200:
            tag = f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()}"'
            if tag in [one.strip() for one in request.headers.get("if-none-match", "").split(",")]:
                self.window(resource).used -= 1
                response = Response(status_code=304)
            response.headers["etag"] = tag
        for name, value in self.limit_headers(resource, length, limit).items():
            response.headers.setdefault(name, value)
        number = self.store.next("github.request")
        response.headers["x-github-request-id"] = f"5A4D:{number:04X}:0:0:0"
        response.headers["x-github-media-type"] = "github.v3; format=json"
        response.headers["x-github-api-version-selected"] = "2022-11-28"
        response.headers["x-accepted-github-permissions"] = "issues=write" if request.method != "GET" else "issues=read"
        return response


def primary_limit(headers: dict[str, str], status: int = 403) -> JSONResponse:
    spent = {"x-ratelimit-remaining": "0"} if headers else {}
    return error(status, "API rate limit exceeded for this user.", headers={**headers, **spent})


def secondary_limit(*, retry_after: int | None, remaining: int, status: int = 403) -> JSONResponse:
    headers = {"x-ratelimit-remaining": str(max(0, remaining))}
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return error(status, message, headers=headers)


async def checked_body(request: Request, operation: str, resource: str) -> Doc:
    """The JSON body, held against the description. Raises Answered with 400 or 422."""
    try:
        given = json.loads(await request.body() or b"null")
    except ValueError:
        raise Answered(error(400, "Problems parsing JSON")) from None
    if not isinstance(given, dict):
        raise Answered(error(400, "Body should be a JSON object"))
    findings = checks.body("github", operation, given)
    if findings:
        raise Answered(invalid(resource, findings))
    return given


def checked_query(request: Request, operation: str, resource: str = "Search") -> dict[str, str]:
    given = request.query_params.multi_items()
    findings = checks.query("github", operation, given)
    if findings:
        raise Answered(invalid(resource, findings))
    return dict(given)


def page_of(request: Request, items: list[Doc], link_base: str) -> tuple[list[Doc], dict[str, str]]:
    """One page of `items`, and the Link header that leads to the others."""
    query = dict(request.query_params)
    size = min(LARGEST_PAGE, max(1, int(query.get("per_page", 30))))
    number = max(1, int(query.get("page", 1)))
    last = max(1, -(-len(items) // size))
    targets = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    wanted = [name for name in ("prev", "first") if number > 1] + [name for name in ("next", "last") if number < last]
    links = [f'<{link_base}?{urlencode({**query, "page": targets[name]})}>; rel="{name}"' for name in wanted]
    return items[(number - 1) * size : number * size], {"link": ", ".join(links)} if links else {}
