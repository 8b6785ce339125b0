"""Quarters, by the organisation's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from closeout_judgement.wall_clock import wall_clock


def quarter_of(moment: datetime, zone: ZoneInfo) -> str:
    """The quarter in which `moment` lies on the organisation's wall: 2026-Q4."""
    local = wall_clock(moment, zone)
    return f"{local.year:04}-Q{(local.month + 2) // 3}"


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day on the organisation's wall."""
    return wall_clock(moment, zone).date()


def quarters_back(moment: datetime, zone: ZoneInfo, count: int) -> str:
    """The first of the latest `count` quarters, that of `moment` among them."""
    local = moment.astimezone(zone)
    index = local.year * 4 + (local.month - 1) // 3 - (count - 1)
    return f"{index // 4}-Q{index % 4 + 1}"


def quarter_begin(quarter: str, zone: ZoneInfo) -> datetime:
    """When a quarter, written 2026-Q4, begins, in UTC."""
    year, _, number = quarter.partition("-Q")
    return datetime(int(year), int(number) * 3 - 2, 1, tzinfo=zone).astimezone(UTC)


def quarter_bounds(moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the quarter of `moment` begins and when the next one does, in UTC."""
    local = moment.astimezone(zone)
    first_month = (local.month - 1) // 3 * 3 + 1
    begins = datetime(local.year, first_month, 1, tzinfo=zone)
    year, month = divmod(first_month + 2, 12)
    ends = datetime(local.year + year, month + 1, 1, tzinfo=zone)
    return begins.astimezone(UTC), ends.astimezone(UTC)
