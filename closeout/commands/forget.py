"""`closeout forget`: a person who asks for it is taken out of everything, and every timeline still proves itself."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from closeout.commands.up import Data
from closeout.forgetting import Databases, Taken, counted, databases, one_of
from closeout.forgetting import forget as forget_everywhere
from closeout.reach import broker_of
from closeout_chassis.db import AWAY
from closeout_chassis.errors import CloseoutError
from closeout_chassis.settings import KafkaSettings
from closeout_judgement.forgetting import without_person
from closeout_review.commands.forgetting import Somebody

WHY = "They asked to be forgotten"
Named = Annotated[str, typer.Argument(metavar="PERSON", help="Full name, e-mail address, or vendor:id.")]


def forget(
    person: Named,
    why: Annotated[str, typer.Option("--why", help="It stays in each timeline. Not their name.")] = WHY,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON; without --yes, only what would be done.")
    ] = False,
    data: Data = None,
) -> None:
    """Take a person out of all that Closeout keeps: name, addresses, ids. Says first where they are named."""
    try:
        asyncio.run(_forget(person.strip(), why.strip(), yes, as_json, data))
    except AWAY as error:
        detail = f"PostgreSQL did not do it ({type(error).__name__}): it is away, or a table is in use for long."
        raise CloseoutError(f"{detail} Run it again; what was begun is ended then.") from None


async def _forget(words: str, why: str, yes: bool, as_json: bool, data: Data) -> None:
    if not words or not why:
        raise CloseoutError("Say whom to forget, and why: an empty word is neither.")
    async with databases(data) as dbs:
        somebody = await one_of(dbs, words)
        if somebody is None:
            _tell_nothing_left(as_json)
            return
        if without_person(why, somebody.named) != why:
            raise CloseoutError("The reason names them, and it stays in each timeline. Say why without that.")
        if as_json and yes:
            print(
                json.dumps(_as_dict(somebody, await forget_everywhere(dbs, broker_of(data), somebody, why), done=True))
            )
            return
        found = await counted(dbs, somebody, why)
        if as_json:
            print(json.dumps(_as_dict(somebody, found, done=False)))
            return
        _tell_where(somebody, found)
        if not yes and not _typed(somebody):
            raise CloseoutError("Nothing was changed.")
        await _do(dbs, broker_of(data), somebody, why)


async def _do(dbs: Databases, kafka: KafkaSettings, somebody: Somebody, why: str) -> None:
    done = await forget_everywhere(dbs, kafka, somebody, why)
    print(f"Forgotten: taken out of {done.places} places. In their stead stands {somebody.named.stand_in}.")
    print("At the pagers, trackers, the chat and the sign-in provider they have still to be deleted, and in old dumps.")


def _typed(somebody: Somebody) -> bool:
    told = typer.prompt(f"There is no way back. Type “forget” to take {somebody.described} out", default="")
    return bool(told.strip() == "forget")


def _tell_nothing_left(as_json: bool) -> None:
    if as_json:
        print(json.dumps({"person": None, "done": True, "places": 0, "tables": {}, "kept_by_chain": 0}))
    else:
        print("Whoever was known so is forgotten already, and named nowhere.")


def _tell_where(somebody: Somebody, found: Taken) -> None:
    console = Console(highlight=False)
    console.print(f"{somebody.described} is named in {found.places} places:", markup=False)
    table = Table("service", "table", "places", box=None, padding=(0, 2, 0, 0))
    for service, cells in found.cells.items():
        for name, count in sorted(cells.items()):
            table.add_row(service, name, str(count))
    console.print(table)
    if found.kept_by_chain:
        console.print(
            f"{found.kept_by_chain} entries of timelines were recorded before names could leave the chain: they keep "
            "what names them (docs/security.md)."
        )
    for name in somebody.namesakes:
        console.print(
            f"Others are called “{name}” too: where nothing but the name stands it may be theirs, and stays.",
            markup=False,
        )


def _as_dict(somebody: Somebody, found: Taken, *, done: bool) -> dict[str, object]:
    return {
        "person": somebody.described if not done else somebody.named.stand_in,
        "done": done,
        "places": found.places,
        "tables": {service: dict(sorted(cells.items())) for service, cells in found.cells.items()},
        "kept_by_chain": found.kept_by_chain,
        "namesakes": list(somebody.namesakes) if not done else len(somebody.namesakes),
    }
