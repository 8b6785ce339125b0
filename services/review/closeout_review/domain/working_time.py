"""Working days and hours, by the organisation's clock and calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from closeout_schemas.drafts_mapping import DAYS, DraftsMapping


def is_working_day(day: date, rules: DraftsMapping) -> bool:
    """Whether people work on that day."""
    return DAYS[day.weekday()] in rules.working_days and day not in rules.holidays


def next_morning(moment: datetime, zone: ZoneInfo, rules: DraftsMapping) -> datetime:
    """The beginning of the first working day that begins after `moment`."""
    day = moment.astimezone(zone).date()
    while True:
        morning = datetime.combine(day, rules.morning, zone)
        if morning > moment and is_working_day(day, rules):
            return morning
        day += timedelta(days=1)


def is_at_work(moment: datetime, zone: ZoneInfo, rules: DraftsMapping) -> bool:
    """Whether people are at work then."""
    local = moment.astimezone(zone)
    return is_working_day(local.date(), rules) and rules.morning <= local.time() < rules.evening


def working_days_after(moment: datetime, days: int, zone: ZoneInfo, rules: DraftsMapping) -> date:
    """The day that is so many working days after the day of `moment`."""
    day = moment.astimezone(zone).date()
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day, rules)
    return day


def working_days_between(begin: date, end: date, rules: DraftsMapping) -> int:
    """How many working days lie after `begin` up to `end`; negative where `end` comes first."""
    if end < begin:
        return -working_days_between(end, begin, rules)
    return sum(is_working_day(begin + timedelta(days=n), rules) for n in range(1, (end - begin).days + 1))
