"""What is said in an incident's channel is on its timeline, whichever of the two is heard of first."""

from __future__ import annotations

import asyncio
import hmac
import json
import random
import time
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from closeout_chassis.db import Database
from closeout_chassis.errors import SettingsError
from closeout_chassis.http_in import EXCEPTION_HANDLERS, Measured
from closeout_chassis.telemetry import Metrics
from closeout_chassis.testing import deliver, migrated, said
from closeout_ingest import api
from closeout_ingest.commands import Intake
from closeout_ingest.domain.channel import WAITS_AT_MOST
from closeout_ingest.handlers import Hearing, subscriptions
from closeout_ingest.settings import IngestSettings
from closeout_ingest.testing import delivery, event, incident, note
from closeout_schemas.catalogue import INCIDENTS, PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery, DeliveryReceived
from closeout_schemas.mapping import ChatMapping
from closeout_schemas.vocabulary import Vendor, derived_id

pytestmark = pytest.mark.integration

SECRET = "a-signing-secret"
HEARING = Hearing(ChatMapping())
MINUTE = timedelta(minutes=1)
BEGAN = datetime(2026, 11, 3, 3, 14, tzinfo=UTC)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


def ts(minute: int) -> str:
    return f"{int((BEGAN + minute * MINUTE).timestamp())}.000100"


def slack(channel: Any, minute: int, kind: str = "message", **fields: Any) -> Delivery:
    """Something happened in a channel so many minutes into the night."""
    inner = {"type": kind, "channel": channel, "user": "USAM", "ts": ts(minute), "event_ts": ts(minute), **fields}
    body = json.dumps({"type": "event_callback", "event": inner})
    return Delivery(vendor=Vendor.SLACK, headers={}, body=body, received_at=datetime.now(UTC))


def named(channel: str, name: str, minute: int = 1) -> Delivery:
    return slack({"id": channel, "name": name}, minute, "channel_created")


def page(number: int, event_type: str = "incident.triggered", at: str = "03:14", **fields: Any) -> Delivery:
    about = incident(id=f"Q{number}", number=number, **fields)
    return delivery(event(event_type, about, at=f"2026-11-03T{at}:00Z"))


def received(one: Delivery) -> DeliveryReceived:
    ident = derived_id("delivery", one.vendor, one.body)
    return DeliveryReceived(id=ident, source="/t", subject="t", time=one.received_at, data=one)


async def hear(db: Database, deliveries: Iterable[Delivery], hearing: Hearing = HEARING) -> None:
    await deliver(db, subscriptions(hearing), PAGER_DELIVERIES.name, [received(one) for one in deliveries])


async def entries(db: Database) -> list[tuple[str, str, str]]:
    """(incident, kind, text) of all that was said so far."""
    told = await said(db, INCIDENTS.name)
    return [(one.data.incident.vendor_id, one.data.entry.kind, one.data.entry.text) for one in told]


async def count_waiting(db: Database) -> int:
    async with db.reading() as conn:
        return int(await conn.fetchval("SELECT count(*) FROM uninterpreted WHERE waits_for IS NOT NULL"))


async def test_a_message_in_a_channel_that_is_named_for_an_incident_is_an_entry_of_its_timeline(db: Database) -> None:
    await hear(db, [page(7), named("C1", "inc-7-checkout"), slack("C1", 2, text="it is the cache")])

    assert await entries(db) == [
        ("Q7", "opened", "Checkout p99 above 2 s"),
        ("Q7", "channel_named", "inc-7-checkout"),
        ("Q7", "message", "it is the cache"),
    ]
    last = (await said(db, INCIDENTS.name))[-1]
    assert (last.data.entry.source, last.data.incident.vendor) == (Vendor.SLACK, Vendor.PAGERDUTY)
    assert [one.vendor_id for one in last.data.incident.responders] == ["PSAM", "USAM"]


async def test_what_is_said_before_the_incident_is_known_waits_and_is_told_then(db: Database) -> None:
    await hear(db, [slack("C1", 2, text="anybody else seeing this?"), named("C1", "inc-7")])
    assert await entries(db) == []
    assert await count_waiting(db) == 2

    await hear(db, [page(7)])
    await HEARING.link_channels(db)

    assert sorted(kind for _, kind, _ in await entries(db)) == ["channel_named", "message", "opened"]
    assert await count_waiting(db) == 0


async def test_an_edit_and_a_deletion_are_entries_of_their_own_and_the_first_words_stay(db: Database) -> None:
    edited = {"ts": ts(2), "user": "USAM", "text": "the queue", "edited": {"user": "USAM", "ts": ts(3)}}
    night = [
        page(7),
        named("C1", "inc-7"),
        slack("C1", 2, text="the cache"),
        slack("C1", 3, subtype="message_changed", message=edited),
        slack("C1", 4, subtype="message_deleted", deleted_ts=ts(2)),
    ]
    await hear(db, [*night, *night])

    assert [(kind, text) for _, kind, text in await entries(db)][2:] == [
        ("message", "the cache"),
        ("message_edited", "the queue"),
        ("message_deleted", ""),
    ]


async def test_a_channel_of_nobody_is_no_incident(db: Database) -> None:
    await hear(db, [page(7), named("C1", "general"), slack("C1", 2, text="lunch?"), slack("C2", 2, text="lunch!")])
    await HEARING.link_channels(db)

    assert [kind for _, kind, _ in await entries(db)] == ["opened"]
    assert await count_waiting(db) == 3


