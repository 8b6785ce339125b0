"""A night told in any order, any part of it twice, is the same incident with the same timeline: for every pager."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeout_ingest.adapters.sources import SOURCES
from closeout_ingest.domain.episode import Episode, place
from closeout_ingest.domain.events import event_of
from closeout_ingest.domain.fact import Fact
from closeout_ingest.domain.incident import Incident, begin, take_in
from closeout_ingest.testing import DANA, event, incident, note, reference
from closeout_schemas.catalogue import INCIDENTS
from closeout_schemas.deliveries import Delivery
from closeout_schemas.vocabulary import IncidentStatus, Vendor

HEARD = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
START = int(datetime(2026, 11, 3, 3, 14, tzinfo=UTC).timestamp())


def oncall(kind: str, minute: int, **fields: Any) -> dict[str, Any]:
    user = {"id": "U1", "username": "sam"}
    group = {"id": "I1", "title": "Slow", "created_at": "2026-11-03T03:14:00Z"}
    happened = {"type": kind, "time": f"2026-11-03T03:{minute}:00Z"}
    return {"event": happened, "user": user, "alert_group": group, **fields}


def opsgenie(action: str, minute: int, **fields: Any) -> dict[str, Any]:
    at = (START + minute * 60) * 10**9
    made = {"alertId": "a-1", "alias": "p99", "createdAt": START * 1000, "message": "Slow", "priority": "P1"}
    return {"action": action, "alert": {**made, "updatedAt": at, "username": "sam@example.com", **fields}}


def generic(name: str, minute: int, **data: Any) -> dict[str, Any]:
    about = {"specversion": "1.0", "id": f"{name}-{minute}", "source": "/our/pager", "subject": "42"}
    return {**about, "type": f"closeout.pager.{name}.v1", "time": f"2026-11-03T03:{minute}:00Z", "data": data}


def group(*spans: tuple[str, int, int | None]) -> dict[str, Any]:
    alerts = [
        {
            "status": "firing" if end is None else "resolved",
            "labels": {"alertname": name, "severity": "critical" if name == "Latency" else "warning"},
            "annotations": {"summary": f"{name} is bad"},
            "startsAt": f"2026-11-03T03:{begin}:00Z",
            "endsAt": "0001-01-01T00:00:00Z" if end is None else f"2026-11-03T03:{end}:00Z",
            "fingerprint": f"fp-{name}",
        }
        for name, begin, end in spans
    ]
    status = "firing" if any(end is None for _, _, end in spans) else "resolved"
    return {"groupKey": "{}:{}", "status": status, "alerts": alerts, "truncatedAlerts": 0}


GROUPS = [
    group(("Latency", 14, None)),
    group(("Latency", 14, None), ("Errors", 20, None)),
    group(("Latency", 14, None), ("Errors", 20, 25)),
    group(("Latency", 14, 40)),
    group(("Latency", 45, None)),
    group(("Latency", 45, 50)),
]
PAYMENTS = reference("service", "PPAY", "payments")
INTO = {"type": "merge_resolve_reason", "incident": {"id": "Q9", "type": "incident_reference"}}
merged = incident(status="resolved", service=PAYMENTS, resolve_reason=INTO)
NIGHTS: dict[Vendor, list[dict[str, Any]]] = {
    Vendor.PAGERDUTY: [
        event("incident.triggered", incident(), at="2026-11-03T03:14:00Z"),
        event("incident.acknowledged", incident(status="acknowledged"), at="2026-11-03T03:17:00Z"),
        note("it is the cache", "2026-11-03T03:19:00Z"),
        event("incident.priority_updated", incident(priority={"summary": "P2"}), at="2026-11-03T03:25:00Z"),
        event("incident.service_updated", incident(service=PAYMENTS), at="2026-11-03T03:30:00Z"),
        event("incident.resolved", incident(status="resolved", service=PAYMENTS), at="2026-11-03T03:40:00Z"),
        event("incident.reopened", incident(service=PAYMENTS), at="2026-11-03T03:43:00Z"),
        event("incident.resolved", merged, at="2026-11-03T03:50:00Z", agent=DANA),
    ],
    Vendor.OPSGENIE: [
        opsgenie("Create", 0),
        opsgenie("Acknowledge", 3),
        opsgenie("AddNote", 5, note="it is the cache"),
        opsgenie("UpdatePriority", 11, priority="P2"),
        opsgenie("Close", 36),
    ],
    Vendor.ALERTMANAGER: GROUPS,
    Vendor.GRAFANA: [
        oncall("alert group created", 14),
        oncall("acknowledge", 17),
        oncall("escalation", 20, notified_users=[{"id": "U2", "username": "dana"}]),
        oncall("resolve", 40),
        oncall("unresolve", 43),
        oncall("resolve", 50),
    ],
    Vendor.GENERIC: [
        generic("opened", 14, title="Slow", severity="sev1", assignees=["sam@example.com"]),
        generic("acknowledged", 17, author="sam@example.com"),
        generic("note", 19, text="it is the cache", author="dana@example.com"),
        generic("priority_changed", 25, severity="sev2"),
        generic("resolved", 40),
        generic("reopened", 43),
        generic("resolved", 50, author="dana@example.com"),
    ],
}
NIGHTS[Vendor.JSM] = NIGHTS[Vendor.OPSGENIE]


def told(vendor: Vendor, bodies: Iterable[dict[str, Any]]) -> tuple[list[Incident], list[str]]:
    """The incidents that come of this, and their timeline as readers are shown it."""
    interpret = SOURCES[vendor].interpret
    assert interpret is not None
    episodes: dict[str, Episode] = {}
    facts: dict[str, Fact] = {}
    for body in bodies:
        said = Delivery(vendor=vendor, headers={}, body=json.dumps(body), received_at=HEARD)
        found, changed = place(list(interpret(said)), episodes.values())
        episodes |= {one.vendor_id: one for one in changed}
        for fact in found:
            facts.setdefault(str(fact.id), fact)
    known: dict[str, Incident] = {}
    for fact in facts.values():
        key = str(fact.incident_id)
        known[key] = take_in(known.get(key) or begin(fact), fact)
    said = [event_of(fact, known[str(fact.incident_id)]) for fact in facts.values()]
    entries = [INCIDENTS.adapter.validate_json(one) for one in said]
    entries.sort(key=lambda one: (one.data.entry.occurred_at, one.data.entry.source_id))
    # Of a group that fires again, whichever notification is heard first gives the incident its name; and that only.
    states = [one.model_copy(update={"id": Vendor.GENERIC, "vendor_id": ""}) for one in known.values()]
    return states, [f"{one.type} {one.data.entry.model_dump_json()}" for one in entries]


@pytest.mark.parametrize("vendor", NIGHTS)
@settings(max_examples=40)
@given(chance=st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_tell_the_same_night(vendor: Vendor, chance: random.Random) -> None:
    night = NIGHTS[vendor]
    shuffled = chance.sample(night, len(night)) + chance.choices(night, k=chance.randint(0, 5))

    incidents, timeline = told(vendor, shuffled)

    assert (incidents, timeline) == told(vendor, night)
    (only,) = incidents
    assert only.status is IncidentStatus.RESOLVED
    assert len(timeline) >= len(night)
