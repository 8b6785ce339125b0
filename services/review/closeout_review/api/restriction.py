"""Who sees an incident, asked and decided over REST."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from closeout_chassis.db import Database
from closeout_review.access.who import Who
from closeout_review.api.problems import described
from closeout_review.commands import restricting
from closeout_review.domain.principal import Role
from closeout_review.domain.text import OneLine, Written

Email = Annotated[OneLine, Field(max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")]


class WantedRestriction(BaseModel):
    """Who is to see an incident: whoever has one of the roles, or signs in with one of the addresses."""

    restricted: bool
    roles: Annotated[list[Role], Field(max_length=len(Role))] = []
    people: Annotated[list[Email], Field(max_length=100)] = []
    why: Annotated[Written, Field(min_length=1, max_length=1000, description="It stays visible to those who see it.")]


class RestrictionAnswer(BaseModel):
    """Who sees an incident. `by` is None where the mapping file decided, or nobody did."""

    restricted: bool
    roles: list[Role]
    people: list[str]
    by: str | None
    why: str


def add_to(api: APIRouter, db: Database) -> None:
    """The routes."""
    path = "/incidents/{incident_id}/restriction"

    @api.get(path, tags=["incidents"], responses=described(404))
    async def restriction(incident_id: UUID) -> RestrictionAnswer:
        """Who sees an incident, and everything that was made from it."""
        async with db.reading() as conn:
            found = await restricting.restriction(conn, incident_id)
        return RestrictionAnswer.model_validate(found, from_attributes=True)

    @api.put(path, tags=["incidents"], responses=described(404))
    async def restrict(incident_id: UUID, wanted: WantedRestriction, principal: Who) -> RestrictionAnswer:
        """Restrict an incident, or lift that. It stands, whatever the mapping file says later."""
        named = (wanted.roles, wanted.people)
        found = await restricting.restrict(db, principal, incident_id, wanted.restricted, *named, wanted.why)
        return RestrictionAnswer.model_validate(found, from_attributes=True)
