"""What goes wrong when it is asked for, over a real connection where it matters."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from closeout_sandbox.testing import RunningSandbox, serving

from .conftest import GITHUB_HEADERS, ISSUES, PAGERDUTY_HEADERS, Bench, settings


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[RunningSandbox]:
    async with serving(settings(github_webhook_url="", pagerduty_webhook_url="")) as sandbox:
        yield sandbox


@pytest.fixture
async def running(served: RunningSandbox) -> RunningSandbox:
    await served.control.post("/reset")
    return served


@pytest.fixture
async def github(running: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.github_api, headers=GITHUB_HEADERS, timeout=5) as client:
        yield client


async def fault(running: RunningSandbox, kind: str, **more: Any) -> None:
    given = {"system": "github", "method": "POST", "path": "/repos/*/issues", "kind": kind, **more}
    answer = await running.control.post("/faults", json=given)
    assert answer.status_code == 200, answer.text


async def issues(github: httpx.AsyncClient) -> list[str]:
    return [one["title"] for one in (await github.get(ISSUES, params={"state": "all"})).json()]


async def test_the_answer_can_come_after_the_caller_gave_up_and_the_issue_is_there(
    running: RunningSandbox, github: httpx.AsyncClient
) -> None:
    await fault(running, "slow", when="after", seconds=0.5)

    with pytest.raises(httpx.ReadTimeout):
        await github.post(ISSUES, json={"title": "x"}, timeout=0.1)

    assert await issues(github) == ["x"]
    assert running.creations() == 1


async def test_slow_before_the_effect_leaves_nothing_for_a_while(
    running: RunningSandbox, github: httpx.AsyncClient
) -> None:
    await fault(running, "slow", when="before", seconds=0.3)

    with pytest.raises(httpx.ReadTimeout):
        await github.post(ISSUES, json={"title": "x"}, timeout=0.1)

    assert await issues(github) == []
    await asyncio.sleep(0.4)
    assert await issues(github) == ["x"]


@pytest.mark.parametrize(("when", "left"), [("before", []), ("after", ["x"])])
async def test_the_connection_can_close_before_or_after_the_effect(
    running: RunningSandbox, github: httpx.AsyncClient, when: str, left: list[str]
) -> None:
    await fault(running, "disconnect", when=when)

    with pytest.raises(httpx.RemoteProtocolError):
        await github.post(ISSUES, json={"title": "x"})

    assert await issues(github) == left
    assert running.state.journal.entries(method="POST")[0]["status"] is None


async def test_half_a_body_arrives(running: RunningSandbox, github: httpx.AsyncClient) -> None:
    await fault(running, "half_body")

    with pytest.raises(httpx.RemoteProtocolError):
        await github.post(ISSUES, json={"title": "x"})

    assert await issues(github) == ["x"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"kind": "status"}, 500),
        ({"kind": "status", "status": 502}, 502),
        ({"kind": "status", "status": 503}, 503),
        ({"kind": "html"}, 502),
        ({"kind": "html", "status": 200}, 200),
        ({"kind": "primary_limit"}, 403),
        ({"kind": "primary_limit", "status": 429}, 429),
        ({"kind": "secondary_limit"}, 403),
    ],
)
@pytest.mark.parametrize(("when", "left"), [("before", []), ("after", ["x"])])
async def test_an_error_can_come_instead_of_the_effect_or_instead_of_its_answer(
    running: RunningSandbox, github: httpx.AsyncClient, given: dict[str, Any], status: int, when: str, left: list[str]
) -> None:
    await fault(running, when=when, **given)

    answer = await github.post(ISSUES, json={"title": "x"})

    assert answer.status_code == status
    assert await issues(github) == left
    assert ("html" in answer.headers["content-type"]) is (given["kind"] == "html")


async def test_a_limit_names_its_end_or_keeps_silent(running: RunningSandbox, github: httpx.AsyncClient) -> None:
    await fault(running, "primary_limit", seconds=30)
    await fault(running, "primary_limit", headers=False)
    await fault(running, "secondary_limit", retry_after=7)
    await fault(running, "secondary_limit", retry_after=None, status=429)

    named, silent, soon, some_time = [await github.post(ISSUES, json={"title": "x"}) for _ in range(4)]

    assert named.headers["x-ratelimit-remaining"] == "0"
    assert 0 <= int(named.headers["x-ratelimit-reset"]) - time.time() <= 31
    assert "x-ratelimit-remaining" not in silent.headers
    assert (soon.headers["retry-after"], soon.headers["x-ratelimit-remaining"]) == ("7", "4321")
    assert (some_time.status_code, "retry-after" in some_time.headers) == (429, False)


async def test_pagerdutys_limit_comes_with_and_without_its_headers(bench: Bench) -> None:
    await bench.fault("pagerduty", "rate_limit", seconds=20)
    await bench.fault("pagerduty", "rate_limit", headers=False)

    named, silent, fine = [await bench.pagerduty.get("/users", headers=PAGERDUTY_HEADERS) for _ in range(3)]

    assert (named.status_code, named.headers["ratelimit-reset"]) == (429, "20")
    assert (silent.status_code, "ratelimit-reset" in silent.headers) == (429, False)
    assert silent.json()["error"]["code"] == 2020
    assert fine.status_code == 200


async def test_a_fault_lets_some_pass_strikes_some_and_is_used_up(bench: Bench) -> None:
    await bench.fault("github", "status", path="/repos/*/issues", method="GET", skip=1, times=2)

    answers = [(await bench.github.get(ISSUES)).status_code for _ in range(4)]

    assert answers == [200, 500, 500, 200]
    assert (await bench.github.get("/user")).status_code == 200


async def test_a_fault_without_an_end_lasts_until_it_is_taken_away(bench: Bench) -> None:
    await bench.fault("pagerduty", "status", times=None, status=503)
    assert [(await bench.pagerduty.get("/users")).status_code for _ in range(3)] == [503, 503, 503]

    await bench.control.delete("/faults")

    assert (await bench.pagerduty.get("/users")).status_code == 200


async def test_a_fault_that_makes_no_sense_is_refused(bench: Bench) -> None:
    wrong = [{"system": "trello", "kind": "slow"}, {"system": "github", "kind": "odd"}, {"system": "github"}]

    for given in [*wrong, {"system": "github", "kind": "slow", "sceonds": 3}]:
        assert (await bench.control.post("/faults", json=given)).status_code == 422


async def test_in_process_a_closed_connection_looks_like_one(bench: Bench) -> None:
    await bench.fault("github", "disconnect")

    with pytest.raises(httpx.RemoteProtocolError):
        await bench.github.get(ISSUES)
