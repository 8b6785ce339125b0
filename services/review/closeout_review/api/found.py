"""What the API answers of the catalogue."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from closeout_judgement.why_related import Related
from closeout_review.commands.catalogue import id_of
from closeout_review.domain.card import Earlier


class OpenPromise(BaseModel):
    """A promise of an earlier review that has not shipped."""

    text: str
    owner: str
    days: int | None
    is_known: bool


class RelatedPostmortem(BaseModel):
    """A published review that is related to what was asked. `confidence`: how likely it is, 0 to 1. `alike`: others
    that say the same: copies, revisions, an incident that is written up each time in the same words."""

    postmortem_id: UUID
    title: str
    opened_at: datetime | None
    url: str
    confidence: float
    why: str
    looked_like: str
    ended_by: str
    open_items: list[OpenPromise]
    promised: int
    alike: list[UUID] = []


class RelatedAnswer(BaseModel):
    """The likeliest first."""

    related: list[RelatedPostmortem]


def related(found: Related, review: Earlier) -> RelatedPostmortem:
    """An earlier review, for whoever asked."""
    return RelatedPostmortem(
        postmortem_id=id_of(found),
        title=review.title,
        opened_at=review.opened_at,
        url=review.url,
        confidence=round(found.confidence, 2),
        why=review.why,
        looked_like=review.looked_like,
        ended_by=review.ended_by,
        open_items=[
            OpenPromise(text=one.text, owner=one.owner, days=one.days, is_known=one.is_known)
            for one in review.open_items
        ],
        promised=review.promised,
        alike=[id_of(one) for one in found.alike],
    )
