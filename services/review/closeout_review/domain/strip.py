"""A timeline as it is shown: the strip's geometry, the gaps in which nobody said a word, the hours of the night."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from closeout_review.domain.chain import FORGOTTEN, REDACTED
from closeout_schemas.incidents import TimelineEntry
from closeout_schemas.vocabulary import Vendor

NIGHT_BEGINS, NIGHT_ENDS = 22, 6
GAP = timedelta(minutes=15)
WIDTH = 1000.0
# What is said so soon after the end belongs to it.
AFTERWARDS = timedelta(hours=6)
# More hours than this are marked day by day.
MOST_HOUR_MARKS = 24
# So many marks are told apart on a wide screen.
MOST_TICKS = 150
# So many entries are looked through without a jump.
AT_A_GLANCE = 40
# https://docs.slack.dev/messaging/formatting-message-text: a user, with or without a label.
MENTION = re.compile(r"(<[@#]([A-Z0-9]+)(?:\|[^>]*)?>)")
NOBODY: Mapping[tuple[Vendor, str], str] = {}
# Said long afterwards, of what other entries say.
ABOUT_OTHERS = (REDACTED, FORGOTTEN)


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as a line of the page. `gap`: how long nobody had said anything; None where that was short.

    `new_day`: the day, where the entry before is of another.
    """

    entry: TimelineEntry
    gap: timedelta | None
    at_night: bool
    new_day: date | None = None
    author: str = ""
    # Whom, and which channels, the text mentions by an id: the id as it is written, and the name.
    mentions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a place of the strip, from 0 to WIDTH."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Jump:
    """Where to go from the strip: the first entry of an hour, or of a day where there are too many hours."""

    label: str
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the strip."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Strip:
    """The whole timeline in one line."""

    begin: datetime
    end: datetime
    # How many entries, and a mark for each; more than MOST_TICKS share marks, which then say nothing of their own.
    entries: int
    ticks: tuple[Mark, ...]
    clock: tuple[Mark, ...]
    nights: tuple[Band, ...]
    gaps: tuple[Band, ...]
    # None where all of it is seen at a glance.
    jumps: tuple[Jump, ...]


def is_night(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether people there would be asleep."""
    hour = moment.astimezone(zone).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


def rows_of(
    entries: Sequence[TimelineEntry], zone: ZoneInfo, names: Mapping[tuple[Vendor, str], str] = NOBODY
) -> list[Row]:
    """The lines of the page; `entries` as they are read. `names`: what people are called whom a source names by id."""
    befores: list[TimelineEntry | None] = [None, *entries[:-1]]
    return [
        Row(
            entry,
            _gap(before, entry),
            is_night(entry.occurred_at, zone),
            _new_day(before, entry, zone),
            _author(entry, names),
            tuple(_mentions(entry, names)),
        )
        for before, entry in zip(befores, entries, strict=False)
    ]


def _author(entry: TimelineEntry, names: Mapping[tuple[Vendor, str], str]) -> str:
    who = entry.author
    if who is None:
        return "automation"
    # A chat's event has the id alone.
    return names.get((who.vendor, who.vendor_id), who.name) if who.name == who.vendor_id else who.name


def _mentions(entry: TimelineEntry, names: Mapping[tuple[Vendor, str], str]) -> Iterator[tuple[str, str]]:
    for written, user_id in dict.fromkeys(MENTION.findall(entry.text)):
        name = names.get((entry.source, user_id))
        if name is not None:
            yield written, name


def _gap(before: TimelineEntry | None, entry: TimelineEntry) -> timedelta | None:
    # A redaction is said long after, and breaks no silence.
    silence = entry.occurred_at - before.occurred_at if before and entry.kind not in ABOUT_OTHERS else timedelta()
    return silence if silence >= GAP else None


def _new_day(before: TimelineEntry | None, entry: TimelineEntry, zone: ZoneInfo) -> date | None:
    day = entry.occurred_at.astimezone(zone).date()
    return day if before and before.occurred_at.astimezone(zone).date() != day else None


def strip_of(entries: Sequence[TimelineEntry], zone: ZoneInfo) -> Strip | None:
    """The strip of these entries, None where all was said at one moment.

    What was said long after it was over, a redaction say, is a line of the page and no part of the strip.
    """
    entries = _while_it_lasted(entries)
    if not entries or entries[0].occurred_at == entries[-1].occurred_at:
        return None
    begin, end = entries[0].occurred_at, entries[-1].occurred_at

    def x(moment: datetime) -> float:
        return round((moment - begin) / (end - begin) * WIDTH, 1)

    marks = list(_hours(begin, end, zone))
    return Strip(
        begin=begin,
        end=end,
        entries=len(entries),
        ticks=_ticks([Mark(x(entry.occurred_at), entry.kind) for entry in entries]),
        clock=tuple(Mark(x(moment), label) for moment, label in marks),
        nights=tuple(_bands([(x(a), x(b)) for a, b in _nights(begin, end, zone)])),
        gaps=tuple(
            _bands([(x(one.occurred_at), x(after.occurred_at)) for one, after in pairwise(entries) if _gap(one, after)])
        ),
        jumps=tuple(_jumps(entries, marks)) if len(entries) > AT_A_GLANCE else (),
    )


def _jumps(entries: Sequence[TimelineEntry], marks: Sequence[tuple[datetime, str]]) -> Iterator[Jump]:
    """One each hour in which something was said; an hour of silence has none."""
    for (begin, label), (end, _) in pairwise([*marks, (entries[-1].occurred_at + GAP, "")]):
        first = next((one for one in entries if begin <= one.occurred_at < end), None)
        if first is not None:
            yield Jump(label, first.id)


def _while_it_lasted(entries: Sequence[TimelineEntry]) -> Sequence[TimelineEntry]:
    over = max((one.occurred_at for one in entries if one.kind == "resolved"), default=None)
    said = [one for one in entries if one.kind not in ABOUT_OTHERS]
    return said if over is None else [one for one in said if one.occurred_at <= over + AFTERWARDS]


def _ticks(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    if len(marks) <= MOST_TICKS:
        return tuple(marks)
    places = sorted({round(mark.x * MOST_TICKS / WIDTH) for mark in marks})
    return tuple(Mark(round(place * WIDTH / MOST_TICKS, 1), "") for place in places)


def _bands(stretches: Sequence[tuple[float, float]]) -> Iterator[Band]:
    return (Band(a, round(b - a, 1)) for a, b in stretches)


def _hours(begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, str]]:
    """Full hours, or midnights where there are too many hours; a month at most."""
    by_day = end - begin > timedelta(hours=MOST_HOUR_MARKS)
    first = begin.astimezone(zone).replace(
        minute=0, second=0, microsecond=0, hour=0 if by_day else begin.astimezone(zone).hour
    )
    for n in range(1, 32):
        # An hour is an hour, also in the night in which the clocks change; a day begins by the clock.
        hour = (first.astimezone(UTC) + timedelta(hours=n)).astimezone(zone)
        moment = first + timedelta(days=n) if by_day else hour
        if moment > end:
            return
        yield moment, f"{moment:%d %b}" if by_day else f"{moment:%H:%M}"


def _nights(begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    evening = begin.astimezone(zone).replace(hour=NIGHT_BEGINS, minute=0, second=0, microsecond=0) - timedelta(days=1)
    for _ in range(32):
        morning = (evening + timedelta(days=1)).replace(hour=NIGHT_ENDS)
        if evening >= end:
            return
        if morning > begin:
            yield max(evening, begin), min(morning, end)
        evening += timedelta(days=1)
