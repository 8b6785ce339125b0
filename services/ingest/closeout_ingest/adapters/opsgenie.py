"""Alert webhooks of Opsgenie and of its successor, Jira Service Management Operations: the same JSON, read once.

Contracts: https://support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data/ and
https://support.atlassian.com/jira-service-management-cloud/docs/alert-action-data-for-jira-edge-connector/
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from closeout_chassis.errors import Poison, Reason
from closeout_ingest.adapters.authentication import CARRIED, carries_secret
from closeout_ingest.adapters.opsgenie_incidents import incident_of
from closeout_ingest.adapters.opsgenie_objects import instant, party, priority_name, severity
from closeout_ingest.adapters.reading import Json, believable, dict_of, dicts_of, only, text_of, words
from closeout_ingest.adapters.source import Source, Strength
from closeout_ingest.domain.fact import Fact, FactKind, Told
from closeout_schemas.cards import MARK
from closeout_schemas.catalogue import PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery
from closeout_schemas.incidents import Party, Service
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Vendor

# `Create` is sent once more, to the integration of a team that is added later: then the alert changed long after it
# was made. The documented example of a first one is 2 s apart.
# https://docs.opsgenie.com/docs/opsgenie-edge-connector-alert-action-data
OPENING_TAKES = timedelta(minutes=1)

NOTHING: Mapping[str, str] = {}
# What `Create` is when it comes long after the alert was made.
TEAM_JOINED = FactKind.RESPONDER_CHANGED


_naming = only({"alert": {"alertId": None}})


def subject_of(body: bytes) -> str:
    """The alert's id, so that its deliveries keep their order on the topic. Never raises."""
    try:
        return text_of(dict_of(_naming(body), "alert"), "alertId") or "other"
    except ValueError:
        return "other"


def interpret(delivery: Delivery) -> Sequence[Fact]:
    """The one fact that an action on an alert tells; none for custom actions and those newer than this release.

    Raises Poison when it is no action at all, or a known one on an alert that it does not name.
    """
    body = delivery.json_object
    action = text_of(body, "action")
    if not action:
        raise Poison(Reason.UNINTERPRETABLE, "no alert webhook: action is missing or no text")
    # No payload of an incident's webhook was ever published: incidents are read by REST.
    if action not in READERS or ("alert" not in body and "incident" in body):
        return ()
    said = _Said(delivery, body, action)
    if not said.alert_id:
        raise Poison(Reason.UNINTERPRETABLE, f"{action}: alert.alertId is missing or no text")
    kind, read = READERS[action]
    return (read(said, kind),)


def event_type_of(delivery: Delivery) -> str:
    """What the vendor calls it, for people and counters. Custom actions are named by anybody: they count as one."""
    body = delivery.json_object
    about = "incident" if "alert" not in body and "incident" in body else "alert"
    action = text_of(body, "action")
    if not action:
        return "unknown"
    return f"{about}.{action}" if action in READERS else f"{about}.custom"


