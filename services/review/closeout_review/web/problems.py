"""Errors as pages, where a person with a browser made the request; elsewhere they stay problems in JSON."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from closeout_review.web.render import Renderer

# What the framework says of it helps nobody.
NOTHING_THERE = "There is no page at this address: it may be cut short, or come from somewhere else."
Handler = Callable[[Request, Exception], Awaitable[Response]]


def for_people(handlers: Mapping[Any, Handler], renderer: Renderer) -> dict[Any, Handler]:
    """The same handlers, whose answers a browser gets as a page."""
    return {error: _as_page(handler, renderer) for error, handler in handlers.items()}


def _as_page(handler: Handler, renderer: Renderer) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        response = await handler(request, error)
        if request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
            return response
        problem = json.loads(bytes(response.body))
        code = problem["type"].rpartition(":")[2]
        detail = NOTHING_THERE if code == "not-found" else problem["detail"]
        page = renderer.page("problem.html", response.status_code, code=code, detail=detail)
        if "retry-after" in response.headers:
            page.headers["Retry-After"] = response.headers["retry-after"]
        return page

    return handle
