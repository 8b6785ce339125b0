"""Opsgenie's incidents stand above its alerts: read by REST, told once, together with the alerts that call for them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx
from pydantic import SecretStr

from closeout_chassis.db import Database
from closeout_chassis.testing import deliver, migrated, said
from closeout_ingest import history
from closeout_ingest.adapters.opsgenie_api import OPSGENIE, AlertApi, genie_key
from closeout_ingest.handlers import SUBSCRIPTIONS
from closeout_schemas.catalogue import DIRECTORY, INCIDENTS, PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery, DeliveryReceived
from closeout_schemas.vocabulary import IncidentStatus, Severity, Vendor, derived_id

pytestmark = pytest.mark.integration

URL, V1 = "https://opsgenie.example/v2", "https://opsgenie.example/v1"
INCIDENT_ID, SERVICE_ID = "70413a06-38d6-4c85-92b8-5ebc900d42e2", "801396c2-fb83-4a4e-a0ac-8a9d2e2f6d0b"
MADE = datetime.now(UTC).replace(microsecond=0)
OPEN = {
    "id": INCIDENT_ID,
    "tinyId": "1791",
    "message": "Our servers are in danger",
    "status": "open",
    "priority": "P1",
    "ownerTeam": "T-PAY",
    "impactedServices": [SERVICE_ID],
    "createdAt": MADE.isoformat(),
    "updatedAt": MADE.isoformat(),
    "links": {"web": "https://acme.app.opsgenie.com/incident/detail/1791"},
}


def call_of(kind: str) -> Delivery:
    """A webhook of an alert by which the incident, or somebody beside it, calls for a team."""
    details = {"incident-id": INCIDENT_ID, "incident-alert-type": kind}
    at = int(MADE.timestamp())
    alert = {"alertId": f"{kind}-1", "alias": f"{kind}-alias", "message": "[Incident] Our servers are in danger"}
    times = {"createdAt": at * 1000, "updatedAt": at * 10**9}
    body = json.dumps({"action": "Create", "alert": {**alert, **times, "details": details}})
    return Delivery(vendor=Vendor.OPSGENIE, headers={}, body=body, received_at=MADE)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


@pytest.fixture
async def api() -> AsyncIterator[AlertApi]:
    opened = AlertApi(OPSGENIE, URL, genie_key(SecretStr("a-very-secret-key")))
    yield opened
    await opened.close()


@pytest.fixture
def answers() -> Iterator[dict[str, Any]]:
    state: dict[str, Any] = {"incident": OPEN}
    with respx.mock(assert_all_called=False) as router:
        router.get(f"{URL}/alerts").respond(json={"data": []})
        router.get(url__startswith=f"{V1}/incidents/?").mock(
            side_effect=lambda _: httpx.Response(200, json={"data": [state["incident"]]})
        )
        router.get(f"{V1}/services/{SERVICE_ID}").respond(json={"data": {"id": SERVICE_ID, "name": "checkout"}})
        router.get(f"{URL}/teams").respond(json={"data": [{"id": "T-PAY", "name": "Payments"}]})
        schedules = [{"id": "S1", "name": "Payments primary", "ownerTeam": {"id": "T-PAY"}}, {"id": "S2", "name": "x"}]
        router.get(f"{URL}/schedules").respond(json={"data": schedules})
        router.get(url__startswith=f"{V1}/services?").respond(
            json={"data": [{"id": SERVICE_ID, "name": "checkout", "teamId": "T-PAY"}]}
        )
        yield state


async def hear(db: Database, *deliveries: Delivery) -> None:
    heard = [
        DeliveryReceived(id=derived_id("t", one.body), source="/t", subject="x:1", time=MADE, data=one)
        for one in deliveries
    ]
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, heard)


async def asked(db: Database, api: AlertApi) -> None:
    await history.reconcile(db, api)
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, await said(db, PAGER_DELIVERIES.name))


async def test_an_incident_is_found_by_asking_and_told_once(
    db: Database, api: AlertApi, answers: dict[str, Any]
) -> None:
    for _ in range(2):
        await asked(db, api)
    answers["incident"] = OPEN | {"status": "resolved", "updatedAt": datetime.now(UTC).isoformat()}
    await asked(db, api)

    told = await said(db, INCIDENTS.name)
    assert [one.data.entry.kind for one in told] == ["opened", "resolved"]
    last = told[-1].data.incident
    assert (last.vendor, last.vendor_id, last.number) == (Vendor.OPSGENIE, INCIDENT_ID, 1791)
    assert (last.status, last.severity) == (IncidentStatus.RESOLVED, Severity.SEV1)
    assert last.service is not None
    assert last.service.name == "checkout"
    assert [team.name for team in last.teams] == ["T-PAY"]
    assert last.url == "https://acme.app.opsgenie.com/incident/detail/1791"


@pytest.mark.parametrize("first", ["the webhook", "the API"])
async def test_the_alert_by_which_an_incident_calls_is_told_as_part_of_it(
    db: Database, api: AlertApi, answers: dict[str, Any], first: str
) -> None:
    calls = [call_of("Owner"), call_of("Responder")]
    if first == "the webhook":
        await hear(db, *calls)
        await asked(db, api)
    else:
        await asked(db, api)
        await hear(db, *calls)

    told = await said(db, INCIDENTS.name)
    assert {one.data.incident.vendor_id for one in told} == {INCIDENT_ID}


async def test_an_alert_that_was_only_associated_stays_an_incident_of_its_own(db: Database) -> None:
    await hear(db, call_of("Associated"))

    (opened,) = await said(db, INCIDENTS.name)
    assert opened.data.incident.vendor_id == "Associated-1"


@respx.mock
async def test_an_account_without_incidents_has_its_alerts_read_all_the_same(db: Database, api: AlertApi) -> None:
    respx.get(f"{URL}/alerts").respond(json={"data": []})
    respx.get(url__startswith=f"{V1}/incidents/").respond(403)

    await history.reconcile(db, api)

    assert await said(db, PAGER_DELIVERIES.name) == []


async def test_opsgenies_services_are_read_with_their_teams_and_schedules(
    db: Database, api: AlertApi, answers: dict[str, Any]
) -> None:
    await history.describe_services(db, api)

    (service,) = [one.data for one in await said(db, DIRECTORY.name)]
    assert (service.name, service.teams, service.schedules) == ("checkout", ("Payments",), ("Payments primary",))