class _Said:
    """An action on an alert, with the parts that every reader wants."""

    def __init__(self, delivery: Delivery, body: Json, action: str) -> None:
        self.vendor = delivery.vendor
        self.received_at = delivery.received_at
        self.raw = delivery.raw_body()
        self.body = body
        self.action = action
        self.alert = dict_of(body, "alert")
        self.alert_id = text_of(self.alert, "alertId")
        # Where an incident made it to call somebody, it is about that one.
        self.incident_id = incident_of(self.alert.get("details"))
        self.created_at = instant(self.alert.get("createdAt"))
        self.updated_at = instant(self.alert.get("updatedAt"))
        self.author = party(self.vendor, text_of(self.alert, "username"), text_of(self.alert, "userId"))

    def source_id(self) -> str:
        """There is no id of the delivery: alert, action and the alert's change tell two of them apart.

        Escalations carry no time; the bytes do it then.
        """
        updated = self.alert.get("updatedAt")
        if self.updated_at is None:
            updated = hashlib.sha256(self.raw).hexdigest()
        return f"{self.alert_id}:{self.action}:{updated}"

    def fact(
        self,
        kind: FactKind,
        told: Told,
        *,
        at: datetime | None = None,
        text: str = "",
        people: Sequence[Party] = (),
        about: Mapping[str, str] = NOTHING,
    ) -> Fact:
        """This, as a fact of `kind`; `at`, by default, is when the alert changed."""
        claimed = at or self.updated_at
        occurred_at = believable(claimed, self.received_at)
        unbelieved = claimed.isoformat() if claimed is not None and claimed != occurred_at else ""
        named = {**about, "claimed_at": unbelieved}
        involved = [one for one in (self.author, *people) if one is not None and one.kind is PartyKind.PERSON]
        return Fact(
            vendor=self.vendor,
            incident_vendor_id=self.incident_id or self.alert_id,
            source_id=self.source_id(),
            kind=kind,
            occurred_at=occurred_at,
            received_at=self.received_at,
            told=told,
            text=text,
            author=self.author,
            about=tuple(sorted((name, value) for name, value in named.items() if value)),
            people=tuple(dict.fromkeys(involved)),
            alias="" if self.incident_id else text_of(self.alert, "alias"),
        )

    def told(self, status: IncidentStatus | None = None, assignees: tuple[Party, ...] | None = None) -> Told:
        """The alert's fields, as far as this delivery carries them."""
        alert = self.alert
        entity, tiny = text_of(alert, "entity").strip(), text_of(alert, "tinyId")
        return Told(
            title=text_of(alert, "message") or None,
            number=int(tiny) if tiny.isascii() and tiny.isdigit() and len(tiny) < 16 else None,
            status=status,
            severity=severity(alert.get("priority")),
            service=Service(vendor_id=entity, name=entity) if entity else None,
            teams=self._teams(),
            assignees=assignees,
            opened_at=self._made_at(),
        )

    def _made_at(self) -> datetime | None:
        made_at = self.created_at
        return made_at if made_at is not None and made_at == believable(made_at, self.received_at) else None

    def _teams(self) -> tuple[Party, ...] | None:
        named = self.alert.get("teams")
        teams = [words(one) for one in named if words(one)] if isinstance(named, list) else []
        teams += [text_of(one, "id") for one in dicts_of(self.alert.get("responders")) if one.get("type") == "team"]
        unique = dict.fromkeys(one for one in teams if one)
        return tuple(Party(vendor=self.vendor, vendor_id=one, name=one, kind=PartyKind.TEAM) for one in unique) or None


Reader = Callable[[_Said, FactKind], Fact]


def _created(said: _Said, kind: FactKind) -> Fact:
    told = said.told(IncidentStatus.TRIGGERED)
    created, updated = said.created_at, said.updated_at
    if created is not None and updated is not None and updated - created > OPENING_TAKES:
        # Said of an alert that may be acknowledged or closed by now: another team hears of it, nothing is triggered.
        names = ", ".join(team.name for team in told.teams or ())
        return said.fact(TEAM_JOINED, said.told(), about={"teams": names})
    about = {
        "priority": priority_name(said.alert.get("priority")),
        "service": told.service.name if told.service else "",
        "teams": ", ".join(team.name for team in told.teams or ()),
        "alias": text_of(said.alert, "alias"),
    }
    return said.fact(kind, told, at=created, text=told.title or "", about=about)


def _status(status: IncidentStatus, about: Mapping[str, str] = NOTHING) -> Reader:
    return lambda said, kind: said.fact(kind, said.told(status), text=text_of(said.alert, "note"), about=about)


def _note(said: _Said, kind: FactKind) -> Fact:
    note = text_of(said.alert, "note")
    return said.fact(FactKind.CARD if MARK in note else kind, said.told(), text=note)


def _owned(said: _Said, kind: FactKind) -> Fact:
    # Who takes it is the owner, and then the payload names none.
    name = text_of(said.alert, "owner")
    owner = party(said.vendor, name, "") if name else said.author
    owners = (owner,) if owner else ()
    named = ", ".join(one.name for one in owners)
    return said.fact(kind, said.told(assignees=owners or None), people=owners, about={"assignees": named})


