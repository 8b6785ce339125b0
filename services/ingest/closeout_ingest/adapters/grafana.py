"""Grafana's webhooks: alert groups of its contact points, and what Grafana OnCall (IRM) sends out of an alert group.

Contracts: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
and https://grafana.com/docs/oncall/latest/configure/outgoing-webhooks/
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from closeout_chassis.errors import Poison, Reason
from closeout_ingest.adapters import alert_group
from closeout_ingest.adapters.authentication import CARRIED, carries_secret, is_fresh
from closeout_ingest.adapters.reading import Json, believable, dict_of, dicts_of, only, text_of, time_of
from closeout_ingest.adapters.source import Source, Strength
from closeout_ingest.domain.fact import Fact, FactKind, Told
from closeout_schemas.catalogue import PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery
from closeout_schemas.incidents import Party, Service
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Severity, Vendor

# Since Grafana 12. The name is the default; that of the time stamp's header is to be set, and set to this.
SIGNATURE = "x-grafana-alerting-signature"
TIMESTAMP = "x-grafana-alerting-timestamp"


def is_authentic(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether it is signed by one of `secrets`, or, where it is not signed at all, carries one of them.

    The signature is over the body, or, where Grafana is told to send one, over `time stamp:body`.
    """
    signature = headers.get(SIGNATURE)
    if signature is None:
        return carries_secret(headers, body, secrets)
    timestamp = headers.get(TIMESTAMP)
    if timestamp is not None and not is_fresh(timestamp):
        return False
    signed = body if timestamp is None else timestamp.encode("latin-1") + b":" + body
    given = signature.strip().encode("latin-1")
    return any(hmac.compare_digest(given, hmac.digest(key, signed, "sha256").hex().encode()) for key in secrets)


_naming = only({**alert_group.NAMING, "alert_group": None, "alert_group_id": None})


def subject_of(body: bytes) -> str:
    """The group, so that what is said of it keeps its order on the topic. Never raises."""
    try:
        named = _naming(body)
    except ValueError:
        return "other"
    oncall = _oncall_id(named)
    return f"oncall-{oncall}" if oncall else alert_group.subject_named(named)


def interpret(delivery: Delivery) -> Sequence[Fact]:
    """What a notification of a contact point tells, or an outgoing webhook of OnCall.

    Raises Poison when it is neither.
    """
    body = delivery.json_object
    if not _is_oncall(body):
        return alert_group.interpret(delivery)
    kind = ONCALL_EVENTS.get(text_of(dict_of(body, "event"), "type"))
    if kind is None:
        return ()
    if not _oncall_id(body):
        raise Poison(Reason.UNINTERPRETABLE, "an OnCall event without alert_group.id: which incident is unknown")
    return (_Said(delivery, body).fact(kind),)


def event_type_of(delivery: Delivery) -> str:
    """What it is, for people and counters."""
    body = delivery.json_object
    if not _is_oncall(body):
        return alert_group.event_type_of(delivery)
    event = text_of(dict_of(body, "event"), "type")
    return f"oncall: {event}" if event in ONCALL_EVENTS else "oncall: other"


# Which event of OnCall becomes which fact.
ONCALL_EVENTS: Mapping[str, FactKind] = {
    "alert group created": FactKind.OPENED,
    "acknowledge": FactKind.ACKNOWLEDGED,
    "unacknowledge": FactKind.UNACKNOWLEDGED,
    "escalation": FactKind.ESCALATED,
    "silence": FactKind.CHANGED,
    "unsilence": FactKind.CHANGED,
    "resolve": FactKind.RESOLVED,
    "unresolve": FactKind.REOPENED,
}
_STATUS = {
    FactKind.OPENED: IncidentStatus.TRIGGERED,
    FactKind.ACKNOWLEDGED: IncidentStatus.ACKNOWLEDGED,
    FactKind.UNACKNOWLEDGED: IncidentStatus.TRIGGERED,
    FactKind.RESOLVED: IncidentStatus.RESOLVED,
    FactKind.REOPENED: IncidentStatus.TRIGGERED,
}


