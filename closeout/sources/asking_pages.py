"""Asking a vendor's REST API page by page: waits where it asks for that, gives up where it refuses."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from closeout.sources.source import SourceError

TRIES = 5
LONGEST_WAIT_SECONDS = 120.0
MEANT = {
    401: "it does not accept the credential",
    403: "the credential may not read this",
    404: "there is no such thing, or the credential may not see it",
}


class Pages:
    """One API with one credential, which is in no message. `wait` sleeps so many seconds."""

    def __init__(self, http: httpx.Client, what: str, wait: Callable[[float], None] = time.sleep) -> None:
        self._http = http
        self._what = what
        self._wait = wait

    def get(self, url: str, params: dict[str, str | int] | None = None) -> Any:
        """The JSON object there. Raises SourceError with what to do."""
        for tried in range(1, TRIES + 1):
            try:
                answer = self._http.get(url, params=params)
            except httpx.TransportError as error:
                self._rest(tried, 2.0**tried, f"it cannot be reached ({type(error).__name__})")
                continue
            if answer.status_code == 429 or answer.status_code >= 500:
                self._rest(tried, _asked_for(answer) or 2.0**tried, f"it answers {answer.status_code}")
                continue
            if answer.status_code != 200:
                why = MEANT.get(answer.status_code, f"it answers {answer.status_code}")
                raise SourceError(f"{self._what}: {why}.")
            try:
                found = answer.json()
            except ValueError:
                found = None
            if not isinstance(found, dict):
                raise SourceError(f"{self._what}: its answer is no JSON object. Is the address right?")
            return found
        raise AssertionError("the last try ends or raises")

    def _rest(self, tried: int, seconds: float, why: str) -> None:
        if tried == TRIES or seconds > LONGEST_WAIT_SECONDS:
            raise SourceError(f"{self._what}: {why}. What was read so far is in; run it again to go on.")
        self._wait(seconds)


def _asked_for(answer: httpx.Response) -> float | None:
    after = answer.headers.get("retry-after", "")
    return float(after) if after.isdecimal() else None
