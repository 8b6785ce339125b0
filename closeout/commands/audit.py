"""`closeout audit PATH`: what a folder of old postmortems promised, and what is known to have become of it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from closeout.audit.as_json import as_json
from closeout.audit.examined import Examined, never_later
from closeout.audit.folder import Folder, NothingToReadError, in_letters, look_into
from closeout.audit.page.render import page
from closeout.audit.pool import Result, read_all
from closeout.audit.report import Report, report_of
from closeout.audit.terminal import print_report
from closeout.own_modes import OwnModes, taxonomy_of
from closeout_chassis.errors import CloseoutError, SettingsError

BAD_PATH = 2


class CannotWriteError(CloseoutError):
    """The page cannot be written where it was wanted. Exit code 2."""


# Fewer files are through before one could read a progress bar.
FEW_FILES = 50


def audit(
    path: Annotated[
        Path, typer.Argument(help="A folder, a git working tree or one file of postmortems.", show_default=False)
    ],
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON instead of the report.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write one self-contained page, to share.", show_default=False)
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=1000, help="How many of each ranked list.")] = 10,
    own_modes: OwnModes = None,
) -> None:
    """Count what old postmortems promised. No server, no sign-in, no network. Exit code 2: nothing to read."""
    today = datetime.now(UTC).date()
    try:
        report = report_on(look_into(path), top, today, own_modes)
        if html is not None:
            _write(html, page(report, top, today))
    except (NothingToReadError, CannotWriteError, SettingsError) as error:
        print(f"closeout: {error}", file=sys.stderr)
        raise typer.Exit(BAD_PATH) from None
    if as_json_:
        print(json.dumps(as_json(report, top), ensure_ascii=False, indent=1))
    else:
        print_report(report, Console(highlight=False), top)


def _write(file: Path, content: str) -> None:
    """Raises CannotWriteError."""
    try:
        file.write_text(content, "utf-8")
    except OSError as error:
        raise CannotWriteError(f"{file} cannot be written: {error.strerror or error}.") from None
    print(f"{file}: {len(content.encode()) / 1000:.0f} kB", file=sys.stderr)


def report_on(folder: Folder, top: int, today: date, own_modes: Path | None = None) -> Report:
    """Read everything, with a progress bar on a terminal."""
    taxonomy = taxonomy_of(own_modes)
    results = [never_later(one, today) if isinstance(one, Examined) else one for one in _read(folder, own_modes)]
    return report_of(in_letters(str(folder.root)), results, folder.unread, top, taxonomy)


def _read(folder: Folder, own_modes: Path | None) -> list[Result]:
    console = Console(stderr=True)
    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = len(folder.files) < FEW_FILES or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("", total=len(folder.files))
        where = in_letters(folder.root.resolve().name)
        advance = partial(progress.advance, task)
        return read_all(folder.files, advance, where=where, own_modes=own_modes)
