"""PagerDuty's V3 webhooks: who may send them, and what they say.

Contract: https://developer.pagerduty.com/docs/webhooks-overview
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from closeout_chassis.errors import Poison, Reason
from closeout_ingest.adapters import pagerduty_history
from closeout_ingest.adapters.pagerduty_objects import incident_fields, party
from closeout_ingest.adapters.reading import Json, believable, dict_of, dicts_of, only, text_of, time_of, words
from closeout_ingest.adapters.source import Source, Strength
from closeout_ingest.domain.fact import NOTHING, Fact, FactKind, Told
from closeout_schemas.cards import is_card
from closeout_schemas.catalogue import PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery
from closeout_schemas.incidents import Party
from closeout_schemas.vocabulary import PartyKind, Vendor

SIGNATURE = "x-pagerduty-signature"
# Repeated on every attempt to deliver the same webhook: what a redelivery is known by.
WEBHOOK_ID = "x-webhook-id"
KEPT_HEADERS = (WEBHOOK_ID, "x-webhook-subscription", "content-type")


def is_signed(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether one of the header's `v1=` signatures is one of `secrets`' over the raw body. Constant time a pair.

    PagerDuty sends several while a secret is being changed; other versions are ignored.
    """
    given = [part.strip()[3:] for part in headers.get(SIGNATURE, "").split(",") if part.strip().startswith("v1=")]
    wanted = [hmac.digest(secret, body, "sha256").hex() for secret in secrets]
    # compare_digest raises on text that is not ASCII.
    return any(hmac.compare_digest(g.encode(), w.encode()) for g in given for w in wanted)


_naming = only({"event": {"data": dict.fromkeys(("type", "id", "incident", "incident_role_assignments"))}})


def subject_of(body: bytes) -> str:
    """The incident's id, so that its deliveries keep their order on the topic. Never raises."""
    try:
        # Stricter than what reads it behind the door: what it refuses only loses its place in the order.
        event = dict_of(_naming(body), "event")
    except ValueError:
        return "other"
    return _incident_id(dict_of(event, "data")) or "other"


def interpret(delivery: Delivery) -> Sequence[Fact]:
    """The fact that a webhook tells, or none (Source).

    Raises Poison when it is no PagerDuty event at all, or one about an incident that it does not name.
    """
    event = dict_of(delivery.json_object, "event")
    event_type = text_of(event, "event_type")
    if not event_type:
        raise Poison(Reason.UNINTERPRETABLE, "no PagerDuty V3 event: event.event_type is missing or no text")
    if event_type not in READERS:
        return ()
    kind, read = READERS[event_type]
    data = dict_of(event, "data")
    incident_id, source_id = _incident_id(data), text_of(event, "id")
    if not incident_id or not source_id:
        raise Poison(Reason.UNINTERPRETABLE, f"{event_type}: it names no incident, or event.id is missing")
    return (read(_Said(event, data, incident_id, source_id, delivery.received_at), kind),)


def event_type_of(delivery: Delivery) -> str:
    """What the vendor calls it, for people and counters."""
    return text_of(dict_of(delivery.json_object, "event"), "event_type") or "unknown"


class _Said:
    """An event that names an incident, with the parts that every reader wants."""

    def __init__(self, event: Json, data: Json, incident_id: str, source_id: str, received_at: datetime) -> None:
        self.event = event
        self.data = data
        self.incident_id = incident_id
        self.source_id = source_id
        self.received_at = received_at
        self.author = party(event.get("agent"))
        self.claimed_at = time_of(event.get("occurred_at"))

    def fact(
        self, kind: FactKind, *, text: str = "", people: Sequence[Party] = (), known_as: str = "", **about: str
    ) -> Fact:
        """This, as a fact of `kind`; it happened when the source says, where that can be."""
        occurred_at = believable(self.claimed_at, self.received_at)
        if self.claimed_at is not None and self.claimed_at != occurred_at:
            about["claimed_at"] = self.claimed_at.isoformat()
        return Fact(
            vendor=Vendor.PAGERDUTY,
            incident_vendor_id=self.incident_id,
            source_id=self.source_id,
            kind=kind,
            occurred_at=occurred_at,
            received_at=self.received_at,
            told=self.told(),
            text=text,
            author=self.author,
            url=text_of(self.data, "html_url") or text_of(dict_of(self.data, "incident"), "html_url") or None,
            about=tuple(sorted((name, value) for name, value in about.items() if value)),
            people=self._involved(people),
            known_as=known_as,
        )

    def _involved(self, people: Sequence[Party]) -> tuple[Party, ...]:
        involved = tuple(one for one in (self.author, *people) if one is not None and one.kind is PartyKind.PERSON)
        return tuple(dict.fromkeys(involved)) if len(involved) > 1 else involved

    def told(self) -> Told:
        """The incident's fields, where the event carries the incident itself and no mere reference to it."""
        data = self.data
        if data.get("type") != "incident":
            # Its summary is the title as it was then; the subject of a later rename, so never trusted over one.
            url = text_of(dict_of(data, "incident"), "html_url")
            return Told(url=url) if url else NOTHING
        return incident_fields(data)


Reader = Callable[[_Said, FactKind], Fact]


