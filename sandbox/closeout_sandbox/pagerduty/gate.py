"""What PagerDuty asks of every request, and what it puts on every answer: key, limits, error bodies, pages."""

import json
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from closeout_sandbox import behaviour, checks, clock
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.store import Doc, Store

MINUTE = 60.0
# https://developer.pagerduty.com/docs/pagination: limit + offset may not go beyond it.
LAST_REACHABLE = 10_000


class Answered(Exception):
    """Stops a request with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def error(status: int, message: str, code: int, errors: Iterable[str] = (), **headers: str) -> JSONResponse:
    body: Doc = {"message": message, "code": code}
    if errors:
        body["errors"] = list(errors)
    return JSONResponse({"error": body}, status, headers)


def invalid(*errors: str) -> JSONResponse:
    return error(400, "Invalid Input Provided", 2001, errors)


def not_found() -> JSONResponse:
    return error(404, "Not Found", 2100)


def rate_limit(headers: dict[str, str]) -> JSONResponse:
    answer = error(429, "Rate Limit Exceeded", 2020)
    answer.headers.update(headers)
    return answer


@dataclass
class Gate:
    settings: SandboxSettings
    store: Store
    opened: float = 0.0
    used: int = 0

    def admit(self, request: Request) -> None:
        """Raises Answered for whoever has no valid key or no requests left."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        key = self.settings.pagerduty_token.get_secret_value()
        if not (scheme == "Token" and token == f"token={key}") and not (scheme == "Bearer" and token == key):
            raise Answered(error(401, "Authentication failed", 2006))
        if time.time() - self.opened >= MINUTE:
            self.opened, self.used = time.time(), 0
        self.used += 1
        if self.used > behaviour.read(self.store).pagerduty_per_minute:
            raise Answered(rate_limit(self.limit_headers()))

    def limit_headers(self) -> dict[str, str]:
        limit = behaviour.read(self.store).pagerduty_per_minute
        left = max(0.0, self.opened + MINUTE - time.time()) if self.opened else MINUTE
        return {
            "ratelimit-limit": str(limit),
            "ratelimit-remaining": str(max(0, limit - self.used)),
            "ratelimit-reset": str(math.ceil(left)),
        }

    def finish(self, response: Response) -> Response:
        if response.status_code != 401:
            for name, value in self.limit_headers().items():
                response.headers.setdefault(name, value)
        response.headers["x-request-id"] = f"{self.store.next('pagerduty.request'):032x}"
        return response


async def checked_body(request: Request, operation: str) -> Doc:
    """The JSON body, held against the description. Raises Answered with 400."""
    try:
        given = json.loads(await request.body() or b"null")
    except ValueError:
        raise Answered(invalid("The request body is not JSON")) from None
    findings = checks.body("pagerduty", operation, given)
    if findings:
        raise Answered(invalid(*(f"{one.field or 'body'}: {one.message}" for one in findings)))
    return dict(given)


def checked_query(request: Request, operation: str) -> None:
    """Raises Answered with 400."""
    findings = checks.query("pagerduty", operation, request.query_params.multi_items())
    if findings:
        raise Answered(invalid(*(f"{one.field or 'query'}: {one.message}" for one in findings)))
    zone_of(request)


def zone_of(request: Request) -> ZoneInfo:
    try:
        return ZoneInfo(request.query_params.get("time_zone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        raise Answered(invalid("Time zone is not known")) from None


def in_zone(request: Request, views: list[Doc]) -> list[Doc]:
    """The views with their own times written in the time zone asked for."""
    if "time_zone" not in request.query_params:
        return views
    zone = zone_of(request)
    return [{key: local(key, value, zone) for key, value in view.items()} for view in views]


def local(key: str, value: Any, zone: ZoneInfo) -> Any:
    return clock.moment(value).astimezone(zone).isoformat() if key.endswith("_at") and value else value


def page_of(request: Request, name: str, items: list[Any]) -> Doc:
    """One page; `total` is null unless asked for."""
    query = request.query_params
    limit, offset = int(query.get("limit", 25)), int(query.get("offset", 0))
    if limit + offset > LAST_REACHABLE:
        raise Answered(invalid(f"Offset plus limit may not exceed {LAST_REACHABLE}"))
    total = len(items) if query.get("total", "").lower() == "true" else None
    more = len(items) > offset + limit
    return {name: items[offset : offset + limit], "limit": limit, "offset": offset, "more": more, "total": total}
