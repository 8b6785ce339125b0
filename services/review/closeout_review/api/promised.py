"""REST: what was promised before, for whoever writes an action item."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from closeout_chassis.db import Database
from closeout_review.commands import promised_before
from closeout_review.settings import ReviewSettings


class EarlierPromise(BaseModel):
    """A promise of the same, made before.

    `state`: as the ticket's, or withdrawn, or unknown where an imported review does not say. `came_back`: how many
    incidents were what its review is about, as people said. `likeness`: 0 to 1.
    """

    text: str
    owner: str
    promised_on: date | None
    state: str
    shipped_on: date | None
    withdrawn_because: str
    ticket: str
    ticket_url: str
    review: str
    review_url: str
    came_back: int
    likeness: float


class PromisedBeforeAnswer(BaseModel):
    """The likeliest first; empty where nothing is alike enough."""

    promised_before: list[EarlierPromise]


def add_promised(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    """The route."""

    @api.get("/promises/like", tags=["catalogue"])
    async def like(
        text: Annotated[str, Query(max_length=2000, description="An action item, finished or not.")],
        without: Annotated[UUID | None, Query(description="The postmortem in which it is being written.")] = None,
    ) -> PromisedBeforeAnswer:
        """Whether the same was promised before, in these or other words, and what became of it."""
        async with db.reading() as conn:
            found = await promised_before.promised_before(conn, settings, text, without)
        return PromisedBeforeAnswer(promised_before=[EarlierPromise(**asdict(one)) for one in found])
