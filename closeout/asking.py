"""Asking the services and the tracker what is true, as the demo does after each of its steps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from closeout_chassis.errors import CloseoutError

T = TypeVar("T")
Json = dict[str, Any]

PATIENCE_SECONDS = 30.0


class NotObserved(CloseoutError):
    """A step of the story did not come true. The message says which, and what was seen in its place."""


@dataclass(frozen=True)
class Places:
    """Where the services answer, and where the tracker is."""

    review: str
    ingest: str
    metrics: str
    sandbox: str
    github_api: str
    github_token: str
    project: str  # acme/payments


class Bearing(httpx.Auth):
    """Sends the API token to the review service, and to nobody else."""

    def __init__(self, review: str, token: str) -> None:
        self._review = review
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """One request, with its token where it belongs."""
        if str(request.url).startswith(f"{self._review}/"):
            request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class Asking:
    """Asks from outside, as anybody could."""

    def __init__(self, places: Places, http: httpx.AsyncClient) -> None:
        self.places = places
        self._http = http
        self.github_headers = {
            "Authorization": f"Bearer {places.github_token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "closeout-demo",
        }

    async def numbers(self) -> dict[str, float]:
        """The samples of /metrics, summed over labels; gauges by outcome are kept apart by it."""
        answer = await self._http.get(f"{self.places.metrics}/metrics")
        answer.raise_for_status()
        totals: dict[str, float] = {}
        for line in answer.text.splitlines():
            if not line.startswith("closeout_"):
                continue
            sample, _, value = line.rpartition(" ")
            name = sample if "outcome=" in sample else sample.partition("{")[0]
            totals[name] = totals.get(name, 0.0) + float(value)
        return totals

    def of(self, postmortem: Json) -> str:
        """A postmortem at the API."""
        return f"{self.places.review}/api/v1/postmortems/{postmortem['id']}"

    def page_of(self, postmortem: Json) -> str:
        """A postmortem as a page."""
        return f"{self.places.review}/postmortems/{postmortem['id']}"

    async def incidents(self) -> list[Json]:
        """The newest incidents."""
        listed: list[Json] = (await self.get(f"{self.places.review}/api/v1/incidents"))["incidents"]
        return listed

    async def new_incidents(self, known: set[str]) -> list[Json]:
        """Those of them that are not in `known`."""
        return [one for one in await self.incidents() if one["incident"]["id"] not in known]

    async def issues(self) -> list[Json]:
        """The tickets as the tracker's own API has them."""
        url = f"{self.places.github_api}/repos/{self.places.project}/issues"
        answer = await self._http.get(url, params={"state": "all", "per_page": "100"}, headers=self.github_headers)
        answer.raise_for_status()
        return [issue for issue in answer.json() if "pull_request" not in issue]

    async def get(self, url: str) -> Any:
        """The JSON at `url`. Raises NotObserved when it answers with an error."""
        answer = await self._http.get(url)
        if answer.status_code >= 400:
            raise NotObserved(f"GET {url} answered {answer.status_code}: {answer.text[:200]}")
        return answer.json()

    async def post(self, url: str, body: Json, seconds: float) -> Any:
        """What a POST answers within `seconds`. Raises NotObserved when it answers with an error."""
        answer = await self._http.post(url, json=body, timeout=seconds)
        if answer.status_code >= 400:
            raise NotObserved(f"POST {url} answered {answer.status_code}: {answer.text[:200]}")
        return answer.json()

    async def until(self, what: str, ask: Callable[[], Awaitable[T]], is_true: Callable[[T], bool]) -> T:
        """Ask again and again until it is true. Raises NotObserved with the last answer when patience ends."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = await ask()
            if is_true(answer):
                return answer
            if time.monotonic() > deadline:
                seen = str(answer)[:300]
                raise NotObserved(f"not seen within {PATIENCE_SECONDS:g} s: {what}. Last seen: {seen}")
            await asyncio.sleep(0.1)
