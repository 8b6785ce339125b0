"""`closeout backfill`: bring in what had been before Closeout was there."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from closeout.commands.up import Data
from closeout.reach import opened
from closeout_chassis.db import Database
from closeout_chassis.errors import CloseoutError, Retryable
from closeout_chassis.settings import read
from closeout_ingest import history
from closeout_ingest.adapters.history import Pager
from closeout_ingest.app import pagers_of
from closeout_ingest.settings import IngestSettings
from closeout_schemas.vocabulary import Vendor

LONGEST_WAIT_SECONDS = 120.0
TRIES = 5


class SourceName(StrEnum):
    """A pager that can be asked for its history."""

    PAGERDUTY = "pagerduty"
    OPSGENIE = "opsgenie"
    JSM = "jsm"


# Earlier than this nobody was paged by it. What moved from Opsgenie to Jira Service Management kept its days.
BEGAN = {
    SourceName.PAGERDUTY: datetime(2009, 1, 1, tzinfo=UTC),
    SourceName.OPSGENIE: datetime(2012, 1, 1, tzinfo=UTC),
    SourceName.JSM: datetime(2012, 1, 1, tzinfo=UTC),
}
KEYS = {
    SourceName.PAGERDUTY: "CLOSEOUT_INGEST_PAGERDUTY_API_TOKEN",
    SourceName.OPSGENIE: "CLOSEOUT_INGEST_OPSGENIE_API_KEY",
    SourceName.JSM: "CLOSEOUT_INGEST_JSM_API_URL, …_USER and …_TOKEN",
}


def _day(text: str | datetime) -> datetime:
    try:
        return datetime.strptime(str(text), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter(f"“{text}” is no day: write it as 2026-01-31.") from None


def _span(source: SourceName, since: datetime, until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """From when to when. What is to come is no history: a run that went through it would go on behind it."""
    end = min(until or now, now)
    if since >= now:
        raise typer.BadParameter(f"--since {since.date()} is not before today, {now.date()}: write a day that is past.")
    if since >= end:
        raise typer.BadParameter(f"--since {since.date()} is not before --until {end.date()}: write an earlier day.")
    if since < BEGAN[source]:
        began = BEGAN[source].date()
        raise typer.BadParameter(
            f"--since {since.date()} is before there was any {source.value}: write {began} for all that there is."
        )
    return since, end


def backfill(
    source: Annotated[SourceName, typer.Option(help="The pager.", show_default=False)],
    since: Annotated[
        datetime,
        typer.Option(parser=_day, metavar="YYYY-MM-DD", help="The first day, in UTC.", show_default=False),
    ],
    until: Annotated[
        datetime | None,
        typer.Option(parser=_day, help="The day to end before.", show_default="now", metavar="YYYY-MM-DD"),
    ] = None,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: how many incidents were brought in.")] = False,
) -> None:
    """Ask a pager for its incidents since a day, with their log entries and notes. Run again, it goes on.

    They get their timelines and are found by a search, and no draft is made of them.
    """
    first, last = _span(source, since, until, datetime.now(UTC))
    brought = asyncio.run(_run(source, first, last, data, quiet=as_json))
    if as_json:
        print(json.dumps({"source": source.value, "since": first.isoformat(), "incidents": brought}))
    else:
        print(f"{brought} incidents brought in from {source.value} since {first:%Y-%m-%d}; the services work on them.")


async def _run(source: SourceName, since: datetime, until: datetime, data: Data, *, quiet: bool) -> int:
    settings = read(IngestSettings)
    async with opened(data, "ingest") as db:
        pager = pagers_of(settings, db).get(Vendor(source.value))
        if pager is None:
            raise CloseoutError(f"No key for {source.value}: set {KEYS[source]}.")
        with _progress(quiet) as progress:
            return await _patiently(db, pager, since, until, progress)


async def _patiently(db: Database, pager: Pager, since: datetime, until: datetime, progress: Progress) -> int:
    """Go on after what passes; raise what does not. Nothing is asked for twice."""
    task = progress.add_task("", total=(until - since).total_seconds(), what="")
    so_far, tries = 0, 0
    while True:
        before = so_far

        def tell(at: datetime, incidents: int, before: int = before) -> None:
            nonlocal so_far
            so_far = before + incidents
            _show(progress, task, since, at, so_far)

        try:
            return before + await history.backfill(db, pager, since, until, tell)
        except Retryable as error:
            tries = 0 if so_far > before else tries + 1
            wait = error.after or 2.0**tries
            if tries >= TRIES or wait > LONGEST_WAIT_SECONDS:
                raise CloseoutError(f"{error}. {so_far} incidents are in; run it again to go on.") from None
            progress.update(task, what=f"waiting {wait:.0f} s: {error}")
            await asyncio.sleep(wait)


def _progress(quiet: bool) -> Progress:
    percent, what = TextColumn("{task.percentage:>3.0f} %"), TextColumn("{task.fields[what]}", markup=False)
    console = Console(stderr=True)
    return Progress(BarColumn(), percent, TimeRemainingColumn(), what, console=console, disable=quiet, transient=True)


def _show(progress: Progress, task: TaskID, since: datetime, at: datetime, incidents: int) -> None:
    progress.update(task, completed=(at - since).total_seconds(), what=f"{at:%Y-%m-%d}, {incidents} incidents")
