"""What the API answers of lists that people read: who has promised what, published reviews."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel

from closeout_chassis.db import Database
from closeout_review.api.committed import CommittedItem, committed
from closeout_review.api.cursors import before, cursor, number_before, number_cursor
from closeout_review.domain.text import without_nul
from closeout_review.store.lists import Asked, Lists
from closeout_review.store.owners import Owners
from closeout_schemas.vocabulary import FailureMode, Outcome

MOST_SKIPPED = 1_000_000
Limit = Annotated[int, Query(ge=1, le=200, description="Most that a page holds.")]
Cursor = Annotated[str | None, Query(alias="cursor", max_length=200, description="`next_cursor` of the page before.")]


class Promiser(BaseModel):
    """Somebody who has promised something, and how much of it is open, past its target, and shipped."""

    person_id: UUID
    name: str
    open: int
    overdue: int
    shipped: int


class PeopleAnswer(BaseModel):
    """Everybody who has promised something, the most open first."""

    people: list[Promiser]
    next_cursor: str | None


class PromiseOfPerson(CommittedItem):
    """A promise, and the review that it was made in."""

    postmortem_id: UUID


class PromisesOfPerson(BaseModel):
    """What one person has promised, in the order in which it was."""

    promises: list[PromiseOfPerson]
    next_cursor: str | None


class ListedReview(BaseModel):
    """A published review in the list."""

    postmortem_id: UUID
    title: str
    service: str | None
    published_at: datetime
    outcome: Outcome
    open_items: int


class ReviewPage(BaseModel):
    """Published reviews, the latest first."""

    reviews: list[ListedReview]
    next_cursor: str | None


def add_to(api: APIRouter, db: Database, zone: ZoneInfo) -> None:
    """The routes. `zone`: the organisation's, for what is overdue."""
    _people(api, db, zone)
    _reviews(api, db)


def _people(api: APIRouter, db: Database, zone: ZoneInfo) -> None:
    @api.get("/people", tags=["people"])
    async def people(cursor_: Cursor = None, limit: Limit = 50) -> PeopleAnswer:
        """Who has promised what."""
        # They are counted anew each time, so their place is a number.
        skip = min(number_before(cursor_) or 0, MOST_SKIPPED)
        async with db.reading() as conn:
            rows = await Owners(conn).all_of_them(zone, skip, limit + 1)
        more = number_cursor(skip + limit) if len(rows) > limit else None
        return PeopleAnswer(people=[Promiser.model_validate(row) for row in rows[:limit]], next_cursor=more)

    @api.get("/people/{person_id}/promises", tags=["people"])
    async def promises(person_id: UUID, cursor_: Cursor = None, limit: Limit = 50) -> PromisesOfPerson:
        """One person's promises, with what became of each."""
        async with db.reading() as conn:
            found = await Owners(conn).promises(person_id, before(cursor_), limit + 1)
        page = found[:limit]
        told = [PromiseOfPerson(**dict(committed(one)), postmortem_id=one.postmortem_id) for one in page]
        more = cursor(page[-1].committed_at, page[-1].item.id) if len(found) > limit else None
        return PromisesOfPerson(promises=told, next_cursor=more)


def _reviews(api: APIRouter, db: Database) -> None:
    @api.get("/reviews", tags=["catalogue"])
    async def reviews(
        outcome: Outcome | None = None,
        failure_mode: FailureMode | None = None,
        service: Annotated[str | None, Query(max_length=200)] = None,
        cursor_: Cursor = None,
        limit: Limit = 50,
    ) -> ReviewPage:
        """Published reviews of an outcome, a failure mode, a service: of all of them where nothing is asked."""
        asked = Asked(outcome=outcome, mode=failure_mode, service=service and without_nul(service))
        async with db.reading() as conn:
            rows = await Lists(conn).published(asked, before(cursor_), limit + 1)
        page = [_listed(row) for row in rows[:limit]]
        more = len(rows) > limit
        return ReviewPage(
            reviews=page, next_cursor=cursor(page[-1].published_at, page[-1].postmortem_id) if more else None
        )


def _listed(row: dict[str, Any]) -> ListedReview:
    return ListedReview(
        postmortem_id=row["id"],
        title=row["title"] or "",
        service=row["service"],
        published_at=row["published_at"],
        outcome=row["outcome"],
        open_items=row["open_items"],
    )
