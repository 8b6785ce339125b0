"""`closeout verify`, `closeout export`: that nobody changed what was recorded, and taking it elsewhere."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO
from uuid import UUID

import typer

from closeout.commands.up import Data
from closeout.reach import opened, review_settings
from closeout_chassis.db import Conn
from closeout_chassis.errors import CloseoutError, Refused
from closeout_judgement.patterns.record import line_of
from closeout_review.api.answers import postmortem_answer
from closeout_review.commands.as_markdown import markdown
from closeout_review.commands.exporting import confirmed_modes, incident_records
from closeout_review.commands.postmortems import Postmortem, postmortem
from closeout_review.commands.timelines import verify_timelines
from closeout_review.settings import ReviewSettings
from closeout_review.store.postmortems import Postmortems
from closeout_review.web.printing import printable
from closeout_review.web.render import Renderer

WithRestricted = Annotated[bool, typer.Option("--with-restricted", help="Also what only named people see.")]


class Form(StrEnum):
    """What a postmortem is written as."""

    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"  # one file that prints well: a browser makes it a PDF


def verify(data: Data = None, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Prove that no recorded timeline was changed: every link of every chain. Exit code 1 where one does not hold."""
    asyncio.run(_verify(data, as_json))


async def _verify(data: Data, as_json: bool) -> None:
    async with opened(data, "review") as db:
        broken = await verify_timelines(db)
    if as_json:
        print(json.dumps([{"incident_id": str(one.incident_id), "seq": one.seq, "why": one.why} for one in broken]))
    else:
        for one in broken:
            print(f"incident {one.incident_id}, entry {one.seq}: {one.why}")
        print(f"{len(broken)} places do not hold." if broken else "Every timeline is as it was recorded.")
    if broken:
        raise typer.Exit(1)


def export(
    which: Annotated[
        str | None, typer.Argument(metavar="[POSTMORTEM]", help="Its id or address, or its incident's.")
    ] = None,
    incidents: Annotated[bool, typer.Option("--incidents", help="All incidents, one JSON object a line.")] = False,
    modes: Annotated[
        bool,
        typer.Option("--failure-modes", help="What was suggested and confirmed, as postmortems.jsonl for `eval`."),
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="What a postmortem is written as.")] = Form.MARKDOWN,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write.", show_default="print it")
    ] = None,
    with_restricted: WithRestricted = False,
    data: Data = None,
) -> None:
    """Write a postmortem, all incidents for `closeout meta-review --from`, or confirmed failure modes for `eval`."""
    if (which is not None) + incidents + modes != 1:
        raise typer.BadParameter("Name a postmortem, or say --incidents, or --failure-modes.")
    with _writing(output) as file:
        if which is not None:
            asyncio.run(_postmortem(data, which, form, file, with_restricted))
        else:
            asyncio.run(
                _incidents(data, file, with_restricted) if incidents else _confirmed(data, file, with_restricted)
            )


async def _confirmed(data: Data, file: TextIO, with_restricted: bool) -> None:
    async with opened(data, "review") as db, db.reading() as conn, conn.transaction(readonly=True):
        async for record in confirmed_modes(conn, with_restricted=with_restricted):
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


async def _incidents(data: Data, file: TextIO, with_restricted: bool) -> None:
    settings = review_settings(data)
    async with opened(data, "review") as db, db.reading() as conn, conn.transaction(readonly=True):
        async for record in incident_records(conn, settings, with_restricted=with_restricted):
            file.write(line_of(record) + "\n")


async def _postmortem(data: Data, which: str, form: Form, file: TextIO, with_restricted: bool) -> None:
    settings = review_settings(data)
    async with opened(data, "review") as db, db.reading() as conn:
        try:
            one = await postmortem(conn, settings, await postmortem_id_of(conn, which))
        except Refused as refused:
            raise CloseoutError(f"{refused.detail} Its id is the last part of its page's address.") from None
    unless_restricted(one, with_restricted)
    file.write(written(one, form, settings))


async def postmortem_id_of(conn: Conn, which: str) -> UUID:
    """Of an id or an address, of a postmortem or of an incident. Raises CloseoutError for what is neither."""
    address = which.strip().partition("#")[0].partition("?")[0]
    try:
        named = UUID(address.rstrip("/").rpartition("/")[2])
    except ValueError:
        raise CloseoutError(f"“{which}” is no id: it is the last part of the address of the draft's page.") from None
    return await Postmortems(conn).of_incident(named) or named


def unless_restricted(one: Postmortem, with_restricted: bool) -> None:
    """Raise CloseoutError where only named people may see it, and nobody has said that they are one."""
    if any(incident.restricted for incident in one.incidents) and not with_restricted:
        raise CloseoutError("It is restricted: only named people may see it. Add --with-restricted if you are one.")


def written(one: Postmortem, form: Form, settings: ReviewSettings) -> str:
    """The postmortem in that form."""
    match form:
        case Form.JSON:
            return postmortem_answer(one).model_dump_json(indent=2) + "\n"
        case Form.HTML:
            return printable(one, settings, Renderer(settings.zone))
        case Form.MARKDOWN:
            return markdown(one, settings.zone)


@contextmanager
def _writing(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or the file, which is there only when all of it was written."""
    if output is None:
        yield sys.stdout
        return
    place = output.resolve()
    # Others may write the same at the same time. A device or a pipe is written to: taking its place would be its end.
    unfinished = place if _is_special(place) else place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            yield file
        unfinished.replace(place)
    except (ConnectionError, TimeoutError):
        raise  # of the database
    except OSError as error:
        raise CloseoutError(f"{output} cannot be written: {error.strerror}.") from None
    finally:
        if unfinished != place:
            unfinished.unlink(missing_ok=True)


def _is_special(place: Path) -> bool:
    try:
        return not stat.S_ISREG(place.stat().st_mode)
    except OSError:
        return False
