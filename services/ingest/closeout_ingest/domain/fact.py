"""A fact: one thing that a pager said about an incident, in no vendor's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from closeout_schemas.incidents import OnCall, Party, Service
from closeout_schemas.vocabulary import IncidentStatus, Severity, Vendor, derived_id_text


class FactKind(StrEnum):
    """What happened. The kinds without a field of the incident to change are timeline entries only."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    REASSIGNED = "reassigned"
    ESCALATED = "escalated"
    PRIORITY_CHANGED = "priority_changed"
    SERVICE_CHANGED = "service_changed"
    RESPONDER_CHANGED = "responder_changed"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    NOTE = "note"
    CARD = "card"  # what Closeout itself said of earlier reviews
    STATUS_UPDATE = "status_update"
    TYPE_CHANGED = "type_changed"
    ON_CALL = "on_call"  # who was to be called when it was opened
    NOTIFIED = "notified"  # somebody was called, and by which means
    CHANGED = "changed"  # something else about it: tags, its description, a snooze
    ROLE_ASSIGNED = "role_assigned"
    TASK = "task"
    ALERT_FIRED = "alert_fired"  # one of a group's
    ALERT_RESOLVED = "alert_resolved"
    MESSAGE = "message"  # in chat
    MESSAGE_EDITED = "message_edited"  # what was said before stays as it was
    MESSAGE_DELETED = "message_deleted"
    CHANNEL_NAMED = "channel_named"


@dataclass(frozen=True, slots=True)
class Told:
    """The fields of the incident as this fact tells them. None: it says nothing of that field."""

    title: str | None = None
    number: int | None = None
    url: str | None = None
    status: IncidentStatus | None = None
    severity: Severity | None = None
    urgency: str | None = None
    service: Service | None = None
    teams: tuple[Party, ...] | None = None
    assignees: tuple[Party, ...] | None = None
    opened_at: datetime | None = None
    on_call: tuple[OnCall, ...] | None = None
    # It is at least as bad as this: where several alerts are one incident, the worst of them counts.
    worst_severity: Severity | None = None


NOTHING = Told()


@dataclass(frozen=True, slots=True)
class Fact:
    """`occurred_at` is the source's clock, `received_at` ours. `people`: who was involved by this."""

    vendor: Vendor
    incident_vendor_id: str
    source_id: str
    kind: FactKind
    occurred_at: datetime
    received_at: datetime
    told: Told = NOTHING
    text: str = ""
    author: Party | None = None
    url: str | None = None
    about: tuple[tuple[str, str], ...] = ()
    people: tuple[Party, ...] = ()
    # Who and what its words name by an id: their names are looked up.
    mentions: tuple[Party, ...] = ()
    # What the pager knows the alert by while it is open.
    alias: str = ""
    # Whose incident it is, where that is not the vendor that says this.
    incident_vendor: Vendor | None = None
    # When this was so of the incident, where its vendor_id will be used again for another one (domain/episode.py).
    during: tuple[datetime, datetime] | None = None
    # What the same saying is known by however it reaches us, where the vendor has such an id: a note's own.
    known_as: str = ""
    # The vendor was asked; no webhook told.
    fetched: bool = False
    # It was asked for what had been before Closeout was there.
    backfilled: bool = False

    # Derived from the source's own id: the same saying by another delivery is the same fact.
    # As text: an object that stands for it would be made, hashed and taken apart a dozen times on its way.
    id: str = field(init=False)
    # The incident that this is about.
    incident_id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", derived_id_text("fact", self.vendor, self.known_as or self.source_id))
        pager = self.incident_vendor or self.vendor
        object.__setattr__(self, "incident_id", incident_id_of(pager, self.incident_vendor_id))


@lru_cache(maxsize=4096)  # notes come in dozens for one incident, and hashing costs more than looking up
def incident_id_of(vendor: Vendor, vendor_id: str) -> str:
    """Our id of a vendor's incident."""
    return derived_id_text("incident", vendor, vendor_id)
