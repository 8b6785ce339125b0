"""`closeout dlq`: the dead letters of all services. What could not be processed waits there, and is never lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from closeout import dead_letters
from closeout.commands.up import Data
from closeout.dead_letters import DeadLetter, DeadLetters
from closeout.reach import opened
from closeout_chassis.db import Transaction
from closeout_chassis.errors import Reason
from closeout_schemas.catalogue import SERVICES

app = typer.Typer(
    help="Dead letters: what could not be processed. Look at them, mend the cause, then replay or discard them.",
    no_args_is_help=True,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Service = Annotated[str | None, typer.Option(help=f"Only of this service: {', '.join(SERVICES)}.")]
Why = Annotated[Reason | None, typer.Option("--reason", help="Only those with this reason.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Their ids, or the first letters of them.", show_default=False)]
SHORTEST_PREFIX = 4

Settle = Callable[[Transaction, Sequence[UUID]], Awaitable[list[UUID]]]


@app.command("list")
def list_(
    service: Service = None,
    reason: Why = None,
    settled: Annotated[bool, typer.Option("--all", help="Also those that were replayed or discarded.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """What waits, oldest first."""
    found = asyncio.run(_found(data, service, reason, settled=settled))
    if as_json:
        print(json.dumps([_as_dict(one, whole=False) for one in found]))
        return
    console = Console(highlight=False, markup=False)
    if not found:
        console.print("No dead letters wait.")
        return
    table = Table("id", "service", "topic", "reason", "what", "age", *(["settled"] if settled else []), box=None)
    for one in found:
        settled_as = [one.settled_as or ""] if settled else []
        age = _age(one.first_seen_at)
        table.add_row(str(one.id)[:8], one.service, one.topic, one.reason, one.detail[:120], age, *settled_as)
    console.print(table)
    console.print("closeout dlq show ID · replay ID… · discard ID… --because WHY")


@app.command()
def show(which: Annotated[str, typer.Argument(metavar="ID")], data: Data = None, as_json: AsJson = False) -> None:
    """One dead letter, with the record itself."""
    (one,) = _named([which], asyncio.run(_found(data, None, None, settled=True)))
    if as_json:
        print(json.dumps(_as_dict(one, whole=True)))
        return
    console = Console(highlight=False, markup=False)
    for name, value in _as_dict(one, whole=True).items():
        if name != "value" and value is not None:
            console.print(f"{name:<16}{value}", markup=False, soft_wrap=True)
    console.print()
    console.print(_readable(one.value), markup=False, soft_wrap=True)


@app.command()
def replay(
    which: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    service: Service = None,
    reason: Why = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Process them again, after their cause was mended. What fails again waits here again."""
    chosen = _chosen(which, everything, asyncio.run(_found(data, service, reason, settled=False)))
    _tell("replayed", asyncio.run(_settle(data, chosen, dead_letters.replay)), chosen, as_json)


@app.command()
def discard(
    because: Annotated[str, typer.Option("--because", help="Why; it is kept with them.", show_default=False)],
    which: Ids = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    service: Service = None,
    reason: Why = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Settle them for good. They stay in the table, with the reason."""
    if not because.strip():
        _refuse("Say why: --because WHY.")
    chosen = _chosen(which, everything, asyncio.run(_found(data, service, reason, settled=False)))

    async def with_reason(tx: Transaction, ids: Sequence[UUID]) -> list[UUID]:
        return await dead_letters.discard(tx, ids, because.strip())

    _tell("discarded", asyncio.run(_settle(data, chosen, with_reason)), chosen, as_json)


def _tell(done: str, ids: Sequence[UUID], chosen: Sequence[DeadLetter], as_json: bool) -> None:
    if as_json:
        print(json.dumps({done: [str(one) for one in ids]}))
        return
    print(f"{len(ids)} {done}.")
    if len(ids) < len(chosen):
        print(f"{len(chosen) - len(ids)} had been settled meanwhile.")


async def _found(data: Path | None, service: str | None, reason: Reason | None, *, settled: bool) -> list[DeadLetter]:
    if service is not None and service not in SERVICES:
        _refuse(f"There is no service {service!r}: {', '.join(SERVICES)}.")
    found: list[DeadLetter] = []
    for name in [service] if service else SERVICES:
        async with opened(data, name) as db, db.reading() as conn:
            found += await DeadLetters(conn, name).listed(settled=settled, reason=reason.value if reason else None)
    return sorted(found, key=lambda one: one.first_seen_at)


async def _settle(data: Path | None, chosen: Sequence[DeadLetter], settle: Settle) -> list[UUID]:
    done: list[UUID] = []
    for name in SERVICES:
        ids = [one.id for one in chosen if one.service == name]
        if ids:
            async with opened(data, name) as db, db.transaction() as tx:
                done += await settle(tx, ids)
    return done


def _chosen(which: Sequence[str] | None, everything: bool, waiting: Sequence[DeadLetter]) -> Sequence[DeadLetter]:
    if bool(which) == everything:
        _refuse("Name their ids, or say --all.")
    return waiting if everything else _named(which or (), waiting)


def _named(which: Sequence[str], among: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Those whose ids begin like that. Ends the command with a line where one names none, or several."""
    found: dict[UUID, DeadLetter] = {}
    for text in which:
        matching = [one for one in among if str(one.id).startswith(text.lower())]
        if len(text) < SHORTEST_PREFIX or len(matching) > 1:
            several = f"names {len(matching)} dead letters" if len(matching) > 1 else "is too short for an id"
            _refuse(f"{text!r} {several}: write more of the id.")
        if not matching:
            _refuse(f"No dead letter {text!r} waits. `closeout dlq list --all` shows the settled ones too.")
        found |= {one.id: one for one in matching}
    return list(found.values())


def _refuse(why: str) -> NoReturn:
    raise typer.BadParameter(why)


def _as_dict(one: DeadLetter, *, whole: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": str(one.id),
        "service": one.service,
        "topic": one.topic,
        "partition": one.partition,
        "offset": one.offset,
        "key": one.key,
        "reason": one.reason,
        "detail": one.detail,
        "handler": one.handler,
        "first_seen_at": one.first_seen_at.isoformat(),
        "replays": one.replays,
        "settled_at": one.settled_at.isoformat() if one.settled_at else None,
        "settled_as": one.settled_as,
        "settled_because": one.settled_because,
    }
    return told | {"value": one.value.decode(errors="backslashreplace")} if whole else told


def _readable(value: bytes) -> str:
    text = value.decode(errors="backslashreplace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _age(since: datetime) -> str:
    minutes = (datetime.now(UTC) - since).total_seconds() / 60
    for size, unit in ((1440, "d"), (60, "h")):
        if minutes >= size:
            return f"{minutes / size:.0f} {unit}"
    return f"{minutes:.0f} min"
