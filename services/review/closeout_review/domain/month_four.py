"""When month four begins: the moment at which an open promise becomes a failed postmortem."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

MONTHS = 3


def month_four_begins(published_at: datetime, zone: ZoneInfo) -> datetime:
    """`published_at` and three calendar months, by the organisation's wall clock; in UTC.

    A day that the month does not have is its last. A wall-clock time that does not exist on that day (the hour that
    summer time skips) is the moment after the skip; one that exists twice is the first.
    """
    local = published_at.astimezone(zone)
    day = day_of_month_four(local.date())
    return local.replace(year=day.year, month=day.month, day=day.day, fold=0).astimezone(UTC)


def day_of_month_four(published_on: date) -> date:
    """The day on which month four of what is published on that day begins."""
    year, month = divmod(published_on.year * 12 + published_on.month - 1 + MONTHS, 12)
    return date(year, month + 1, min(published_on.day, monthrange(year, month + 1)[1]))
