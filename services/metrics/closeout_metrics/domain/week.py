"""ISO weeks, by the organisation's time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WRITTEN = re.compile(r"(\d{4})-?W(\d{2})")


class NoWeek(ValueError):
    """A text that names no ISO week."""


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A week, known by its Monday."""

    monday: date

    @classmethod
    def parse(cls, text: str) -> Week:
        """2026-W47, or 2026W47. Raises NoWeek."""
        written = WRITTEN.fullmatch(text.strip().upper())
        year, number = (int(written[1]), int(written[2])) if written else (0, 0)
        try:
            monday = date.fromisocalendar(year, number, 1)
            _ = monday + timedelta(days=13)  # the calendar's last week has none that follows
        except (ValueError, OverflowError):
            raise NoWeek(f"“{text}” is no ISO week; write it as 2026-W47") from None
        return cls(monday)

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo) -> Week:
        """The week in which `moment` lies on the organisation's wall."""
        day = moment.astimezone(zone).date()
        return cls(day - timedelta(days=day.weekday()))

    def __str__(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    @property
    def number(self) -> int:
        """47"""
        return self.monday.isocalendar().week

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=6)

    @property
    def following(self) -> Week:
        """The next one."""
        return Week(self.monday + timedelta(days=7))

    @property
    def preceding(self) -> Week:
        """The one before."""
        return Week(self.monday - timedelta(days=7))

    def begin(self, zone: ZoneInfo) -> datetime:
        """Its first moment, in UTC."""
        return datetime.combine(self.monday, time(), zone).astimezone(UTC)

    def at(self, weekday: int, hour: int, zone: ZoneInfo) -> datetime:
        """A moment in it, in UTC: `weekday` 0 is Monday. An hour that the clock skips is the one after."""
        return datetime.combine(self.monday + timedelta(days=weekday), time(hour), zone).astimezone(UTC)
