"""A sandbox in the test's own process, and a receiver that stands where Closeout's door would be."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from closeout_sandbox.app import build
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.state import State

SHARED = Path(__file__).parents[3] / "shared"
GITHUB_HEADERS = {"Authorization": "Bearer sandbox-github-token", "User-Agent": "tests"}
PAGERDUTY_HEADERS = {"Authorization": "Token token=sandbox-pagerduty-token", "From": "sam.oncall@example.com"}
ISSUES = "/repos/acme/payments/issues"


@dataclass
class Received:
    path: str
    headers: httpx.Headers
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Receiver(httpx.AsyncBaseTransport):
    """Takes the webhooks. `answers` is worked off one a request; after that it is 202 for all."""

    got: list[Received] = field(default_factory=list)
    answers: list[int | float | Exception] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.got.append(Received(request.url.path, request.headers, await request.aread()))
        answer = self.answers.pop(0) if self.answers else 202
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return httpx.Response(202)
        return httpx.Response(answer)

    def github(self) -> list[Received]:
        return [one for one in self.got if one.path == "/github"]

    def pagerduty(self) -> list[Received]:
        return [one for one in self.got if one.path == "/pagerduty"]

    def event_types(self) -> list[str]:
        return [one.body["event"]["event_type"].removeprefix("incident.") for one in self.pagerduty()]


@dataclass
class Bench:
    """The sandbox with a client for each of its sides."""

    state: State
    receiver: Receiver
    github: httpx.AsyncClient
    pagerduty: httpx.AsyncClient
    control: httpx.AsyncClient

    async def issue(self, **given: Any) -> Any:
        answer = await self.github.post(ISSUES, json={"title": "Add a pool limit", **given})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def page(self, **given: Any) -> Any:
        answer = await self.control.post("/pagerduty/incidents", json={"title": "Checkout is slow", **given})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def do(self, path: str, /, **given: Any) -> Any:
        answer = await self.control.post(path, json=given)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def fault(self, system: str, kind: str, **more: Any) -> None:
        await self.do("/faults", system=system, kind=kind, **more)

    async def behave(self, **changes: Any) -> None:
        answer = await self.control.patch("/behaviour", json=changes)
        assert answer.status_code == 200, answer.text


def settings(**changes: Any) -> SandboxSettings:
    return SandboxSettings(
        **{
            "github_webhook_url": "http://closeout.test/github",
            "github_webhook_secret": SecretStr("github-secret"),
            "pagerduty_webhook_url": "http://closeout.test/pagerduty",
            "pagerduty_webhook_secrets": [SecretStr("pagerduty-secret")],
            **changes,
        }
    )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    receiver = Receiver()
    app = build(settings(), receiver)
    here = httpx.ASGITransport(app)

    def client(path: str, headers: dict[str, str]) -> httpx.AsyncClient:
        base = f"http://sandbox.test{path}"
        return httpx.AsyncClient(transport=here, base_url=base, headers=headers, timeout=10, trust_env=False)

    github, pagerduty = client("/github/api", GITHUB_HEADERS), client("/pagerduty/api", PAGERDUTY_HEADERS)
    async with github, pagerduty, client("/_sandbox", {}) as control:
        made = Bench(app.state.sandbox, receiver, github, pagerduty, control)
        await made.behave(pagerduty_retry_seconds=0.01, search_lag_seconds=0)
        yield made
    await app.state.sandbox.close()


@pytest.fixture
def sample() -> Callable[[str], Any]:
    """A sample payload by its path below the samples folder; skips where the folder is absent."""

    def load(path: str) -> Any:
        found = SHARED / "samples" / path
        if not found.exists():
            pytest.skip("needs the vendors' sample payloads in ../shared/samples")
        return json.loads(found.read_text())

    return load