class _Said:
    """An event of an alert group in OnCall."""

    def __init__(self, delivery: Delivery, body: Json) -> None:
        self.received_at = delivery.received_at
        self.body = body
        self.group = dict_of(body, "alert_group")
        self.event = dict_of(body, "event")
        self.claimed_at = time_of(self.event.get("time"))
        self.author = _person(body.get("user"))
        # What is undone, and an escalation, comes without a time: the bytes tell two of them apart then.
        self.told_apart_by = text_of(self.event, "time") or hashlib.sha256(delivery.raw_body()).hexdigest()

    def fact(self, kind: FactKind) -> Fact:
        """It, as a fact of `kind`."""
        event, group_id = text_of(self.event, "type"), _oncall_id(self.body)
        notified = [party for one in dicts_of(self.body.get("notified_users")) if (party := _person(one)) is not None]
        people = [self.author, *notified] if self.author else notified
        at = believable(self.claimed_at, self.received_at)
        about = {
            "change": event if kind is FactKind.CHANGED else "",
            "notified": ", ".join(party.name for party in notified),
            "service": text_of(dict_of(self.body, "integration"), "name") if kind is FactKind.OPENED else "",
            "claimed_at": self.claimed_at.isoformat() if self.claimed_at and self.claimed_at != at else "",
        }
        told = self._told(kind)
        return Fact(
            vendor=Vendor.GRAFANA,
            incident_vendor_id=f"oncall-{group_id}",
            source_id=f"oncall:{group_id}:{event}:{self.told_apart_by}",
            kind=kind,
            occurred_at=at,
            received_at=self.received_at,
            told=told,
            text=told.title or "" if kind is FactKind.OPENED else "",
            author=self.author,
            url=told.url,
            about=tuple(sorted((name, value) for name, value in about.items() if value)),
            people=tuple(dict.fromkeys(people)),
        )

    def _told(self, kind: FactKind) -> Told:
        labels = self._labels()
        severity = alert_group.severity_in(labels)
        service = alert_group.service_in(labels) or text_of(dict_of(self.body, "integration"), "name")
        team = text_of(dict_of(self.body, "integration"), "team")
        made_at = time_of(self.group.get("created_at"))
        return Told(
            title=text_of(self.group, "title") or None,
            url=text_of(dict_of(self.group, "permalinks"), "web") or None,
            status=_STATUS.get(kind),
            severity=severity if severity is not Severity.UNKNOWN else None,
            service=Service(vendor_id=service, name=service) if service else None,
            teams=(Party(vendor=Vendor.GRAFANA, vendor_id=team, name=team, kind=PartyKind.TEAM),) if team else None,
            opened_at=made_at if made_at and made_at == believable(made_at, self.received_at) else None,
        )

    def _labels(self) -> dict[str, str]:
        payload = dict_of(self.body, "alert_payload")
        sources = (dict_of(payload, "labels"), dict_of(payload, "commonLabels"), dict_of(self.group, "labels"))
        return {name: value for labels in sources for name, value in labels.items() if isinstance(value, str)}


def _is_oncall(body: Json) -> bool:
    return "alert_group" in body or ("event" in body and "groupKey" not in body)


def _oncall_id(body: Json) -> str:
    return text_of(dict_of(body, "alert_group"), "id") or text_of(body, "alert_group_id")


def _person(value: Any) -> Party | None:
    """A user; on what happens by itself all its fields are empty."""
    if not isinstance(value, dict) or not text_of(value, "id"):
        return None
    name = text_of(value, "username") or text_of(value, "id")
    return Party(vendor=Vendor.GRAFANA, vendor_id=text_of(value, "id"), name=name, kind=PartyKind.PERSON)


SOURCE = Source(
    vendor=Vendor.GRAFANA,
    topic=PAGER_DELIVERIES.name,
    howto="grafana",
    is_authentic=is_authentic,
    strength=Strength.SIGNED_OR_CARRIED,
    proof=f"signature is not one of ours over these bytes, or there is none and the {CARRIED}",
    takes_path_token=True,
    subject_of=subject_of,
    kept_headers=("content-type",),
    interpret=interpret,
    event_type_of=event_type_of,
    events={**alert_group.EVENTS, **{f"oncall: {event}": (kind,) for event, kind in ONCALL_EVENTS.items()}},
    kept={**alert_group.KEPT, "oncall: other": "newer than this release, or made by a template"},
)
