"""The timeline: list items, table rows, headings and paragraphs that begin with a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone

from closeout_judgement.documents.blocks import Block, Kind
from closeout_judgement.documents.dates import Order, dates_in
from closeout_judgement.documents.document import TimelineEntry
from closeout_judgement.documents.outline import Placed
from closeout_judgement.documents.sections import Role

# Hours from UTC.
ZONES = {
    **{"utc": 0, "gmt": 0, "z": 0, "cet": 1, "cest": 2, "bst": 1, "eet": 2, "eest": 3, "jst": 9},
    **{"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7},
}
CLOCK = re.compile(
    r"(?P<clock>(?<![\d:])(?P<h>[012]?\d)[:h.](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d)(?:[.,]\d{1,6})?)?(?![\d:])\s*(?P<half>[ap]\.?m\b\.?)?"
    r"|(?<![\d:])(?P<h12>1?\d)\s*(?P<half12>[ap]\.?m\b\.?))\s*(?P<zone>(?-i:[A-Z]{3,4}|Z)\b|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
ALL_TIMES_IN = re.compile(
    r"\btimes?\b[^.\n]{0,40}?\b(?:in|are)\s+(?:approximate\s+)?(?:in\s+)?\(?(?P<zone>[A-Z]{3,4})\b"
)
# How far into a line its time may stand: "On Monday, 20 January 2025 at about 14:05 UTC".
LATEST_START = 45
LONGEST_ENTRY = 2000


def events_in(placed: Sequence[Placed], order: Order, day: date | None, zone: timezone | None) -> list[TimelineEntry]:
    """What happened when. `day` is the incident's, for entries that give a time only."""
    reading = _Reading(order, day, zone)
    entries: list[TimelineEntry] = []
    for one in placed:
        if one.block.is_quoted and entries and one.role is Role.TIMELINE:
            # What was said then, beside its time.
            entries[-1] = replace(entries[-1], text=f"{entries[-1].text} {one.block.text}"[:LONGEST_ENTRY])
        else:
            entries += reading.entries(one)
    return entries


def zone_in(text: str) -> timezone | None:
    """The zone of which the document says that all its times are in it."""
    match = ALL_TIMES_IN.search(text)
    return _zone(match["zone"]) if match else None


def _zone(written: str | None) -> timezone | None:
    if not written:
        return None
    hours = ZONES.get(written.lower())
    if hours is not None:
        return UTC if hours == 0 else timezone(timedelta(hours=hours))
    offset = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", written)
    if not offset or int(offset[2]) > 14:
        return None
    minutes = int(offset[2]) * 60 + int(offset[3])
    return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))


class _Reading:
    """Remembers the day under which the entries stand."""

    def __init__(self, order: Order, day: date | None, zone: timezone | None) -> None:
        self.order, self.day, self.zone = order, day, zone

    def entries(self, one: Placed) -> Iterator[TimelineEntry]:
        block = one.block
        if block.kind is Kind.HEADING and one.role is None and one.section == block.text:
            yield from self._entry(block, "")
        elif one.role is not Role.TIMELINE:
            return
        elif block.kind is Kind.ROW:
            yield from self._row(block)
        elif not one.is_heading:
            yield from self._entry(block, block.text)

    def _row(self, block: Block) -> Iterator[TimelineEntry]:
        if len(block.cells) < 2 or block.is_header:
            return
        stamps = [cell.text for cell in block.cells[:2]]
        with_time = next((index for index, text in enumerate(stamps) if self._is_stamp(text)), None)
        if with_time is None:
            return
        # A day in the first column and a time in the second belong together.
        both = len(block.cells) > 2 and with_time == 0 and not CLOCK.search(stamps[0]) and CLOCK.match(stamps[1])
        written = " ".join(stamps) if both else stamps[with_time]
        rest = " | ".join(cell.text for cell in block.cells[(2 if both else with_time + 1) :])
        yield TimelineEntry(written, self._at(written), rest[:LONGEST_ENTRY], block.line)

    def _is_stamp(self, text: str) -> bool:
        """Whether a cell holds a time or a day, and little else."""
        found = dates_in(text, self.order)
        return len(text) <= LATEST_START and (bool(CLOCK.search(text)) or (bool(found) and found[0].start <= 10))

    def _entry(self, block: Block, _: str) -> Iterator[TimelineEntry]:
        text = block.text
        days = dates_in(text[:LATEST_START], self.order)
        clock = CLOCK.search(text, 0, LATEST_START + 20)
        if days and days[0].day and (clock is None or not text[: days[0].start].strip()):
            self.day = days[0].day
        if clock is None or clock.start() > LATEST_START or (block.kind is Kind.HEADING and clock.start() > 15):
            return
        end = clock.end()
        rest = text[end:].lstrip(" :–—-|,.)]·").strip() or text
        before = text[: clock.start()].strip(" :–—-|,([*")
        # What stands before the time is part of what is told, unless it is the day.
        told = rest if not before or (days and days[0].end <= clock.start() + 1) else f"{before} {rest}"
        yield TimelineEntry(text[:end].strip(" *-"), self._at(text[:end]), told[:LONGEST_ENTRY], block.line)

    def _at(self, written: str) -> datetime | None:
        days = dates_in(written, self.order)
        if days and days[0].day is None:
            return None
        day = days[0].day if days else self.day
        clock = CLOCK.search(written, days[0].end if days and days[0].start == 0 else 0) or CLOCK.search(written)
        if day is None or clock is None:
            return None
        self.day = day
        hour, minute = int(clock["h"] or clock["h12"]), int(clock["m"] or 0)
        half = (clock["half"] or clock["half12"] or "").lower()[:1]
        # People write 17:14 pm.
        if half and hour <= 12:
            hour = hour % 12 + (12 if half == "p" else 0)
        if hour > 23:
            return None
        return datetime.combine(day, time(hour, minute), tzinfo=_zone(clock["zone"]) or self.zone)
