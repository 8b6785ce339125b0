"""Whatever a sender that is let in sends: no 5xx, nothing lost, no dead letter that is our own fault."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.applications import Starlette

from closeout_chassis.db import Database
from closeout_chassis.errors import Poison
from closeout_chassis.http_in import EXCEPTION_HANDLERS, Measured
from closeout_chassis.telemetry import Metrics
from closeout_chassis.testing import deliver, migrated, said
from closeout_ingest import api
from closeout_ingest.adapters.earlier import without_earlier
from closeout_ingest.adapters.histories import HISTORIES
from closeout_ingest.adapters.history import FETCHED
from closeout_ingest.adapters.sources import SOURCES
from closeout_ingest.commands import Intake
from closeout_ingest.domain.fact import Fact
from closeout_ingest.handlers import SUBSCRIPTIONS
from closeout_ingest.settings import IngestSettings
from closeout_ingest.testing import NIGHT, event, incident, note, proof
from closeout_schemas.catalogue import PAGER_DELIVERIES, TRACKER_DELIVERIES
from closeout_schemas.deliveries import Delivery, DeliveryReceived
from closeout_schemas.vocabulary import Vendor, derived_id

Json = Any
Path_ = tuple[str | int, ...]

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
# Folder of the recorded payloads, by the vendor that they are of.
RECORDED = {
    Vendor.PAGERDUTY: "pagerduty/webhook",
    Vendor.OPSGENIE: "opsgenie/webhook",
    Vendor.JSM: "jsm-ops/webhook",
    Vendor.ALERTMANAGER: "alertmanager",
    Vendor.GRAFANA: "grafana-oncall",
    Vendor.SLACK: "slack/events",
}
PAGERS = [vendor for vendor, source in SOURCES.items() if source.interpret is not None]
SECRET = "a-very-long-secret-that-nobody-guesses"
SETTINGS = IngestSettings(**{f"{vendor}_secrets": (SecretStr(SECRET),) for vendor in SOURCES})
BATCH = {"content-type": "application/cloudevents-batch+json"}
CLOUD_EVENT = {"content-type": "application/cloudevents+json"}

ALERT = {
    "status": "resolved",
    "labels": {"alertname": "Latency", "service": "checkout", "severity": "critical", "team": "web"},
    "annotations": {"summary": "p99 above 2 s", "runbook_url": "https://runbooks.example"},
    "startsAt": "2026-11-03T03:00:00.123456789Z",
    "endsAt": "2026-11-03T03:30:00Z",
    "generatorURL": "http://prometheus.example",
    "fingerprint": "c6ea",
}
GROUP = {
    "version": "4",
    "groupKey": "{}:{}",
    "status": "resolved",
    "truncatedAlerts": 3,
    "groupLabels": {"alertname": "Latency"},
    "commonLabels": {"severity": "critical"},
    "externalURL": "http://alertmanager.example",
    "alerts": [ALERT, {**ALERT, "status": "firing", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "d7fb"}],
}
ONCALL = {
    "event": {"type": "acknowledge", "time": "2026-11-03T03:17:00+00:00"},
    "user": {"id": "U1", "username": "sam"},
    "alert_group": {
        "id": "I1",
        "title": "Slow",
        "created_at": "2026-11-03T03:14:00Z",
        "permalinks": {"web": "https://x"},
    },
    "alert_payload": {"labels": {"severity": "critical"}},
    "integration": {"name": "prod", "team": "web"},
    "notified_users": [{"id": "U2", "username": "dana"}],
}
OPSGENIE = {
    "action": "AddNote",
    "alert": {
        "alertId": "a-1",
        "tinyId": "23",
        "alias": "p99",
        "message": "Slow",
        "createdAt": 1793675640000,
        "updatedAt": 1793675650000000000,
        "username": "sam@example.com",
        "note": "it is the cache",
        "teams": ["web"],
        "responders": [{"id": "t", "type": "team"}],
        "priority": "P1",
        "entity": "checkout",
    },
}
GENERIC = {
    "specversion": "1.0",
    "id": "42-1",
    "source": "/our/pager",
    "type": "closeout.pager.opened.v1",
    "subject": "42",
    "time": "2026-11-03T03:14:00Z",
    "data": {
        "title": "Slow",
        "text": "Slow since 3",
        "severity": "sev1",
        "service": {"id": "checkout"},
        "teams": ["web"],
        "assignees": [{"email": "sam@example.com"}],
        "author": "dana@example.com",
        "responder": "lee@example.com",
    },
}
MESSAGE = {"type": "message", "channel": "C1", "user": "U1", "text": "the cache", "ts": "1793675640.000100"}
TS = "1793675640.000100"
EDIT = {**MESSAGE, "edited": {"user": "U1", "ts": "1793675650.000100"}}
NAMED = {"type": "channel_created", "channel": {"id": "C1", "name": "inc-7"}, "event_ts": TS}
SLACK = [
    {"type": "event_callback", "event": event}
    for event in (
        {**MESSAGE, "thread_ts": "1793675630.000100", "files": [{"name": "a.png"}]},
        {**MESSAGE, "subtype": "message_changed", "message": EDIT},
        {**MESSAGE, "subtype": "message_deleted", "deleted_ts": TS},
        NAMED,
    )
]
OWN: dict[Vendor, list[Json]] = {
    Vendor.PAGERDUTY: [event("incident.triggered", incident()), note("the cache", "2026-11-03T03:20:00Z")],
    Vendor.OPSGENIE: [OPSGENIE, OPSGENIE | {"action": "Create"}],
    Vendor.JSM: [OPSGENIE | {"action": "Close"}],
    Vendor.ALERTMANAGER: [GROUP],
    Vendor.GRAFANA: [GROUP, ONCALL],
    Vendor.GENERIC: [GENERIC],
    Vendor.SLACK: SLACK,
}


def payloads(vendor: Vendor) -> list[Json]:
    """What the tests have written themselves, and what was recorded, where it is beside this checkout."""
    folder = SAMPLES / RECORDED[vendor] if vendor in RECORDED else SAMPLES / "none"
    return OWN[vendor] + [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def nested(depth: int) -> Json:
    value: Json = "bottom"
    for _ in range(depth):
        value = {"in": [value]}
    return value


NO_JSON = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"\xff\xfe",
    b'{"a":' * 100_000,
    b"[" * 500_000,
    b'{"event": NaN}',
    b"\x00" * 1000,
]
# What a field may become. Built anew each time: they are put into payloads that are changed again.
ABSURD: list[Callable[[], Json]] = [
    lambda: None,
    lambda: True,
    lambda: 0,
    lambda: -1,
    lambda: 10**30,
    lambda: 1.5e308,
    lambda: "",
    lambda: "x" * 100_000,
    lambda: [],
    lambda: {},
    lambda: [[[]], None, {"a": None}, 7],
    lambda: {"id": 7, "name": None, "\x00": "\x00"},
    lambda: nested(40),
    lambda: "NUL \x00, half a pair \ud800, \u202eright to left\u202c, e\u0301, \U0001f469\u200d\U0001f692, \ufeff",
    lambda: "9999-12-31T23:59:59.999999Z",
    lambda: "2999-01-01T00:00:00Z",
    lambda: "0001-01-01T00:00:00+23:59",
    lambda: "2026-11-03T03:14:00+14:00",
    lambda: "2026-11-03T03:14:00",
    lambda: "2026-13-45T99:99:99Z",
    lambda: "2026-11-03T03:14:00+99:99",
    lambda: "999999999999.999999",
    lambda: 9_999_999_999_999,
    lambda: 9_999_999_999_999_999_999,
]


def places(value: Json, at: Path_ = ()) -> Iterator[Path_]:
    """Every place in a payload that can be changed."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in children:
        yield (*at, key)
        yield from places(inner, (*at, key))