def _asked(said: _Said, kind: FactKind) -> Fact:
    responder = said.alert.get("responder") or said.alert.get("recipient") or said.alert.get("team")
    name = words(responder) or (text_of(responder, "name") if isinstance(responder, dict) else "")
    return said.fact(kind, said.told(), about={"responder": name})


def _escalated(said: _Said, kind: FactKind) -> Fact:
    notified = dict_of(said.body, "escalationNotify") or dict_of(said.body, "recipient")
    name = text_of(notified, "name") or text_of(notified, "id")
    is_user = "user" in (text_of(notified, "entity"), text_of(notified, "type"))
    asked = party(said.vendor, name, text_of(notified, "id")) if is_user else None
    about = {"notified": name, "escalation": text_of(said.body, "escalationName")}
    return said.fact(kind, said.told(), people=[asked] if asked else [], about=about)


def _priority(said: _Said, kind: FactKind) -> Fact:
    about = {"priority": priority_name(said.alert.get("priority"))}
    return said.fact(kind, said.told(), about=about)


def _changed(*names: str) -> Reader:
    def read(said: _Said, kind: FactKind) -> Fact:
        about = {name: words(said.alert.get(name)) for name in names}
        return said.fact(kind, said.told(), about={"change": said.action, **about})

    return read


# Which action becomes which fact. Every other one, and there are as many custom ones as teams want, is kept as it is.
READERS: Mapping[str, tuple[FactKind, Reader]] = {
    "Create": (FactKind.OPENED, _created),
    "Acknowledge": (FactKind.ACKNOWLEDGED, _status(IncidentStatus.ACKNOWLEDGED)),
    "UnAcknowledge": (FactKind.UNACKNOWLEDGED, _status(IncidentStatus.TRIGGERED)),
    "AddNote": (FactKind.NOTE, _note),
    "AssignOwnership": (FactKind.REASSIGNED, _owned),
    "TakeOwnership": (FactKind.REASSIGNED, _owned),
    "AddTeam": (FactKind.RESPONDER_CHANGED, _asked),
    "AddRecipient": (FactKind.RESPONDER_CHANGED, _asked),
    "AddResponder": (FactKind.RESPONDER_CHANGED, _asked),
    "Escalate": (FactKind.ESCALATED, _escalated),
    "EscalateNext": (FactKind.ESCALATED, _escalated),
    "UpdatePriority": (FactKind.PRIORITY_CHANGED, _priority),
    "AddTags": (FactKind.CHANGED, _changed("addedTags")),
    "RemoveTags": (FactKind.CHANGED, _changed("removedTags")),
    "AddDetails": (FactKind.CHANGED, _changed()),
    "RemoveDetails": (FactKind.CHANGED, _changed()),
    "UpdateMessage": (FactKind.CHANGED, _changed("message")),
    "UpdateDescription": (FactKind.CHANGED, _changed("description")),
    "Snooze": (FactKind.CHANGED, _changed()),
    "SnoozeEnded": (FactKind.CHANGED, _changed()),
    "Close": (FactKind.RESOLVED, _status(IncidentStatus.RESOLVED)),
    # Nobody will ever close it.
    "Delete": (FactKind.RESOLVED, _status(IncidentStatus.RESOLVED, {"resolve_reason": "deleted"})),
}
KEPT: Mapping[str, str] = {
    "alert.custom": "an action that a team has made itself, or one newer than this release",
    "incident.custom": "no payload of an incident's webhook was ever published; incidents are read by REST",
}


# Neither signs: the integration sends a header that one sets, or a URL with a secret in it.
SOURCE = Source(
    vendor=Vendor.OPSGENIE,
    topic=PAGER_DELIVERIES.name,
    howto="opsgenie",
    is_authentic=carries_secret,
    strength=Strength.CARRIED,
    proof=CARRIED,
    takes_path_token=True,
    subject_of=subject_of,
    kept_headers=("content-type",),
    interpret=interpret,
    event_type_of=event_type_of,
    events={f"alert.{action}": (kind,) for action, (kind, _) in READERS.items()}
    | {"alert.Create": (FactKind.OPENED, TEAM_JOINED)},
    kept=KEPT,
)
JSM_SOURCE = replace(SOURCE, vendor=Vendor.JSM)
