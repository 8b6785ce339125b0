"""The organisation's clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def wall_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment by the clock of the zone. One at an end of the calendar may have no time there, and keeps its own.

    >>> wall_clock(datetime.fromisoformat("9999-12-31T23:30:00+00:00"), ZoneInfo("Asia/Tokyo")).isoformat()
    '9999-12-31T23:30:00+00:00'
    """
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment
