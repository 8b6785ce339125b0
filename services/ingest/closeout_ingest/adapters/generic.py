"""A home-made pager's events: CloudEvents 1.0 over HTTP, binary, structured or batched, in Closeout's own types.

Contracts: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md, for signatures
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, and for what is in `data`
docs/reference/generic-event.schema.json.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from closeout_chassis.errors import Poison, Reason, Refused
from closeout_ingest.adapters import alert_group
from closeout_ingest.adapters.authentication import CARRIED, carries_secret, is_fresh
from closeout_ingest.adapters.reading import Json, believable, dict_of, only, text_of, time_of, words
from closeout_ingest.adapters.source import Source, Strength
from closeout_ingest.domain.fact import Fact, FactKind, Told
from closeout_schemas.catalogue import PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery
from closeout_schemas.incidents import Party, Service
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Severity, Vendor

WEBHOOK_ID, WEBHOOK_TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
ENCODED_SECRET = b"whsec_"
CONTENT_TYPE = "content-type"
BATCH = "application/cloudevents-batch+json"
LARGEST_BATCH = 500
ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time")

PREFIX, VERSION = "closeout.pager.", ".v1"
# Which type, between prefix and version, becomes which fact. The schema in the docs names the same.
KINDS: Mapping[str, FactKind] = {
    "opened": FactKind.OPENED,
    "acknowledged": FactKind.ACKNOWLEDGED,
    "unacknowledged": FactKind.UNACKNOWLEDGED,
    "reassigned": FactKind.REASSIGNED,
    "escalated": FactKind.ESCALATED,
    "priority_changed": FactKind.PRIORITY_CHANGED,
    "service_changed": FactKind.SERVICE_CHANGED,
    "responder_changed": FactKind.RESPONDER_CHANGED,
    "note": FactKind.NOTE,
    "status_update": FactKind.STATUS_UPDATE,
    "changed": FactKind.CHANGED,
    "resolved": FactKind.RESOLVED,
    "reopened": FactKind.REOPENED,
}
EVENTS: Mapping[str, FactKind] = {f"{PREFIX}{name}{VERSION}": kind for name, kind in KINDS.items()}
_STATUS = {
    FactKind.OPENED: IncidentStatus.TRIGGERED,
    FactKind.ACKNOWLEDGED: IncidentStatus.ACKNOWLEDGED,
    FactKind.UNACKNOWLEDGED: IncidentStatus.TRIGGERED,
    FactKind.RESOLVED: IncidentStatus.RESOLVED,
    FactKind.REOPENED: IncidentStatus.TRIGGERED,
}


def is_authentic(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether it is signed by one of `secrets`, not long ago, or, where it is not signed, carries one of them."""
    signatures = headers.get(SIGNATURE)
    if signatures is None:
        return carries_secret(headers, body, secrets)
    timestamp = headers.get(WEBHOOK_TIMESTAMP, "")
    if not is_fresh(timestamp):
        return False
    signed = f"{headers.get(WEBHOOK_ID, '')}.{timestamp}.".encode("latin-1") + body
    given = [one[3:].encode("latin-1") for one in signatures.split() if one.startswith("v1,")]
    wanted = [base64.b64encode(hmac.digest(_key(secret), signed, "sha256")) for secret in secrets]
    return any(hmac.compare_digest(one, other) for one in given for other in wanted)


def _key(secret: bytes) -> bytes:
    """Standard Webhooks writes a key as `whsec_` and base64; any other text is the key itself."""
    if not secret.startswith(ENCODED_SECRET):
        return secret
    try:
        return base64.b64decode(secret[len(ENCODED_SECRET) :], validate=True)
    except (binascii.Error, ValueError):
        return secret


def split(headers: Mapping[str, str], body: bytes) -> Sequence[bytes]:
    """The events of a batch, each as one in structured mode; of anything else the body as it is.

    Raises Refused(413) where a batch has more events than are taken at once.
    """
    if not headers.get(CONTENT_TYPE, "").lower().startswith(BATCH):
        return (body,)
    try:
        events = json.loads(body)
    except (ValueError, RecursionError):
        return (body,)
    if not isinstance(events, list) or not all(isinstance(one, dict) for one in events):
        return (body,)
    if len(events) > LARGEST_BATCH:
        detail = f"The batch has {len(events)} events, {LARGEST_BATCH} are the most. Send several batches."
        raise Refused(413, "batch-too-large", detail)
    return [json.dumps(one).encode() for one in events]


_naming = only({"subject": None})


def subject_of(body: bytes) -> str:
    """The incident, so that its events keep their order on the topic; in binary mode it is not in the body."""
    try:
        return text_of(_naming(body), "subject")[:200] or "other"
    except ValueError:
        return "other"


