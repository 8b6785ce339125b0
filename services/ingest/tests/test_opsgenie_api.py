"""Opsgenie and its successor as they answer: the same history out of two dialects, once beside the webhooks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from pydantic import SecretStr

from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_chassis.testing import deliver, migrated, said
from closeout_ingest import history
from closeout_ingest.adapters import opsgenie_history
from closeout_ingest.adapters.history import FETCHED, Listed
from closeout_ingest.adapters.opsgenie_api import JSM, OPSGENIE, AlertApi, Dialect, basic, genie_key
from closeout_ingest.handlers import SUBSCRIPTIONS
from closeout_schemas.catalogue import INCIDENTS, PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery, DeliveryReceived
from closeout_schemas.vocabulary import Vendor, derived_id

OPSGENIE_URL, JSM_URL = "https://opsgenie.example/v2", "https://atlassian.example/jsm/ops/api/cloud/v1"
KEY = SecretStr("a-very-secret-key")
SAMPLES = Path(__file__).parents[4] / "shared/samples/opsgenie/rest"
MADE = datetime(2026, 3, 3, 3, 14, tzinfo=UTC)
SINCE, UNTIL = MADE - timedelta(days=1), MADE + timedelta(days=1)
ALERT_ID = "70413a06-1772507640000"


def at(minutes: float) -> str:
    return (MADE + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


ALERT = {
    "id": ALERT_ID,
    "tinyId": "7",
    "alias": "checkout-p99",
    "message": "Checkout p99 above 2 s",
    "status": "closed",
    "acknowledged": True,
    "priority": "P2",
    "entity": "checkout",
    "owner": "sam@example.com",
    "responders": [{"type": "team", "id": "T-PAY"}],
    "createdAt": at(0),
    "updatedAt": at(40),
    "report": {"closeTime": 40 * 60 * 1000, "closedBy": "dana@example.com"},
}
LOGS = [
    {"log": "Alert created via API", "owner": "System", "createdAt": at(0), "offset": "1"},
    {"log": "Sent [voice] notification to [sam@example.com]", "owner": "System", "createdAt": at(0.1), "offset": "2"},
    {"log": "Alert acknowledged via web", "owner": "sam@example.com", "createdAt": at(2), "offset": "3"},
    {"log": "Alert closed via web", "owner": "dana@example.com", "createdAt": at(40), "offset": "4"},
]
NOTES = [{"note": "It is the cache.", "owner": "sam@example.com", "createdAt": at(6), "offset": "5"}]


@pytest.fixture(autouse=True)
def answers() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        router.get(f"{OPSGENIE_URL}/alerts/{ALERT_ID}").respond(json={"data": ALERT})
        router.get(f"{OPSGENIE_URL}/alerts/{ALERT_ID}/notes").respond(json={"data": NOTES})
        first = {"data": LOGS[:2], "paging": {"next": f"{OPSGENIE_URL}/alerts/{ALERT_ID}/logs?offset=2&direction=next"}}
        logs = [httpx.Response(200, json=first), httpx.Response(200, json={"data": LOGS[2:]})] * 5
        router.get(url__startswith=f"{OPSGENIE_URL}/alerts/{ALERT_ID}/logs").mock(side_effect=logs)
        router.get(url__startswith="https://opsgenie.example/v1/incidents/").respond(403)
        schedules = [{"id": "S1", "ownerTeam": {"id": "T-PAY"}}, {"id": "S2", "ownerTeam": {"id": "T-OTHER"}}]
        router.get(f"{OPSGENIE_URL}/schedules").respond(json={"data": schedules})
        on_call = {"_parent": {"name": "Payments primary"}, "onCallRecipients": ["sam@example.com"]}
        router.get(f"{OPSGENIE_URL}/schedules/S1/on-calls").respond(json={"data": on_call})
        router.get(f"{JSM_URL}/schedules").respond(
            json={"values": [{"id": "S1", "name": "Payments primary", "teamId": "T-PAY"}, {"id": "S2", "name": "x"}]}
        )
        router.get(f"{JSM_URL}/schedules/S1/on-calls", params={"date": "2026-03-03T03:14:00Z"}).respond(
            json={"onCallUsers": ["sam@example.com"]}
        )
        router.get(f"{JSM_URL}/alerts/{ALERT_ID}").respond(json=ALERT)
        page = {"values": LOGS[:2], "links": {"next": f"/jsm/ops/api/cloud/v1/alerts/{ALERT_ID}/logs?after=2"}}
        jsm = [httpx.Response(200, json=page), httpx.Response(200, json={"values": LOGS[2:], "links": {}})] * 5
        router.get(url__startswith=f"{JSM_URL}/alerts/{ALERT_ID}/logs").mock(side_effect=jsm)
        router.get(f"{JSM_URL}/alerts/{ALERT_ID}/notes").respond(json={"values": NOTES})
        yield router


def api(dialect: Dialect) -> AlertApi:
    if dialect is OPSGENIE:
        return AlertApi(OPSGENIE, OPSGENIE_URL, genie_key(KEY))
    return AlertApi(JSM, JSM_URL, basic("bot@example.com", KEY))


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


async def settle(db: Database) -> None:
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, await said(db, PAGER_DELIVERIES.name))


async def timeline(db: Database) -> list[tuple[str, str]]:
    entries = sorted((one.data.entry for one in await said(db, INCIDENTS.name)), key=lambda one: one.occurred_at)
    return [(one.kind, one.text) for one in entries]


LISTED = Listed(ALERT_ID, "1", "", {})
ALL = [
    ("opened", "Checkout p99 above 2 s"),
    ("notified", "Sent [voice] notification to [sam@example.com]"),
    ("acknowledged", "Alert acknowledged via web"),
    ("note", "It is the cache."),
    ("resolved", ""),
]


@pytest.mark.integration
@pytest.mark.parametrize("dialect", [OPSGENIE, JSM], ids=["opsgenie", "jsm"])
async def test_an_alert_that_no_webhook_told_comes_whole_and_once(db: Database, dialect: Dialect) -> None:
    for _ in range(2):
        await history.fetch(db, api(dialect), LISTED)
        await settle(db)

    told = [one for one in await timeline(db) if one[0] != "on_call"]
    assert told == ALL
    last = (await said(db, INCIDENTS.name))[-1].data.incident
    assert (last.status, last.severity, last.title, last.number) == ("resolved", "sev2", "Checkout p99 above 2 s", 7)


@pytest.mark.integration
@pytest.mark.parametrize("dialect", [OPSGENIE, JSM], ids=["opsgenie", "jsm"])
async def test_who_was_on_call_is_told_by_the_schedules_of_the_alerts_teams(db: Database, dialect: Dialect) -> None:
    await history.fetch(db, api(dialect), LISTED)
    await settle(db)

    assert ("on_call", "sam@example.com (Payments primary)") in await timeline(db)
    on_call = (await said(db, INCIDENTS.name))[-1].data.incident.on_call
    assert [(one.party.name, one.schedule) for one in on_call] == [("sam@example.com", "Payments primary")]


def webhook(action: str, minutes: float, **fields: Any) -> DeliveryReceived:
    moment = MADE + timedelta(minutes=minutes)
    alert = {
        "alertId": ALERT_ID,
        "alias": "checkout-p99",
        "message": "Checkout p99 above 2 s",
        "createdAt": int(MADE.timestamp() * 1000),
        "updatedAt": int(moment.timestamp() * 1000) * 1_000_000,
        "username": "sam@example.com",
        **fields,
    }
    body = json.dumps({"action": action, "alert": alert})
    data = Delivery(vendor=Vendor.OPSGENIE, headers={}, body=body, received_at=UNTIL)
    return DeliveryReceived(id=derived_id("t", body), source="/t", subject="opsgenie:1", time=UNTIL, data=data)


WEBHOOKS = (
    webhook("Create", 0, username="System"),
    webhook("Acknowledge", 2.01),
    webhook("AddNote", 6.02, note="It is the cache."),
    webhook("Close", 40.01, username="dana@example.com"),
)


@pytest.mark.integration
@pytest.mark.parametrize("webhooks_first", [True, False])
async def test_what_a_webhook_and_the_log_both_tell_is_one_entry(db: Database, webhooks_first: bool) -> None:
    for webhooks in (webhooks_first, not webhooks_first):
        if webhooks:
            await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, WEBHOOKS)
        else:
            await history.fetch(db, api(OPSGENIE), LISTED)
            await settle(db)

    kinds = [kind for kind, _ in await timeline(db) if kind != "on_call"]
    assert sorted(kinds) == sorted(kind for kind, _ in ALL)


@pytest.mark.integration
async def test_a_closed_alert_is_asked_for_by_the_pagers_own_id(db: Database) -> None:
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, WEBHOOKS)

    async with db.reading() as conn:
        due = await conn.fetch("SELECT DISTINCT vendor, vendor_id FROM history_due")
    assert [(row["vendor"], row["vendor_id"]) for row in due] == [("opsgenie", ALERT_ID)]


@pytest.mark.parametrize("dialect", [OPSGENIE, JSM], ids=["opsgenie", "jsm"])
async def test_alerts_are_listed_by_when_they_were_made(answers: respx.MockRouter, dialect: Dialect) -> None:
    base, items = (OPSGENIE_URL, "data") if dialect is OPSGENIE else (JSM_URL, "values")
    route = answers.get(f"{base}/alerts").respond(json={items: [ALERT]})

    assert [one.vendor_id async for one in api(dialect).created(SINCE, UNTIL)] == [ALERT_ID]
    asked = dict(route.calls[0].request.url.params)
    assert asked["query"] == f"createdAt >= {int(SINCE.timestamp())}000 AND createdAt < {int(UNTIL.timestamp())}000"
    assert [one.vendor_id async for one in api(dialect).unresolved()] == [ALERT_ID]


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (httpx.Response(429, headers={"x-ratelimit-period-in-sec": "30"}), 30.0),
        (httpx.Response(429, headers={"retry-after": "9"}), 9.0),
        (httpx.Response(429), 60.0),
        (httpx.Response(500), None),
        (httpx.Response(401), None),
        (httpx.Response(200, text="<html>"), None),
        (httpx.Response(200, json={"data": {"no": "id"}}), None),
        (httpx.ConnectError("refused"), None),
    ],
    ids=["429", "429 Retry-After", "429 without", "500", "401", "HTML", "no alert", "refused"],
)
async def test_whatever_is_no_use_is_tried_later(answers: respx.MockRouter, answer: Any, after: float | None) -> None:
    route = answers.get(f"{OPSGENIE_URL}/alerts/other")
    route.mock(**({"side_effect": answer} if isinstance(answer, Exception) else {"return_value": answer}))

    with pytest.raises(Retryable) as raised:
        await api(OPSGENIE).one("other")
    assert raised.value.after == after
    assert KEY.get_secret_value() not in str(raised.value)


async def test_an_alert_that_is_gone_has_no_history(answers: respx.MockRouter) -> None:
    answers.get(f"{OPSGENIE_URL}/alerts/gone").respond(404, json={"message": "Alert not found"})

    assert await api(OPSGENIE).one("gone") is None
    assert [page async for page in api(OPSGENIE).history(Listed("gone", "", "", {}))] == []


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="needs ../shared/samples, which is not beside this checkout")
def test_the_recorded_logs_and_notes_are_read_whole() -> None:
    alert = json.loads((SAMPLES / "alert.get.json").read_text())["data"]
    for kind in ("logs", "notes"):
        recorded = json.loads((SAMPLES / f"alert.{kind}.json").read_text())["data"]
        body = json.dumps({"alert": alert, kind: recorded})
        page = Delivery(vendor=Vendor.OPSGENIE, headers={FETCHED: kind}, body=body, received_at=UNTIL)
        assert [fact.text for fact in opsgenie_history.interpret(page)] == [one[kind[:-1]] for one in recorded]