def mutated(payload: Json, chance: random.Random) -> Json:
    """`payload` with one to three places missing, doubled or absurd."""
    changed = copy.deepcopy(payload)
    for _ in range(chance.randint(1, 3)):
        found = list(places(changed))
        if not found:
            break
        *path, last = chance.choice(found)
        parent = changed
        for key in path:
            parent = parent[key]
        action = chance.random()
        if action < 0.25:
            del parent[last]
        elif action < 0.35 and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[last]))
        else:
            parent[last] = chance.choice(ABSURD)()
    return changed


def headers_for(vendor: Vendor, body: bytes) -> dict[str, str]:
    """What lets a sender in."""
    return proof(vendor, body, SECRET) | (CLOUD_EVENT if vendor is Vendor.GENERIC else {})


# An incident, and its channel: else all that is said in chat would only wait.
FIRST = [(Vendor.PAGERDUTY, event("incident.triggered", incident())), (Vendor.SLACK, SLACK[-1])]


def received(told: tuple[Vendor, Json]) -> DeliveryReceived:
    vendor, payload = told
    data = Delivery(vendor=vendor, headers={}, body=json.dumps(payload), received_at=NIGHT)
    return DeliveryReceived(id=derived_id("first", vendor), source="/t", subject="t", time=NIGHT, data=data)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


