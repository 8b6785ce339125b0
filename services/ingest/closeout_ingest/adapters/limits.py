"""What HTTP itself says about asking again. What only one vendor says is in that vendor's file."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer, NeverSent, Unknown
from closeout_ingest.adapters.history import Budget

PUT_OFF = frozenset({429, 503})


def retry_after(answer: Answer) -> float | None:
    """The `Retry-After` header in seconds: a number or a date (RFC 9110, 10.2.3); None where it is neither."""
    told = answer.headers.get("retry-after", "").strip()
    if told.isdecimal():
        return float(told)
    try:
        return max(1.0, parsedate_to_datetime(told).timestamp() - time.time()) if told else None
    except (ValueError, OverflowError):
        return None


def put_off(answer: Answer) -> float | None:
    """Seconds until there shall be another call, where the answer is one that says so."""
    return retry_after(answer) if answer.status in PUT_OFF else None


async def unanswered(error: NeverSent | Unknown, budget: Budget) -> Retryable:
    """A call of which nobody knows what came of it. An answer that left that open may still say when to ask again."""
    answer = error.answer if isinstance(error, Unknown) else None
    wait = None if answer is None else put_off(answer)
    if wait is not None:
        await budget.pause(wait, str(error))
    return Retryable(str(error), after=wait)
