"""Attaching images, graphs and links to timeline entries, and taking one away again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from uuid import UUID, uuid4

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.commands.beside import open_to_words
from closeout_review.domain.attachment import BEGINNINGS, Attachment, AttachmentKind, is_web_address, media_type_of
from closeout_review.store.attachments import Attachments
from closeout_review.store.beside import Beside
from closeout_review.store.incidents import Incidents
from closeout_schemas.vocabulary import derived_id

# Beside all entries of an incident.
MOST = 100


async def attach_link(db: Database, entry_id: UUID, kind: AttachmentKind, title: str, url: str, by: str) -> UUID:
    """Put a link beside an entry. Raises Refused: 404, 409 published or too many, 422 for what is no web address."""
    if not is_web_address(url):
        raise Refused(422, "no-web-address", "A link begins with https:// or http:// and names a host.")
    return await _attach(db, entry_id, kind, title or url, by, url=url)


async def attach_file(
    db: Database, entry_id: UUID, kind: AttachmentKind, title: str, content: bytes, limit: int, by: str
) -> UUID:
    """Keep an image beside an entry. What it is, its own bytes say. `limit`: the longest that is taken, in bytes.

    Raises Refused: 404, 409 published or too many, 413 too long, 415 for what is no image.
    """
    if len(content) > limit:
        raise Refused(413, "file-too-long", f"The file has {len(content)} bytes; {limit} are the most.")
    media_type = media_type_of(content)
    if media_type is None:
        known = ", ".join(one.removeprefix("image/").upper() for one in BEGINNINGS)
        raise Refused(415, "no-image", f"The file's bytes are not those of an image; {known} are taken.")
    return await _attach(db, entry_id, kind, title or "image", by, media_type=media_type, content=content)


async def _attach(
    db: Database,
    entry_id: UUID,
    kind: AttachmentKind,
    title: str,
    by: str,
    *,
    url: str | None = None,
    media_type: str | None = None,
    content: bytes | None = None,
) -> UUID:
    async with db.transaction() as tx:
        incident_id = await open_to_words(tx, entry_id)
        attachments = Attachments(tx.conn)
        if await attachments.count(incident_id) >= MOST:
            raise Refused(
                409, "too-many-attachments", f"{MOST} attachments stand beside this timeline; more are not kept."
            )
        incidents = Incidents(tx.conn)
        await incidents.lock_heads([incident_id])
        beside = [one for one in await attachments.of([incident_id]) if one.entry_id == entry_id]
        attachment_id = _link_of(beside, title, url) if content is None else _image_of(beside, entry_id, title, content)
        at = await incidents.now()
        size = None if content is None else len(content)
        one = Attachment(attachment_id, incident_id, entry_id, kind, title, url, media_type, size, by, at)
        await attachments.attach(one, content)
        return attachment_id


def _link_of(beside: Iterable[Attachment], title: str, url: str | None) -> UUID:
    """That of the same link, if it stands there; else one at random: made of its address, it would tell by trying what
    was taken away."""
    same = (one.id for one in beside if (one.title, one.url, one.removed_at) == (title, url, None))
    return next(same, None) or uuid4()


def _image_of(beside: Iterable[Attachment], entry_id: UUID, title: str, content: bytes) -> UUID:
    """The same for the same image. What was taken away stays so: the same attached again is another one."""
    removed = {one.id for one in beside if one.removed_at is not None}
    attachment_id = derived_id("attachment", str(entry_id), title, hashlib.sha256(content).hexdigest())
    while attachment_id in removed:
        attachment_id = derived_id("attachment", str(attachment_id), "again")
    return attachment_id


async def remove(db: Database, entry_id: UUID, attachment_id: UUID, why: str, by: str) -> None:
    """Take an attachment away, also from what is published: it may show a secret. Who did, when and why stays.

    Raises Refused(404) where the entry has none of that id.
    """
    async with db.transaction() as tx:
        if await Beside(tx.conn).incident_of(entry_id) is None or not await Attachments(tx.conn).remove(
            attachment_id, entry_id, by, why
        ):
            raise Refused(404, "no-such-attachment", "Beside that entry there is no such attachment.")
