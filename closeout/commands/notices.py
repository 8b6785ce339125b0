"""`closeout notices`: who was told what, who waits to be told, and whom nobody could tell."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from closeout.commands.up import Data
from closeout.reach import opened
from closeout_ingest.store.notices import Notices

WHY = {
    "unknown_recipient": "nobody told: no way knows them",
    "too_late": "nobody told: it came too late",
    "no_way": "nobody told: neither Slack nor mail is set up",
}


def notices(
    days: Annotated[
        float, typer.Option(min=0, max=36_500, help="How far back to look; what waits is shown in any case.")
    ] = 7,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a list of notices.")] = False,
) -> None:
    """What people and channels were told, what waits, and what could not be said, the newest first."""
    found = asyncio.run(_listed(data, datetime.now(UTC) - timedelta(days=days)))
    if as_json:
        print(json.dumps(found, default=str))
        return
    console = Console(highlight=False, markup=False)
    if not found:
        console.print("No notices.")
        return
    table = Table("wanted", "what", "to", "subject", "became of it", box=None, padding=(0, 2, 0, 0))
    for one in found:
        to = f"#{one['channel']}" if one["channel"] else one["name"]
        table.add_row(f"{one['wanted_at']:%Y-%m-%d %H:%M}", one["kind"], to, one["subject"], became(one))
    console.print(table)


def became(one: dict[str, Any]) -> str:
    """What became of a notice, in words."""
    if one["said_at"]:
        return f"said by {one['said_by']} {one['said_at']:%Y-%m-%d %H:%M}"
    if one["dropped_because"]:
        return WHY.get(str(one["dropped_because"]), str(one["dropped_because"]))
    if one["trouble"]:
        return f"waits: {one['trouble']}"
    if one["not_before"] and one["not_before"] > datetime.now(UTC):
        return f"waits until {one['not_before']:%Y-%m-%d %H:%M} UTC"
    return "waits"


async def _listed(data: Data, since: datetime) -> list[dict[str, Any]]:
    async with opened(data, "ingest") as db, db.reading() as conn:
        return await Notices(conn).listed(since)
