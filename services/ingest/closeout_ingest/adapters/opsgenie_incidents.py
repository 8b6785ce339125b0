"""Opsgenie's incidents, which stand above its alerts: read by REST, since no payload of their webhooks was published.

Contract: https://docs.opsgenie.com/docs/incident-api. An alert by which an incident calls its teams says so in its
details; it is told as part of the incident. An alert that was only associated with one stays an incident of its own.
Jira Service Management has none of them: there an incident is a Jira issue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from closeout_ingest.adapters.opsgenie_objects import instant, severity
from closeout_ingest.adapters.reading import Json, believable, dicts_of, text_of, words
from closeout_ingest.domain.fact import Fact, FactKind, Told
from closeout_schemas.deliveries import Delivery
from closeout_schemas.incidents import Party, Service
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Vendor

INCIDENT, SERVICE_NAMES = "incident", "service_names"
# An alert's id has the time of its making behind it.
INCIDENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# The kinds of alerts that an incident makes by itself: captures of webhooks have them in `alert.details`.
CALLING = frozenset({"Owner", "Responder"})
OVER = frozenset({"resolved", "closed"})


def incident_of(details: Any) -> str:
    """The incident that made an alert to call somebody; empty where none did."""
    if not isinstance(details, dict) or details.get("incident-alert-type") not in CALLING:
        return ""
    return text_of(details, "incident-id")


def read_incident(page: Json, delivery: Delivery) -> Iterator[Fact]:
    """The incident itself: it was opened, and it is over if it says so. When it changed last is when it ended."""
    incident, names = page[INCIDENT], page.get(SERVICE_NAMES)
    opened = _fact(incident, delivery, FactKind.OPENED, incident.get("createdAt"), text_of(incident, "message"))
    told = _told(incident, names if isinstance(names, dict) else {})
    yield replace(opened, told=replace(told, status=IncidentStatus.TRIGGERED))
    if text_of(incident, "status") in OVER:
        over = _fact(incident, delivery, FactKind.RESOLVED, incident.get("updatedAt"), "")
        yield replace(over, told=replace(told, status=IncidentStatus.RESOLVED))


def _told(incident: Json, names: Mapping[str, Any]) -> Told:
    impacted = incident.get("impactedServices")
    services = [words(one) for one in impacted if words(one)] if isinstance(impacted, list) else []
    services = [text_of(incident, "serviceId"), *services]
    service = next((one for one in services if one), "")
    tiny, links = text_of(incident, "tinyId"), incident.get("links")
    return Told(
        title=text_of(incident, "message") or None,
        number=int(tiny) if tiny.isascii() and tiny.isdigit() and len(tiny) < 16 else None,
        url=(text_of(links, "web") or None) if isinstance(links, dict) else None,
        severity=severity(incident.get("priority")),
        service=Service(vendor_id=service, name=words(names.get(service)) or service) if service else None,
        teams=_teams(incident),
        opened_at=instant(incident.get("createdAt")),
    )


def _teams(incident: Json) -> tuple[Party, ...] | None:
    named = [text_of(incident, "ownerTeam")]
    named += [text_of(one, "id") for one in dicts_of(incident.get("responders")) if one.get("type") == "team"]
    unique = dict.fromkeys(one for one in named if one)
    return tuple(Party(vendor=Vendor.OPSGENIE, vendor_id=one, name=one, kind=PartyKind.TEAM) for one in unique) or None


def _fact(incident: Json, delivery: Delivery, kind: FactKind, at: Any, text: str) -> Fact:
    incident_id = text_of(incident, "id")
    when = instant(at)
    return Fact(
        vendor=delivery.vendor,
        incident_vendor_id=incident_id,
        source_id=f"{incident_id}:fetched:{kind.value}:{when.isoformat() if when else ''}",
        kind=kind,
        occurred_at=believable(when, delivery.received_at),
        received_at=delivery.received_at,
        text=text,
    )
