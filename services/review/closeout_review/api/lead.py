"""REST: who leads a review."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from closeout_chassis.db import Database
from closeout_review.access.who import Who
from closeout_review.api.beside import Acting
from closeout_review.api.problems import described
from closeout_review.commands import finishing, postmortems
from closeout_review.domain.actor import actor
from closeout_review.domain.lead import Lead
from closeout_review.domain.text import OneLine
from closeout_review.settings import ReviewSettings


class Naming(Acting):
    """Who is to lead it."""

    who: Annotated[OneLine, Field(min_length=1, max_length=200, description="@handle, e-mail or full name.")]


class LeadAnswer(BaseModel):
    """The one who is asked to finish it. `why` names the facts, or who chose them."""

    name: str
    why: str
    person_id: UUID | None


def lead_answer(lead: Lead | None) -> LeadAnswer | None:
    """As the API has it."""
    if lead is None:
        return None
    return LeadAnswer(name=lead.name, why=lead.why, person_id=lead.person.id if lead.person else None)


def add_routes(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    """All of them, to the API."""

    @api.put("/postmortems/{postmortem_id}/lead", tags=["postmortems"], responses=described(404, 409))
    async def choose_lead(postmortem_id: UUID, naming: Naming, principal: Who) -> LeadAnswer | None:
        """Name one known person to lead the review. They are asked to finish it when they next work."""
        await finishing.choose_lead(db, postmortem_id, naming.who, actor(principal, naming.by))
        async with db.reading() as conn:
            return lead_answer((await postmortems.postmortem(conn, settings, postmortem_id)).lead)
