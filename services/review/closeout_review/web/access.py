"""API tokens and the audit log, as pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import who
from closeout_review.commands import access
from closeout_review.domain.principal import Scope
from closeout_review.domain.text import OneLine
from closeout_review.store.principals import Principals
from closeout_review.web import forms
from closeout_review.web.render import Renderer
from closeout_schemas.misfits import words_of

PAGE = 100
NAME = TypeAdapter(OneLine)
DAYS = (7, 30, 90, access.MOST_DAYS)


class Access:
    """What programs carry, and who did what."""

    def __init__(self, db: Database, renderer: Renderer) -> None:
        self._db = db
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Every page."""
        return [
            Route("/tokens", self.tokens, methods=["GET"]),
            Route("/tokens", self.make_token, methods=["POST"]),
            Route("/tokens/{token_id:uuid}/revoke", self.revoke_token, methods=["POST"]),
            Route("/audit", self.audit, methods=["GET"]),
        ]

    async def tokens(self, request: Request) -> Response:
        """One's tokens, and the form for another."""
        return await self._tokens(request)

    async def _tokens(self, request: Request, made: access.MadeToken | None = None) -> Response:
        principal, before = who(request), _place_in(request.query_params.get("older_than", ""))
        rows = await access.tokens(self._db, principal, before, PAGE + 1)
        scopes = [scope for scope in Scope if principal.may(scope)]
        older = f"{rows[PAGE - 1].made_at.isoformat()} {rows[PAGE - 1].id}" if len(rows) > PAGE else None
        listed: dict[str, Any] = {"rows": rows[:PAGE], "older": older, "newest": before is None}
        return self._renderer.page("tokens.html", **listed, scopes=scopes, days=DAYS, made=made, principal=principal)

    async def make_token(self, request: Request) -> Response:
        """Make one, and show its secret once."""
        fields = forms.fields_of(await request.body())
        scopes = [Scope(value) for name, value in fields if name == "scopes" and value in set(Scope)]
        told = dict(fields)
        try:
            name = NAME.validate_python(told.get("name", ""))
        except ValidationError as error:
            raise Refused(422, "bad-name", f"The name: {words_of(error.errors()[0])}.") from None
        days = told.get("days", "")
        if not (0 < len(name) <= 100 and scopes and days in {str(one) for one in DAYS}):
            raise Refused(422, "bad-token-request", "A token needs a name of 1 to 100 characters, a scope, and an end.")
        return await self._tokens(request, await access.make_token(self._db, who(request), name, scopes, int(days)))

    async def revoke_token(self, request: Request) -> Response:
        """Take one back."""
        token_id: UUID = request.path_params["token_id"]
        await access.revoke_token(self._db, who(request), token_id)
        return RedirectResponse("/tokens", 303)

    async def audit(self, request: Request) -> Response:
        """Who did what, the newest first."""
        text = request.query_params.get("older_than", "")
        older_than = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
        async with self._db.reading() as conn:
            deeds = await Principals(conn).deeds(older_than, None, None, PAGE + 1)
            titles = await Principals(conn).titles({value for one in deeds for value in one.about.values()})
        older = deeds[PAGE - 1].seq if len(deeds) > PAGE else None
        return self._renderer.page("audit.html", deeds=deeds[:PAGE], titles=titles, older=older)


def _place_in(text: str) -> tuple[datetime, UUID] | None:
    """After which token a page begins, as the link to it says; None where none of ours does."""
    at, _, last = text.partition(" ")
    try:
        return datetime.fromisoformat(at).astimezone(UTC), UUID(last)
    except (ValueError, OverflowError):
        return None
