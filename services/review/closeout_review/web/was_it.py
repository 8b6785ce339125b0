"""“Was this it?”, the link of the card. Opening it changes nothing: chats open links by themselves. A button does."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.commands import recurrences
from closeout_review.domain import link
from closeout_review.settings import ReviewSettings
from closeout_review.store.imported import ImportedReviews
from closeout_review.store.incidents import Incidents
from closeout_review.store.postmortems import Postmortems
from closeout_review.store.recurrences import Recurrences
from closeout_review.web import forms
from closeout_review.web.render import Renderer

ANSWERS = {"yes": True, "no": False}


class WasIt:
    """Whoever was woken up says whether an earlier review was about the same."""

    def __init__(self, settings: ReviewSettings, db: Database, renderer: Renderer) -> None:
        self._settings = settings
        self._db = db
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The question, and the answer."""
        return [
            Route("/was-it/{token}", self.ask, methods=["GET"]),
            Route("/was-it/{token}", self.answer, methods=["POST"]),
            Route("/incidents/{incident_id:uuid}/recurrences/{review_id:uuid}", self.confirm, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """The question with two buttons, first the one that the link was for."""
        incident_id, postmortem_id = self._named(request)
        async with self._db.reading() as conn:
            incident = await Incidents(conn).one(incident_id)
            kept = await Postmortems(conn).one(postmortem_id)
            draft = await Postmortems(conn).draft(postmortem_id, kept.revision) if kept else None
            imported = await ImportedReviews(conn).one(postmortem_id) if kept is None else None
            answer = await Recurrences(conn).one(incident_id, postmortem_id)
        if incident is None or (kept is None and imported is None):
            raise Refused(404, "no-such-link", "What this link was about is not there any more.")
        title = draft.title if draft else imported.title if imported else ""
        where = "/postmortems/" if kept else "/imported/"
        return self._renderer.page(
            "was_it.html",
            incident=incident,
            review=f"{where}{postmortem_id}",
            title=title,
            answer=answer,
            meant=ANSWERS.get(request.query_params.get("answer", "")),
        )

    async def answer(self, request: Request) -> Response:
        """Keep the answer; the last one counts."""
        incident_id, postmortem_id = self._named(request)
        said = await _answer_in(request)
        async with self._db.transaction() as tx:
            await recurrences.answer(tx, self._settings, incident_id, postmortem_id, said, "feedback")
        return RedirectResponse(request.url.path, 303)

    async def confirm(self, request: Request) -> Response:
        """A reviewer says on the incident's page whether it was the same again."""
        incident_id, review_id = request.path_params["incident_id"], request.path_params["review_id"]
        said = await _answer_in(request)
        async with self._db.transaction() as tx:
            await recurrences.answer(tx, self._settings, incident_id, review_id, said, "reviewer")
        return RedirectResponse(f"/incidents/{incident_id}", 303)

    def _named(self, request: Request) -> tuple[UUID, UUID]:
        secret = self._settings.link_secret
        named = link.read(request.path_params["token"], secret.get_secret_value().encode()) if secret else None
        if named is None:
            raise Refused(404, "no-such-link", "This link is not one of ours, or its secret was changed.")
        return named


async def _answer_in(request: Request) -> bool:
    said = ANSWERS.get(dict(forms.fields_of(await request.body())).get("answer", ""))
    if said is None:
        raise Refused(422, "bad-answer", "The answer is yes or no.")
    return said
