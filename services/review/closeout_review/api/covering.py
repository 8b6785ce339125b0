"""REST: opening a postmortem by hand, and which incidents and teams one is about."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from pydantic import AwareDatetime, Field

from closeout_chassis.db import Database
from closeout_review.access.who import Who
from closeout_review.api import answers
from closeout_review.api.beside import Acting
from closeout_review.api.problems import described
from closeout_review.commands import covering, postmortems
from closeout_review.commands.covering import ByHand, Occasion
from closeout_review.domain.actor import actor
from closeout_review.domain.text import OneLine, Written
from closeout_review.settings import ReviewSettings
from closeout_schemas.vocabulary import Severity

Name = Annotated[OneLine, Field(max_length=200)]


class Opening(Acting):
    """What is known of something that no pager told."""

    title: Annotated[OneLine, Field(min_length=1, max_length=300)]
    what_happened: Annotated[Written, Field(min_length=1, max_length=10_000)]
    occasion: Occasion
    opened_at: AwareDatetime
    resolved_at: AwareDatetime | None = None
    service: Name = ""
    teams: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    severity: Severity = Severity.UNKNOWN


class Covering(Acting):
    """Which incident is covered too."""

    incident_id: UUID


class Teams(Acting):
    """The teams that a review is about."""

    teams: Annotated[list[Annotated[OneLine, Field(min_length=1, max_length=200)]], Field(max_length=20)]


def add_routes(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    """All of them, to the API."""
    _opening(api, settings, db)
    _covering(api, settings, db)


def _opening(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    @api.post("/postmortems", tags=["postmortems"], responses=described())
    async def open_by_hand(
        opening: Opening,
        principal: Who,
        idempotency_key: Annotated[
            str, Header(max_length=200, description="The same key of one caller is the same postmortem.")
        ] = "",
    ) -> answers.PostmortemAnswer:
        """Open a postmortem with no page at all: a near miss, a customer's report. Its timeline is written by hand."""
        # What two callers make up for a key may be the same.
        told = _by_hand(opening, f"{principal.id} {idempotency_key}" if idempotency_key else "")
        postmortem_id = await covering.open_by_hand(db, settings, told, actor(principal, opening.by))
        return await _answer(settings, db, postmortem_id)

    @api.post("/incidents/{incident_id}/postmortem", tags=["postmortems"], responses=described(404))
    async def open_for(incident_id: UUID) -> answers.PostmortemAnswer:
        """The postmortem of an incident, made where it has none, also for one that earned none or is not over."""
        return await _answer(settings, db, await covering.open_for(db, settings, incident_id))


def _by_hand(opening: Opening, key: str) -> ByHand:
    return ByHand(
        title=opening.title,
        what_happened=opening.what_happened,
        occasion=opening.occasion,
        opened_at=opening.opened_at,
        resolved_at=opening.resolved_at,
        service=opening.service,
        teams=opening.teams,
        severity=opening.severity,
        key=key,
    )


def _covering(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    @api.post("/postmortems/{postmortem_id}/incidents", tags=["postmortems"], responses=described(404, 409))
    async def cover(postmortem_id: UUID, more: Covering, principal: Who) -> answers.PostmortemAnswer:
        """Cover another incident too. A draft of that one goes into this, and keeps what was written into it."""
        await covering.cover(db, settings, postmortem_id, more.incident_id, actor(principal, more.by))
        return await _answer(settings, db, postmortem_id)

    @api.put("/postmortems/{postmortem_id}/teams", tags=["postmortems"], responses=described(404, 409))
    async def choose_teams(postmortem_id: UUID, chosen: Teams, principal: Who) -> answers.PostmortemAnswer:
        """Say which teams a review is about, all of them; one person leads it. Their own questions are asked too."""
        await covering.choose_teams(db, postmortem_id, chosen.teams, actor(principal, chosen.by))
        return await _answer(settings, db, postmortem_id)

    @api.post(
        "/postmortems/{postmortem_id}/incidents/{incident_id}/split-off",
        tags=["postmortems"],
        responses=described(404, 409),
    )
    async def split_off(
        postmortem_id: UUID, incident_id: UUID, acting: Acting, principal: Who
    ) -> answers.PostmortemAnswer:
        """Cover that incident no longer. Its own draft is back as it was."""
        await covering.split_off(db, settings, postmortem_id, incident_id, actor(principal, acting.by))
        return await _answer(settings, db, postmortem_id)


async def _answer(settings: ReviewSettings, db: Database, postmortem_id: UUID) -> answers.PostmortemAnswer:
    async with db.reading() as conn:
        return answers.postmortem_answer(await postmortems.postmortem(conn, settings, postmortem_id))
