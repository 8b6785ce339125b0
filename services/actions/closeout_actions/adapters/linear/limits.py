"""Linear's answers about limits, credentials and failures: https://linear.app/developers/rate-limiting

Linear says no in a body of errors, with status 200 or 400: the body decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from closeout_actions.adapters.client import parsed
from closeout_actions.adapters.limits import Left, Limited, retry_after, seconds_until, whole_number
from closeout_chassis.http_out import Answer

Doc = Mapping[str, Any]


def errors(answer: Answer) -> list[Doc]:
    """The errors in an answer; none where it is no GraphQL answer."""
    found = parsed(answer)
    listed = found.get("errors") if isinstance(found, Mapping) else None
    return [one for one in listed or () if isinstance(one, Mapping)]


def codes(answer: Answer) -> set[str]:
    """Their codes."""
    return {str(_extensions(one).get("code") or _extensions(one).get("type")).upper() for one in errors(answer)}


def said(answer: Answer) -> str:
    """Linear's own sentences; of anything else only that it is something else."""
    told = [str(_extensions(one).get("userPresentableMessage") or one.get("message")) for one in errors(answer)]
    return "; ".join(told)[:300] or "no message"


def is_unauthorized(answer: Answer) -> bool:
    """Whether Linear does not know the key."""
    return answer.status == 401 or "AUTHENTICATION_ERROR" in codes(answer)


def is_missing(answer: Answer) -> bool:
    """Whether what was asked for is not there, or not for us."""
    return any("not found" in str(one.get("message", "")).lower() for one in errors(answer)) or "FORBIDDEN" in codes(
        answer
    )


def is_conflict(answer: Answer) -> bool:
    """Whether something of that id is there already."""
    told = [f"{one.get('message')} {_extensions(one).get('userPresentableMessage')}".lower() for one in errors(answer)]
    return any("conflict on insert" in text or "already exists" in text for text in told)


def is_users_error(answer: Answer) -> bool:
    """Whether it is about what was asked, and not about Linear itself."""
    return any(_extensions(one).get("userError") for one in errors(answer)) or "GRAPHQL_VALIDATION_FAILED" in codes(
        answer
    )


def limited(answer: Answer, message: str, now: float) -> Limited | None:
    """Whether it is about too many requests, or too costly ones, and for how long."""
    if answer.status != 429 and "RATELIMITED" not in codes(answer):
        return None
    after = retry_after(answer.headers, now)
    if after is None:
        spent = [kind for kind in ("requests", "complexity") if _left(answer.headers, kind) == 0]
        resets = [_resets_in(answer.headers, kind, now) for kind in spent]
        after = max((one for one in resets if one is not None), default=None)
    return Limited(after, f"Linear's limit of requests: {message}")


def left(headers: Mapping[str, str], now: float) -> Left:
    """Requests that are left in this hour."""
    return Left(_left(headers, "requests"), _resets_in(headers, "requests", now))


def _left(headers: Mapping[str, str], kind: str) -> int | None:
    return whole_number(headers.get(f"x-ratelimit-{kind}-remaining"))


def _resets_in(headers: Mapping[str, str], kind: str, now: float) -> float | None:
    millis = whole_number(headers.get(f"x-ratelimit-{kind}-reset"))
    return None if millis is None else seconds_until(millis / 1000, headers, now)


def _extensions(error: Doc) -> Doc:
    found = error.get("extensions")
    return found if isinstance(found, Mapping) else {}
