"""`closeout migrate`: bring the database up to date."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer
from rich.console import Console

from closeout.commands.up import Data
from closeout.reach import database_of
from closeout_chassis import migrate as migrations
from closeout_schemas.catalogue import SERVICES

PENDING = 3
UP_TO_DATE = "The database is up to date."


def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 3 when something is outstanding.")
    ] = False,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring every service's schema up to date. Safe to run again, and while the services run."""
    settings = database_of(data)
    if check:
        _check(asyncio.run(migrations.pending(settings, SERVICES)), as_json)
        return
    took: dict[str, float] = {}
    asyncio.run(migrations.migrate(settings, SERVICES, tell=took.__setitem__))
    if as_json:
        print(json.dumps({"applied": list(took), "seconds": {file: round(took[file], 3) for file in took}}))
        return
    console = Console(highlight=False)
    for file, seconds in took.items():
        console.print(f"applied  {seconds:6.2f} s  {file}")
    if not took:
        console.print(UP_TO_DATE)


def _check(outstanding: list[str], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"pending": outstanding}))
    else:
        console = Console(highlight=False)
        for file in outstanding:
            console.print(f"outstanding  {file}")
        if not outstanding:
            console.print(UP_TO_DATE)
    if outstanding:
        raise typer.Exit(PENDING)
