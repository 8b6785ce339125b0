"""REST: what is attached to timeline entries."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import Field

from closeout_chassis.db import Database
from closeout_review.access.who import Who
from closeout_review.api.beside import Acting, EntryAnswer, entry_answer
from closeout_review.api.problems import described
from closeout_review.commands import attaching
from closeout_review.domain.actor import actor
from closeout_review.domain.attachment import AttachmentKind
from closeout_review.domain.text import OneLine, Written
from closeout_review.settings import ReviewSettings

Title = Annotated[OneLine, Field(max_length=200)]


class Linking(Acting):
    """A link, or the address of a graph."""

    kind: AttachmentKind = AttachmentKind.LINK
    title: Title = ""
    url: Annotated[str, Field(min_length=1, max_length=2000)]


class Removing(Acting):
    """Why it is taken away."""

    why: Annotated[Written, Field(min_length=1, max_length=1000)]


def add_routes(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    """All of them, to the API."""

    @api.post("/timeline/{entry_id}/links", tags=["timeline"], responses=described(404, 409))
    async def attach_link(entry_id: UUID, link: Linking, principal: Who) -> EntryAnswer:
        """Put a link beside an entry: a dashboard, a graph, a change."""
        by = actor(principal, link.by)
        await attaching.attach_link(db, entry_id, link.kind, link.title, link.url, by)
        async with db.reading() as conn:
            return await entry_answer(conn, entry_id)

    @api.post("/timeline/{entry_id}/images", tags=["timeline"], responses=described(404, 409, 413, 415))
    async def attach_image(
        entry_id: UUID,
        file: Annotated[UploadFile, File(description="PNG, JPEG, GIF or WebP.")],
        principal: Who,
        title: Annotated[OneLine, Form(max_length=200)] = "",
        kind: Annotated[AttachmentKind, Form()] = AttachmentKind.IMAGE,
        by: Annotated[OneLine, Form(max_length=200)] = "",
    ) -> EntryAnswer:
        """Keep an image beside an entry. What it is, its own bytes say."""
        limit = settings.attachment_limit_bytes
        content = await file.read(limit + 1)
        await attaching.attach_file(db, entry_id, kind, title, content, limit, actor(principal, by))
        async with db.reading() as conn:
            return await entry_answer(conn, entry_id)

    @api.post("/timeline/{entry_id}/attachments/{attachment_id}/remove", tags=["timeline"], responses=described(404))
    async def remove(entry_id: UUID, attachment_id: UUID, removing: Removing, principal: Who) -> EntryAnswer:
        """Take an attachment away, also from what is published. Who did, when and why stays."""
        await attaching.remove(db, entry_id, attachment_id, removing.why, actor(principal, removing.by))
        async with db.reading() as conn:
            return await entry_answer(conn, entry_id)
