"""`closeout lint`: what the gate would say to Markdown postmortems, with no server."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from closeout.lint_formats import FORMATS, counted
from closeout_judgement.document_lints import Level, NotRead, Remark, remarks_on
from closeout_judgement.documents.encoding import BinaryError, decode

ERRORS, BAD_USAGE = 1, 2
STDIN, STDIN_NAME = "-", "stdin.md"


class Format(StrEnum):
    """How the findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def lint(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Markdown postmortems; - reads one from standard input.")
    ],
    form: Annotated[Format, typer.Option("--format", help="How to print what was found.")] = Format.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Point out, at file:line:column, what nobody could complete, whom it blames and what it hides.

    Exit code 0: clean, or warnings only. 1: errors. 2: a file could not be read; the others are.
    """
    found, unread = dict[str, list[Remark]](), list[str]()
    for name in dict.fromkeys(files):
        try:
            found[_named(name)] = _remarks(name)
        except (OSError, BinaryError, NotRead) as error:
            unread.append(f"{name}: {_why(error)}")
    shown = Format.JSON if as_json else form
    text = FORMATS[shown](found)
    if text:
        print(text)
    if shown is Format.TEXT and found:
        print(f"closeout lint: {counted(found)}", file=sys.stderr)
    for line in unread:
        print(f"closeout: {line}", file=sys.stderr)
    if unread:
        raise typer.Exit(BAD_USAGE)
    if any(remark.level is Level.ERROR for remarks in found.values() for remark in remarks):
        raise typer.Exit(ERRORS)


def _named(name: str) -> str:
    return STDIN_NAME if name == STDIN else name


def _remarks(name: str) -> list[Remark]:
    data = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    text, _ = decode(data)
    # Editors count a line's end once, whatever system wrote it.
    return remarks_on(_named(name), text) if text.strip() else []


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