async def test_a_number_of_another_year_is_another_incident(db: Database) -> None:
    await hear(db, [page(7, created_at="2024-11-03T03:14:00Z"), named("C1", "inc-7"), slack("C1", 2, text="hello")])

    assert [kind for _, kind, _ in await entries(db)] == ["opened"]


async def test_the_mapping_file_says_whose_a_channel_is_that_has_another_name(db: Database) -> None:
    hearing = Hearing(ChatMapping(channels={"C1": "pagerduty:Q7"}))
    await hear(db, [slack("C1", 2, text="before it is known")], hearing)
    await hear(db, [page(7), slack("C1", 3, text="after")], hearing)

    assert sorted(text for _, kind, text in await entries(db) if kind == "message") == ["after", "before it is known"]


async def test_what_has_waited_for_two_weeks_is_forgotten(db: Database) -> None:
    old = datetime.now(UTC) - WAITS_AT_MOST - MINUTE
    await hear(db, [slack("C1", 2, text="old").model_copy(update={"received_at": old}), slack("C1", 3, text="new")])
    await HEARING.link_channels(db)

    assert await count_waiting(db) == 1


async def shape(db: Database, number: int) -> str:
    """All that is known of an incident, and its timeline in order, without what tells it from the others."""
    told = [one.data for one in await said(db, INCIDENTS.name) if one.data.incident.vendor_id == f"Q{number}"]
    last = max(told, key=lambda one: one.incident.revision).incident
    timeline = sorted((one.entry.occurred_at, one.entry.kind, one.entry.text[:4]) for one in told)
    about = last.model_dump(exclude={"id", "vendor_id", "number", "url"}, mode="json")
    return json.dumps([about, timeline], default=str)


async def test_any_order_and_repetition_ends_in_the_same_incident_and_timeline(db: Database) -> None:
    shapes = set()
    for number in range(1, 13):
        channel = f"C{number}"
        edited = {"ts": ts(2), "user": "USAM", "text": "the queue", "edited": {"user": "USAM", "ts": ts(5)}}
        by_note = note("rolled back", "2026-11-03T03:30:00Z", note_id=f"N{number}")
        by_note["event"]["data"]["incident"]["id"] = f"Q{number}"
        night = [
            page(number),
            page(number, "incident.acknowledged", "03:16", status="acknowledged"),
            page(number, "incident.resolved", "04:00", status="resolved"),
            delivery(by_note | {"event": by_note["event"] | {"id": f"note-{number}"}}),
            named(channel, f"inc-{number}-checkout"),
            slack(channel, 2, text="the cache"),
            slack(channel, 4, text="are you sure?", thread_ts=ts(2)),
            slack(channel, 5, subtype="message_changed", message=edited),
            slack(channel, 6, subtype="message_deleted", deleted_ts=ts(4)),
        ]
        chance = random.Random(number)
        shuffled = night if number == 1 else [*chance.sample(night, len(night)), *chance.sample(night, 3)]
        for one in shuffled:
            await hear(db, [one])
        await HEARING.link_channels(db)
        shapes.add(await shape(db, number))

    (only,) = shapes
    assert only.count("message") >= 4


def signed(body: bytes) -> dict[str, str]:
    now = str(int(time.time()))
    digest = hmac.digest(SECRET.encode(), f"v0:{now}:".encode() + body, "sha256").hex()
    return {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={digest}", "X-Slack-Retry-Num": "1"}


async def test_the_door_answers_slacks_challenge_and_keeps_its_events(db: Database) -> None:
    intake, metrics = Intake(db, 50), Metrics("ingest")
    running = asyncio.create_task(intake.run())
    doors = api.doors(IngestSettings(slack_secrets=(SecretStr(SECRET),)), intake, metrics)
    app = Measured(Starlette(exception_handlers=EXCEPTION_HANDLERS), metrics, doors)
    challenge = b'{"type": "url_verification", "challenge": "3eZbrw1aBm"}'
    body = slack("C1", 2, text="hello").raw_body()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door") as client:
        asked = await client.post("/webhooks/slack", content=challenge, headers=signed(challenge))
        forged = await client.post("/webhooks/slack", content=challenge)
        answers = [await client.post("/webhooks/slack", content=body, headers=signed(body)) for _ in range(2)]
    running.cancel()

    assert (asked.status_code, asked.text, forged.status_code) == (200, "3eZbrw1aBm", 401)
    assert [one.status_code for one in answers] == [202, 202]
    first, again = await said(db, PAGER_DELIVERIES.name)
    assert first.id == again.id
    assert isinstance(first, DeliveryReceived)
    assert first.data.headers["x-slack-retry-num"] == "1"


def test_a_mistake_in_the_mapping_file_is_said_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "closeout.yaml"
    file.write_text("chat:\n  names: [inc-]\n")
    with pytest.raises(SettingsError, match=r"closeout\.yaml:2"):
        _ = IngestSettings(mapping_file=file).mapping
    file.write_text("chat:\n  channels: {C1: pagerduty:Q7}\n")
    assert IngestSettings(mapping_file=file).mapping.chat.channels == {"C1": "pagerduty:Q7"}
