"""What the REST API answers of a timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from closeout_review.domain.annotation import Tombstone
from closeout_review.domain.chain import Broken, Link
from closeout_schemas.incidents import TimelineEntry


class TimelineLink(BaseModel):
    """A timeline entry, verbatim, with its place in the order of arrival and its hash (hexadecimal).

    `redacted` says who took its words away, when and why; None where nobody did.
    """

    incident_id: UUID
    seq: int
    hash: str
    entry: TimelineEntry
    redacted: Tombstone | None = None


class VerifiedTimeline(BaseModel):
    """Whether the chain holds."""

    holds: bool
    entries: int
    broken: list[dict[str, Any]]


def timeline_links(links: Sequence[Link]) -> list[TimelineLink]:
    """The timeline as the API has it."""
    return [
        TimelineLink(
            incident_id=link.incident_id,
            seq=link.seq,
            hash=link.hash.hex(),
            entry=link.entry,
            redacted=link.tombstone,
        )
        for link in links
    ]


def verified(entries: int, broken: Sequence[Broken]) -> VerifiedTimeline:
    """Whether the chain holds, and where it does not."""
    places = [{"seq": one.seq, "why": one.why} for one in broken]
    return VerifiedTimeline(holds=not broken, entries=entries, broken=places)
