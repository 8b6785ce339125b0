"""REST in: what may happen to a promise after its publication."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from closeout_chassis.db import Database
from closeout_review.access.who import Who
from closeout_review.api import answers
from closeout_review.api.problems import GateRefused, described
from closeout_review.commands import postmortems, promises
from closeout_review.commands.promises import Why
from closeout_review.domain.actor import actor
from closeout_review.domain.draft import DraftItem
from closeout_review.domain.principal import Principal
from closeout_review.domain.text import OneLine, Written
from closeout_review.settings import ReviewSettings

ITEM = "/postmortems/{postmortem_id}/items/{item_id}"


class Reasoned(BaseModel):
    """Why, and who says so where nobody signs in. Both stay visible."""

    reason: Annotated[Written, Field(min_length=1, max_length=1000)]
    by: Annotated[OneLine, Field(max_length=200)] = ""

    def why(self, principal: Principal) -> Why:
        """The reason, signed."""
        return Why(self.reason, actor(principal, self.by))


class Replacement(Reasoned):
    """What is promised in its place. It passes the gate like any other; `where` of a refusal begins with `item[0]`."""

    item: DraftItem


class Retarget(Reasoned):
    """By when instead: a week or a milestone."""

    target: Annotated[OneLine, Field(max_length=200)]


class Reassignment(Reasoned):
    """Who instead: one person, by @handle, e-mail or full name."""

    owner: Annotated[OneLine, Field(max_length=200)]


def add_promises(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    """Add these routes to the API."""
    mended: dict[str, Any] = {"tags": ["postmortems"], "responses": described(404, 409, unprocessable=GateRefused)}

    async def as_it_stands(postmortem_id: UUID) -> answers.PostmortemAnswer:
        async with db.reading() as conn:
            return answers.postmortem_answer(await postmortems.postmortem(conn, settings, postmortem_id))

    @api.post(f"{ITEM}/withdraw", tags=["postmortems"], responses=described(404, 409))
    async def withdraw(postmortem_id: UUID, item_id: UUID, why: Reasoned, who: Who) -> answers.PostmortemAnswer:
        """Take a promise back, with a reason. It stays counted and shown."""
        await promises.withdraw(db, settings, postmortem_id, item_id, why.why(who))
        return await as_it_stands(postmortem_id)

    @api.post(f"{ITEM}/replace", **mended)
    async def replace(postmortem_id: UUID, item_id: UUID, by: Replacement, who: Who) -> answers.PostmortemAnswer:
        """Promise something else in its place, with a reason: three stay three, and what was replaced is shown."""
        await promises.replace_item(db, settings, postmortem_id, item_id, by.item, by.why(who))
        return await as_it_stands(postmortem_id)

    @api.post(f"{ITEM}/retarget", **mended)
    async def retarget(postmortem_id: UUID, item_id: UUID, to: Retarget, who: Who) -> answers.PostmortemAnswer:
        """Give it another target, with a reason. A later one is a slip, and is counted; month four stays."""
        await promises.retarget(db, settings, postmortem_id, item_id, to.target, to.why(who))
        return await as_it_stands(postmortem_id)

    @api.post(f"{ITEM}/reassign", **mended)
    async def reassign(postmortem_id: UUID, item_id: UUID, to: Reassignment, who: Who) -> answers.PostmortemAnswer:
        """Give it to somebody else, with a reason."""
        await promises.reassign(db, settings, postmortem_id, item_id, to.owner, to.why(who))
        return await as_it_stands(postmortem_id)
