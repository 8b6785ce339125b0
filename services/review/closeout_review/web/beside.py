"""The page of one timeline entry: what it marks, and taking a secret out of it. And entries written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import need, who
from closeout_review.commands import beside
from closeout_review.commands.redacting import Taking, redact
from closeout_review.domain.actor import actor
from closeout_review.domain.annotation import AnnotationKind, Redacted
from closeout_review.domain.attachment import AttachmentKind
from closeout_review.domain.principal import Scope
from closeout_review.domain.text import one_line, written_by_people
from closeout_review.settings import ReviewSettings
from closeout_review.store.postmortems import Postmortems
from closeout_review.web import forms
from closeout_review.web.render import Renderer

LONGEST_WHY, LONGEST_NOTE, LONGEST_ENTRY, LONGEST_NAME = 1000, 1000, 10_000, 200


class BesidePages:
    """What people put beside a timeline, and into one."""

    def __init__(self, settings: ReviewSettings, db: Database, renderer: Renderer) -> None:
        self._settings = settings
        self._db = db
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Every page, and what its buttons do."""
        return [
            Route("/entries/{entry_id:uuid}", self.entry, methods=["GET"]),
            Route("/entries/{entry_id:uuid}", self.submit, methods=["POST"]),
            Route("/entries/{entry_id:uuid}/redact", self.redact, methods=["POST"]),
            Route("/incidents/{incident_id:uuid}/entries", self.write, methods=["POST"]),
        ]

    async def entry(self, request: Request) -> Response:
        """One entry with everything that stands beside it, and the forms that add to it."""
        async with self._db.reading() as conn:
            link, around = await beside.entry(conn, request.path_params["entry_id"])
            of = await Postmortems(conn).of_incident(link.incident_id)
            kept = await Postmortems(conn).one(of) if of else None
        return self._renderer.page(
            "entry.html",
            link=link,
            entry=link.entry,
            annotations=[one for one in around.annotations if one.entry_id == link.entry.id],
            attachments=around.attached_to(link.entry.id),
            attachment_kinds=list(AttachmentKind),
            back=_place(link.incident_id, of),
            is_published=kept is not None and kept.published_at is not None,
            kinds=list(AnnotationKind),
            redactable=list(Redacted),
            asks_name=who(request).is_operator,
        )

    async def submit(self, request: Request) -> Response:
        """What a button of that page, or of a suggestion, says."""
        entry_id = request.path_params["entry_id"]
        told = dict(forms.fields_of(await request.body()))
        by = name_in(told, request)
        button, _, what = told.get("do", "").partition(":")
        match button:
            case "annotate":
                note = text_in(told, "note", LONGEST_NOTE)
                await beside.annotate(self._db, entry_id, _kind(told.get("kind", "")), note, by)
            case "accept":
                await beside.annotate(self._db, entry_id, _kind(what), "", by)
            case "dismiss":
                await beside.dismiss_suggestion(self._db, entry_id, _kind(what), by)
            case "take-back":
                await beside.take_annotation_back(self._db, entry_id, _id(what), by)
            case "redact":
                need(request, Scope.PUBLISH)
                why = text_in(told, "why", LONGEST_WHY, "Say why it is taken out; it stays visible.")
                await redact(
                    self._db, self._settings, entry_id, Taking(_redacted(told.get("what", "")), why, by, _named(told))
                )
            case _:
                raise Refused(422, "no-such-button", "That form says nothing that can be done.")
        return await self._back_to(entry_id)

    async def redact(self, request: Request) -> Response:
        """Take a secret or personal data out."""
        entry_id = request.path_params["entry_id"]
        told = dict(forms.fields_of(await request.body()))
        why = text_in(told, "why", LONGEST_WHY, "Say why it is taken out; it stays visible.")
        taking = Taking(_redacted(told.get("what", "")), why, name_in(told, request), _named(told))
        await redact(self._db, self._settings, entry_id, taking)
        return await self._back_to(entry_id)

    async def _back_to(self, entry_id: UUID) -> Response:
        async with self._db.reading() as conn:
            link, _ = await beside.entry(conn, entry_id)
            of = await Postmortems(conn).of_incident(link.incident_id)
        return RedirectResponse(f"{_place(link.incident_id, of)}?at={entry_id}#entry-{entry_id}", 303)

    async def write(self, request: Request) -> Response:
        """Add what somebody remembers to a timeline."""
        incident_id = request.path_params["incident_id"]
        told = dict(forms.fields_of(await request.body()))
        text = text_in(told, "entry-text", LONGEST_ENTRY, "Write what happened.")
        at = self._moment(told.get("entry-at", ""))
        entry_id = await beside.write_entry(self._db, incident_id, text, at, name_in(told, request))
        return await self._back_to(entry_id)

    def _moment(self, text: str) -> datetime:
        return moment_of(text, self._settings)


def _place(incident_id: UUID, postmortem_id: UUID | None) -> str:
    return f"/postmortems/{postmortem_id}" if postmortem_id else f"/incidents/{incident_id}"


def moment_of(text: str, settings: ReviewSettings) -> datetime:
    """What a field of date and time says, by the organisation's clock. Raises Refused(422)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(422, "bad-time", "Say when it happened, as in 2026-11-03T02:14.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=settings.zone)


def text_in(told: Mapping[str, str], name: str, longest: int, missing: str = "") -> str:
    """What a field says. Raises Refused(422) for what cannot be kept, is too long, or is `missing`."""
    try:
        text = written_by_people(told.get(name, ""))
    except ValueError as error:
        raise Refused(422, "bad-text", f"The text {error}.") from None
    if len(text) > longest:
        raise Refused(422, "too-long", f"It has {len(text)} characters; {longest} are the most.")
    if missing and not text:
        raise Refused(422, "text-missing", missing)
    return text


def name_in(told: Mapping[str, str], request: Request) -> str:
    """Who does it: whoever is signed in, else the name that the form has."""
    return actor(who(request), one_line(text_in(told, "by", LONGEST_NAME)))


def _kind(text: str) -> AnnotationKind:
    try:
        return AnnotationKind(text)
    except ValueError:
        raise Refused(422, "no-such-kind", "Say what the entry marks; choose one of the list.") from None


def _redacted(text: str) -> Redacted:
    try:
        return Redacted(text)
    except ValueError:
        raise Refused(422, "not-to-be-redacted", "Only a secret or personal data is taken out; say which.") from None


def _named(told: Mapping[str, str]) -> list[str]:
    """Words of the entry that go wherever they stand: one a line."""
    return [one.strip() for one in text_in(told, "words", LONGEST_NOTE).splitlines() if one.strip()]


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused(404, "no-such-annotation", "Beside that entry there is no such annotation.") from None
