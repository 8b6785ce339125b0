"""`closeout import PATH|URL`: the reviews that a team has, into the catalogue, so that they come to the next page."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from closeout.audit.examined import no_postmortem
from closeout.audit.folder import NothingToReadError
from closeout.commands.import_tickets import ask_trackers
from closeout.commands.up import Data
from closeout.reach import database_soon, opened
from closeout.sources.chosen import source_of
from closeout.sources.source import Batch, Item, Source, SourceError
from closeout_chassis.settings import read as settings_of
from closeout_judgement.documents.document import Document, NotUnderstood, Unreadable
from closeout_judgement.documents.reading import read
from closeout_review.commands.importing import Result, take_in
from closeout_review.settings import ReviewSettings
from closeout_review.store.imported import ImportedReviews

BAD_PATH = 2
# So many things that were left out, or not understood, are told one by one; the JSON has all of them.
MOST_TOLD = 50


@dataclass
class Told:
    """What became of everything."""

    counts: Counter[str] = field(default_factory=Counter)
    left_out: list[Unreadable] = field(default_factory=list)
    not_understood: list[tuple[str, NotUnderstood]] = field(default_factory=list)
    unread: tuple[str, ...] = ()
    tickets: Counter[str] = field(default_factory=Counter)


def import_(
    where: Annotated[
        str,
        typer.Argument(metavar="PATH|URL", help="Folder, file, zip, git repository, Confluence.", show_default=False),
    ],
    space: Annotated[str, typer.Option(help="Key of the Confluence space at that address.")] = "",
    postmortem: Annotated[
        list[str] | None, typer.Option(help="Id or address of an Opsgenie postmortem, or a file with one a line.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what does not look like a postmortem: READMEs, templates, other pages.")
    ] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Begin at the start, not where it was broken off.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and say what would be imported; store nothing.")
    ] = False,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read old postmortems into the catalogue. Run again, it goes on; only what is new or changed is taken in."""
    told = Told()
    try:
        source = source_of(where, space, postmortem or ())
        with _bar(quiet=as_json) as progress:
            advance = partial(_show, progress, progress.add_task("", total=source.total, name="reading"), source)
            reading = Reading(told, source.label, advance, everything=everything)
            if dry_run:
                for batch in source.batches(None):
                    told.counts["would be imported"] += len(reading.documents(batch))
            else:
                asyncio.run(_store(source, reading, anew=anew, data=data))
    except NothingToReadError as error:
        _give_up(error)
    except SourceError as error:
        # What was taken in before stays; it is said, so that nobody begins again.
        if told.counts:
            _tell(told, as_json)
        raise error from None
    told.unread = source.unread
    _tell(told, as_json)


def _give_up(error: NothingToReadError) -> NoReturn:
    print(f"closeout: {error}", file=sys.stderr)
    raise typer.Exit(BAD_PATH) from None


class Reading:
    """Turns batches into documents, and remembers what was left out and what was not understood."""

    def __init__(self, told: Told, where: str, advance: Callable[[int], None], *, everything: bool = False) -> None:
        self.told = told
        self._where = where
        self._everything = everything
        self._advance = advance

    def documents(self, batch: Batch) -> list[Document]:
        """Those that are postmortems, as far as can be seen."""
        found = [document for item in batch.items for document in self._of(item)]
        self._advance(len(batch.items))
        return found

    def _of(self, item: Item) -> Iterator[Document]:
        if item.broken:
            self.told.left_out.append(Unreadable(item.name, item.broken))
            return
        for one in read(item.name, item.content, item.front):
            if isinstance(one, Unreadable):
                self.told.left_out.append(one)
                continue
            why_not = "" if self._everything else no_postmortem(one, self._where)
            if why_not:
                self.told.left_out.append(Unreadable(one.name, f"{why_not} --all takes it in."))
                continue
            document = dated(one, item)
            self.told.not_understood += [(document.name, remark) for remark in document.not_understood]
            yield document


