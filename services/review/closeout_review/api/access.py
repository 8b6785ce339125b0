"""What the API answers of who asks: oneself, API tokens, the audit log."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from closeout_chassis.db import Database
from closeout_review.access.who import Who
from closeout_review.api.cursors import before, cursor, number_before, number_cursor
from closeout_review.api.problems import described
from closeout_review.commands import access
from closeout_review.domain.principal import Role, Scope
from closeout_review.domain.text import OneLine
from closeout_review.store.principals import Principals, Token

Limit = Annotated[int, Query(ge=1, le=200, description="Most that a page holds.")]
Cursor = Annotated[str | None, Query(alias="cursor", max_length=200, description="`next_cursor` of the page before.")]


DAYS = "After so many days it ends by itself; where a token makes it, no later than that one."


class Me(BaseModel):
    """Who the request acts for."""

    id: UUID
    name: str
    email: str | None
    roles: list[Role]
    scopes: list[Scope]


class WantedToken(BaseModel):
    """A token to be made. Its scopes are among one's own."""

    name: Annotated[OneLine, Field(min_length=1, max_length=100, description="What it is for.")]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    days: Annotated[int, Field(ge=1, le=access.MOST_DAYS, description=DAYS)] = 90


class ListedToken(BaseModel):
    """A token without its secret."""

    id: UUID
    name: str
    owner: str
    scopes: list[Scope]
    made_at: datetime
    expires_at: datetime
    used_on: date | None
    revoked_at: datetime | None


class MadeToken(BaseModel):
    """A new token. `secret` goes into the header `Authorization: Bearer …`; it is told now, and never again."""

    token: ListedToken
    secret: str


class TokenPage(BaseModel):
    """Tokens, the newest first."""

    tokens: list[ListedToken]
    next_cursor: str | None


class LoggedDeed(BaseModel):
    """A line of the audit log. `about`: the ids that the request named."""

    seq: int
    at: datetime
    principal_id: UUID
    who: str
    signed_in_by: str
    deed: str
    about: dict[str, str]


class AuditPage(BaseModel):
    """Who did what, the newest first."""

    deeds: list[LoggedDeed]
    next_cursor: str | None


def add_to(api: APIRouter, db: Database) -> None:
    """The routes."""
    _tokens(api, db)

    @api.get("/me", tags=["access"])
    async def me(principal: Who) -> Me:
        """Who the request acts for, and what they may."""
        of = {"id": principal.id, "name": principal.name, "email": principal.email}
        return Me(**of, roles=sorted(principal.roles), scopes=sorted(principal.scopes))

    @api.get("/audit", tags=["access"])
    async def audit(
        cursor_: Cursor = None,
        limit: Limit = 50,
        principal_id: Annotated[UUID | None, Query(description="Only what this principal did.")] = None,
        about: Annotated[UUID | None, Query(description="Only what was done about this id.")] = None,
    ) -> AuditPage:
        """Who did what: every change, and every attempt that was refused for want of a scope."""
        async with db.reading() as conn:
            of = str(about) if about else None
            found = await Principals(conn).deeds(number_before(cursor_), principal_id, of, limit + 1)
        deeds = [LoggedDeed.model_validate(one, from_attributes=True) for one in found[:limit]]
        return AuditPage(deeds=deeds, next_cursor=number_cursor(deeds[-1].seq) if len(found) > limit else None)


def _tokens(api: APIRouter, db: Database) -> None:
    @api.get("/tokens", tags=["access"])
    async def list_tokens(principal: Who, cursor_: Cursor = None, limit: Limit = 50) -> TokenPage:
        """One's own tokens; with the scope `admin` everybody's."""
        found = await access.tokens(db, principal, before(cursor_), limit + 1)
        page, more = found[:limit], len(found) > limit
        return TokenPage(
            tokens=[_listed(one) for one in page], next_cursor=cursor(page[-1].made_at, page[-1].id) if more else None
        )

    @api.post("/tokens", tags=["access"], status_code=201, responses=described(403))
    async def make_token(wanted: WantedToken, principal: Who, response: Response) -> MadeToken:
        """Make a token that acts for oneself, with no more than the scopes it needs. Its secret is told once."""
        response.headers["Cache-Control"] = "no-store"
        made = await access.make_token(db, principal, wanted.name, wanted.scopes, wanted.days)
        return MadeToken(token=_listed(made.token), secret=made.secret)

    @api.delete("/tokens/{token_id}", tags=["access"], status_code=204, responses=described(403, 404))
    async def revoke_token(token_id: UUID, principal: Who) -> None:
        """Take a token back, and all that was made with it. They open nothing from now on; again: the same.

        A token takes back itself, what it made, and what has no scope that it has not; one with `admin` any.
        """
        await access.revoke_token(db, principal, token_id)


def _listed(token: Token) -> ListedToken:
    return ListedToken.model_validate(token, from_attributes=True)
