"""`closeout tickets`, `sync`, `remake`: which ticket each promise has, and what is wrong with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

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
HEAD = ("item", "ticket", "state", "last synced", "promise")
LEAST_OF_PROMISE = 12
BELOW = " " * 10


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
    for line in _lines(found, console.width if console.is_terminal else None):
        # A key that is cut names no ticket to `closeout sync`.
        console.print(line, soft_wrap=True)


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


def _lines(found: Sequence[Kept], width: int | None) -> Iterator[Text]:
    """A row for each, and what is wrong with it below. Only promises and problems give way to the width, if there is
    one."""
    rows = [HEAD, *(_row(one) for one in found)]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(HEAD) - 1)]
    for row, one in zip(rows, (None, *found), strict=True):
        *before, promise = row
        line = "".join(cell + " " * (wide - cell_len(cell) + 2) for cell, wide in zip(before, widths, strict=True))
        last = Text(promise)
        if width is not None:
            last.truncate(max(LEAST_OF_PROMISE, width - cell_len(line)), overflow="ellipsis")
        yield Text(line).append_text(last)
        problem = _problem(one) if one is not None else ""
        yield from map(Text, wrap(problem, (width or MOST) - 1, initial_indent=BELOW, subsequent_indent=BELOW))


def _row(kept: Kept) -> tuple[str, ...]:
    snapshot = kept.ticket.snapshot
    key = snapshot.key or f"{snapshot.tracker.value}:{snapshot.project}"
    state = "withdrawn" if kept.withdrawn_because is not None else snapshot.state.value.replace("_", " ")
    return str(kept.item_id)[:8], key, state, _ago(kept.read_at), " ".join(snapshot.title.split())


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
