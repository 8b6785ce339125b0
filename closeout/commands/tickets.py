"""`closeout tickets`, `sync`, `remake`: which ticket each promise has, and what is wrong with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from textwrap import shorten
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from closeout.caller import caller
from closeout.commands.up import Data
from closeout.reach import opened
from closeout_actions.commands.promises import remake as make_again
from closeout_actions.commands.promises import synchronize
from closeout_actions.commands.snoozing import snooze as not_now
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Kept, Store
from closeout_chassis.db import Database
from closeout_chassis.settings import read
from closeout_schemas.vocabulary import TicketState

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="The item's id, its first letters, or its ticket's key.")]
MOST = 100_000
SHORTEST_PREFIX = 4


def tickets(
    state: Annotated[TicketState | None, typer.Option(help="Only those in this state.")] = None,
    problems: Annotated[bool, typer.Option("--problems", help="Only those with a problem.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Each promise with its ticket: state, when it was last read, and what is wrong with it."""
    found = [one for one in asyncio.run(_all(data, state)) if not problems or _problem(one)]
    if as_json:
        print(json.dumps([_as_dict(one) for one in found]))
        return
    console = Console(highlight=False, markup=False)
    if not found:
        console.print("There are no such tickets.")
        return
    table = Table("item", "promise", "ticket", "state", "last synced", "problem", box=None)
    for one in found:
        snapshot = one.ticket.snapshot
        key = snapshot.key or f"{snapshot.tracker.value}:{snapshot.project}"
        state_now = "withdrawn" if one.withdrawn_because is not None else snapshot.state.value.replace("_", " ")
        table.add_row(
            str(one.item_id)[:8],
            shorten(snapshot.title, 48, placeholder=" …"),
            key,
            state_now,
            _ago(one.read_at),
            _problem(one),
        )
    console.print(table)


def sync(item: Item, data: Data = None, as_json: AsJson = False) -> None:
    """Have a ticket read now; one that was refused or waits is tried again at once."""

    async def asked(db: Database, kept: Kept) -> Kept:
        return await synchronize(kept.item_id, db)

    found = asyncio.run(_with_one(data, item, asked))
    _tell(found, f"{_name(found)} is read within seconds; it is {found.ticket.snapshot.state.value} so far.", as_json)


def remake(item: Item, data: Data = None, as_json: AsJson = False) -> None:
    """Make a ticket again that was deleted, lost, archived or converted."""

    async def asked(db: Database, kept: Kept) -> Kept:
        async with db.transaction() as tx:
            return await make_again(kept.item_id, tx, caller())

    found = asyncio.run(_with_one(data, item, asked))
    _tell(found, f"{found.ticket.snapshot.former[-1]} is made again.", as_json)


def snooze(
    item: Item,
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Not before that day.")],
    because: Annotated[str, typer.Option(help="Why; it is shown on the review.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Have nobody reminded of a promise until then, with a reason."""
    zone = read(ActionsSettings).zone

    async def asked(db: Database, kept: Kept) -> Kept:
        return await not_now(db, kept.item_id, until.date(), because, caller(), zone)

    found = asyncio.run(_with_one(data, item, asked))
    _tell(found, f"Nobody is reminded of {_name(found)} until {until.date()}.", as_json)


async def _all(data: Path | None, state: TicketState | None) -> Sequence[Kept]:
    async with opened(data, "actions") as db, db.reading() as conn:
        return await Store(conn).list(state, None, MOST)


async def _with_one(data: Path | None, item: str, ask: Any) -> Kept:
    async with opened(data, "actions") as db:
        async with db.reading() as conn:
            kept = named(item, await Store(conn).list(None, None, MOST))
        found: Kept = await ask(db, kept)
        return found


def named(text: str, among: Sequence[Kept]) -> Kept:
    """The one that is meant. Ends the command with a line where it is none, or several."""
    keys = [one for one in among if (one.ticket.snapshot.key or "").casefold() == text.casefold()]
    found = keys or [one for one in among if str(one.item_id).startswith(text.lower())]
    if len(found) == 1 and (keys or len(text) >= SHORTEST_PREFIX):
        return found[0]
    if not found:
        raise typer.BadParameter(f"No action item or ticket is called {text!r}: `closeout tickets` lists them.")
    raise typer.BadParameter(f"{text!r} names {len(found)} action items: write more of the id.")


def _tell(found: Kept, sentence: str, as_json: bool) -> None:
    print(json.dumps(_as_dict(found)) if as_json else sentence)


def _name(kept: Kept) -> str:
    return kept.ticket.snapshot.key or f"The ticket of {str(kept.item_id)[:8]}"


def _problem(kept: Kept) -> str:
    problem = kept.ticket.snapshot.problem
    if problem is not None:
        return problem.text
    is_settled = kept.ticket.place is not None or kept.withdrawn_because is not None
    return "" if is_settled else (kept.creation.why or "")


def _ago(moment: datetime | None) -> str:
    if moment is None:
        return "never"
    seconds = int((datetime.now(UTC) - moment).total_seconds())
    if seconds < 120:
        return f"{seconds} s ago"
    return f"{seconds // 60} min ago" if seconds < 7200 else f"{seconds // 3600} h ago"


def _as_dict(kept: Kept) -> dict[str, Any]:
    return {
        **kept.ticket.snapshot.model_dump(mode="json"),
        "owner": kept.ticket.owner,
        "stage": kept.creation.stage.value,
        "waits_for": kept.creation.why,
        "read_at": kept.read_at.isoformat() if kept.read_at else None,
        "withdrawn_because": kept.withdrawn_because,
    }
