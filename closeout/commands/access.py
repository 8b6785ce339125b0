"""`closeout link`, `closeout token …`, `closeout log`: who comes in, what programs carry, and who did what."""

from __future__ import annotations

import asyncio
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from closeout.commands.up import Data
from closeout.reach import opened, review_settings
from closeout_chassis.errors import CloseoutError
from closeout_review.commands import access
from closeout_review.domain.principal import LOCAL_OPERATOR, Scope
from closeout_review.domain.text import one_line, written_by_people
from closeout_review.store.asking import ASKING, ForRequests
from closeout_review.store.principals import Deed, Principals, Token

MOST_TOKENS = 1000
EVERYDAY = [Scope.READ, Scope.WRITE, Scope.PUBLISH]

app = typer.Typer(help="API tokens of the operator: for programs that use the REST API.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def link(data: Data = None) -> None:
    """Print a link that signs you in, once, within the hour."""
    print(asyncio.run(_link(data)))


async def _link(data: Path | None) -> str:
    async with opened(data, "review") as db:
        return await access.make_link(db, review_settings(data).public_url)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it may; several times.", show_default="all but admin")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=access.MOST_DAYS, help="After so many days it ends by itself.")] = 90,
    data: Data = None,
) -> None:
    """Make a token and print it. It is not shown again: only its digest is kept."""
    made = asyncio.run(_create(data, _shown(name), scope or EVERYDAY, days))
    print(made.secret)


def _shown(name: str) -> str:
    try:
        shown = one_line(written_by_people(name))
    except ValueError as error:
        raise typer.BadParameter(f"The name {error}.") from None
    if not shown:
        raise typer.BadParameter("Say what it is for: nobody would see anything of this name.")
    return shown


async def _create(data: Path | None, name: str, scopes: list[Scope], days: int) -> access.MadeToken:
    async with opened(data, "review") as db:
        ASKING.set(access.by_command_line("made a token"))
        return await access.make_token(ForRequests(db), LOCAL_OPERATOR, name, scopes, days)


@app.command("list")
def list_(as_json: Json = False, data: Data = None) -> None:
    """Everybody's tokens, the newest first, without their secrets."""
    found = asyncio.run(_tokens(data))
    if as_json:
        print(json.dumps([_as_json(one) for one in found]))
        return
    table = Table("id", "name", "owner", "scopes", "ends", "last used", box=None, padding=(0, 2, 0, 0))
    for one in found:
        end = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else f"{one.expires_at:%Y-%m-%d}"
        used = str(one.used_on or "never")
        table.add_row(str(one.id)[:8], one.name, one.owner, ", ".join(one.scopes), end, used)
    Console(highlight=False, markup=False).print(table)


def _as_json(one: Token) -> dict[str, object]:
    told = {"id": str(one.id), "name": one.name, "owner": one.owner, "scopes": one.scopes}
    return told | {
        "ends_at": one.expires_at.isoformat(),
        "last_used_on": one.used_on.isoformat() if one.used_on else None,
        "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
    }


async def _tokens(data: Path | None) -> list[Token]:
    async with opened(data, "review") as db:
        return await access.tokens(db, LOCAL_OPERATOR, None, MOST_TOKENS)


@app.command("revoke")
def revoke(
    token_id: Annotated[
        str, typer.Argument(metavar="{ID}", help="Its id, or the first letters, as `closeout token list` prints them.")
    ],
    data: Data = None,
) -> None:
    """Take a token back, and what was made with it. They open nothing from now on."""
    taken, made = asyncio.run(_revoke(data, token_id))
    print(f"Revoked {taken.id} ({taken.name}){f', and {made} that it made' if made else ''}.")


async def _revoke(data: Path | None, told: str) -> tuple[Token, int]:
    async with opened(data, "review") as db:
        token = _one_of(await access.tokens(db, LOCAL_OPERATOR, None, MOST_TOKENS), told)
        ASKING.set(access.by_command_line("revoked a token", token_id=str(token.id)))
        return token, await access.revoke_token(ForRequests(db), LOCAL_OPERATOR, token.id)


def _one_of(tokens: Sequence[Token], told: str) -> Token:
    found = [one for one in tokens if told and str(one.id).startswith(told.lower())]
    if len(found) != 1:
        why = f"{len(found)} tokens begin with {told}: say more of the id" if found else f"There is no token {told}"
        raise CloseoutError(f"{why}; `closeout token list` prints those that there are.")
    return found[0]


def log(
    most: Annotated[int, typer.Option("--most", min=1, max=100_000, help="How many lines, the newest first.")] = 50,
    about: Annotated[UUID | None, typer.Option(help="Only what was done about this incident, postmortem …")] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Print who did what: every change in the review service, and every attempt that was refused."""
    deeds = asyncio.run(_deeds(data, most, about))
    for deed in deeds:
        if as_json:
            line = {"seq": deed.seq, "at": deed.at.isoformat(), "who": deed.who, "signed_in_by": deed.signed_in_by}
            print(json.dumps({**line, "deed": deed.deed, "about": deed.about}, ensure_ascii=False))
        else:
            of = "".join(f" · {name.removesuffix('_id')} {value}" for name, value in deed.about.items())
            told = f"{deed.at:%Y-%m-%d %H:%M:%S} {deed.who} ({deed.signed_in_by}): {deed.deed}{of}"
            print(textwrap.fill(told, Console().width, subsequent_indent="    ", break_on_hyphens=False))
    if not deeds and not as_json:
        print("Nothing was done about it; `closeout log` prints everything." if about else "Nothing was done yet.")


async def _deeds(data: Path | None, most: int, about: UUID | None) -> list[Deed]:
    async with opened(data, "review") as db, db.reading() as conn:
        return await Principals(conn).deeds(None, None, str(about) if about else None, most)
