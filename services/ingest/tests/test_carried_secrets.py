"""Senders that do not sign: a secret in a header or in the path lets them in, and is kept nowhere."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client import generate_latest
from pydantic import SecretStr, ValidationError
from starlette.applications import Starlette

from closeout_chassis.db import Database
from closeout_chassis.http_in import EXCEPTION_HANDLERS, Measured
from closeout_chassis.telemetry import Metrics
from closeout_chassis.testing import deliver, migrated, said
from closeout_ingest import api
from closeout_ingest.commands import Intake
from closeout_ingest.handlers import SUBSCRIPTIONS
from closeout_ingest.settings import IngestSettings
from closeout_schemas.catalogue import INCIDENTS, PAGER_DELIVERIES
from closeout_schemas.deliveries import DeliveryReceived
from closeout_schemas.vocabulary import derived_id

pytestmark = pytest.mark.integration

SECRET = "a-very-long-secret-that-nobody-guesses"
NEXT = "the-next-very-long-secret-after-it"
BODY = json.dumps(
    {
        "groupKey": "{}:{}",
        "status": "firing",
        "alerts": [{"status": "firing", "labels": {"alertname": "Down"}, "startsAt": "2026-11-03T03:00:00Z"}],
    }
).encode()
SETTINGS = IngestSettings(
    **{f"{vendor}_secrets": (SecretStr(SECRET), SecretStr(NEXT)) for vendor in ("alertmanager", "opsgenie", "jsm")}
)


class Door:
    """A door of its own, and all that it says to the outside."""

    def __init__(self, intake: Intake, settings: IngestSettings = SETTINGS) -> None:
        self.metrics = Metrics("ingest")
        doors = api.doors(settings, intake, self.metrics)
        app = Measured(Starlette(exception_handlers=EXCEPTION_HANDLERS), self.metrics, doors)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://door")

    async def post(self, path: str = "/webhooks/alertmanager", **headers: str) -> httpx.Response:
        return await self.client.post(path, content=BODY, headers=headers)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


@pytest.fixture
async def door(db: Database) -> AsyncIterator[Door]:
    intake = Intake(db, 50)
    running = asyncio.create_task(intake.run())
    made = Door(intake)
    async with made.client:
        yield made
    running.cancel()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("vendor", ["alertmanager", "opsgenie", "jsm"])
@pytest.mark.parametrize("secret", [SECRET, NEXT], ids=["the old one", "the next one"])
async def test_a_secret_may_be_a_bearer_token_a_password_or_the_end_of_the_path(
    door: Door, vendor: str, secret: str
) -> None:
    path = f"/webhooks/{vendor}"
    answers = [
        await door.post(path, Authorization=f"Bearer {secret}"),
        await door.post(path, Authorization=basic("anybody", secret)),
        await door.post(f"{path}/{secret}"),
    ]

    assert [answer.status_code for answer in answers] == [202, 202, 202]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("", {}),
        ("/", {}),
        ("/not-the-secret", {}),
        (f"/{SECRET}x", {}),
        ("/%F0%9F%94%91", {}),
        ("", {"Authorization": "Bearer"}),
        ("", {"Authorization": f"Token {SECRET}"}),
        ("", {"Authorization": f"Bearer {SECRET[:-1]}"}),
        ("", {"Authorization": basic(SECRET, "")}),
        ("", {"Authorization": "Basic !!!"}),
        ("", {"Path-Token": SECRET}),
    ],
)
async def test_whoever_carries_none_of_our_secrets_is_refused(
    door: Door, db: Database, path: str, headers: dict[str, str]
) -> None:
    answer = await door.post(f"/webhooks/alertmanager{path}", **headers)

    assert answer.status_code == 401
    assert SECRET not in answer.text
    assert await said(db) == []


async def test_a_vendor_that_signs_has_no_secret_in_its_path(door: Door) -> None:
    assert (await door.post(f"/webhooks/pagerduty/{SECRET}")).status_code == 404
    assert (await door.post(f"/webhooks/alertmanager/more/{SECRET}")).status_code == 404


async def test_the_secret_reaches_no_log_no_metric_no_answer_and_no_record(
    door: Door, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.handler.addFilter(lambda record: not record.name.startswith("httpx"))  # the sender's own log
    wrong = SECRET[::-1]
    answers = [
        await door.post(f"/webhooks/alertmanager/{SECRET}"),
        await door.post(f"/webhooks/alertmanager/{wrong}"),
        await door.post(f"/webhooks/nobody/{SECRET}"),
        await door.post(Authorization=f"Bearer {SECRET}"),
    ]
    await db.close()
    answers.append(await door.post(f"/webhooks/alertmanager/{SECRET}"))

    assert [answer.status_code for answer in answers] == [202, 401, 404, 202, 503]
    everything = caplog.text + generate_latest(door.metrics.registry).decode() + "".join(one.text for one in answers)
    assert 'route="/webhooks/alertmanager"' in everything
    await db.open()
    everything += "".join(one.model_dump_json() for one in await said(db))
    for secret in (SECRET, wrong, base64.b64encode(SECRET.encode()).decode()):
        assert secret not in everything


async def test_a_notification_becomes_one_incident_in_the_tables_too(door: Door, db: Database) -> None:
    for _ in range(2):
        await door.post(Authorization=f"Bearer {SECRET}")
    deliveries = await said(db, PAGER_DELIVERIES.name)
    assert isinstance(deliveries[0], DeliveryReceived)
    over = json.loads(BODY) | {"status": "resolved"}
    over["alerts"][0] |= {"status": "resolved", "endsAt": "2026-11-03T03:30:00Z"}
    ended = deliveries[0].data.model_copy(update={"body": json.dumps(over)})
    later = deliveries[0].model_copy(update={"id": derived_id("test", "ended"), "data": ended})

    for batch in (deliveries, deliveries, [later]):
        await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, batch)

    told = await said(db, INCIDENTS.name)
    assert [one.data.entry.kind for one in told] == ["opened", "alert_fired", "alert_resolved", "resolved"]
    assert len({one.subject for one in told}) == 1


async def test_without_a_secret_the_door_is_shut_and_the_sender_keeps_it(db: Database) -> None:
    async with Door(Intake(db, 1), IngestSettings()).client as client:
        answer = await client.post(f"/webhooks/alertmanager/{SECRET}", content=BODY)

    assert answer.status_code == 503
    assert "CLOSEOUT_INGEST_ALERTMANAGER_SECRETS" in answer.json()["detail"]


def test_a_secret_that_could_be_guessed_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError, match="20 characters"):
        IngestSettings(alertmanager_secrets=(SecretStr("short"),))
