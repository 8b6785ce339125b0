"""REST: what is added beside a published postmortem, and what was seen and not promised."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from closeout_chassis.db import Database
from closeout_review.access.who import Who
from closeout_review.api.cursors import before, cursor
from closeout_review.api.problems import GateRefused, described
from closeout_review.commands import record
from closeout_review.domain.actor import actor
from closeout_review.domain.draft import Mandated
from closeout_review.domain.text import OneLine, Written
from closeout_review.settings import ReviewSettings
from closeout_review.store.awareness import Awareness
from closeout_review.store.record import LinkedTicket, Record, VerdictReason
from closeout_schemas.postmortems import MandatedTicket
from closeout_schemas.tickets import TicketSnapshot
from closeout_schemas.vocabulary import FailureMode

Name = Annotated[OneLine, Field(max_length=200, description="Who says so, where nobody signs in.")]


class Linking(BaseModel):
    """A ticket that exists already, because law, security or an auditor demands it."""

    ticket: Mandated
    by: Name = ""


class Unlinking(BaseModel):
    """Why the ticket does not belong there, or not any more. It stays readable beside the link."""

    reason: Annotated[Written, Field(min_length=1, max_length=2000)]
    by: Name = ""


class Contesting(BaseModel):
    """Why the team does not agree with the verdict. It is shown beside it; the verdict stays."""

    reason: Annotated[Written, Field(min_length=1, max_length=2000)]
    by: Name = ""


class UnlinkedAnswer(BaseModel):
    """Why a mandated ticket does not belong there any more."""

    reason: str
    by: str
    at: datetime


class Linked(BaseModel):
    """A mandated ticket. `seen`: the tracker's word on it, None where nobody follows it. `unlinked`: where it was."""

    ticket: MandatedTicket
    by: str
    at: datetime
    seen: TicketSnapshot | None
    unlinked: UnlinkedAnswer | None


class Said(BaseModel):
    """What a team says beside the verdict."""

    reason: str
    by: str
    at: datetime


class RecordAnswer(BaseModel):
    """What stands beside a published postmortem: what is demanded, not promised, and what is said of the verdict."""

    mandated: list[Linked]
    verdict_reasons: list[Said]


class AwareAnswer(BaseModel):
    """A review with what it was aware of and did not promise, as far as it was asked for."""

    postmortem_id: UUID
    published_at: datetime
    title: str | None
    things: list[str]
    services: list[str]
    failure_modes: list[str]


class AwarePage(BaseModel):
    """The newest first. `next_cursor` leads to the next page, None on the last."""

    reviews: list[AwareAnswer]
    next_cursor: str | None


def linked(one: LinkedTicket) -> Linked:
    """A mandated ticket as the API has it."""
    gone = None if one.unlinked is None else UnlinkedAnswer.model_validate(one.unlinked, from_attributes=True)
    return Linked(ticket=one.ticket, by=one.by, at=one.at, seen=one.seen, unlinked=gone)


def said(one: VerdictReason) -> Said:
    """A reason beside the verdict as the API has it."""
    return Said(reason=one.reason, by=one.by, at=one.at)


def add_record(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    """Add these routes to the API."""

    async def as_it_stands(postmortem_id: UUID) -> RecordAnswer:
        async with db.reading() as conn:
            kept = Record(conn)
            return RecordAnswer(
                mandated=[linked(one) for one in await kept.mandated(postmortem_id)],
                verdict_reasons=[said(one) for one in await kept.reasons(postmortem_id)],
            )

    @api.post(
        "/postmortems/{postmortem_id}/mandated",
        tags=["postmortems"],
        responses=described(404, 409, unprocessable=GateRefused),
    )
    async def link(postmortem_id: UUID, linking: Linking, who: Who) -> RecordAnswer:
        """Link a mandated ticket with a published postmortem. It is shown apart, and never counted as a promise."""
        await record.link_mandated(db, settings, postmortem_id, linking.ticket, actor(who, linking.by))
        return await as_it_stands(postmortem_id)

    @api.post(
        "/postmortems/{postmortem_id}/mandated/{ticket_id}/unlink", tags=["postmortems"], responses=described(404, 409)
    )
    async def unlink(postmortem_id: UUID, ticket_id: UUID, unlinking: Unlinking, who: Who) -> RecordAnswer:
        """Take a link with a mandated ticket back, with a reason. Nothing happens to the ticket."""
        by = actor(who, unlinking.by)
        await record.unlink_mandated(db, settings, postmortem_id, ticket_id, unlinking.reason, by)
        return await as_it_stands(postmortem_id)

    @api.post("/postmortems/{postmortem_id}/verdict/reasons", tags=["postmortems"], responses=described(404, 409))
    async def contest(postmortem_id: UUID, contesting: Contesting, who: Who) -> RecordAnswer:
        """Say something beside the verdict *failed*. The verdict stays."""
        await record.contest(db, postmortem_id, contesting.reason, actor(who, contesting.by))
        return await as_it_stands(postmortem_id)


def add_awareness(api: APIRouter, db: Database) -> None:
    """Add what was seen and not promised to the API."""

    @api.get("/aware-of", tags=["catalogue"])
    async def aware_of(
        q: Annotated[str, Query(max_length=500, description="Words.")] = "",
        service: Annotated[str, Query(max_length=200)] = "",
        failure_mode: FailureMode | None = None,
        cursor_: Annotated[str | None, Query(alias="cursor", max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> AwarePage:
        """What reviews were aware of and did not promise, by words, service and failure mode."""
        async with db.reading() as conn:
            words, named = plain(q), plain(service)
            rows = await Awareness(conn).found(words, named, failure_mode, before(cursor_), limit + 1)
        page = rows[:limit]
        more = cursor(page[-1].published_at, page[-1].postmortem_id) if len(rows) > limit else None
        return AwarePage(
            reviews=[AwareAnswer.model_validate(one, from_attributes=True) for one in page], next_cursor=more
        )


def plain(text: str) -> str:
    """`text` as the database can be asked for it."""
    return text.replace("\x00", "").encode(errors="replace").decode().strip()
