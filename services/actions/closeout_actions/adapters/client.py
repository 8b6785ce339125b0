"""One vendor's JSON API behind the port's failures: budget first, then the call, then what the answer means.

A read fails as Retryable or Unauthorized. A write fails as Retryable where it certainly did nothing, as Unknown where
it may have, as Unauthorized; every other answer is the adapter's to read, with `refused` for those that say no.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from closeout_actions.adapters.limits import Left, Limited, retry_after
from closeout_actions.adapters.port import Budget, Rejected, Unauthorized
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer, NeverSent, Outside, Unknown

log = logging.getLogger(__name__)

REDIRECTS = frozenset({301, 302, 307, 308})
NOT_NOW = frozenset({304, 408, 409, 423, 425})


@dataclass(frozen=True, slots=True)
class Manners:
    """How one vendor answers. `limited(answer, said, now)`: whether it is about too many requests, and how long."""

    name: str  # GitLab
    credential: str  # the setting with the token
    said: Callable[[Answer], str]  # the vendor's own words in an answer
    limited: Callable[[Answer, str, float], Limited | None]
    left: Callable[[Mapping[str, str], float], Left]
    is_unauthorized: Callable[[Answer], bool] = lambda answer: answer.status == 401


class Client:
    """Calls to one vendor with one credential."""

    def __init__(self, outside: Outside, budget: Budget, manners: Manners) -> None:
        self._outside = outside
        self._budget = budget
        self._manners = manners

    async def close(self) -> None:
        """Give the connections back."""
        await self._outside.close()

    async def read(
        self,
        path: str,
        *,
        method: str = "GET",
        params: Mapping[str, str | int] | None = None,
        body: Any = None,
        etag: str | None = None,
    ) -> Answer:
        """Ask, redirects followed; `method` POST is for questions that are asked that way."""
        await self._budget.admit(is_write=False)
        for _ in range(5):
            try:
                answer = await self._outside.call(
                    method, path, params=params, body=body, headers={"If-None-Match": etag} if etag else None
                )
            except NeverSent as error:
                raise Retryable(str(error)) from None
            except Unknown as error:
                if error.answer is None:
                    raise Retryable(str(error)) from None
                answer = error.answer  # nothing was to be done by it
            await self._heed(answer)
            target = self._redirect(answer)
            if target is None:
                break
            path, params = target, None
        if answer.status >= 500 or answer.status in REDIRECTS:
            raise self.retryable(answer)
        if answer.status == 200 and parsed(answer) is None and answer.body.strip() != b"null":
            raise Retryable(f"{answer.url} was answered with something that is no JSON")
        return answer

    async def is_there(self, answer: Answer, above: str, what: str) -> bool:
        """Whether `answer` shows `what`, which lies below the path `above`. Raises as `read` does, and Rejected where
        all of that is out of reach: nothing is missing for that."""
        if answer.status == 404:
            answer = await self.read(above)
            if answer.status == 200:
                return False
        if answer.status != 200:
            raise self.unreadable(answer, what)
        return True

    async def write(self, method: str, path: str, body: Any, give_up_at: float | None = None) -> Answer:
        """Do something. Nothing is sent after `give_up_at`, by the event loop's clock."""
        for _ in range(3):
            await self._budget.admit(is_write=True)
            if give_up_at is not None and asyncio.get_running_loop().time() > give_up_at:
                raise Retryable("this process was held up for so long that another may have taken over")
            try:
                answer = await self._outside.call(method, path, body=body)
            except NeverSent as error:
                raise Retryable(str(error)) from None
            except Unknown as error:
                limit = error.answer and self._limit(error.answer)
                if limit:
                    await self._budget.blocked(limit.seconds, limit.why)
                raise
            await self._heed(answer)
            target = self._redirect(answer)
            if target is None:
                return _said_by_the_api(answer)
            path = target  # a redirected write did nothing
        raise Retryable(f"{method} {answer.url} was redirected again and again")

    def made(self, answer: Answer) -> Mapping[str, Any]:
        """The object in the answer to a write that was done. Raises Unknown where what came is no object."""
        found = parsed(answer)
        if not isinstance(found, Mapping):
            raise Unknown(f"{self._manners.name} did it ({answer.status}), and its answer cannot be read")
        return found

    def refused(self, answer: Answer, project: str) -> Rejected | Retryable | Unknown:
        """A write that was answered, and not done: whether it ever will be, and what to do."""
        name, said = self._manners.name, self._manners.said(answer)
        match answer.status:
            case 403:
                return Rejected(f"Our account may not write in {project} ({said}): give it write access in {name}.")
            case 404 | 410 | 451:
                return Rejected(
                    f"{project} does not exist, or our account cannot see it: mend its name or give access."
                )
            case 400 | 413 | 422:
                return Rejected(f"{name} does not take it as it is ({said}): mend the item, or {project}.")
            case status if status in NOT_NOW:
                return Retryable(f"{name} answered {status}: {said}")
            case status if 200 <= status < 300:
                return Unknown(f"{name} answered {status} to a write, which it does not document")
            case status:
                return Rejected(f"{name} answered {status} ({said}).")

    def unreadable(self, answer: Answer, what: str) -> Rejected | Retryable:
        """A question that was not answered."""
        if answer.status in (400, 403, 404, 410, 422, 451):
            said = self._manners.said(answer)
            return Rejected(f"{what} cannot be read ({said}): mend its name, or give our account access.")
        return self.retryable(answer)

    def retryable(self, answer: Answer) -> Retryable:
        """An answer that says nothing of what was asked."""
        return Retryable(f"{answer.url} was answered {answer.status}: {self._manners.said(answer)}")

    def _redirect(self, answer: Answer) -> str | None:
        # It may be a path only: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2
        target = urljoin(answer.url, answer.headers.get("location", ""))
        # The token goes nowhere but to the API itself.
        return target if answer.status in REDIRECTS and self._outside.is_same_host(target) else None

    async def _heed(self, answer: Answer) -> None:
        """Take from an answer what it says about asking again."""
        manners = self._manners
        if manners.is_unauthorized(answer):
            why = f"{manners.name} does not accept our credential ({manners.said(answer)}): renew {manners.credential}."
            await self._budget.unauthorized(why)
            raise Unauthorized(why)
        limit = self._limit(answer)
        if limit is not None:
            raise Retryable(limit.why, await self._budget.blocked(limit.seconds, limit.why))
        left = manners.left(answer.headers, time.time())
        await self._budget.answered(left.requests, left.resets_in)

    def _limit(self, answer: Answer) -> Limited | None:
        """How long to leave the tracker alone: as the vendor says it, or as HTTP does of one that is away."""
        said, now = self._manners.said(answer), time.time()
        after = retry_after(answer.headers, now) if answer.status == 503 else None
        if after is not None:
            return Limited(after, f"{self._manners.name} is away for {after:.0f} s: {said}")
        return self._manners.limited(answer, said, now)


def _said_by_the_api(answer: Answer) -> Answer:
    """The answer to a write. Raises Unknown where something before the API says with a web page that all is well."""
    if 200 <= answer.status < 300 and answer.body.lstrip().startswith(b"<"):
        raise Unknown(f"{answer.url} was answered {answer.status} with a web page")
    return answer


def cut_off(answer: Answer, pages: int) -> None:
    """Say that a list goes on behind the pages that are read at once. Of one with the oldest change first the rest
    comes in the next round."""
    log.warning("a list was longer than is read at once", extra={"url": answer.url, "pages": pages})


def parsed(answer: Answer) -> Any:
    """The body as JSON; None where it is none."""
    try:
        return answer.json()
    except ValueError:
        return None


def object_of(answer: Answer) -> Mapping[str, Any]:
    """The object in the answer to a question. Raises Retryable where it is none."""
    found = parsed(answer)
    if not isinstance(found, Mapping):
        raise Retryable(f"{answer.url} was answered with something that is no object")
    return found


def list_of(answer: Answer) -> list[Any]:
    """The list in the answer to a question. Raises Retryable where it is none."""
    found = parsed(answer)
    if not isinstance(found, list):
        raise Retryable(f"{answer.url} was answered with something that is no list")
    return found
