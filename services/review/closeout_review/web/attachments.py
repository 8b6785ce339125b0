"""Attachments of timeline entries: the form that sends one, and the file itself."""

from __future__ import annotations

from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.commands import attaching
from closeout_review.domain.attachment import AttachmentKind
from closeout_review.domain.text import one_line
from closeout_review.settings import ReviewSettings
from closeout_review.store.attachments import Attachments
from closeout_review.web import forms
from closeout_review.web.beside import LONGEST_NAME, LONGEST_WHY, name_in, text_in

# Even if a browser took the file for a page, it could do nothing.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}
MOST_PARTS = 20


class AttachmentPages:
    """What is attached, sent and seen."""

    def __init__(self, settings: ReviewSettings, db: Database) -> None:
        self._settings = settings
        self._db = db

    def routes(self) -> list[Route]:
        """The two forms, and the file."""
        return [
            Route("/entries/{entry_id:uuid}/attach", self.attach, methods=["POST"]),
            Route("/entries/{entry_id:uuid}/attachments/{attachment_id:uuid}/remove", self.remove, methods=["POST"]),
            Route("/attachments/{attachment_id:uuid}", self.file),
        ]

    async def attach(self, request: Request) -> Response:
        """Keep an image, or put a link beside an entry."""
        entry_id: UUID = request.path_params["entry_id"]
        limit = self._settings.attachment_limit_bytes
        async with request.form(max_files=1, max_fields=MOST_PARTS, max_part_size=limit) as form:
            told = {name: value for name, value in form.items() if isinstance(value, str)}
            file = form.get("file")
            kind = _kind(told.get("kind", ""))
            title, by = one_line(text_in(told, "title", LONGEST_NAME)), name_in(told, request)
            content = await file.read(limit + 1) if isinstance(file, UploadFile) and file.filename else b""
        if content:
            await attaching.attach_file(self._db, entry_id, kind, title, content, limit, by)
        else:
            await attaching.attach_link(self._db, entry_id, kind, title, told.get("url", "").strip(), by)
        return RedirectResponse(f"/entries/{entry_id}", 303)

    async def remove(self, request: Request) -> Response:
        """Take one away."""
        entry_id, attachment_id = request.path_params["entry_id"], request.path_params["attachment_id"]
        told = dict(forms.fields_of(await request.body()))
        why = text_in(told, "why", LONGEST_WHY, "Say why it is taken away; it stays visible.")
        await attaching.remove(self._db, entry_id, attachment_id, why, name_in(told, request))
        return RedirectResponse(f"/entries/{entry_id}", 303)

    async def file(self, request: Request) -> Response:
        """The image itself."""
        async with self._db.reading() as conn:
            found = await Attachments(conn).file(request.path_params["attachment_id"])
        if found is None:
            raise Refused(404, "no-such-file", "There is no such file, or it was taken away.")
        media_type, content = found
        return Response(content, media_type=media_type, headers=HEADERS | {"Content-Disposition": "inline"})


def _kind(text: str) -> AttachmentKind:
    try:
        return AttachmentKind(text)
    except ValueError:
        return AttachmentKind.LINK
