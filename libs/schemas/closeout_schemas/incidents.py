"""Incidents: what the pager opened, as facts in the order in which Closeout learned of them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from closeout_schemas.envelope import Event, Fact
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Severity, Vendor

TOPIC = "closeout.incident.v1"


class Party(Fact):
    """Somebody or something as a vendor names it."""

    vendor: Vendor
    vendor_id: str
    name: str
    kind: PartyKind = PartyKind.PERSON


class Service(Fact):
    """What the pager calls a service."""

    vendor_id: str
    name: str


class OnCall(Fact):
    """Who was on call for an incident's service when it was opened. Level 1 is called first."""

    party: Party
    level: int
    schedule: str | None = None  # None: always on call by the policy itself


class TimelineEntry(Fact):
    """What a source said, byte for byte, and when. `text` is never edited; it is empty where no words were said."""

    id: UUID
    kind: str  # the fact's own name: opened, note, status_update, acknowledged …
    text: str
    author: Party | None  # None: automation
    occurred_at: AwareDatetime  # by the source's clock
    received_at: AwareDatetime  # by ours
    source: Vendor
    source_id: str  # the source's own id of this saying
    url: str | None = None
    about: dict[str, str] = {}  # what the fact names besides words: assignees, priority, service …


class IncidentSnapshot(Fact):
    """An incident as far as it is known. The highest `revision` knows the most."""

    id: UUID
    vendor: Vendor
    vendor_id: str
    number: int | None = None
    title: str = ""
    status: IncidentStatus = IncidentStatus.TRIGGERED
    severity: Severity = Severity.UNKNOWN
    urgency: str | None = None
    service: Service | None = None
    teams: tuple[Party, ...] = ()
    assignees: tuple[Party, ...] = ()
    on_call: tuple[OnCall, ...] = ()  # as the pager says when it is asked; empty where it was not
    responders: tuple[Party, ...] = ()  # everyone who was assigned, acknowledged, answered or wrote
    opened_at: AwareDatetime | None = None
    acknowledged_at: AwareDatetime | None = None  # the first time
    resolved_at: AwareDatetime | None = None  # the last time, while it is resolved
    url: str | None = None
    revision: int = 0
    restricted: bool = False  # security or personnel: review knows who sees it; everybody else hears nothing of it
    backfilled: bool = False  # it was over before Closeout was there: history, of which nobody has to write


class IncidentFact(Fact):
    """The payload of every incident event: the words and the time of the fact, and the incident with it taken in."""

    incident: IncidentSnapshot
    entry: TimelineEntry


class _IncidentEvent(Event):
    data: IncidentFact


class IncidentOpened(_IncidentEvent):
    """The pager opened an incident."""

    type: Literal["closeout.incident.opened.v1"] = "closeout.incident.opened.v1"


class IncidentAcknowledged(_IncidentEvent):
    """Somebody said: I have it."""

    type: Literal["closeout.incident.acknowledged.v1"] = "closeout.incident.acknowledged.v1"


class IncidentUnacknowledged(_IncidentEvent):
    """The acknowledgement ran out or was taken back."""

    type: Literal["closeout.incident.unacknowledged.v1"] = "closeout.incident.unacknowledged.v1"


class IncidentReassigned(_IncidentEvent):
    """Other people have it now, on the same or another escalation policy."""

    type: Literal["closeout.incident.reassigned.v1"] = "closeout.incident.reassigned.v1"


class IncidentEscalated(_IncidentEvent):
    """It went to the next level of its escalation policy."""

    type: Literal["closeout.incident.escalated.v1"] = "closeout.incident.escalated.v1"


class IncidentPriorityChanged(_IncidentEvent):
    """Its priority, and so its severity, changed."""

    type: Literal["closeout.incident.priority_changed.v1"] = "closeout.incident.priority_changed.v1"


class IncidentServiceChanged(_IncidentEvent):
    """It belongs to another service than was thought."""

    type: Literal["closeout.incident.service_changed.v1"] = "closeout.incident.service_changed.v1"


class IncidentResponderChanged(_IncidentEvent):
    """Somebody was asked to help, or answered."""

    type: Literal["closeout.incident.responder_changed.v1"] = "closeout.incident.responder_changed.v1"


class IncidentResolved(_IncidentEvent):
    """The pager calls it over."""

    type: Literal["closeout.incident.resolved.v1"] = "closeout.incident.resolved.v1"


class IncidentReopened(_IncidentEvent):
    """It was not over."""

    type: Literal["closeout.incident.reopened.v1"] = "closeout.incident.reopened.v1"


class TimelineEntryRecorded(_IncidentEvent):
    """Somebody wrote something, or the pager reported something that changes no field of the incident."""

    type: Literal["closeout.incident.timeline_entry_recorded.v1"] = "closeout.incident.timeline_entry_recorded.v1"


IncidentEvent = Annotated[
    IncidentOpened
    | IncidentAcknowledged
    | IncidentUnacknowledged
    | IncidentReassigned
    | IncidentEscalated
    | IncidentPriorityChanged
    | IncidentServiceChanged
    | IncidentResponderChanged
    | IncidentResolved
    | IncidentReopened
    | TimelineEntryRecorded,
    Field(discriminator="type"),
]