def _about_incident(said: _Said, kind: FactKind) -> Fact:
    told = said.told()
    names = ", ".join(who.name for who in told.assignees or ())
    reason = dict_of(said.data, "resolve_reason")
    # Whoever resolves or changes a priority is named by `agent`; being assigned is being involved.
    return said.fact(
        kind,
        text=told.title or "" if kind is FactKind.OPENED else "",
        people=told.assignees or (),
        assignees=names,
        priority=text_of(dict_of(said.data, "priority"), "summary"),
        service=told.service.name if told.service else "",
        resolve_reason=words(said.data.get("resolve_reason")) or text_of(reason, "type"),
        # Its happenings go on in the other one.
        merged_into=text_of(dict_of(reason, "incident"), "id"),
    )


def _note(said: _Said, kind: FactKind) -> Fact:
    trimmed = "true" if said.data.get("trimmed") is True else ""
    words = text_of(said.data, "content")
    # The whole of a trimmed note is another entry, when it is asked for: what was said first is not replaced.
    known_as = "" if trimmed else pagerduty_history.note_known_as(text_of(said.data, "id"))
    kind = FactKind.CARD if is_card(words, is_cut=bool(trimmed)) else kind
    return said.fact(kind, text=words, known_as=known_as, trimmed=trimmed)


def _status_update(said: _Said, kind: FactKind) -> Fact:
    trimmed = "true" if said.data.get("trimmed") is True else ""
    return said.fact(kind, text=text_of(said.data, "message"), trimmed=trimmed)


def _responder(said: _Said, kind: FactKind) -> Fact:
    asked = party(said.data.get("user"))
    return said.fact(
        kind,
        text=text_of(said.data, "message"),
        people=[asked] if asked else (),
        responder=asked.name if asked else "",
        state=text_of(said.data, "state"),
    )


def _role(said: _Said, kind: FactKind) -> Fact:
    # One event may assign several roles; all are of one incident.
    assignments = dicts_of(said.data.get("incident_role_assignments"))
    people = [who for who in (party(one.get("assignee")) for one in assignments) if who is not None]
    roles = [text_of(dict_of(one, "role"), "summary") for one in assignments]
    return said.fact(
        kind,
        people=people,
        person=", ".join(who.name for who in people),
        role=", ".join(role for role in roles if role),
    )


def _task(said: _Said, kind: FactKind) -> Fact:
    return said.fact(
        kind,
        text=text_of(said.data, "description") or text_of(said.data, "summary"),
        task=text_of(said.data, "title") or text_of(said.data, "name"),
        state=text_of(said.data, "state") or text_of(said.data, "status"),
        change=said.event["event_type"].rpartition(".")[2],
    )


# Which event becomes which fact. Every other type is kept uninterpreted: a 4xx would make PagerDuty drop it.
READERS: Mapping[str, tuple[FactKind, Reader]] = {
    "incident.triggered": (FactKind.OPENED, _about_incident),
    "incident.acknowledged": (FactKind.ACKNOWLEDGED, _about_incident),
    "incident.unacknowledged": (FactKind.UNACKNOWLEDGED, _about_incident),
    "incident.reassigned": (FactKind.REASSIGNED, _about_incident),
    "incident.delegated": (FactKind.REASSIGNED, _about_incident),
    "incident.escalated": (FactKind.ESCALATED, _about_incident),
    "incident.priority_updated": (FactKind.PRIORITY_CHANGED, _about_incident),
    "incident.service_updated": (FactKind.SERVICE_CHANGED, _about_incident),
    "incident.incident_type.changed": (FactKind.TYPE_CHANGED, _about_incident),
    "incident.resolved": (FactKind.RESOLVED, _about_incident),
    "incident.reopened": (FactKind.REOPENED, _about_incident),
    "incident.annotated": (FactKind.NOTE, _note),
    "incident.status_update_published": (FactKind.STATUS_UPDATE, _status_update),
    "incident.responder.added": (FactKind.RESPONDER_CHANGED, _responder),
    "incident.responder.replied": (FactKind.RESPONDER_CHANGED, _responder),
    "incident.role.assigned": (FactKind.ROLE_ASSIGNED, _role),
    "incident.task.created": (FactKind.TASK, _task),
    "incident.task.updated": (FactKind.TASK, _task),
    "incident.task.completed": (FactKind.TASK, _task),
}
KEPT: Mapping[str, str] = {
    "incident.conference_bridge.updated": "a link to a call, no word of the incident",
    "incident.custom_field_values.updated": "fields are an account's own",
    "incident.workflow.started": "what a workflow does is told by its own events",
    "incident.workflow.completed": "what a workflow does is told by its own events",
    "incident.action_invocation.created": "an action's outcome is not in it",
    "incident.action_invocation.updated": "an action's outcome is not in it",
    "incident.action_invocation.terminated": "an action's outcome is not in it",
    "service.created": "about no incident",
    "service.updated": "about no incident",
    "service.deleted": "about no incident",
    "service.custom_field_values.updated": "about no incident",
    "pagey.ping": "PagerDuty's test event",
}


def _incident_id(data: Json) -> str:
    # For every type but the incident itself, data.id is the note's or the update's own id.
    if data.get("type") == "incident":
        return text_of(data, "id")
    for one in (data, *dicts_of(data.get("incident_role_assignments"))):
        if incident_id := text_of(dict_of(one, "incident"), "id"):
            return incident_id
    return ""


SOURCE = Source(
    vendor=Vendor.PAGERDUTY,
    topic=PAGER_DELIVERIES.name,
    howto="pagerduty",
    is_authentic=is_signed,
    strength=Strength.SIGNED,
    subject_of=subject_of,
    delivery_id=(WEBHOOK_ID,),
    kept_headers=KEPT_HEADERS,
    interpret=interpret,
    event_type_of=event_type_of,
    events={event: (kind,) for event, (kind, _) in READERS.items()},
    kept=KEPT,
)