@pytest.fixture
async def door(db: Database) -> AsyncIterator[httpx.AsyncClient]:
    intake, metrics = Intake(db, 500), Metrics("ingest")
    running = asyncio.create_task(intake.run())
    app = Measured(Starlette(exception_handlers=EXCEPTION_HANDLERS), metrics, api.doors(SETTINGS, intake, metrics))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
        yield client
    running.cancel()


@pytest.mark.integration
@pytest.mark.parametrize("vendor", PAGERS)
async def test_every_mutated_delivery_is_accepted_and_ends_as_a_fact_uninterpreted_or_a_dead_letter(
    door: httpx.AsyncClient, db: Database, vendor: Vendor
) -> None:
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, [*map(received, FIRST)])
    chance = random.Random(vendor.value)
    known = payloads(vendor)
    changed = (json.dumps(mutated(chance.choice(known), chance)).encode() for _ in range(120))
    for n, body in enumerate([*NO_JSON, *(json.dumps(one).encode() for one in known), *changed]):
        answer = await door.post(f"/webhooks/{vendor}", content=body, headers=headers_for(vendor, body))
        assert answer.status_code in (200, 202), (n, answer.text)

    deliveries = await said(db, PAGER_DELIVERIES.name)
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, deliveries)

    async with db.reading() as conn:
        handled = {row["event_id"] for row in await conn.fetch("SELECT event_id FROM inbox")}
        buried = await conn.fetch("SELECT value, reason, detail FROM dead_letter")
        kept = {row["event_id"] for row in await conn.fetch("SELECT event_id FROM uninterpreted")}
    assert {row["reason"] for row in buried} <= {"uninterpretable"}, [row["detail"] for row in buried]
    assert all(row["detail"] for row in buried)
    dead = {DeliveryReceived.model_validate_json(row["value"]).id for row in buried}
    assert {one.id for one in deliveries} <= handled | dead
    told = [one for one in deliveries if one.id in handled - kept]
    assert told, "nothing was read at all"
    assert all(SOURCES[vendor].interpret(one.data) for one in told)  # type: ignore[misc,attr-defined]


@pytest.mark.integration
@pytest.mark.parametrize("vendor", [vendor for vendor, source in SOURCES.items() if source.interpret is None])
async def test_whatever_a_tracker_sends_is_accepted_and_handed_on_as_it_came(
    door: httpx.AsyncClient, db: Database, vendor: Vendor
) -> None:
    chance = random.Random(vendor.value)
    files = sorted((SAMPLES / vendor).glob("webhook/*.json"))
    recorded = [json.loads(one.read_text(encoding="utf-8")) for one in files]
    recorded = [one for one in recorded if isinstance(one, dict)] + [{"data": {"id": "1"}, "issue": {"id": 7}}]
    stamp = {"webhookTimestamp": int(time.time() * 1000)}  # Linear's time is in the body
    bodies = [json.dumps(one | stamp).encode() for one in recorded]
    bodies += [json.dumps(mutated(chance.choice(recorded), chance) | stamp).encode() for _ in range(40)]
    bodies += NO_JSON if vendor is not Vendor.LINEAR else []
    for body in bodies:
        answer = await door.post(f"/webhooks/{vendor}", content=body, headers=headers_for(vendor, body))
        assert answer.status_code == 202, answer.text

    kept = [one.data.raw_body() for one in await said(db, TRACKER_DELIVERIES.name)]
    assert kept == [without_earlier(body) for body in bodies]