def dated(document: Document, item: Item) -> Document:
    """With the day on which its page was made, where the document names none; that it is this day is said.

    A day that has not come yet is none.
    """
    if document.date and document.date > datetime.now(UTC).date() + timedelta(days=1):
        reason = f"{document.date} ({document.date_from}) lies in the future: it is not taken as the day."
        remarks = (*document.not_understood, NotUnderstood(0, "date", reason))
        document = replace(document, date=None, date_from="", not_understood=remarks)
    created = str(item.front.get("created", ""))
    if document.date is not None or not created:
        return document
    try:
        day = date.fromisoformat(created)
    except ValueError:
        return document
    remark = NotUnderstood(0, "date", f"It names no day; {day.isoformat()} is when the page was made.")
    rest = tuple(one for one in document.not_understood if one.what != "date")
    return replace(document, date=day, date_from="when the page was made", not_understood=(*rest, remark))


async def _store(source: Source, reading: Reading, *, anew: bool, data: Path | None) -> None:
    # What is wrong in a team's own file is said before anything is stored.
    taxonomy = settings_of(ReviewSettings).taxonomy
    async with opened(data, "review") as db:
        reading.told.counts.update({result.value: 0 for result in Result})
        async with db.reading() as conn:
            cursor = None if anew else await ImportedReviews(conn).cursor(source.label)
        # One transaction a batch, with where to go on: broken off, it goes on there.
        async for batch, documents in _read_ahead(source.batches(cursor), reading):
            async with db.transaction() as tx:
                results = await take_in(documents, tx, taxonomy)
                await ImportedReviews(tx.conn).reached(source.label, batch.cursor)
            reading.told.counts.update(result.value for result in results)
        reading.told.tickets = await ask_trackers(database_soon(data), db)


async def _read_ahead(batches: Iterator[Batch], reading: Reading) -> AsyncIterator[tuple[Batch, list[Document]]]:
    """Each batch with its documents. The next is read while one is stored: the database has a processor of its own."""

    def read_next() -> tuple[Batch, list[Document]] | None:
        batch = next(batches, None)
        return None if batch is None else (batch, reading.documents(batch))

    coming = asyncio.create_task(asyncio.to_thread(read_next))
    while (one := await coming) is not None:
        coming = asyncio.create_task(asyncio.to_thread(read_next))
        yield one


def _bar(*, quiet: bool) -> Progress:
    columns = (TextColumn("{task.fields[name]}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True, highlight=False), transient=True, disable=quiet)


def _show(progress: Progress, task: TaskID, source: Source, items: int) -> None:
    progress.update(task, advance=items, total=source.total)


def _tell(told: Told, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_as_json(told)))
        return
    print(", ".join(f"{number} {what}" for what, number in told.counts.items()) + ".")
    if told.tickets:
        print("tickets: " + ", ".join(f"{number} {what}" for what, number in told.tickets.items()) + ".")
    unread = [f"{name}: this format is not read; export it as HTML or Markdown" for name in told.unread]
    _list("left out", [*(f"{one.name}: {one.reason}" for one in told.left_out), *unread], "--json lists all")
    remarks = [
        f"{name}:{remark.line}: {remark.what}: {remark.reason}"
        if remark.line
        else f"{name}: {remark.what}: {remark.reason}"
        for name, remark in told.not_understood
    ]
    _list("not understood", remarks, "each review's page lists its own, and --json all")


def _list(what: str, lines: Sequence[str], where_more: str) -> None:
    for line in lines[:MOST_TOLD]:
        print(f"{what}: {line}")
    if len(lines) > MOST_TOLD:
        print(f"{what}: {len(lines) - MOST_TOLD:,} more; {where_more}.")


def _as_json(told: Told) -> dict[str, object]:
    return {
        **told.counts,
        "unreadable": [{"document": one.name, "reason": one.reason} for one in told.left_out],
        "other_formats": list(told.unread),
        "tickets": dict(told.tickets),
        "not_understood": [
            {"document": name, "line": one.line, "what": one.what, "reason": one.reason}
            for name, one in told.not_understood
        ],
    }
