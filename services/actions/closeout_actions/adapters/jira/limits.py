"""Jira's limits: https://developer.atlassian.com/cloud/jira/platform/rate-limiting; Data Center's are much the same."""

from __future__ import annotations

from collections.abc import Mapping

from closeout_actions.adapters.limits import Left, Limited, iso_date, retry_after, seconds_until, whole_number
from closeout_chassis.http_out import Answer

LOGIN = "x-seraph-loginreason"
NOT_LET_IN = frozenset({"AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"})


def is_unauthorized(answer: Answer) -> bool:
    """Whether Jira does not know who asks. Cloud then answers as it answers anybody, that nothing is there, and a
    header tells: https://github.com/MrRefactoring/jira.js/issues/418"""
    said = {one.strip() for one in answer.headers.get(LOGIN, "").split(",")}
    return answer.status == 401 or ("OK" not in said and bool(said & NOT_LET_IN))


def limited(answer: Answer, said: str, now: float) -> Limited | None:
    """Whether `answer` asks to be left alone: 429, or 503 with a time."""
    after = retry_after(answer.headers, now)
    if answer.status == 503 and after is not None:
        return Limited(after, f"Jira is away for {after:.0f} s: {said}")
    if answer.status != 429:
        return None
    reason = answer.headers.get("ratelimit-reason", "no reason given")
    if after is None:
        after = _resets_in(answer.headers, now)
    return Limited(after, f"Jira's limit of requests ({reason}): {said}")


def left(headers: Mapping[str, str], now: float) -> Left:
    """Jira's count is of seconds, not of hours: that few are left is no reason to keep them for anything."""
    return Left()


def _resets_in(headers: Mapping[str, str], now: float) -> float | None:
    text = headers.get("x-ratelimit-reset")
    moment = whole_number(text) or iso_date(text)
    return None if moment is None else seconds_until(moment, headers, now)
