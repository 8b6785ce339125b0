"""What HTTP itself says about asking again. What only one vendor says is in that vendor's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Limited:
    """Ask again after `seconds`; None: the tracker did not say, so longer each time."""

    seconds: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Left:
    """Requests that are left, and the seconds until the count begins anew; None where the answer does not say."""

    requests: int | None = None
    resets_in: float | None = None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """The `Retry-After` header in seconds: a number or a date (RFC 9110, 10.2.3). `now`: seconds since the epoch."""
    text = headers.get("retry-after")
    seconds = whole_number(text)
    if seconds is not None:
        return float(seconds)
    date = http_date(text)
    return None if date is None else seconds_until(date, headers, now)


def seconds_until(moment: float, headers: Mapping[str, str], now: float) -> float:
    """Seconds until `moment`, by the vendor's own clock where the answer has it: ours may be wrong by more."""
    return max(1.0, moment - (http_date(headers.get("date")) or now))


def whole_number(text: str | None) -> int | None:
    """A header's number; None where it is none, or none that anything could be counted by."""
    told = (text or "").strip()
    return int(told) if told.isdecimal() and len(told) < 20 else None


def http_date(text: str | None) -> float | None:
    """A header's date in seconds since the epoch; None where it is none."""
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except ValueError:
        return None


def iso_date(text: str | None) -> float | None:
    """A header's ISO 8601 date in seconds since the epoch; None where it is none."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except ValueError:
        return None
