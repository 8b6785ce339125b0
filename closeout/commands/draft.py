"""`closeout draft INCIDENT`: the draft of an incident, made where there is none yet."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Annotated
from uuid import UUID

import typer

from closeout.commands.records import Form, WithRestricted, unless_restricted, written
from closeout.commands.up import Data
from closeout.reach import opened, review_settings
from closeout_chassis.errors import CloseoutError, Refused
from closeout_review.commands.access import by_command_line
from closeout_review.commands.covering import open_for
from closeout_review.commands.postmortems import postmortem
from closeout_review.store.asking import ASKING, ForRequests
from closeout_schemas.vocabulary import Vendor, derived_id

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def draft(
    incident: Annotated[
        str,
        typer.Argument(
            metavar="INCIDENT",
            help="Its id or the address of its page; or pager:id, as in pagerduty:Q1ABC.",
            show_default=False,
        ),
    ],
    form: Annotated[Form, typer.Option("--format", help="What it is written as.")] = Form.MARKDOWN,
    with_restricted: WithRestricted = False,
    data: Data = None,
) -> None:
    """Print the draft of an incident. It is made where there is none: before the end, or for one that earned none."""
    asyncio.run(_draft(data, incident_of(incident), form, with_restricted))


def incident_of(text: str) -> UUID:
    """The incident that somebody means. Raises BadParameter."""
    found = ID.findall(text)
    if found:
        return UUID(found[-1])
    vendor, colon, its_id = text.partition(":")
    if colon and its_id and vendor in set(Vendor):
        return derived_id("incident", vendor, its_id)
    raise typer.BadParameter(f"{text!r} is no id, no address of an incident's page, and not pager:id.")


async def _draft(data: Data, incident_id: UUID, form: Form, with_restricted: bool) -> None:
    settings = review_settings(data)
    async with opened(data, "review") as everything:
        db = ForRequests(everything)
        ASKING.set(by_command_line("opened a postmortem", incident_id=str(incident_id)))
        try:
            postmortem_id = await open_for(db, settings, incident_id)
        except Refused as refused:
            raise CloseoutError(refused.detail) from None
        async with db.reading() as conn:
            one = await postmortem(conn, settings, postmortem_id)
    unless_restricted(one, with_restricted)
    sys.stdout.write(written(one, form, settings))
    print(f"{settings.public_url}/postmortems/{postmortem_id}", file=sys.stderr)
