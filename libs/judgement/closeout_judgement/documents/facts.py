"""What a document says about itself: title, day, services, severity."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from closeout_judgement.documents.blocks import Block, Kind
from closeout_judgement.documents.dates import Order, alone_in, dates_in, in_name
from closeout_judgement.documents.document import NotUnderstood, TimelineEntry
from closeout_judgement.documents.outline import Placed
from closeout_judgement.documents.sections import Role, role_of
from closeout_schemas.vocabulary import Severity

# Under which names a document says it, the likeliest first.
DATE_FIELD_NAMES = """
incident_date date_of_incident occurred occurred_at started_at start start_time date when date_published datum
fecha data dato
"""
DATE_FIELDS = tuple(DATE_FIELD_NAMES.split())
TITLE_FIELDS = ("title", "name", "subject", "incident")
SERVICE_FIELD_NAMES = """
services service affected_services services_affected service_affected impacted_services affected_service
components component affected systems affected_systems system
"""
SERVICE_FIELDS = tuple(SERVICE_FIELD_NAMES.split())
SEVERITY_FIELD_NAMES = """
severity sev priority incident_severity severity_level impact_level
"""
SEVERITY_FIELDS = tuple(SEVERITY_FIELD_NAMES.split())
ANY_FIELD = {*DATE_FIELDS, *TITLE_FIELDS, *SERVICE_FIELDS, *SEVERITY_FIELDS}
FIELD = re.compile(r"^(?P<name>[A-Za-z][A-Za-z ()/_-]{1,40}?)\s*[:=|]\s*(?P<value>\S.{0,300})$", re.DOTALL)
LEVEL = re.compile(r"\b(?:sev(?:erity)?|p|s)\s*[-–:#]?\s*([0-5])\b", re.IGNORECASE)
WORDS = (
    (Severity.SEV1, re.compile(r"\b(?:critical|blocker|catastrophic|complete\s+outage)\b", re.IGNORECASE)),
    (Severity.SEV2, re.compile(r"\b(?:major|high)\b", re.IGNORECASE)),
    (Severity.SEV3, re.compile(r"\b(?:moderate|medium|partial)\b", re.IGNORECASE)),
    (Severity.SEV4, re.compile(r"\b(?:minor|low)\b", re.IGNORECASE)),
)
IN_TITLE = re.compile(r"\b(?:sev|p)[\s-]?([0-5])\b", re.IGNORECASE)
SEVERITIES = (Severity.SEV1, Severity.SEV1, Severity.SEV2, Severity.SEV3, Severity.SEV4, Severity.SEV5)
LOOKED_AT = 60  # blocks at the beginning, among which a document tells about itself
TITLE_LABEL = re.compile(r"^(?:title|name|incident(?:\s+report)?|post-?\s?mortem|subject)\s*[:–—-]\s*", re.IGNORECASE)


def fields_in(placed: Sequence[Placed], front: Mapping[str, object]) -> dict[str, tuple[str, str, int]]:
    """Name → value, where from, line: the front matter, then lines and rows such as "Severity: SEV2"."""
    found = {name: (text, "front matter", 1) for name, value in front.items() if (text := _text(value))}
    for one in placed[:LOOKED_AT]:
        for name, value in _labelled(one.block):
            key = re.sub(r"[^a-z]+", "_", name.lower()).strip("_")
            if key in ANY_FIELD and key not in found:
                found[key] = (value, f"the line “{name}”", one.block.line)
    return found


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(_text, value[:50])))
    if isinstance(value, dict):
        return _text(value.get("name", ""))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return "" if value is None or isinstance(value, bool) else " ".join(str(value)[:2000].split())


def _labelled(block: Block) -> Iterator[tuple[str, str]]:
    if block.kind is Kind.ROW and len(block.cells) == 2:
        yield block.cells[0].text.strip(" :"), block.cells[1].text
    elif block.kind in (Kind.TEXT, Kind.ITEM):
        match = FIELD.match(block.text)
        if match:
            yield match["name"], match["value"]


def title_of(
    placed: Sequence[Placed], fields: Mapping[str, tuple[str, str, int]], name: str, html_title: str
) -> tuple[str, str]:
    """The title, and where it was found."""
    if "title" in fields and fields["title"][1] == "front matter":
        return fields["title"][0], "front matter"
    headings = [one.block for one in placed if one.block.kind is Kind.HEADING and one.is_heading]
    for index, block in enumerate(headings[:3]):
        words = TITLE_LABEL.sub("", block.text).strip()
        if re.fullmatch(r"title\s*:?", block.text.strip(), re.IGNORECASE) and index + 1 < len(headings):
            return headings[index + 1].text, "heading"
        if words and role_of(block.text) is None and (block.level == 1 or block is placed[0].block):
            return words, "heading"
    for field in TITLE_FIELDS:
        if field in fields:
            return fields[field][0], fields[field][1]
    if html_title:
        return html_title, "page title"
    stem = re.sub(r"(?:\.[A-Za-z]{1,9})+$", "", name.rsplit("/", 1)[-1])
    return re.sub(r"[_-]+", " ", re.sub(r"^\d{4}[-_]\d{2}[-_]\d{2}[-_ ]*", "", stem)).strip() or stem, "file name"


def day_of(
    placed: Sequence[Placed], fields: Mapping[str, tuple[str, str, int]], name: str, title: str, order: Order
) -> tuple[date | None, str, list[NotUnderstood]]:
    """The day of the incident, where it was found, and which dates were ambiguous, or are none.

    An action item's dates are when it is due, and are passed over.
    """
    remarks: dict[NotUnderstood, None] = {}
    places = [(fields[field][0], fields[field][1], fields[field][2]) for field in DATE_FIELDS if field in fields]
    for text, where, line in (*places, (title, "title", 1)):
        if where != "title" and (alone := alone_in(text.strip())) is not None:
            return alone, where, list(remarks)
        told = dates_in(text[:300], order)
        for found in told:
            if found.day is not None:
                return found.day, where, list(remarks)
            remarks[_ambiguous(found.written, found.options, line)] = None
        if where != "title" and not told:
            remarks[NotUnderstood(line, f"date {text[:60]}", "It is no day that we recognise.")] = None
    named = in_name(name.rsplit("/", 1)[-1]) or in_name(name)
    if named is not None:
        return named, "file name", list(remarks)
    for one in placed:
        for found in dates_in(one.block.text[:500], order) if one.role is not Role.ACTIONS else ():
            if found.day is not None:
                return found.day, "first date in the text", list(remarks)
            remarks[_ambiguous(found.written, found.options, one.block.line)] = None
    return None, "", list(remarks)


def _ambiguous(written: str, options: Sequence[date], line: int) -> NotUnderstood:
    either = " or ".join(day.isoformat() for day in options)
    return NotUnderstood(line, f"date {written}", f"It may be {either}: nothing in the document decides.")


def from_timeline(entries: Sequence[TimelineEntry]) -> date | None:
    """The day of the first entry that has one."""
    return next((entry.at.date() for entry in entries if entry.at), None)


def services_of(fields: Mapping[str, tuple[str, str, int]]) -> tuple[str, ...]:
    """What the document itself names as the services concerned."""
    for field in SERVICE_FIELDS:
        if field in fields:
            parts = re.split(r"\s*[,;/\n]\s*|\s+and\s+", fields[field][0])
            return tuple(dict.fromkeys(part.strip() for part in parts if 1 < len(part.strip()) <= 60))[:20]
    return ()


def severity_of(fields: Mapping[str, tuple[str, str, int]], title: str) -> Severity:
    """How bad it was, where the document says so: SEV0 and SEV1 are the worst."""
    for field in SEVERITY_FIELDS:
        if field in fields:
            text = fields[field][0]
            level = LEVEL.search(text) or re.match(r"\s*([0-5])\b", text)
            if level:
                return SEVERITIES[int(level[1])]
            for severity, words in WORDS:
                if words.search(text):
                    return severity
    level = IN_TITLE.search(title)
    return SEVERITIES[int(level[1])] if level else Severity.UNKNOWN
