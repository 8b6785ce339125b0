"""`closeout meta-review`: the quarterly read, of what is here, or from an export, without a server."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
import yaml
from rich.console import Console

from closeout.commands.up import Data
from closeout.meta_review_table import show
from closeout.quarter_here import quarter_here
from closeout.reach import review_settings
from closeout_judgement.patterns.as_json import as_json
from closeout_judgement.patterns.calendar import BadCalendar, Calendar, calendar_of
from closeout_judgement.patterns.pages.html import html
from closeout_judgement.patterns.pages.markdown import markdown
from closeout_judgement.patterns.quarter import Quarter
from closeout_judgement.patterns.record import BadLine, IncidentRecord, record_of
from closeout_judgement.patterns.review import MetaReview, meta_review
from closeout_review.commands.meta_review_answer import reading_as_json
from closeout_review.commands.meta_review_files import FORMS as DOCUMENTS
from closeout_review.commands.quarter_reading import Reading
from closeout_review.domain.meta_review import quarter_named

BAD_INPUT = 2


class Form(StrEnum):
    """A document for people."""

    MARKDOWN = "markdown"
    HTML = "html"


FORMS: Mapping[Form, Callable[[MetaReview], str]] = {Form.MARKDOWN: markdown, Form.HTML: html}
MOST_COMPLAINTS = 20

From = Annotated[
    Path | None,
    typer.Option("--from", metavar="EXPORT.jsonl", help="Incidents, one JSON object a line; else what is here."),
]
QuarterName = Annotated[
    str | None,
    typer.Option(
        "--quarter", metavar="2026Q3", help="Which quarter; else that of the newest incident, or here the last one."
    ),
]
CalendarFile = Annotated[
    Path | None,
    typer.Option(
        "--calendar", metavar="CALENDAR.yaml", help="Deploy windows, days of releases, holidays; else not tested."
    ),
]
Zone = Annotated[
    str | None,
    typer.Option("--timezone", metavar="Europe/Berlin", help="Where people work; else the wall clock as written."),
]


def meta_review_command(
    source: From = None,
    quarter: QuarterName = None,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    form: Annotated[Form | None, typer.Option("--format", help="Print a document instead of the table.")] = None,
    timezone: Zone = None,
    alias: Annotated[
        list[str] | None, typer.Option("--alias", metavar="OLD=NEW", help="A service that goes by a new name.")
    ] = None,
    calendar: CalendarFile = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out instead of giving up.")] = False,
    data: Data = None,
) -> None:
    """Read a quarter of incidents: patterns that the hours and the year before do not explain."""
    if as_json_ and form is not None:
        _give_up("--json and --format each say how it is printed: leave one out.")
    zone = _zone(timezone)
    wanted, aliases = _quarter(quarter), _aliases(alias or [])
    if source is None:
        if zone or aliases or skip_bad or calendar:
            _give_up(
                "--timezone, --alias, --calendar and --skip-bad go with --from; here the settings and mapping say so."
            )
        _show_here(asyncio.run(quarter_here(data, wanted)), review_settings(data).public_url, as_json_, form)
        return
    known = _calendar(calendar)
    records = _records(source, zone, skip_bad)
    if wanted is None:
        wanted = _newest(records, source)
    review = meta_review(records, wanted, zone or UTC, _until(records, wanted, zone or UTC), aliases, known)
    if as_json_:
        print(json.dumps(as_json(review), ensure_ascii=False))
    elif form is not None:
        print(FORMS[form](review), end="")
    else:
        show(review, Console(highlight=False))


def _show_here(reading: Reading, public_url: str, as_json_: bool, form: Form | None) -> None:
    if as_json_:
        print(json.dumps(reading_as_json(reading), ensure_ascii=False))
    elif form is not None:
        print(DOCUMENTS[form].write(reading, public_url), end="")
    else:
        show(reading.review, Console(highlight=False))


def _zone(name: str | None) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        _give_up(f"there is no time zone “{name}”; write it as in Europe/Berlin.")


def _calendar(file: Path | None) -> Calendar:
    if file is None:
        return Calendar()
    try:
        return calendar_of(yaml.safe_load(file.read_text()))
    except OSError as error:
        _give_up(f"{file} cannot be read: {error.strerror or error}.")
    except (yaml.YAMLError, ValueError, RecursionError, BadCalendar) as error:
        _give_up(f"{file}: {' '.join(str(error).split())}")


def _quarter(text: str | None) -> Quarter | None:
    try:
        return quarter_named(text) if text else None
    except ValueError as error:
        _give_up(f"--quarter: {error}.")


def _aliases(written: Sequence[str]) -> dict[str, str]:
    aliases = {}
    for one in written:
        old, equals, new = (part.strip() for part in one.partition("="))
        if not (old and equals and new):
            _give_up(f"--alias: “{one}” is no alias; write OLD=NEW, with the names of two services.")
        aliases[old] = new
    return aliases


def _newest(records: Sequence[IncidentRecord], source: Path) -> Quarter:
    if not records:
        _give_up(f"{source} has no incident, so that no quarter is known. Name one with --quarter.")
    newest = max(records, key=lambda one: one.opened_at).opened_at
    try:
        return quarter_named(str(Quarter.of(newest)))
    except ValueError as error:
        _give_up(f"{source}: the newest incident opened at {newest.isoformat()}: {error}. Mend it, or say --quarter.")


def _until(records: Sequence[IncidentRecord], quarter: Quarter, zone: tzinfo) -> datetime | None:
    """The end of a quarter that is still running: hours that have not come yet are no exposure."""
    now = datetime.now(zone)
    if now not in quarter:
        return None
    return max([now, *(one.opened_at for one in records if one.opened_at in quarter)])


def _records(source: Path, zone: tzinfo | None, skip_bad: bool) -> list[IncidentRecord]:
    complaints: list[str] = []
    records = list(_read(source, zone, complaints))
    for complaint in complaints[:MOST_COMPLAINTS]:
        print(f"closeout: {complaint}{' (left out)' if skip_bad else ''}", file=sys.stderr)
    if len(complaints) > MOST_COMPLAINTS:
        print(f"closeout: … and {len(complaints) - MOST_COMPLAINTS} more bad lines", file=sys.stderr)
    if complaints and not skip_bad:
        _give_up("mend these lines, or leave them out with --skip-bad.")
    return records


def _read(source: Path, zone: tzinfo | None, complaints: list[str]) -> Iterator[IncidentRecord]:
    seen: dict[str, int] = {}
    try:
        lines = source.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        _give_up(f"{source} cannot be read: {error.strerror or error}.")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = record_of(line, zone)
        except BadLine as error:
            complaints.append(f"{source}:{number}: {error}")
            continue
        if record.id in seen:
            complaints.append(f"{source}:{number}: “id” {record.id} is there already, in line {seen[record.id]}")
            continue
        if record.ends_before_it_begins:
            print(f"closeout: {source}:{number}: “resolved_at” is before “opened_at”: not used", file=sys.stderr)
        seen[record.id] = number
        yield record


def _give_up(why: str) -> NoReturn:
    print(f"closeout: {why}", file=sys.stderr)
    raise typer.Exit(BAD_INPUT)
