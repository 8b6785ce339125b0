"""The outermost layer: writes each vendor request into the journal and lets go wrong what was asked to."""

import asyncio
import math
import time
from dataclasses import dataclass, field
from typing import Any, get_args

import httpx
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from closeout_sandbox.faults import Fault, System
from closeout_sandbox.github import gate as github
from closeout_sandbox.pagerduty import gate as pagerduty
from closeout_sandbox.slack import rest as slack
from closeout_sandbox.state import State

HTML = "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1><p>The server had a hiccup.</p></body></html>"
USUAL_STATUS = {"status": 500, "html": 502, "primary_limit": 403, "secondary_limit": 403}


@dataclass
class Kept:
    """An answer that is held back until it is known whether the caller gets it."""

    start: Message = field(default_factory=dict)
    body: bytes = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    @property
    def status(self) -> int:
        return int(self.start["status"])


class Front:
    def __init__(self, app: ASGIApp, state: State) -> None:
        self.app = app
        self.state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        system, path = vendor_of(scope)
        if not system:
            await self.app(scope, receive, send)
            return
        body = await read(receive)
        entry = self.state.journal.begin(system, scope["method"], path, scope["query_string"].decode(), body)
        fault = self.state.faults.strike(system, scope["method"], path, body)
        kept = await self.answer(scope, body, fault)
        closed = fault is not None and fault.kind == "disconnect"
        self.state.journal.end(entry, None if closed else kept.status, fault.kind if fault else None)
        if closed:
            await hang_up(send, receive)
        elif fault and fault.kind == "half_body":
            await send(kept.start)
            await send({"type": "http.response.body", "body": kept.body[: len(kept.body) // 2], "more_body": True})
            await hang_up(send, receive)
        else:
            await send(kept.start)
            await send({"type": "http.response.body", "body": kept.body})

    async def answer(self, scope: Scope, body: bytes, fault: Fault | None) -> Kept:
        """What the caller shall see; the request takes effect unless the fault comes before it."""
        if fault is None:
            return await self.run(scope, body)
        if fault.kind == "slow" and fault.when == "before":
            await asyncio.sleep(fault.seconds)
        in_place_of_it = fault.kind not in ("slow", "half_body")
        kept = Kept()
        if fault.when == "after" or not in_place_of_it:
            kept = await self.run(scope, body)
        if fault.kind == "slow" and fault.when == "after":
            await asyncio.sleep(fault.seconds)
        return await rendered(wrong_answer(fault, self.state)) if in_place_of_it else kept

    async def run(self, scope: Scope, body: bytes) -> Kept:
        kept = Kept()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, receive, kept.take)
        return kept


def vendor_of(scope: Scope) -> tuple[str, str]:
    """(system, the vendor's own path); ("", "") for everything that is no vendor's REST API."""
    if scope["type"] == "http":
        for system in get_args(System):
            prefix = f"/{system}/api"
            if scope["path"].startswith(f"{prefix}/"):
                return system, scope["path"].removeprefix(prefix)
    return "", ""


async def read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def rendered(response: Response) -> Kept:
    kept = Kept()

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    await response({"type": "http"}, nothing, kept.take)
    return kept


def wrong_answer(fault: Fault, state: State) -> Response:
    status = fault.status or USUAL_STATUS.get(fault.kind, 500)
    reset = math.ceil(time.time() + fault.seconds)
    if fault.kind == "html":
        return HTMLResponse(HTML, status)
    if fault.system in state.trackers:
        desk = state.trackers[fault.system].desk
        is_limit = fault.kind in ("rate_limit", "primary_limit", "secondary_limit")
        return desk.limited(fault.retry_after) if is_limit else desk.error(status, "The sandbox was told to fail")
    if fault.system == "slack":
        return slack.limited(fault.retry_after) if "limit" in fault.kind else slack.error("internal_error", status)
    if fault.kind == "primary_limit":
        limits = {"limit": 5000, "used": 5000, "reset": reset, "resource": "core"}
        headers = {f"x-ratelimit-{name}": str(value) for name, value in limits.items()} if fault.headers else {}
        return github.primary_limit(headers, status)
    if fault.kind == "secondary_limit":
        return github.secondary_limit(retry_after=fault.retry_after, remaining=4321, status=status)
    if fault.kind == "rate_limit":
        wait = str(math.ceil(fault.seconds))
        named = {"ratelimit-limit": "960", "ratelimit-remaining": "0", "ratelimit-reset": wait}
        return pagerduty.rate_limit(named if fault.headers else {})
    if fault.system == "github":
        return github.error(status, "The sandbox was told to fail")
    return pagerduty.error(status, "The sandbox was told to fail", 2000)


async def hang_up(send: Send, receive: Receive) -> None:
    """Close the connection under the caller, as a broken proxy or network does."""
    transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:  # No connection: the application is being called in-process.
        raise httpx.RemoteProtocolError("the sandbox closed the connection")
    # What was written so far shall still arrive: close, not abort.
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
