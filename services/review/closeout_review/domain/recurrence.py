"""Whether a promise was open, or did not hold, when the incident that it was to prevent came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.vocabulary import HELD_AFTER, PartyKind, RecurrenceKind


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise with the moments that decide. `shipped_at`: when its ticket was completed."""

    item_id: UUID
    committed_at: datetime
    withdrawn_at: datetime | None
    shipped_at: datetime | None


def kind_of(one: Promised, began: datetime) -> RecurrenceKind | None:
    """How the promise stood when the incident began; None where it has nothing to answer for."""
    if one.committed_at > began or (one.withdrawn_at is not None and one.withdrawn_at <= began):
        return None
    if one.shipped_at is None or one.shipped_at > began:
        return RecurrenceKind.WHILE_OPEN
    return RecurrenceKind.DID_NOT_HOLD if began - one.shipped_at <= HELD_AFTER else None


def people_paged(incident: IncidentSnapshot) -> int:
    """How many people it took: who was assigned, answered or wrote; else who was on call."""
    there = [one for one in incident.responders if one.kind is not PartyKind.TEAM and one.kind is not PartyKind.BOT]
    return len({(one.vendor, one.vendor_id) for one in there}) or len({one.party.vendor_id for one in incident.on_call})


def minutes(incident: IncidentSnapshot) -> int | None:
    """How long it took from opened to resolved, rounded; None while it is not over."""
    if incident.opened_at is None or incident.resolved_at is None:
        return None
    return max(0, round((incident.resolved_at - incident.opened_at).total_seconds() / 60))
