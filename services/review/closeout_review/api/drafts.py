"""REST: the drafts that wait to be finished, and where the wall is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import urljoin
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.api.cursors import before, cursor
from closeout_review.api.problems import described
from closeout_review.domain.text import without_nul
from closeout_review.settings import ReviewSettings
from closeout_review.store.known import Known
from closeout_review.store.lists import Lists
from closeout_schemas.vocabulary import Severity


class WaitingDraft(BaseModel):
    """A draft that nobody has published yet."""

    postmortem_id: UUID
    incident_id: UUID
    title: str
    service: str | None
    severity: Severity
    drafted_at: datetime


class WaitingDrafts(BaseModel):
    """The oldest first."""

    drafts: list[WaitingDraft]
    next_cursor: str | None


class WallAnswer(BaseModel):
    """Where the big numbers are: as a page, and as JSON. The metrics service counts them, and nobody else."""

    wall_url: str
    numbers_url: str


def add_drafts(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    """The routes."""

    @api.get("/drafts", tags=["postmortems"])
    async def drafts(
        team: Annotated[str | None, Query(min_length=1, max_length=200, description="Of a team's incidents.")] = None,
        person_id: Annotated[UUID | None, Query(description="Of incidents that this person worked on.")] = None,
        cursor_: Annotated[str | None, Query(alias="cursor", max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> WaitingDrafts:
        """The drafts that wait to be finished: all of them, of a team, of a person."""
        async with db.reading() as conn:
            handles = None if person_id is None else (await Known(conn).directory()).handles_of(person_id)
            named = team and without_nul(team)
            rows = await Lists(conn).waiting(limit + 1, responders=handles, team=named, after=before(cursor_))
        page = [
            WaitingDraft(
                postmortem_id=row["id"],
                incident_id=row["incident_id"],
                title=row["title"] or "",
                service=row["service"],
                severity=row["severity"],
                drafted_at=row["drafted_at"],
            )
            for row in rows[:limit]
        ]
        more = cursor(page[-1].drafted_at, page[-1].postmortem_id) if len(rows) > limit else None
        return WaitingDrafts(drafts=page, next_cursor=more)

    @api.get("/wall", tags=["people"], responses=described(404))
    async def wall() -> WallAnswer:
        """Where the wall and its numbers are."""
        if not settings.wall_url:
            detail = "Nobody has said where the wall is: set CLOSEOUT_REVIEW_WALL_URL to the metrics service's /wall."
            raise Refused(404, "no-wall", detail)
        numbers = urljoin(settings.wall_url, "/api/v1/numbers")
        return WallAnswer(wall_url=settings.wall_url, numbers_url=numbers)