FETCHED_PAGES: list[tuple[Vendor, str, Json]] = [
    (Vendor.PAGERDUTY, "log_entries", {"incident": {"id": "Q1", "created_at": "2026-11-03T03:14:00Z"}}),
    (Vendor.PAGERDUTY, "notes", {"incident": {"id": "Q1"}}),
    (Vendor.OPSGENIE, "alert", {}),
    (Vendor.OPSGENIE, "logs", {"alert": {"id": "a-1", "createdAt": "2026-11-03T03:14:00Z"}}),
    (Vendor.OPSGENIE, "notes", {"alert": {"id": "a-1"}}),
    (Vendor.OPSGENIE, "incident", {}),
    (Vendor.JSM, "logs", {"alert": {"id": "a-1", "createdAt": "2026-11-03T03:14:00Z"}}),
    (Vendor.SLACK, "messages", {"channel": "C1"}),
]
ANSWERS = {
    (Vendor.PAGERDUTY, "log_entries"): ("pagerduty/rest/log_entries.incident.page1.json", "log_entries"),
    (Vendor.PAGERDUTY, "notes"): ("pagerduty/rest/notes.incident.json", "notes"),
    (Vendor.OPSGENIE, "alert"): ("opsgenie/rest/alert.get.json", "data"),
    (Vendor.OPSGENIE, "logs"): ("opsgenie/rest/alert.logs.json", "data"),
    (Vendor.OPSGENIE, "notes"): ("opsgenie/rest/alert.notes.json", "data"),
    (Vendor.OPSGENIE, "incident"): ("opsgenie/rest/incident.get.json", "data"),
    (Vendor.JSM, "logs"): ("jsm-ops/rest/alert.logs.json", "values"),
    (Vendor.SLACK, "messages"): ("slack/api/conversations.history.incident.json", "messages"),
}


@pytest.mark.skipif(not SAMPLES.exists(), reason="needs the recorded answers in ../shared/samples")
@pytest.mark.parametrize(
    ("vendor", "kind", "around"), FETCHED_PAGES, ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_page_that_was_asked_for_is_read_or_is_poison_however_it_was_changed(
    vendor: Vendor, kind: str, around: Json
) -> None:
    file, key = ANSWERS[vendor, kind]
    page = around | {kind: json.loads((SAMPLES / file).read_text(encoding="utf-8"))[key]}
    chance = random.Random(kind)

    def read(changed: Json) -> Sequence[Fact]:
        body = json.dumps(changed)
        return HISTORIES[vendor](Delivery(vendor=vendor, headers={FETCHED: kind}, body=body, received_at=NIGHT))

    assert read(page), "the answer as it was recorded tells nothing"
    for _ in range(150):
        with suppress(Poison):
            assert all(fact.fetched for fact in read(mutated(page, chance)))


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
ANYTHING = st.recursive(
    SCALARS | st.sampled_from(ABSURD).map(lambda make: make()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(PAGERS), st.randoms(use_true_random=False), ANYTHING | st.none())
def test_reading_raises_nothing_but_poison(vendor: Vendor, chance: random.Random, anything: Json) -> None:
    source = SOURCES[vendor]
    payload = mutated(chance.choice(OWN[vendor]), chance)
    if anything is not None and isinstance(payload, dict) and payload:
        payload[chance.choice(sorted(payload))] = anything
    body = json.dumps(payload).encode()
    assert source.interpret is not None

    one = Delivery(vendor=vendor, headers={}, body=body.decode(), received_at=NIGHT)
    assert isinstance(source.subject_of(body), str)
    assert isinstance(source.event_type_of(one), str)
    assert source.answer is None or source.answer(body) is None or b"challenge" in body
    facts: Sequence[Fact] = ()
    with suppress(Poison):
        facts = source.interpret(one)
    assert all(fact.occurred_at.utcoffset() is not None for fact in facts)


@given(st.sampled_from(PAGERS), st.binary(max_size=200))
def test_bytes_that_are_no_json_are_no_event(vendor: Vendor, body: bytes) -> None:
    source = SOURCES[vendor]
    text = base64.b64encode(body).decode()
    one = Delivery(vendor=vendor, headers={}, body=text, body_encoding="base64", received_at=NIGHT)

    assert isinstance(source.subject_of(body), str)
    assert source.split is None or list(source.split(BATCH, body)) == [body]
    assert source.interpret is not None
    with pytest.raises(Poison):
        source.interpret(one)
