"""GitLab's answers about limits, and its own words: https://docs.gitlab.com/security/rate_limits"""

from __future__ import annotations

import json
from collections.abc import Mapping

from closeout_actions.adapters.client import parsed
from closeout_actions.adapters.limits import Limited, retry_after, seconds_until, whole_number
from closeout_chassis.http_out import Answer


def said(answer: Answer) -> str:
    """GitLab's own sentence, or its sentences by field; of anything else only that it is something else."""
    found = parsed(answer)
    told = (found.get("message") or found.get("error")) if isinstance(found, Mapping) else None
    return (told if isinstance(told, str) else json.dumps(told))[:300] if told else "no message"


def limited(answer: Answer, message: str, now: float) -> Limited | None:
    """Whether it is about too many requests, and for how long. `now`: our seconds since the epoch."""
    if answer.status != 429:
        return None
    after = retry_after(answer.headers, now)
    reset = whole_number(answer.headers.get("ratelimit-reset"))
    if after is None and reset is not None:
        after = seconds_until(reset, answer.headers, now)
    return Limited(after, f"GitLab's limit: {message}")
