"""What an organisation's year looks like: when it deploys, which days it releases on, and which are holidays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from closeout_judgement.patterns.quarter import Slot

DAY = timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = 24


class BadCalendar(Exception):
    """The text says which part, what it holds, and what is wanted."""


@dataclass(frozen=True, slots=True)
class Window:
    """Whole hours of some weekdays, in the organisation's time zone. `end` is the first hour that is no more in it."""

    days: frozenset[int]  # Monday is 0
    begin: int
    end: int

    def has(self, slot: Slot) -> bool:
        """Whether an hour of a weekday is in it."""
        return slot[0] in self.days and self.begin <= slot[1] < self.end


@dataclass(frozen=True, slots=True)
class Calendar:
    """Each part is empty where nobody told it."""

    windows: tuple[Window, ...] = ()
    releases: frozenset[date] = frozenset()
    holidays: frozenset[date] = frozenset()

    def is_window(self, slot: Slot) -> bool:
        """Whether a deploy window is open in an hour of a weekday."""
        return any(window.has(slot) for window in self.windows)


def is_day_after(day: date, days: Collection[date]) -> bool:
    """Whether the day before is one of them, and this day is not: after a row of holidays, the first that is none."""
    return day - DAY in days and day not in days


def calendar_of(fields: object) -> Calendar:
    """Read {"deploy_windows": [{"days": ["tue"], "from": 10, "to": 12}], "releases": ["2026-07-03"], "holidays": []}.

    Raises BadCalendar.
    """
    if not isinstance(fields, dict):
        raise BadCalendar("an object with “deploy_windows”, “releases” and “holidays” is wanted")
    strange = sorted(set(fields) - {"deploy_windows", "releases", "holidays"})
    if strange:
        raise BadCalendar(f"“{strange[0]}” is not known; “deploy_windows”, “releases” and “holidays” are")
    windows = tuple(_window(one) for one in _list(fields, "deploy_windows"))
    return Calendar(windows, _dates(fields, "releases"), _dates(fields, "holidays"))


def _list(fields: Mapping[str, Any], name: str) -> list[Any]:
    value = fields.get(name) or []
    if not isinstance(value, list):
        raise BadCalendar(f"“{name}” is {value!r}; a list is wanted")
    return value


def _dates(fields: Mapping[str, Any], name: str) -> frozenset[date]:
    try:
        return frozenset(date.fromisoformat(str(one)) for one in _list(fields, name))
    except ValueError as error:
        raise BadCalendar(f"“{name}”: {error}; dates are wanted, as 2026-07-03") from error


def _window(one: object) -> Window:
    wanted = f"as {{'days': ['tue'], 'from': 10, 'to': 12}}, with days of {', '.join(WEEKDAYS)} and whole hours"
    if not isinstance(one, dict) or not isinstance(one.get("days"), list):
        raise BadCalendar(f"“deploy_windows” holds {one!r}; a window is wanted, {wanted}")
    days, begin, end = one["days"], one.get("from"), one.get("to")
    hours = isinstance(begin, int) and isinstance(end, int) and 0 <= begin < end <= MIDNIGHT
    if not hours or not days or any(day not in WEEKDAYS for day in days):
        raise BadCalendar(f"“deploy_windows” holds {one!r}; a window is wanted, {wanted}")
    return Window(frozenset(WEEKDAYS.index(day) for day in days), one["from"], one["to"])
