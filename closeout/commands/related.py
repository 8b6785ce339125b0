"""`closeout related "TEXT"`: the earlier postmortems that would help now, of the catalogue or of a folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closeout.audit.folder import File, NothingToReadError, content_of, look_into
from closeout.commands.up import Data
from closeout.own_modes import OwnModes, taxonomy_of
from closeout_chassis.errors import SettingsError
from closeout_judgement import searchable
from closeout_judgement.alike import families, pairs_of
from closeout_judgement.concepts import Kind, shipped_concepts
from closeout_judgement.documents.document import Document, Unreadable
from closeout_judgement.documents.reading import read
from closeout_judgement.relatedness import Index
from closeout_judgement.searchable import Page
from closeout_judgement.taxonomy import Taxonomy
from closeout_judgement.why_related import Related, Why, worth_showing

BAD_USAGE = 2
# More are not read at night.
SHOWN = 3
# So many may say the same as one before, whose place they share.
MOST_ALIKE = 20


In = Annotated[
    Path | None,
    typer.Option(
        "--in",
        metavar="FOLDER",
        help="Folder or file of earlier postmortems, read without a server.",
        show_default="the catalogue",
    ),
]


def related(
    text: Annotated[str, typer.Argument(help="What the page says: title, alert, or any words.", show_default=False)],
    folder: In = None,
    service: Annotated[str, typer.Option("--service", help="The service that the page is about.")] = "",
    alert: Annotated[str, typer.Option("--alert", help="The alert's name.")] = "",
    most: Annotated[int, typer.Option("--most", min=1, max=100, help="How many to print at the most.")] = SHOWN,
    unsure: Annotated[bool, typer.Option("--unsure", help="Print also what is too unsure to wake anybody.")] = False,
    own_modes: OwnModes = None,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find earlier postmortems that are related to a page, each with why. Silent where nothing is sure enough."""
    if not text.strip():
        _give_up("the text is empty. Give what the page says, such as “checkout times out”.")
    if folder is None and own_modes is not None:
        _give_up("--failure-modes goes with --in; the catalogue has those of CLOSEOUT_REVIEW_FAILURE_MODES_FILE.")
    if folder is None:
        # A folder is read without what a service needs.
        from closeout.commands.related_catalogue import from_catalogue

        from_catalogue(text, service, most, unsure=unsure, as_json=as_json, data=data)
        return
    try:
        taxonomy = taxonomy_of(own_modes)
        documents = dict(_documents(look_into(folder).files))
    except (NothingToReadError, SettingsError) as error:
        _give_up(str(error))
    if not documents:
        _give_up(f"{folder} holds no postmortem that can be read.")
    found = _found(documents, Page(text, service, alert), most, taxonomy)
    shown = found if unsure else worth_showing(found)
    if as_json:
        print(json.dumps([_as_json(one, documents[one.id]) for one in shown], ensure_ascii=False, indent=1))
    else:
        _print(shown, documents, taxonomy)


def _found(documents: Mapping[str, Document], page: Page, most: int, taxonomy: Taxonomy) -> list[Related]:
    index = Index((_searchable(name, document) for name, document in documents.items()), taxonomy)
    likely = index.related(page, most + MOST_ALIKE)
    return families(likely, pairs_of({one.id: index.words_of(one.id) for one in likely}))[:most]


def _documents(files: Sequence[File]) -> Iterator[tuple[str, Document]]:
    for file in files:
        try:
            data = content_of(file)
        except OSError as error:
            print(f"closeout: {file.name} is left out: {error.strerror or error}", file=sys.stderr)
            continue
        for document in read(file.name, data):
            if isinstance(document, Unreadable):
                print(f"closeout: {document.name} is left out: {document.reason}", file=sys.stderr)
            else:
                yield document.name, document


def _searchable(name: str, document: Document) -> searchable.Document:
    # In a tree of postmortems a folder is most often a team or a service.
    origin = PurePosixPath(name).parent.as_posix()
    return searchable.Document(name, document.title, document.said, document.services, "" if origin == "." else origin)


def _as_json(one: Related, document: Document) -> Mapping[str, object]:
    return {
        "document": one.id,
        "title": document.title,
        "date": document.date.isoformat() if document.date else None,
        "confidence": round(one.confidence, 2),
        "why": asdict(one.why),
        "alike": one.alike,
        "action_items": [
            {"text": item.text, "owner": item.owner, "tickets": item.tickets, "done": item.done}
            for item in document.action_items
        ],
    }


def _print(shown: Sequence[Related], documents: Mapping[str, Document], taxonomy: Taxonomy) -> None:
    console = Console(highlight=False)
    if not shown:
        console.print("Nothing that is sure enough. --unsure prints the rest.")
        return
    table = Table(box=None, padding=(0, 2, 1, 0))
    table.add_column("sure", justify="right", no_wrap=True)
    table.add_column("earlier postmortem", ratio=3, overflow="fold")
    table.add_column("why", ratio=2)
    for one in shown:
        document = documents[one.id]
        when = f"{document.date.isoformat()} · " if document.date else ""
        likewise = f" and {len(one.alike)} like it" if one.alike else ""
        cells = (
            f"{document.title or one.id}{likewise}\n{when}{one.id}\n{_promised(document)}",
            reasons(one.why, taxonomy),
        )
        # What stands in a document is not markup.
        table.add_row(f"{one.confidence:.0%}", *map(escape, cells))
    console.print(table)


def _promised(document: Document) -> str:
    items = document.action_items
    if not items:
        return "promised nothing"
    done = sum(item.done is True for item in items)
    return f"promised {len(items)} action item{'s' if len(items) > 1 else ''}, {done or 'none'} said to be done"


def reasons(why: Why, taxonomy: Taxonomy) -> str:
    """The reasons, one a line, the strongest kind first."""
    kinds = shipped_concepts().by_name
    modes = [taxonomy.modes[mode].title for mode in why.modes]
    parts = [name.replace("_", " ") for name in why.concepts if kinds[name].kind is Kind.COMPONENT]
    lines = (
        "same alert" if why.same_alert else "",
        "same service" if why.same_service else "",
        f"same failure mode: {', '.join(modes)}" if modes else "",
        f"same dependency: {', '.join(parts)}" if parts else "",
        f"same words: {', '.join(why.words)}" if why.words else "",
    )
    return "\n".join(line for line in lines if line)


def _give_up(why: str) -> NoReturn:
    print(f"closeout: {why}", file=sys.stderr)
    raise typer.Exit(BAD_USAGE) from None
