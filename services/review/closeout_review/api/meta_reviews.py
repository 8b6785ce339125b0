"""REST: the quarterly reading, what is made of its patterns, and the structural proposals."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_judgement.patterns.quarter import Quarter
from closeout_review.access.who import Who
from closeout_review.api import answers
from closeout_review.api.beside import Acting
from closeout_review.api.problems import GateRefused, described
from closeout_review.commands import meta_reviews, structural
from closeout_review.commands.meta_review_answer import reading_as_json
from closeout_review.commands.meta_reviews import Seen
from closeout_review.commands.quarter_reading import QuarterReadings
from closeout_review.domain.actor import actor
from closeout_review.domain.draft import DraftItem
from closeout_review.domain.meta_review import OTHER, Cost, Decision, Idea, quarter_named
from closeout_review.domain.text import OneLine, Written
from closeout_review.settings import ReviewSettings
from closeout_review.store.meta_reviews import MetaReviews

QuarterName = Annotated[str, Path(max_length=10, description="2026Q3")]
Reason = Annotated[Written, Field(max_length=2000)]


class Opening(Acting):
    """Which quarter is to be read."""

    quarter: Annotated[OneLine, Field(max_length=10, description="2026Q3")]


class Adding(Acting):
    """A pattern that the reader saw. With a kind that the tests know, whether it falls can be counted later."""

    value: Annotated[OneLine, Field(min_length=1, max_length=300, description="The pattern in a few words.")]
    incidents: Annotated[tuple[str, ...], Field(min_length=1, max_length=1000, description="The evidence.")]
    kind: Annotated[OneLine, Field(max_length=40, pattern=r"^[a-z_]+$")] = OTHER
    sentence: Annotated[Written, Field(max_length=2000)] = ""


class Deciding(Acting):
    """What the reader makes of a finding. What is dismissed needs a reason."""

    decision: Decision
    reason: Reason = ""


class Proposing(Acting):
    """A structural change because of a confirmed finding. Owner, target and criterion may follow later."""

    finding_id: UUID
    item: DraftItem
    cost: Cost
    proposed_to: Annotated[OneLine, Field(min_length=1, max_length=200)]


class Accepting(Acting):
    """The item as it is to be promised; without it, as it was proposed."""

    item: DraftItem | None = None


class Refusing(Acting):
    """Why not."""

    reason: Reason


class OpenedAnswer(BaseModel):
    """A quarter that was opened."""

    quarter: str
    opened_at: datetime
    opened_by: str
    confirmed: int
    accepted: int


class OpenedPage(BaseModel):
    """The latest first."""

    meta_reviews: list[OpenedAnswer]


def quarter_of(text: str) -> Quarter:
    """Raises Refused(404) for what is no quarter."""
    try:
        return quarter_named(text)
    except ValueError as error:
        raise Refused(404, "no-such-quarter", f"{error}.") from None


def add_routes(api: APIRouter, settings: ReviewSettings, db: Database, readings: QuarterReadings) -> None:
    """All of them, to the API."""
    _reading(api, settings, db, readings)
    _findings(api, db, readings)
    _proposals(api, settings, db, readings)


def _reading(api: APIRouter, settings: ReviewSettings, db: Database, readings: QuarterReadings) -> None:
    @api.get("/meta-reviews", tags=["meta-reviews"])
    async def list_meta_reviews() -> OpenedPage:
        """Every quarter that was opened."""
        async with db.reading() as conn:
            rows = await MetaReviews(conn).listed()
        return OpenedPage(
            meta_reviews=[
                OpenedAnswer(
                    quarter=str(one.quarter),
                    opened_at=one.at,
                    opened_by=one.by,
                    confirmed=one.confirmed,
                    accepted=one.accepted,
                )
                for one in rows
            ]
        )

    @api.post("/meta-reviews", tags=["meta-reviews"], responses=described(404))
    async def open_meta_review(opening: Opening, principal: Who) -> dict[str, Any]:
        """Open a quarter by hand. Again: the same reading."""
        quarter = quarter_of(opening.quarter)
        await meta_reviews.open_by_hand(db, settings, quarter, actor(principal, opening.by))
        return reading_as_json(await readings.read(quarter))

    @api.get("/meta-reviews/{quarter}", tags=["meta-reviews"], responses=described(404))
    async def get_meta_review(quarter: QuarterName) -> dict[str, Any]:
        """The reading of a quarter, whether it was opened or not: the form of `closeout meta-review --json`."""
        return reading_as_json(await readings.read(quarter_of(quarter)))


def _findings(api: APIRouter, db: Database, readings: QuarterReadings) -> None:
    @api.post("/meta-reviews/{quarter}/findings", tags=["meta-reviews"], responses=described(404, 409))
    async def add_finding(quarter: QuarterName, adding: Adding, principal: Who) -> dict[str, Any]:
        """Add a pattern that no test finds. It counts as much. Again: the same, unless it was dismissed or differs."""
        reading = await readings.read(quarter_of(quarter))
        seen = Seen(adding.value, adding.incidents, adding.kind, adding.sentence)
        await meta_reviews.add_finding(db, reading, seen, actor(principal, adding.by))
        return reading_as_json(await readings.read(reading.quarter))

    @api.post("/meta-reviews/{quarter}/findings/{finding_id}", tags=["meta-reviews"], responses=described(404, 409))
    async def decide_finding(
        quarter: QuarterName, finding_id: UUID, deciding: Deciding, principal: Who
    ) -> dict[str, Any]:
        """Confirm or dismiss a pattern, or a question."""
        reading = await readings.read(quarter_of(quarter))
        by = actor(principal, deciding.by)
        await meta_reviews.decide(db, reading, finding_id, deciding.decision, deciding.reason, by)
        return reading_as_json(await readings.read(reading.quarter))


def _proposals(api: APIRouter, settings: ReviewSettings, db: Database, readings: QuarterReadings) -> None:
    @api.post("/meta-reviews/{quarter}/proposals", tags=["meta-reviews"], responses=described(404, 409))
    async def propose(quarter: QuarterName, proposing: Proposing, principal: Who) -> dict[str, Any]:
        """Propose a structural change. A quarter has two at most; a third is refused."""
        reading = await readings.read(quarter_of(quarter))
        idea = Idea(item=proposing.item, cost=proposing.cost, proposed_to=proposing.proposed_to)
        await structural.propose(db, reading, proposing.finding_id, idea, actor(principal, proposing.by))
        return reading_as_json(await readings.read(reading.quarter))

    @api.post(
        "/meta-reviews/{quarter}/proposals/{proposal_id}/accept",
        tags=["meta-reviews"],
        responses=described(404, 409, unprocessable=GateRefused),
    )
    async def accept(
        quarter: QuarterName, proposal_id: UUID, accepting: Accepting, principal: Who
    ) -> answers.PostmortemAnswer:
        """Promise it: the gate asks for owner, target and criterion. It becomes a ticket, with its own month four."""
        by = actor(principal, accepting.by)
        made = await structural.accept(db, settings, quarter_of(quarter), proposal_id, accepting.item, by)
        return answers.postmortem_answer(made)

    @api.post(
        "/meta-reviews/{quarter}/proposals/{proposal_id}/refuse", tags=["meta-reviews"], responses=described(404, 409)
    )
    async def refuse(quarter: QuarterName, proposal_id: UUID, refusing: Refusing, principal: Who) -> dict[str, Any]:
        """Keep it with the reason. It comes back when its pattern does."""
        named = quarter_of(quarter)
        await structural.refuse(db, named, proposal_id, refusing.reason, actor(principal, refusing.by))
        return reading_as_json(await readings.read(named))
