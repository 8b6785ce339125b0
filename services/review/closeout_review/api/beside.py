"""REST: what stands beside a timeline entry, entries by hand, and the redaction of one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from closeout_chassis.db import Conn, Database
from closeout_review.access.who import Who
from closeout_review.api.problems import described
from closeout_review.commands import beside
from closeout_review.commands.redacting import Taking
from closeout_review.commands.redacting import redact as take_out
from closeout_review.domain.actor import actor
from closeout_review.domain.annotation import Annotation, AnnotationKind, Redacted, Tombstone
from closeout_review.domain.attachment import Attachment
from closeout_review.domain.text import OneLine, Written
from closeout_review.settings import ReviewSettings
from closeout_schemas.incidents import TimelineEntry

By = Annotated[OneLine, Field(max_length=200, description="Who does it, where nobody is signed in.")]


class Acting(BaseModel):
    """Who does it. Whoever is signed in is taken, whatever stands here."""

    by: By = ""


class Annotating(Acting):
    """What the entry marks, and what is to be said of it."""

    kind: AnnotationKind
    note: Annotated[Written, Field(max_length=1000)] = ""


class Dismissing(Acting):
    """Which suggestion nobody wants."""

    kind: AnnotationKind


class Redacting(Acting):
    """What is taken out, and why. The words are gone for good; this stays in their place.

    Sentences of the entry go wherever they are quoted, and so does what is a token, a password called so, an e-mail
    address or a number. `words`: what else of the entry goes wherever it stands, as a name.
    """

    what: Redacted
    why: Annotated[Written, Field(min_length=1, max_length=1000)]
    words: Annotated[list[Annotated[OneLine, Field(min_length=1, max_length=200)]], Field(max_length=20)] = []


class HandWritten(Acting):
    """What somebody remembers, and when it happened."""

    text: Annotated[Written, Field(min_length=1, max_length=10_000)]
    occurred_at: AwareDatetime


class EntryAnswer(BaseModel):
    """An entry with what stands beside it. `redacted` says who took its words away; None where nobody did."""

    incident_id: UUID
    entry: TimelineEntry
    redacted: Tombstone | None
    annotations: list[Annotation]
    attachments: list[Attachment]


def add_routes(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    """All of them, to the API."""
    _annotations(api, db)
    _words(api, settings, db)


def _annotations(api: APIRouter, db: Database) -> None:
    @api.get("/timeline/{entry_id}", tags=["timeline"], responses=described(404))
    async def entry(entry_id: UUID) -> EntryAnswer:
        """One entry of a timeline, and what people said of it."""
        async with db.reading() as conn:
            return await entry_answer(conn, entry_id)

    @api.post("/timeline/{entry_id}/annotations", tags=["timeline"], responses=described(404, 409))
    async def annotate(entry_id: UUID, annotating: Annotating, principal: Who) -> EntryAnswer:
        """Say what an entry marks. It stands beside the entry, never over it."""
        by = actor(principal, annotating.by)
        await beside.annotate(db, entry_id, annotating.kind, annotating.note, by)
        async with db.reading() as conn:
            return await entry_answer(conn, entry_id)

    @api.post(
        "/timeline/{entry_id}/annotations/{annotation_id}/take-back",
        tags=["timeline"],
        responses=described(404, 409),
    )
    async def take_back(entry_id: UUID, annotation_id: UUID, acting: Acting, principal: Who) -> EntryAnswer:
        """Take an annotation back. It stays readable, with who did."""
        await beside.take_annotation_back(db, entry_id, annotation_id, actor(principal, acting.by))
        async with db.reading() as conn:
            return await entry_answer(conn, entry_id)

    @api.post("/timeline/{entry_id}/suggestions/dismiss", tags=["timeline"], responses=described(404, 409))
    async def dismiss(entry_id: UUID, dismissing: Dismissing, principal: Who) -> EntryAnswer:
        """The suggestion is not made again."""
        await beside.dismiss_suggestion(db, entry_id, dismissing.kind, actor(principal, dismissing.by))
        async with db.reading() as conn:
            return await entry_answer(conn, entry_id)


def _words(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    @api.post("/timeline/{entry_id}/redact", tags=["timeline"], responses=described(404))
    async def redact(entry_id: UUID, redacting: Redacting, principal: Who) -> EntryAnswer:
        """Take a secret or personal data out of a timeline. Who did, when and why stays; the chain still verifies."""
        by = actor(principal, redacting.by)
        await take_out(db, settings, entry_id, Taking(redacting.what, redacting.why, by, redacting.words))
        async with db.reading() as conn:
            return await entry_answer(conn, entry_id)

    @api.post("/incidents/{incident_id}/entries", tags=["timeline"], responses=described(404, 409))
    async def write(incident_id: UUID, written: HandWritten, principal: Who) -> EntryAnswer:
        """Add what somebody remembers. It is marked as written by hand, and stays like every other entry."""
        by = actor(principal, written.by)
        entry_id = await beside.write_entry(db, incident_id, written.text, written.occurred_at, by)
        async with db.reading() as conn:
            return await entry_answer(conn, entry_id)


async def entry_answer(conn: Conn, entry_id: UUID) -> EntryAnswer:
    """An entry with what stands beside it. Raises Refused(404)."""
    link, around = await beside.entry(conn, entry_id)
    return EntryAnswer(
        incident_id=link.incident_id,
        entry=link.entry,
        redacted=link.tombstone,
        annotations=[one for one in around.annotations if one.entry_id == entry_id],
        attachments=[one for one in around.attachments if one.entry_id == entry_id],
    )
