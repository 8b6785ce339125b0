"""Cards: what the others want said where the on-call already looks. Ingest says it once, in the vendor's way."""

from __future__ import annotations

import re
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from closeout_schemas.envelope import Event, Fact
from closeout_schemas.vocabulary import Vendor

TOPIC = "closeout.card.v1"
# Its last line, by which it is known again: it is not posted twice, and is not taken for something that somebody said.
MARK = "— Closeout card"
OPENING = "Seen before"
_BEGINNING = re.compile(rf"{OPENING}[^\n]*: [^\n]+(\n\n|$)")


def is_card(words: str, *, is_cut: bool) -> bool:
    """Whether Closeout said it. A pager that cuts a long note takes the mark away: its beginning tells it then."""
    return MARK in words or (is_cut and _BEGINNING.match(words) is not None)


class Card(Fact):
    """Words for one incident at its pager. After `worth_until` they come too late, and are not said."""

    incident_id: UUID
    vendor: Vendor
    vendor_id: str  # the incident's, at the pager
    text: str
    postmortem_ids: tuple[UUID, ...]
    worth_until: AwareDatetime


class RelatedFound(Event):
    """Earlier postmortems are related to an incident that was just opened."""

    type: Literal["closeout.card.related_found.v1"] = "closeout.card.related_found.v1"
    data: Card


CardEvent = RelatedFound
