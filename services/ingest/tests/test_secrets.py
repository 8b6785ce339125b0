"""No secret of ingest reaches a log, an error, a trace, a metric, an answer or a table, whatever comes back."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import typing
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import cycle

import httpx
import pytest
import respx
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest
from pydantic import SecretStr
from starlette.applications import Starlette

from closeout_chassis import telemetry
from closeout_chassis.db import Database
from closeout_chassis.http_in import EXCEPTION_HANDLERS, Measured
from closeout_chassis.settings import DatabaseSettings
from closeout_chassis.telemetry import Metrics
from closeout_chassis.testing import deliver, migrated
from closeout_ingest import api
from closeout_ingest.adapters.sources import SOURCES
from closeout_ingest.app import build
from closeout_ingest.commands import Intake
from closeout_ingest.handlers import SUBSCRIPTIONS
from closeout_ingest.settings import IngestSettings
from closeout_ingest.testing import delivery, event, incident
from closeout_schemas.cards import Card, RelatedFound
from closeout_schemas.catalogue import CARDS, NOTICES, PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery, DeliveryReceived
from closeout_schemas.notices import Notice, NoticeDue, NoticeKind, Recipient
from closeout_schemas.vocabulary import Vendor, derived_id

pytestmark = pytest.mark.integration


def secret_fields() -> dict[str, str]:
    """A secret of its own for each setting that is one."""
    found = {}
    for name, field in IngestSettings.model_fields.items():
        kinds = typing.get_args(field.annotation) or (field.annotation,)
        if SecretStr in kinds:
            found[name] = f"secret-of-{name.replace('_', '-')}-0123456789"
    return found


SECRETS = secret_fields()
VALUES = {
    name: (SecretStr(value),) if name.endswith("_secrets") else SecretStr(value) for name, value in SECRETS.items()
}
ADDRESSES = {
    "pagerduty_api_url": "https://pagerduty.example",
    "pagerduty_from": "sam@example.com",
    "opsgenie_api_url": "https://opsgenie.example/v2",
    "opsgenie_cards": True,
    "jsm_api_url": "https://jsm.example/v1",
    "jsm_api_user": "sam@example.com",
    "jsm_cards": True,
    "slack_api_url": "https://slack.example/api",
    "smtp_host": "127.0.0.1",
    "smtp_port": 1,
    "smtp_from": "closeout@example.com",
    "smtp_user": "closeout",
}


def spellings(secret: str) -> list[str]:
    """As it is, and as basic authentication and AUTH PLAIN spell it."""
    pairs = (secret, f"sam@example.com:{secret}", f"anybody:{secret}", f"\0closeout\0{secret}")
    return [secret, *(base64.b64encode(one.encode()).decode() for one in pairs)]


def test_every_secret_setting_is_tried() -> None:
    assert {"pagerduty_secrets", "slack_api_token", "jsm_api_token", "smtp_password"} <= SECRETS.keys()
    assert {f"{vendor}_secrets" for vendor in SOURCES} <= SECRETS.keys()


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "tracer", provider.get_tracer("test"))
    return exporter


async def something_to_do(db: Database) -> None:
    """Every loop has somebody to ask for something, or something to say."""
    now = datetime.now(UTC)
    nights = [event("incident.triggered", incident()), event("incident.resolved", incident(status="resolved"))]
    alert = {"alertId": "a-1", "alias": "x", "createdAt": 1793675640000, "updatedAt": 1793675650000000000}
    message = {"type": "message", "channel": "C1", "user": "U1", "text": "<@U2>", "ts": "1793675640.000100"}
    others = {
        Vendor.OPSGENIE: [{"action": "Create", "alert": alert}, {"action": "Close", "alert": alert}],
        Vendor.JSM: [{"action": "Create", "alert": alert}, {"action": "Close", "alert": alert}],
        Vendor.SLACK: [{"type": "event_callback", "event": message}],
    }
    heard = [delivery(body) for body in nights]
    heard += [
        Delivery(vendor=vendor, headers={}, body=json.dumps(body), received_at=now)
        for vendor, bodies in others.items()
        for body in bodies
    ]
    events = [
        DeliveryReceived(id=derived_id("t", one.vendor, one.body), source="/t", subject="t", time=now, data=one)
        for one in heard
    ]
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, events)
    soon = now + timedelta(hours=1)
    for vendor in (Vendor.PAGERDUTY, Vendor.OPSGENIE, Vendor.JSM):
        card = Card(
            incident_id=derived_id("i", vendor),
            vendor=vendor,
            vendor_id="Q1",
            text="x",
            postmortem_ids=(),
            worth_until=soon,
        )
        found = RelatedFound(id=derived_id("card", vendor), source="/t", subject="x", time=now, data=card)
        await deliver(db, SUBSCRIPTIONS, CARDS.name, [found])
    for name in ("a", "b"):
        sam = Recipient(name="Sam", email="sam@example.com", handles={Vendor.SLACK: "U1"} if name == "a" else {})
        notice = Notice(kind=NoticeKind.NUDGE, to=sam, subject="s", text="t", worth_until=soon)
        due = NoticeDue(id=derived_id("n", name), source="/t", subject="x", time=now, data=notice)
        await deliver(db, SUBSCRIPTIONS, NOTICES.name, [due])


async def everything_stored(db: Database) -> str:
    async with db.reading() as conn:
        tables = await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'ingest'")
        rows = [await conn.fetch(f"SELECT row_to_json(t)::text AS row FROM ingest.{t['tablename']} t") for t in tables]
    return "\n".join(row["row"] for found in rows for row in found)


async def test_no_secret_gets_out_by_what_ingest_asks_and_says(
    db: Database, database_url: str, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = IngestSettings(**{**VALUES, **ADDRESSES})  # type: ignore[arg-type]
    database = DatabaseSettings(url=SecretStr(database_url))
    service = build(settings.model_copy(update={"database": database}))
    await something_to_do(db)
    asked: list[str] = []
    statuses = cycle([401, 500, 403, 429, 200, 400])

    def echo(request: httpx.Request) -> httpx.Response:
        """What a proxy that has gone mad might answer: all that it was sent."""
        asked.append(request.url.host)
        told = {**dict(request.headers), "body": request.content.decode()}
        return httpx.Response(next(statuses), json={"ok": False, "error": str(told), "data": told, "message": told})

    errors = []
    await service._db.open()
    with respx.mock(assert_all_called=False) as router:
        router.route().mock(side_effect=echo)
        for _ in range(3):
            async with db.transaction() as tx:
                await tx.conn.execute("DELETE FROM api_pause")
                await tx.conn.execute("UPDATE notice SET next_at = now()")
                await tx.conn.execute("UPDATE saying SET next_at = now()")
            for loop in service._loops:
                if loop.name not in ("intake", "second intake", "housekeeping"):
                    try:
                        await loop.run()
                    except Exception as error:
                        logging.getLogger("test").exception("as the loop would log it")
                        errors.append(f"{loop.name}: {error!r}")
    await service._db.close()

    hosts = {"pagerduty.example", "opsgenie.example", "jsm.example", "slack.example"}
    assert hosts <= set(asked), f"nobody was asked at {hosts - set(asked)}"
    assert errors
    finished = [span.to_json() for span in spans.get_finished_spans()]
    assert finished
    everything = "\n".join([caplog.text, *errors, *finished, await everything_stored(db)])
    password = database_url.partition("@")[0].rpartition(":")[2]
    assert password not in everything
    leaked = [name for name, value in SECRETS.items() if any(one in everything for one in spellings(value))]
    assert leaked == []


async def test_no_secret_gets_out_at_the_door(
    db: Database, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.handler.addFilter(lambda record: not record.name.startswith(("httpx", "httpcore")))  # the sender's own log
    settings, metrics = IngestSettings(**VALUES), Metrics("ingest")  # type: ignore[arg-type]
    intake = Intake(db, 500)
    running = asyncio.create_task(intake.run())
    app = Measured(Starlette(exception_handlers=EXCEPTION_HANDLERS), metrics, api.doors(settings, intake, metrics))
    answers = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as sender:
        for vendor in SOURCES:
            secret = SECRETS[f"{vendor}_secrets"]
            basic = base64.b64encode(f"anybody:{secret}".encode()).decode()
            named = {
                "X-Gitlab-Token": secret,
                "X-Slack-Signature": secret,
                "X-PagerDuty-Signature": f"v1={secret}",
                "webhook-signature": f"v1,{secret}",
            }
            for headers in ({"Authorization": f"Bearer {secret}"}, {"Authorization": f"Basic {basic}"}, named):
                for body in (b"{", b"{}", b'{"event": {}}'):
                    answers.append(await sender.post(f"/webhooks/{vendor}", content=body, headers=headers))
            answers.append(await sender.post(f"/webhooks/{vendor}/{secret}", content=b"{}"))
    running.cancel()

    assert {202, 401} <= {answer.status_code for answer in answers}
    everything = "\n".join(
        [
            caplog.text,
            *(f"{answer.text} {dict(answer.headers)}" for answer in answers),
            *(span.to_json() for span in spans.get_finished_spans()),
            generate_latest(metrics.registry).decode(),
            await everything_stored(db),
        ]
    )
    leaked = [name for name, value in SECRETS.items() if any(one in everything for one in spellings(value))]
    assert leaked == []
