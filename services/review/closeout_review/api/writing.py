"""REST: what the gate's rewrites and other people's versions do to a draft, as the buttons of its page do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, ValidationError

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import Who
from closeout_review.api import answers
from closeout_review.api.beside import Acting
from closeout_review.api.problems import described
from closeout_review.commands import merging, postmortems, publishing
from closeout_review.domain.actor import actor
from closeout_review.domain.versions import OtherVersion
from closeout_review.settings import ReviewSettings
from closeout_schemas.misfits import first_of


class VersionAnswer(BaseModel):
    """What somebody wrote into a place while somebody else did. The draft has the other's words."""

    place: str
    writer: str
    words: str
    written_by: str
    written_at: datetime


class VersionList(BaseModel):
    """What waits for a choice, the oldest first. Nothing is published before."""

    versions: list[VersionAnswer]


class Settling(Acting):
    """Which of the two stands: what is saved, the other one, or both, one below the other."""

    place: Annotated[str, Field(min_length=1, max_length=200)]
    writer: Annotated[str, Field(min_length=1, max_length=64)]
    keep: Literal["saved", "other", "both"]


class Mended(BaseModel):
    """Which rewrites were taken over, as `code:place`, and what the gate says now."""

    mended: list[str]
    gate: answers.GateAnswer


def add_writing(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    """The routes."""

    @api.get("/postmortems/{postmortem_id}/versions", tags=["postmortems"], responses=described(404))
    async def versions(postmortem_id: UUID) -> VersionList:
        """What two people wrote into one place at once."""
        async with db.reading() as conn:
            return _listed((await postmortems.postmortem(conn, settings, postmortem_id)).versions)

    @api.post("/postmortems/{postmortem_id}/versions/settle", tags=["postmortems"], responses=described(404, 409))
    async def settle(postmortem_id: UUID, settling: Settling, principal: Who) -> VersionList:
        """Choose between two versions. The same again changes nothing."""
        async with db.reading() as conn:
            before = (await postmortems.postmortem(conn, settings, postmortem_id)).versions
        if not any((one.place, one.writer) == (settling.place, settling.writer) for one in before):
            raise Refused(404, "no-such-version", "No such version waits for a choice; perhaps somebody has chosen.")
        chosen, by = (settling.place, settling.writer, settling.keep), actor(principal, settling.by)
        try:
            settled = await merging.settle(db, settings, postmortem_id, chosen, by)
        except ValidationError as error:
            detail = f"Both do not fit into one place; keep one of them, or write it anew. {first_of(error)}."
            raise Refused(422, "does-not-fit", detail) from None
        return _listed(settled.versions)

    @api.post("/postmortems/{postmortem_id}/gate/mend", tags=["postmortems"], responses=described(404, 409, 412))
    async def mend(postmortem_id: UUID, acting: Acting, principal: Who) -> Mended:
        """Take over every rewrite that the gate offers. What it asks stays for people to answer."""
        taken = await publishing.mend_all(db, settings, postmortem_id, actor(principal, acting.by))
        async with db.reading() as conn:
            one = await postmortems.postmortem(conn, settings, postmortem_id)
        return Mended(mended=[f"{each.code}:{each.where}" for each in taken], gate=answers.gate_answer(one))


def _listed(found: Iterable[OtherVersion]) -> VersionList:
    return VersionList(versions=[VersionAnswer.model_validate(one, from_attributes=True) for one in found])
