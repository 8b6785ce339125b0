"""`closeout lint`: what the gate would say to Markdown postmortems, with no server."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

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

    Exit code 0: clean, or warnings only. 1: errors. 2: a file could not be read.
    """
    found = {_named(name): _remarks(name) for name in dict.fromkeys(files)}
    shown = Format.JSON if as_json else form
    text = FORMATS[shown](found)
    if text:
        print(text)
    if shown is Format.TEXT:
        print(f"closeout lint: {counted(found)}", file=sys.stderr)
    if any(remark.level is Level.ERROR for remarks in found.values() for remark in remarks):
        raise typer.Exit(ERRORS)


def _named(name: str) -> str:
    return STDIN_NAME if name == STDIN else name


def _remarks(name: str) -> list[Remark]:
    try:
        data = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
        text, _ = decode(data)
        # Editors count a line's end once, whatever system wrote it.
        return remarks_on(_named(name), text) if text.strip() else []
    except OSError as error:
        _give_up(f"{name}: {error.strerror or error}")
    except (BinaryError, NotRead) as error:
        _give_up(f"{name}: {error}")


def _give_up(why: str) -> NoReturn:
    print(f"closeout: {why}", file=sys.stderr)
    raise typer.Exit(BAD_USAGE)
