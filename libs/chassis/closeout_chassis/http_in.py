"""HTTP in: problems as RFC 9457, bodies with a limit, health, metrics. For every service alike."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from typing import Any

from opentelemetry import trace
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from closeout_chassis.db import AWAY
from closeout_chassis.errors import Refused
from closeout_chassis.telemetry import Metrics, exemplar, span

log = logging.getLogger(__name__)

# A sender that takes longer is stuck, or holds the connection on purpose.
SLOWEST_BODY_SECONDS = 10
# Health is asked for every few seconds; counting that says nothing.
UNCOUNTED = {"/livez", "/readyz", "/metrics"}


async def read_body(receive: Receive, declared: str, limit: int) -> bytes:
    """The raw body. `declared` is its length as the header has it.

    Raises Refused: 413 as soon as it is longer than `limit` bytes, whatever was declared; 408 when it is too slow; 400
    when the connection ends before it does.
    """
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    reading = _whole(receive, limit)
    try:
        first = reading.send(None)
    except StopIteration as read:
        # All of it was there already, as with nearly every webhook: a timer would cost a tenth of what the door takes.
        whole: bytes = read.value
        return whole
    try:
        async with asyncio.timeout(SLOWEST_BODY_SECONDS):
            return await _Begun(reading, first)
    except TimeoutError:
        raise Refused(408, "body-too-slow", f"The body took more than {SLOWEST_BODY_SECONDS} s to arrive.") from None


class _Begun:
    """A coroutine that runs already, and waits for the future that it gave."""

    def __init__(self, coroutine: Coroutine[Any, None, bytes], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, None, bytes]:
        try:
            yield self._waits_for
        except BaseException:
            self._coroutine.close()
            raise
        return (yield from self._coroutine.__await__())


async def _whole(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "body-cut-off", "The connection ended before the body did.")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise _too_large(limit)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit: int) -> Refused:
    return Refused(413, "body-too-large", f"The body is longer than {limit} bytes, the most that is taken here.")


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """An error as RFC 9457 has it."""
    body = {"type": f"urn:closeout:problem:{code}", "title": code.replace("-", " "), "status": status, "detail": detail}
    return JSONResponse({**body, **more}, status, headers, media_type="application/problem+json")


async def on_refused(_request: Request, error: Exception) -> Response:
    """The caller's fault."""
    assert isinstance(error, Refused)
    return problem(error.status, error.code, error.detail, error.headers, **error.more)


async def on_http_exception(_request: Request, error: Exception) -> Response:
    """What the framework itself refuses: no such path, no such method."""
    assert isinstance(error, HTTPException)
    code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, f"http-{error.status_code}")
    return problem(error.status_code, code, str(error.detail), dict(error.headers or {}))


async def on_database_away(_request: Request, error: Exception) -> Response:
    """PostgreSQL is away: the sender shall keep it and come back."""
    log.warning("the database is away", extra={"because": f"{type(error).__name__}: {error}"})
    return problem(503, "database-away", "The database does not answer now. Try again.", {"Retry-After": "5"})


async def on_defect(_request: Request, error: Exception) -> Response:
    """A defect of ours. The trace goes to the log, never to the caller."""
    log.error("a request failed", exc_info=error)
    return problem(500, "internal-error", "Something failed here. Try again; if it stays, the service's log says why.")


EXCEPTION_HANDLERS: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    Refused: on_refused,
    HTTPException: on_http_exception,
    **dict.fromkeys(AWAY, on_database_away),
    Exception: on_defect,
}


class Measured:
    """Counts and times requests by route, and opens a span for each; a request's body is not touched.

    A door answers its own path by itself, before any of this: it is as fast as a bare ASGI handler. A door whose path
    ends in a slash answers what is one step below it.
    """

    def __init__(self, app: Starlette, metrics: Metrics, doors: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._metrics = metrics
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        door = self._doors.get(path) or self._doors.get(path[: path.rfind("/") + 1])
        if door is not None:
            await door(scope, receive, send)
            return
        if scope["type"] != "http" or scope["path"] in UNCOUNTED:
            await self._app(scope, receive, send)
            return
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        with span(scope["method"], traceparent_of(scope)):
            try:
                await self._app(scope, receive, noting)
            finally:
                route = self._route(scope)
                trace.get_current_span().update_name(f"{scope['method']} {route}")
                self._metrics.requests.labels(scope["method"], route, str(status)).inc()
                self._metrics.request_seconds.labels(route).observe(time.perf_counter() - began, exemplar())

    def _route(self, scope: Scope) -> str:
        """The pattern of the path, never the path itself: a label must be bounded. Not every router says which."""
        found = (route for route in self._app.routes if route.matches(scope)[0] is Match.FULL)
        return str(getattr(scope.get("route") or next(found, None), "path", "other"))


def traceparent_of(scope: Scope) -> str | None:
    """The trace that the caller says this belongs to."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)


def health_routes(
    metrics: Metrics,
    alive: Callable[[], dict[str, Any]],
    ready: Callable[[], Awaitable[dict[str, Any]]],
    refresh: Callable[[], Awaitable[None]],
) -> list[Route]:
    """`/livez`, `/readyz` and `/metrics`. A check's answer is a dictionary with `ok`."""

    async def livez(_request: Request) -> Response:
        answer = alive()
        return JSONResponse(answer, 200 if answer["ok"] else 503)

    async def readyz(_request: Request) -> Response:
        answer = await ready()
        return JSONResponse(answer, 200 if answer["ok"] else 503)

    async def own_metrics(request: Request) -> Response:
        await refresh()
        text, content_type = metrics.encoded(request.headers.get("accept", ""))
        return Response(text, headers={"Content-Type": content_type})

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", own_metrics)]
