"""REST in: whether an incident was what an earlier review is about, and what came back of a review."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from closeout_chassis.db import Database
from closeout_review.api.problems import described
from closeout_review.commands import recurrences
from closeout_review.settings import ReviewSettings
from closeout_review.store.postmortems import Postmortems
from closeout_review.store.recurrences import Recurrences


class Said(BaseModel):
    """Whether it was the same again."""

    was_it: bool


class SaidAbout(BaseModel):
    """What was said of an incident and an earlier review. A reviewer's word stands over feedback from the night."""

    review_id: UUID
    was_it: bool
    source: Literal["feedback", "reviewer"]


class SaidAnswer(BaseModel):
    """Everything that was said of one incident."""

    answers: list[SaidAbout]


class Return(BaseModel):
    """An incident that was the same again. `time`: 2 where the review's incident happened for the second time.

    `open_items` and `did_not_hold` are the texts of promises: not shipped when it began, or shipped in the 30 days
    before.
    """

    incident_id: UUID
    title: str
    opened_at: datetime | None
    minutes: int | None
    people_paged: int
    time: int
    source: Literal["feedback", "reviewer"]
    open_items: list[str]
    did_not_hold: list[str]


class ReturnsAnswer(BaseModel):
    """The newest first."""

    recurrences: list[Return]


def add_recurrences(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    """The routes."""

    @api.get("/incidents/{incident_id}/recurrences", tags=["catalogue"])
    async def said_about(incident_id: UUID) -> SaidAnswer:
        """What was said of this incident: which earlier reviews it was, and which it was not."""
        async with db.reading() as conn:
            return await _said(Recurrences(conn), incident_id)

    @api.put("/incidents/{incident_id}/recurrences/{review_id}", tags=["catalogue"], responses=described(404, 409))
    async def say(incident_id: UUID, review_id: UUID, said: Said) -> SaidAnswer:
        """Say, as a reviewer, that it was the same again, or that it was not. Open tickets get one comment."""
        async with db.transaction() as tx:
            await recurrences.answer(tx, settings, incident_id, review_id, said.was_it, "reviewer")
            return await _said(Recurrences(tx.conn), incident_id)

    @api.get("/postmortems/{review_id}/recurrences", tags=["catalogue"])
    async def returns(review_id: UUID) -> ReturnsAnswer:
        """What came back of an earlier review, also of an imported one."""
        async with db.reading() as conn:
            promises = await Postmortems(conn).promises([review_id])
            found = await recurrences.came_back(conn, review_id, promises)
        return ReturnsAnswer(recurrences=[_return(one) for one in found])


async def _said(store: Recurrences, incident_id: UUID) -> SaidAnswer:
    about = await store.about(incident_id)
    return SaidAnswer(
        answers=[SaidAbout(review_id=one, was_it=was, source=source) for one, (was, source) in about.items()]
    )


def _return(one: recurrences.CameBack) -> Return:
    return Return(
        incident_id=one.incident.id,
        title=one.incident.title,
        opened_at=one.incident.opened_at,
        minutes=one.minutes,
        people_paged=one.people,
        time=one.time,
        source=one.source,
        open_items=list(one.open_items),
        did_not_hold=list(one.did_not_hold),
    )
