"""HTML in and out: what is added beside a published postmortem, and what was seen and not promised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import who
from closeout_review.commands import record
from closeout_review.domain.actor import actor
from closeout_review.domain.draft import Mandated
from closeout_review.domain.text import presentable, written_by_people
from closeout_review.settings import ReviewSettings
from closeout_review.store.awareness import Awareness
from closeout_review.store.lists import Lists
from closeout_review.web import forms
from closeout_review.web.lists import is_uuid
from closeout_review.web.pages import Pages
from closeout_schemas.misfits import first_of
from closeout_schemas.vocabulary import FailureMode

LONGEST_NAME, LONGEST_WORDS, LONGEST_REASON = 200, 500, 2000
PAGE = 50


class RecordPages:
    """Mandated tickets, reasons beside a verdict, and things to remain aware of."""

    def __init__(self, settings: ReviewSettings, db: Database, pages: Pages) -> None:
        self._settings = settings
        self._db = db
        self._pages = pages

    def routes(self) -> list[Route]:
        """Three forms and a page."""
        return [
            Route("/postmortems/{postmortem_id:uuid}/mandated", self.link, methods=["POST"]),
            Route("/postmortems/{postmortem_id:uuid}/mandated/{ticket_id:uuid}/unlink", self.unlink, methods=["POST"]),
            Route("/postmortems/{postmortem_id:uuid}/verdict/reasons", self.contest, methods=["POST"]),
            Route("/aware-of", self.aware_of),
        ]

    async def link(self, request: Request) -> Response:
        """Link a mandated ticket, or show the form again with what is missing."""
        postmortem_id = request.path_params["postmortem_id"]
        typed = dict(forms.fields_of(await request.body()))
        try:
            await record.link_mandated(self._db, self._settings, postmortem_id, _mandated(typed), _by(request, typed))
        except Refused as refused:
            if refused.code != "gate-refused":
                raise
            tried = {"deed": "mandated", "item_id": None, "typed": typed, "refusals": refused.more["refusals"]}
            return await self._pages.published(request, 422, tried)
        return RedirectResponse(f"/postmortems/{postmortem_id}#mandated", 303)

    async def unlink(self, request: Request) -> Response:
        """Take a link with a mandated ticket back."""
        postmortem_id, ticket_id = (request.path_params[name] for name in ("postmortem_id", "ticket_id"))
        typed = dict(forms.fields_of(await request.body()))
        reason = _reason(typed, "it stays beside the link")
        by = _by(request, typed)
        await record.unlink_mandated(self._db, self._settings, postmortem_id, ticket_id, reason, by)
        return RedirectResponse(f"/postmortems/{postmortem_id}#mandated", 303)

    async def contest(self, request: Request) -> Response:
        """Say something beside the verdict."""
        postmortem_id = request.path_params["postmortem_id"]
        typed = dict(forms.fields_of(await request.body()))
        reason = _reason(typed, "it stands beside the verdict")
        await record.contest(self._db, postmortem_id, reason, _by(request, typed))
        return RedirectResponse(f"/postmortems/{postmortem_id}#verdict", 303)

    async def aware_of(self, request: Request) -> Response:
        """What reviews were aware of and did not promise, by words, service and failure mode."""
        asked = request.query_params
        words, service = (presentable(asked.get(name, ""), LONGEST_WORDS) for name in ("q", "service"))
        mode = asked.get("failure_mode", "")
        chosen = FailureMode(mode) if mode in list(FailureMode) else None
        async with self._db.reading() as conn:
            older_than = asked.get("older_than", "")
            before = await Lists(conn).place_of_published(UUID(older_than)) if is_uuid(older_than) else None
            found = await Awareness(conn).found(words, service, chosen, before, PAGE + 1)
        shown: dict[str, Any] = {"words": words, "service": service, "chosen": chosen, "modes": list(FailureMode)}
        older = found[PAGE - 1].postmortem_id if len(found) > PAGE else None
        again = {"q": words, "service": service, "failure_mode": chosen or ""}
        link = urlencode({name: value for name, value in again.items() if value} | {"older_than": older})
        return self._pages.renderer.page(
            "aware_of.html", found=found[:PAGE], older=older and link, newest=before is None, **shown
        )


def _reason(typed: Mapping[str, str], what_for: str) -> str:
    try:
        reason = written_by_people(typed.get("reason", ""))
    except ValueError as error:
        raise Refused(422, "bad-reason", f"The reason {error}.") from None
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Refused(422, "reason-missing", f"Say in 1 to 2,000 characters why; {what_for}.")
    return reason


def _by(request: Request, typed: Mapping[str, str]) -> str:
    return actor(who(request), presentable(typed.get("by", ""), LONGEST_NAME))


def _mandated(typed: Mapping[str, str]) -> Mandated:
    values: dict[str, Any] = {name: typed[name] for name in ("demanded_by", "why", "title", "url") if typed.get(name)}
    try:
        return Mandated.model_validate(values)
    except ValidationError as error:
        raise Refused(422, "bad-ticket", f"{first_of(error)}.") from None
