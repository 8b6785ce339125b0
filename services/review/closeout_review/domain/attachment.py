"""What may be attached to an entry: a link, or a file whose bytes are what it says it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9\[][^\s\x00-\x1f<>\"]*", re.IGNORECASE)


class AttachmentKind(StrEnum):
    """What it shows."""

    IMAGE = "image"
    GRAPH = "graph"
    LINK = "link"


# What a file of each kind begins with. Nothing that a browser would run is among them: no HTML, no SVG.
BEGINNINGS = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something beside an entry. It has a `url`, or is a file of that `media_type` and `size` in bytes.

    Of what was taken away the `url` is empty, and the file is gone.
    """

    id: UUID
    incident_id: UUID
    entry_id: UUID
    kind: AttachmentKind
    title: str
    url: str | None
    media_type: str | None
    size: int | None
    by: str
    attached_at: datetime
    removed_at: datetime | None = None
    removed_by: str | None = None
    removed_why: str | None = None


def media_type_of(content: bytes) -> str | None:
    """What a file is by its own bytes, whatever anybody says of it; None for what is not taken."""
    for media_type, beginnings in BEGINNINGS.items():
        if content.startswith(beginnings) and (media_type != "image/webp" or content[8:12] == b"WEBP"):
            return media_type
    return None


def is_web_address(url: str) -> bool:
    """Whether a browser may be led there."""
    return WEB_ADDRESS.fullmatch(url) is not None
