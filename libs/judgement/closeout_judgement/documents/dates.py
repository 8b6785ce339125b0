"""Dates as people write them. 03/04/2025 is two dates until the document decides which of them is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero janeiro gennaio januari",
            "february feb februar février fevrier febrero fevereiro febbraio februari",
            "march mar märz maerz mars marzo março maart",
            "april apr avril abril aprile",
            "may mai mayo maio maggio mei maj",
            "june jun juni juin junio junho giugno",
            "july jul juli juillet julio julho luglio",
            "august aug août aout agosto augustus augusti",
            "september sep sept septembre septiembre setembro settembre",
            "october oct oktober okt octobre octubre outubro ottobre",
            "november nov novembre noviembre novembro",
            "december dec dezember dez décembre decembre diciembre dezembro dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = "(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th|\.)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\d-]){_YEAR}(?P<sep>[-/.])(?P<m>[01]?\d)(?P=sep)(?P<day>[0-3]?\d)(?![\d])",
        rf"\b{_DAY}\s+(?:of\s+|de\s+)?{_MONTH},?\s+(?:de\s+)?{_YEAR}\b",
        rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b",
        rf"\b(?P<day>[0-3]?\d)-{_MONTH}-{_YEAR}\b",
        rf"\b(?P<day>[0-3]?\d)[-/ ]{_MONTH}[-/ ](?P<short>\d\d)\b(?![:.\d])",
        rf"\b{_MONTH}[-/](?P<day>[0-3]?\d)[-/](?P<short>\d\d)\b(?![:.\d])",
        rf"{_YEAR}年\s*(?P<m>[01]?\d)月\s*(?P<day>[0-3]?\d)日",
        rf"\b{_YEAR}-?W(?P<week>[0-5]\d)\b",
        # Dots mean day first wherever they are used.
        rf"(?<![\d.])(?P<day>[0-3]?\d)\.\s?(?P<m>[01]?\d)\.\s?{_YEAR}\b",
    )
)
COMPACT = re.compile(r"(?<!\d)(?P<year>20\d\d)(?P<m>[01]\d)(?P<day>[0-3]\d)(?!\d)")
SINCE_1970 = re.compile(r"(?P<seconds>1\d{9})(?:\d{3})?(?:\.\d+)?")
NUMERIC = re.compile(
    r"(?<![\d/.-])(?P<a>[0-3]?\d)(?P<sep>[/-])(?P<b>[0-3]?\d)(?P=sep)(?P<year>(?:19|20)\d\d|\d\d)(?![\d/-])"
)
QUARTER = re.compile(r"\bQ([1-4])[\s/-]*((?:19|20)\d\d)\b|\b((?:19|20)\d\d)[\s/-]*Q([1-4])\b", re.IGNORECASE)
WEEKDAY_BEFORE = re.compile(rf"({'|'.join(day[:3] for day in WEEKDAYS)})[a-z]*\.?,?\s*$", re.IGNORECASE)


class Order(Enum):
    """Which of the first two numbers is the day."""

    UNKNOWN = 0
    DAY_FIRST = 1
    MONTH_FIRST = 2


@dataclass(frozen=True, slots=True)
class Found:
    """A date in a text, from `start` to `end`. Several `options`: it is ambiguous."""

    written: str
    start: int
    end: int
    options: tuple[date, ...]
    order: Order = Order.UNKNOWN

    @property
    def day(self) -> date | None:
        """The day, where there is only one."""
        return self.options[0] if len(self.options) == 1 else None


def dates_in(text: str, order: Order = Order.UNKNOWN) -> list[Found]:
    """Every date, in order of place. `order` decides what would be ambiguous.

    >>> [str(found.day) for found in dates_in("down on 4 March 2025, up on 2025-03-05")]
    ['2025-03-04', '2025-03-05']
    >>> dates_in("on 03/04/2025")[0].options
    (datetime.date(2025, 4, 3), datetime.date(2025, 3, 4))
    >>> [str(found.day) for found in dates_in("on Thursday 03/04/2025")]
    ['2025-04-03']
    """
    if not any(map(str.isdigit, text)):
        return []
    found = [*_clear(text), *_numeric(text, order)]
    found.sort(key=lambda one: (one.start, -one.end))
    kept: list[Found] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _clear(text: str) -> Iterator[Found]:
    for pattern in PATTERNS:
        for match in pattern.finditer(text):
            day = _day_of(match.groupdict())
            if day is not None:
                yield Found(match[0], match.start(), match.end(), (day,))


def _day_of(parts: dict[str, str | None]) -> date | None:
    year = int(parts.get("year") or 0) or 2000 + int(parts.get("short") or 0)
    try:
        if parts.get("week"):
            return date.fromisocalendar(year, int(parts["week"] or 0), 7)
        month = MONTHS[(parts["month"] or "").lower()] if parts.get("month") else int(parts["m"] or 0)
        return date(year, month, int(parts["day"] or 0))
    except ValueError:
        return None


def _numeric(text: str, order: Order) -> Iterator[Found]:
    for match in NUMERIC.finditer(text):
        year = int(match["year"]) + (2000 if len(match["year"]) == 2 else 0)
        readings = {
            Order.DAY_FIRST: _valid(year, int(match["b"]), int(match["a"])),
            Order.MONTH_FIRST: _valid(year, int(match["a"]), int(match["b"])),
        }
        possible = {which: day for which, day in readings.items() if day is not None}
        weekday = WEEKDAY_BEFORE.search(text[max(0, match.start() - 14) : match.start()])
        if weekday:
            named = [day[:3] for day in WEEKDAYS].index(weekday[1].lower())
            possible = {which: day for which, day in possible.items() if day.weekday() == named} or possible
        if order in possible:
            possible = {order: possible[order]}
        if possible:
            days = tuple(dict.fromkeys(possible.values()))
            decided = next(iter(possible)) if len(possible) == 1 else Order.UNKNOWN
            yield Found(match[0], match.start(), match.end(), days, decided)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def order_in(text: str) -> Order:
    """Which order the document uses: what a day above 12, a weekday, or the same day written clearly gives away."""
    if not NUMERIC.search(text):
        return Order.UNKNOWN
    seen = {found.order for found in _numeric(text, Order.UNKNOWN)} - {Order.UNKNOWN}
    if len(seen) == 1:
        return seen.pop()
    if seen:
        return Order.UNKNOWN
    clear = {found.options[0] for found in _clear(text)}
    meant = [[day in clear for day in found.options] for found in _numeric(text, Order.UNKNOWN)]
    votes = {Order.DAY_FIRST if first else Order.MONTH_FIRST for first, *rest in meant if rest and first != rest[0]}
    return votes.pop() if len(votes) == 1 else Order.UNKNOWN


def alone_in(value: str) -> date | None:
    """The day that a field says as one number: 20250304, or seconds or milliseconds since 1970.

    >>> alone_in("20250304"), alone_in("1741082400")
    (datetime.date(2025, 3, 4), datetime.date(2025, 3, 4))
    """
    if match := COMPACT.fullmatch(value):
        return _day_of(match.groupdict())
    if match := SINCE_1970.fullmatch(value):
        return datetime.fromtimestamp(int(match["seconds"]), UTC).date()
    return None


def in_name(name: str) -> date | None:
    """The day in a file's name, 2025-03-04 or 20250304."""
    for found in dates_in(name.replace("_", "-")):
        if found.day is not None:
            return found.day
    match = COMPACT.search(name)
    return _day_of(match.groupdict()) if match else None


def quarter_end(text: str) -> date | None:
    """The last day of a quarter such as Q2 2025."""
    match = QUARTER.search(text)
    if not match:
        return None
    quarter, year = int(match[1] or match[4]), int(match[2] or match[3])
    after = date(year + 1, 1, 1) if quarter == 4 else date(year, quarter * 3 + 1, 1)
    return after - timedelta(days=1)
