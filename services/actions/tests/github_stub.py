"""A GitHub that answers as a test says, and a budget that remembers what it was told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from closeout_actions.adapters.github.tracker import GitHub
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import Place
from closeout_actions.testing import committed, item
from closeout_schemas.postmortems import ActionItem

SHARED = Path(__file__).parents[4] / "shared"
SECRET = "ghp_a-very-secret-token"
WANTED_SINCE = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
HERE = Place(
    remote_id="91",
    project="acme/payments",
    number=1,
    key="acme/payments#1",
    url="https://github.example/acme/payments/issues/1",
)

Answers = Callable[[httpx.Request], httpx.Response]


class Remembering:
    """A budget without limits."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    async def admit(self, *, is_write: bool) -> None:
        self.told.append(("admit", is_write))

    async def blocked(self, seconds: float | None, why: str) -> float:
        self.told.append(("blocked", seconds))
        return 60.0 if seconds is None else seconds

    async def unauthorized(self, why: str) -> None:
        self.told.append(("unauthorized",))

    async def answered(self, remaining: int | None, resets_in: float | None) -> None:
        self.told.append(("answered", remaining))

    def blocks(self) -> list[float | None]:
        return [one[1] for one in self.told if one[0] == "blocked"]


class Scripted:
    """Answers by method and path; each path's answers one after the other, the last one for ever."""

    def __init__(self, script: dict[str, Any]) -> None:
        self.script = {key: list(one) if isinstance(one, list) else [one] for key, one in script.items()}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answers = self.script.get(f"{request.method} {request.url.path}")
        if answers is None:
            return httpx.Response(404, json={"message": "Not Found"})
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def count(self, method: str) -> int:
        return len([one for one in self.asked if one.method == method])

    def bodies(self, method: str = "POST") -> list[Any]:
        return [json.loads(one.content) for one in self.asked if one.method == method]


def github(answers: Answers, budget: Remembering | None = None, timeout: float = 60.0) -> GitHub:
    return GitHub(
        "https://api.github.example",
        SecretStr(SECRET),
        budget or Remembering(),
        timeout=timeout,
        transport=httpx.MockTransport(answers),
    )


def draft(promise: ActionItem | None = None, label: str | None = "postmortem", **postmortem: Any) -> Draft:
    event = committed(promise or item(), **postmortem)
    return Draft(
        item=event.data.item,
        postmortem=event.data.postmortem,
        postmortem_url=event.data.postmortem.url,
        label=label,
        wanted_since=WANTED_SINCE,
    )


def issue(number: int = 1, **fields: Any) -> dict[str, Any]:
    """An issue, as much of it as is read."""
    return {
        "id": 90 + number,
        "number": number,
        "title": "Limit the pool",
        "state": "open",
        "state_reason": None,
        "html_url": f"https://github.example/acme/payments/issues/{number}",
        "repository_url": "https://api.github.example/repos/acme/payments",
        "assignees": [{"login": "dana-engineer"}],
        "labels": [{"name": "postmortem"}],
        "milestone": None,
        "user": {"login": "closeout-bot"},
        "created_at": "2026-03-03T12:00:01Z",
        "updated_at": "2026-03-03T12:00:01Z",
        "closed_at": None,
        "body": "",
        **fields,
    }


def answer(status: int = 200, body: Any = None, **headers: str) -> httpx.Response:
    """With header names as `retry_after`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={} if body is None else body, headers=named)


def refusal(status: int, message: str, **headers: str) -> httpx.Response:
    return answer(status, {"message": message}, **headers)


def soon() -> float:
    """A moment until which a creation may be sent."""
    return asyncio.get_running_loop().time() + 60
