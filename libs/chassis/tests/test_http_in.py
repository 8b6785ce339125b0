"""Bodies with a limit and a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message, Receive

from closeout_chassis import http_in
from closeout_chassis.errors import Refused
from closeout_chassis.http_in import read_body
from closeout_chassis.telemetry import Metrics


def arriving(*messages: Message, pause: float = 0) -> Receive:
    left: Iterable[Message] = iter(messages)

    async def receive() -> Message:
        await asyncio.sleep(pause)
        return next(left)  # type: ignore[call-overload,no-any-return]

    return receive


def part(body: bytes, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_in_parts_is_put_together() -> None:
    assert await read_body(arriving(part(b"a", True), part(b"", True), part(b"b")), "", 10) == b"ab"


@pytest.mark.parametrize(
    ("messages", "declared"),
    [([part(b"x" * 11)], ""), ([part(b"x" * 6, True), part(b"x" * 6)], ""), ([part(b"x")], "11")],
)
async def test_what_is_longer_than_the_limit_is_refused(messages: list[Message], declared: str) -> None:
    with pytest.raises(Refused) as refused:
        await read_body(arriving(*messages), declared, 10)

    assert refused.value.status == 413


async def test_a_sender_that_hangs_up_is_no_body() -> None:
    for messages in ([{"type": "http.disconnect"}], [part(b"a", True), {"type": "http.disconnect"}]):
        with pytest.raises(Refused) as refused:
            await read_body(arriving(*messages), "", 10)
        assert refused.value.status == 400


async def test_a_sender_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_in, "SLOWEST_BODY_SECONDS", 0.05)

    with pytest.raises(Refused) as refused:
        await read_body(arriving(*[part(b"x", True)] * 50, pause=0.01), "", 1000)

    assert refused.value.status == 408


async def test_a_traced_request_leaves_an_exemplar_that_leads_to_its_trace() -> None:
    metrics = Metrics("any")
    app = Starlette(routes=[Route("/slow", lambda _request: PlainTextResponse("done"))])
    app.router.routes[:0] = http_in.health_routes(metrics, dict, _nothing, _nothing)
    transport = httpx.ASGITransport(http_in.Measured(app, metrics, {}))
    async with httpx.AsyncClient(transport=transport, base_url="http://any.test") as client:
        await client.get("/slow", headers={"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})
        await client.get("/untraced")
        plain = await client.get("/metrics")
        openmetrics = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})

    assert 'trace_id="0af7651916cd43dd8448eb211c80319c"' in openmetrics.text
    assert openmetrics.headers["Content-Type"].startswith("application/openmetrics-text")
    assert "trace_id" not in plain.text
    assert plain.headers["Content-Type"].startswith("text/plain")


async def test_requests_are_counted_by_the_pattern_of_their_path_also_those_of_an_included_router() -> None:
    metrics = Metrics("any")
    app, router = FastAPI(), APIRouter(prefix="/api/v1")
    router.get("/reviews/{number}")(lambda number: number)
    app.include_router(router)
    app.router.routes.append(Route("/pages/{name}", lambda _request: PlainTextResponse("a page")))
    transport = httpx.ASGITransport(http_in.Measured(app, metrics, {}))
    async with httpx.AsyncClient(transport=transport, base_url="http://any.test") as client:
        for path in ("/api/v1/reviews/17", "/pages/first", "/nowhere"):
            await client.get(path)
        await client.post("/api/v1/reviews/17")

    counted = {
        (one.labels["method"], one.labels["route"], one.labels["status"])
        for family in metrics.requests.collect()
        for one in family.samples
        if one.name.endswith("_total")
    }
    assert counted == {
        ("GET", "/api/v1/reviews/{number}", "200"),
        ("POST", "/api/v1/reviews/{number}", "405"),
        ("GET", "/pages/{name}", "200"),
        ("GET", "other", "404"),
    }


async def _nothing() -> Any:
    return None
