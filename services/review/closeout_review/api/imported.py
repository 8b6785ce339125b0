"""What the API answers of imported reviews: lists of them, one of them whole, and which failure modes it has."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import Who
from closeout_review.api.problems import described
from closeout_review.commands.imported_modes import MOST_MODES, say_modes
from closeout_review.domain.text import without_nul
from closeout_review.settings import ReviewSettings
from closeout_review.store.imported import ImportedReview, ImportedReviews

LONGEST_NAME = 200


class ListedImportAnswer(BaseModel):
    """An imported review in a list. `is_confirmed`: somebody said its failure modes; else they are suggested.

    `not_done`: action items of which nobody says that they are done.
    """

    id: UUID
    title: str
    happened_on: date | None
    services: list[str]
    failure_modes: list[str]
    is_confirmed: bool
    not_done: int


class ImportedPage(BaseModel):
    """The latest first. `next_cursor` leads to the next page, None on the last."""

    reviews: list[ListedImportAnswer]
    next_cursor: UUID | None


class SuggestedAnswer(BaseModel):
    """A failure mode that its words suggest, with the sentence."""

    mode: str
    evidence: str


class ImportedAnswer(BaseModel):
    """A review that was written before Closeout was there, whole.

    `done` of an action item is null where nobody said. `failure_modes` are as suggested until somebody says them:
    `failure_modes_by` and `_at`. `language` is an ISO 639-1 code, empty where there are too few words to say; what is
    not in English is read, and its wording not judged.
    """

    id: UUID
    title: str
    happened_on: date | None
    severity: str
    language: str
    services: list[str]
    summary: str
    ended_by: str
    timeline: list[dict[str, Any]]
    causes: list[dict[str, Any]]
    action_items: list[dict[str, Any]]
    failure_modes: list[str]
    failure_modes_by: str | None
    failure_modes_at: datetime | None
    suggested: list[SuggestedAnswer]
    not_understood: list[dict[str, Any]]
    original: str


class Modes(BaseModel):
    """Which failure modes it has, what led to it first; none where its cause is not stated."""

    failure_modes: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=MOST_MODES)]


def add_imported(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    """The routes."""

    @api.get("/imported", tags=["catalogue"])
    async def listed(
        failure_mode: Annotated[str | None, Query(max_length=100)] = None,
        service: Annotated[str | None, Query(max_length=200)] = None,
        cursor: Annotated[UUID | None, Query(description="`next_cursor` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=200, description="Most that a page holds.")] = 50,
    ) -> ImportedPage:
        """Imported reviews of a failure mode, a service: of all of them where nothing is asked."""
        mode, of = failure_mode and without_nul(failure_mode), service and without_nul(service)
        async with db.reading() as conn:
            rows = await ImportedReviews(conn).listed(mode, of, cursor, limit + 1)
        page = [ListedImportAnswer.model_validate(row, from_attributes=True) for row in rows[:limit]]
        return ImportedPage(reviews=page, next_cursor=page[-1].id if len(rows) > limit else None)

    @api.get("/imported/{review_id}", tags=["catalogue"], responses=described(404))
    async def imported(review_id: UUID) -> ImportedAnswer:
        """A review that was imported, with its original."""
        async with db.reading() as conn:
            one = await ImportedReviews(conn).one(review_id)
        if one is None:
            raise Refused(404, "no-such-review", "There is no such imported review.")
        return _whole(one)

    @api.put("/imported/{review_id}/failure-modes", tags=["catalogue"], responses=described(404))
    async def say(review_id: UUID, said: Modes, who: Who) -> ImportedAnswer:
        """Say which failure modes it has. What was suggested stays beside it; a later import changes neither."""
        async with db.transaction() as tx:
            return _whole(await say_modes(tx, settings, review_id, said.failure_modes, who.name[:LONGEST_NAME]))


def _whole(one: ImportedReview) -> ImportedAnswer:
    return ImportedAnswer(
        id=one.id,
        title=one.title,
        happened_on=one.happened_on,
        severity=one.severity,
        language=one.language,
        services=list(one.services),
        summary=one.summary,
        ended_by=one.ended_by,
        timeline=list(one.timeline),
        causes=list(one.causes),
        action_items=list(one.action_items),
        failure_modes=list(one.failure_modes),
        failure_modes_by=one.modes_by,
        failure_modes_at=one.modes_at,
        suggested=[SuggestedAnswer.model_validate(suggestion) for suggestion in one.suggested],
        not_understood=list(one.not_understood),
        original=one.original.decode(errors="replace"),
    )
