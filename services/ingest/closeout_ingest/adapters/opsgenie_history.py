"""What Opsgenie and Jira Service Management say when they are asked for an alert's history: logs and notes, as facts.

Contracts: https://docs.opsgenie.com/docs/alert-api-continued (list alert logs, list alert notes) and
https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/ (alerts). The successor's alert is a plain object.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from closeout_chassis.errors import Poison, Reason
from closeout_ingest.adapters.history import BACKFILLED, FETCHED
from closeout_ingest.adapters.opsgenie_incidents import INCIDENT, incident_of, read_incident
from closeout_ingest.adapters.opsgenie_objects import instant, party, severity
from closeout_ingest.adapters.reading import Json, believable, dict_of, dicts_of, text_of
from closeout_ingest.domain.fact import Fact, FactKind, Told
from closeout_schemas.cards import MARK
from closeout_schemas.deliveries import Delivery
from closeout_schemas.incidents import OnCall, Party, Service
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Vendor

ALERT, LOGS, NOTES, ON_CALLS = "alert", "logs", "notes", "on-calls"

# A log has words only. These are the beginnings of the vendor's own; all others are entries with their words.
KIND_BY_WORDS: Mapping[str, FactKind] = {
    "alert acknowledged": FactKind.ACKNOWLEDGED,
    "alert unacknowledged": FactKind.UNACKNOWLEDGED,
    "alert closed": FactKind.RESOLVED,
    "alert escalated": FactKind.ESCALATED,
    "sent ": FactKind.NOTIFIED,
    "notified ": FactKind.NOTIFIED,
}
STATUS_OF: Mapping[FactKind, IncidentStatus] = {
    FactKind.ACKNOWLEDGED: IncidentStatus.ACKNOWLEDGED,
    FactKind.UNACKNOWLEDGED: IncidentStatus.TRIGGERED,
    FactKind.RESOLVED: IncidentStatus.RESOLVED,
}
# Told by the alert itself, and by the notes, better than by these words.
LEFT_OUT = ("alert created", "alert is created", "created alert", "added note", "note added")


def interpret(delivery: Delivery) -> Sequence[Fact]:
    """The facts of one page of an alert's history. Raises Poison when it is none."""
    page = delivery.json_object
    kind = delivery.headers[FETCHED]
    alert = dict_of(page, INCIDENT if kind == INCIDENT else ALERT)
    read = READERS.get(kind)
    if read is None or not text_of(alert, "id"):
        raise Poison(Reason.UNINTERPRETABLE, "a page of history of an unknown kind, or one that names no alert")
    backfilled = BACKFILLED in delivery.headers
    return [replace(fact, fetched=True, backfilled=backfilled) for fact in read(page, alert, delivery)]


def _opening(_page: Json, alert: Json, delivery: Delivery) -> Iterator[Fact]:
    """The alert itself: it was opened, and it is closed if it says so."""
    said = {"createdAt": alert.get("createdAt"), "offset": "created"}
    opened = _fact(said, alert, delivery, FactKind.OPENED, None, text_of(alert, "message"))
    yield replace(opened, told=replace(_told(alert, delivery.vendor), status=IncidentStatus.TRIGGERED))
    if text_of(alert, "status") == "closed" and instant(alert.get("updatedAt")) is not None:
        report = dict_of(alert, "report")
        closer = party(delivery.vendor, text_of(report, "closedBy"), "")
        # Some time after it was made, in milliseconds; an alert of the successor tells only when it changed last.
        took, made = report.get("closeTime"), instant(alert.get("createdAt"))
        if isinstance(took, int) and not isinstance(took, bool) and made is not None:
            ended = {"createdAt": int(made.timestamp() * 1000) + took, "offset": "closed"}
        else:
            ended = {"createdAt": alert.get("updatedAt"), "offset": "closed"}
        closed = _fact(ended, alert, delivery, FactKind.RESOLVED, closer, "")
        yield replace(closed, told=replace(_told(alert, delivery.vendor), status=IncidentStatus.RESOLVED))


