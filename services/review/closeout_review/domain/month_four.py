"""When month four begins: the moment at which an open promise becomes a failed postmortem."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

MONTHS = 3


def month_four_begins(published_at: datetime, zone: ZoneInfo) -> datetime:
    """`published_at` and three calendar months, by the organisation's wall clock; in UTC.

    A day that the month does not have is its last. A wall-clock time that does not exist on that day (the hour that
    summer time skips) is the moment after the skip; one that exists twice is the first.
    """
    local = published_at.astimezone(zone)
    year, month = divmod(local.year * 12 + local.month - 1 + MONTHS, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day, fold=0).astimezone(UTC)
