"""REST: who saved which revision of a draft when, and what each changed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from closeout_chassis.db import Database
from closeout_review.api.cursors import number_before, number_cursor
from closeout_review.api.problems import described
from closeout_review.commands.history import history
from closeout_review.domain.draft import Draft

MOST = 2**31 - 1


class SavedRevision(BaseModel):
    """A revision as it was saved. `saved_by` is empty where nobody said who."""

    revision: int
    saved_at: datetime
    saved_by: str


class RevisionList(BaseModel):
    """The newest first. Revision 0, the draft that nobody has touched, is not listed."""

    revisions: list[SavedRevision]
    published_revision: int | None
    published_at: datetime | None
    published_by: str | None
    next_cursor: str | None


class DifferentPart(BaseModel):
    """Words that stayed, went out or came in."""

    kind: Literal["same", "out", "in"]
    text: str


class DifferentPlace(BaseModel):
    """A place that says something else."""

    place: str
    parts: list[DifferentPart]


class RevisionAnswer(BaseModel):
    """A revision, whole, with what it says otherwise than another one."""

    revision: int
    against: int
    draft: Draft
    differences: list[DifferentPlace]


def add_history(api: APIRouter, db: Database) -> None:
    """Add these routes to the API."""

    @api.get("/postmortems/{postmortem_id}/revisions", tags=["postmortems"], responses=described(404))
    async def revisions(
        postmortem_id: UUID,
        cursor_: Annotated[str | None, Query(alias="cursor", max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> RevisionList:
        """Who saved which revision when. What was published is the last; nothing is saved after it."""
        async with db.reading() as conn:
            told = await history(conn, postmortem_id, before=_revision_before(cursor_), limit=limit)
        kept = told.kept
        return RevisionList(
            revisions=[SavedRevision.model_validate(one, from_attributes=True) for one in told.revisions],
            published_revision=kept.revision if kept.published_at else None,
            published_at=kept.published_at,
            published_by=kept.published_by,
            next_cursor=number_cursor(told.older) if told.older else None,
        )

    @api.get("/postmortems/{postmortem_id}/revisions/{revision}", tags=["postmortems"], responses=described(404))
    async def revision(
        postmortem_id: UUID,
        revision: Annotated[int, Path(ge=0, le=MOST)],
        against: Annotated[
            int | None, Query(ge=0, le=MOST, description="Another revision; else the one before.")
        ] = None,
    ) -> RevisionAnswer:
        """A revision, whole, with what it says otherwise than another one, word by word."""
        async with db.reading() as conn:
            told = await history(conn, postmortem_id, revision, against)
        places = [
            DifferentPlace(place=one.place, parts=[DifferentPart(kind=kind, text=text) for kind, text in one.parts])
            for one in told.differences
        ]
        return RevisionAnswer(revision=told.revision, against=told.against, draft=told.draft, differences=places)


def _revision_before(text: str | None) -> int | None:
    number = number_before(text)
    return None if number is None else min(number, MOST)