def interpret(delivery: Delivery) -> Sequence[Fact]:
    """The fact that an event tells; none for a type that is not Closeout's.

    Raises Poison when it is no CloudEvent, or one that does not say which incident it is about.
    """
    event = _event(delivery)
    missing = [name for name in ("id", "source", "type") if not text_of(event, name)]
    if missing:
        raise Poison(Reason.UNINTERPRETABLE, f"no CloudEvent: {', '.join(missing)} missing, or no text")
    kind = EVENTS.get(text_of(event, "type"))
    if kind is None:
        return ()
    if not text_of(event, "subject"):
        raise Poison(Reason.UNINTERPRETABLE, f"{event['type']}: subject is missing: it is the incident's id")
    return (_Said(event, delivery).fact(kind),)


def event_type_of(delivery: Delivery) -> str:
    """The type, where it is one of ours: anybody can name others."""
    name = text_of(_event(delivery), "type")
    return name if name in EVENTS else "other" if name else "unknown"


def _event(delivery: Delivery) -> Json:
    """The event with its attributes, whichever way it came."""
    headers, body = delivery.headers, delivery.json_object
    if "ce-specversion" not in headers:
        return body
    # Values in headers are percent-encoded: 3.1.3.2 of the binding.
    attributes = {name: words(unquote(headers[f"ce-{name}"])) for name in ATTRIBUTES if f"ce-{name}" in headers}
    return {**attributes, "data": body}


class _Said:
    """An event about an incident."""

    def __init__(self, event: Json, delivery: Delivery) -> None:
        self.event = event
        self.data = dict_of(event, "data")
        self.received_at = delivery.received_at
        self.claimed_at = time_of(event.get("time"))
        self.author = _person(self.data.get("author"))

    def fact(self, kind: FactKind) -> Fact:
        """It, as a fact of `kind`."""
        at = believable(self.claimed_at, self.received_at)
        told = self._told(kind, opened_at=at if kind is FactKind.OPENED else None)
        responder = _person(self.data.get("responder"))
        people = [one for one in (self.author, responder, *(told.assignees or ())) if one is not None]
        about = {
            "assignees": ", ".join(one.name for one in told.assignees or ()),
            "responder": responder.name if responder else "",
            "service": told.service.name if told.service else "",
            "severity": told.severity.value if told.severity else "",
            "claimed_at": self.claimed_at.isoformat() if self.claimed_at and self.claimed_at != at else "",
        }
        source = text_of(self.event, "source")
        return Fact(
            vendor=Vendor.GENERIC,
            # What a subject names is the producer's own.
            incident_vendor_id=f"{source}#{text_of(self.event, 'subject')}",
            source_id=f"{source}#{text_of(self.event, 'id')}",
            kind=kind,
            occurred_at=at,
            received_at=self.received_at,
            told=told,
            text=text_of(self.data, "text") or (told.title or "" if kind is FactKind.OPENED else ""),
            author=self.author,
            url=text_of(self.data, "url") or None,
            about=tuple(sorted((name, value) for name, value in about.items() if value)),
            people=tuple(dict.fromkeys(people)),
        )

    def _told(self, kind: FactKind, opened_at: Any) -> Told:
        data = self.data
        severity = alert_group.severity_in({"severity": text_of(data, "severity")})
        service = _named(data.get("service"))
        return Told(
            title=text_of(data, "title") or None,
            url=text_of(data, "incident_url") or None,
            status=_STATUS.get(kind),
            severity=severity if severity is not Severity.UNKNOWN else None,
            service=Service(vendor_id=service[0], name=service[1]) if service else None,
            teams=_parties(data.get("teams"), PartyKind.TEAM),
            assignees=_parties(data.get("assignees"), PartyKind.PERSON),
            opened_at=opened_at,
        )


def _named(value: Any) -> tuple[str, str] | None:
    """(id, name) of what is named by a text, or by an object with `id`, `email` or `name`."""
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, dict):
        return None
    ident = text_of(value, "id") or text_of(value, "email") or text_of(value, "name")
    return (ident, text_of(value, "name") or ident) if ident else None


def _person(value: Any) -> Party | None:
    return next(iter(_parties([value], PartyKind.PERSON) or ()), None)


def _parties(values: Any, kind: PartyKind) -> tuple[Party, ...] | None:
    """None where nobody is spoken of; nobody where an empty list is."""
    if not isinstance(values, list):
        return None
    named = [found for one in values if (found := _named(one)) is not None]
    return tuple(Party(vendor=Vendor.GENERIC, vendor_id=ident, name=name, kind=kind) for ident, name in named)


SOURCE = Source(
    vendor=Vendor.GENERIC,
    topic=PAGER_DELIVERIES.name,
    howto="generic",
    is_authentic=is_authentic,
    strength=Strength.SIGNED_OR_CARRIED,
    proof=f"signature is too old or not one of ours over these bytes, or there is none and the {CARRIED}",
    takes_path_token=True,
    subject_of=subject_of,
    split=split,
    delivery_id=("ce-source", "ce-id"),
    kept_headers=(CONTENT_TYPE, *(f"ce-{name}" for name in ATTRIBUTES)),
    interpret=interpret,
    event_type_of=event_type_of,
    events={name: (kind,) for name, kind in EVENTS.items()},
    kept={"other": "a type that is not Closeout's"},
)
