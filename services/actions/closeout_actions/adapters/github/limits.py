"""GitHub's limits: what an answer says about asking again.

https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

from collections.abc import Mapping

from closeout_actions.adapters.limits import Left, Limited, retry_after, seconds_until, whole_number
from closeout_chassis.http_out import Answer


def limited(answer: Answer, message: str, now: float) -> Limited | None:
    """Whether `answer` is about too many requests, and for how long. `now`: our seconds since the epoch."""
    if answer.status not in (403, 429):
        return None
    after = retry_after(answer.headers, now)
    if after is not None:
        return Limited(after, f"GitHub asks to wait {after:.0f} s: {message}")
    if answer.headers.get("x-ratelimit-remaining") == "0":
        reset = resets_in(answer.headers, now)
        if reset is not None:
            return Limited(reset, f"GitHub's limit of requests is used up for {reset:.0f} s")
    if answer.status == 429 or "rate limit" in message.lower() or "abuse" in message.lower():
        return Limited(None, f"GitHub's secondary limit: {message}")
    return None


def left(headers: Mapping[str, str], now: float) -> Left:
    """Requests that are left in this hour."""
    return Left(whole_number(headers.get("x-ratelimit-remaining")), resets_in(headers, now))


def resets_in(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until the count begins anew, by GitHub's own clock where the answer has it."""
    reset = whole_number(headers.get("x-ratelimit-reset"))
    return None if reset is None else seconds_until(reset, headers, now)