def _logs(page: Json, alert: Json, delivery: Delivery) -> Iterator[Fact]:
    for entry in dicts_of(page.get(LOGS)):
        said = text_of(entry, "log")
        start = said.lower()
        if not said or start.startswith(LEFT_OUT):
            continue
        kind = next((kind for words, kind in KIND_BY_WORDS.items() if start.startswith(words)), FactKind.CHANGED)
        if kind is FactKind.RESOLVED:
            # The alert says itself when it was closed.
            continue
        author = party(delivery.vendor, text_of(entry, "owner"), "")
        yield replace(_fact(entry, alert, delivery, kind, author, said), told=Told(status=STATUS_OF.get(kind)))


def _notes(page: Json, alert: Json, delivery: Delivery) -> Iterator[Fact]:
    for note in dicts_of(page.get(NOTES)):
        author = party(delivery.vendor, text_of(note, "owner"), "")
        said = text_of(note, "note")
        yield _fact(note, alert, delivery, FactKind.CARD if MARK in said else FactKind.NOTE, author, said)


def _on_calls(page: Json, alert: Json, delivery: Delivery) -> Iterator[Fact]:
    """Who was to be called when it was made: a list of schedules, each with its people."""
    found = [
        OnCall(party=who, level=1, schedule=text_of(dict_of(one, "_parent"), "name") or None)
        for one in dicts_of(page.get(ON_CALLS))
        for who in _people(delivery.vendor, one.get("onCallRecipients"))
    ]
    if not found:
        return
    words = ", ".join(f"{one.party.name} ({one.schedule})" if one.schedule else one.party.name for one in found)
    said = {"createdAt": alert.get("createdAt"), "offset": "on-call"}
    yield replace(_fact(said, alert, delivery, FactKind.ON_CALL, None, words), told=Told(on_call=tuple(found)))


READERS: Mapping[str, Callable[[Json, Json, Delivery], Iterator[Fact]]] = {
    ALERT: _opening,
    LOGS: _logs,
    NOTES: _notes,
    ON_CALLS: _on_calls,
    INCIDENT: lambda page, _, delivery: read_incident(page, delivery),
}


def _people(vendor: Vendor, names: Any) -> list[Party]:
    found = [party(vendor, name, "") for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return [one for one in found if one is not None]


def _told(alert: Json, vendor: Vendor) -> Told:
    entity, tiny = text_of(alert, "entity").strip(), text_of(alert, "tinyId")
    owner = party(vendor, text_of(alert, "owner"), "")
    return Told(
        title=text_of(alert, "message") or None,
        number=int(tiny) if tiny.isascii() and tiny.isdigit() and len(tiny) < 16 else None,
        severity=severity(alert.get("priority")),
        service=Service(vendor_id=entity, name=entity) if entity else None,
        assignees=(owner,) if owner else None,
        opened_at=instant(alert.get("createdAt")),
    )


def _fact(said: Json, alert: Json, delivery: Delivery, kind: FactKind, author: Party | None, words: str) -> Fact:
    alert_id = text_of(alert, "id")
    # `offset` is the vendor's own place of an entry; the successor names none, so what it says has to do.
    place = text_of(said, "offset") or hashlib.sha256(repr(sorted(said.items())).encode()).hexdigest()
    incident_id = incident_of(alert.get("details"))
    return Fact(
        vendor=delivery.vendor,
        incident_vendor_id=incident_id or alert_id,
        source_id=f"{alert_id}:fetched:{kind.value}:{place}",
        kind=kind,
        occurred_at=believable(instant(said.get("createdAt")), delivery.received_at),
        received_at=delivery.received_at,
        told=Told(opened_at=instant(alert.get("createdAt"))),
        text=words,
        author=author,
        people=(author,) if author is not None and author.kind is PartyKind.PERSON else (),
        alias="" if incident_id else text_of(alert, "alias"),
    )
