"""What was taken out of a timeline is taken out of raw deliveries too, also when the pager tells it again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from closeout_chassis.db import Database
from closeout_chassis.testing import deliver, migrated, said
from closeout_ingest import history
from closeout_ingest.handlers import SUBSCRIPTIONS
from closeout_ingest.redacting import forget
from closeout_ingest.testing import NIGHT, delivery, event, incident, note
from closeout_judgement.people import Named
from closeout_schemas.catalogue import INCIDENTS, PAGER_DELIVERIES, REDACTIONS
from closeout_schemas.deliveries import DeliveryReceived
from closeout_schemas.redactions import EntryRedacted, Redaction
from closeout_schemas.vocabulary import derived_id

from .test_history import Scripted, listed, settle

pytestmark = pytest.mark.integration
SECRET = 'the "break-glass" token is Kx7-Ünter/42'
OPENED = event("incident.triggered", incident(title="Checkout answers 502"), at="2026-11-03T03:14:00Z", agent=None)
PASTED = note(SECRET, "2026-11-03T03:20:00Z")
OTHER = note("It is the cache.", "2026-11-03T03:25:00Z", note_id="N2")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


async def webhooks_arrive(db: Database) -> None:
    """They stand in the outbox, as the door puts them there, and are read."""
    received = [
        DeliveryReceived(
            id=derived_id("t", json.dumps(body)), source="/t", subject="pagerduty:Q1", time=NIGHT, data=delivery(body)
        )
        for body in (OPENED, PASTED, OTHER)
    ]
    async with db.transaction() as tx:
        for one in received:
            tx.publish(PAGER_DELIVERIES, one)
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, received)


async def redact(db: Database, **more: str) -> None:
    told = next(one.data for one in await said(db, INCIDENTS.name) if one.data.entry.kind == "note")
    data = Redaction(
        incident_id=told.incident.id,
        entry_id=told.entry.id,
        what="secret",
        why="A token was pasted",
        by="Robin",
        redacted_at=NIGHT,
        **more,
    )
    one = EntryRedacted(
        id=derived_id("r"), source="/closeout/review", subject=str(data.incident_id), time=NIGHT, data=data
    )
    await deliver(db, SUBSCRIPTIONS, REDACTIONS.name, [one])


async def everything_kept(db: Database) -> str:
    async with db.reading() as conn:
        rows = await conn.fetch("SELECT convert_from(value, 'UTF8') AS kept FROM outbox ORDER BY seq")
        states = await conn.fetch("SELECT state::text AS kept FROM incident")
    return "\n".join(row["kept"] for row in [*rows, *states])


async def test_raw_deliveries_lose_the_words_and_nothing_else(db: Database) -> None:
    await webhooks_arrive(db)
    assert "Kx7-" in await everything_kept(db)

    await redact(db)

    kept = await everything_kept(db)
    assert "Kx7-" not in kept
    assert "break-glass" not in kept
    deliveries = [one.data for one in await said(db, PAGER_DELIVERIES.name)]
    assert [json.loads(one.body) for one in deliveries][0::2] == [OPENED, OTHER]
    assert json.loads(deliveries[1].body)["event"]["data"]["content"] == "[redacted]"
    async with db.reading() as conn:
        (stone,) = await conn.fetch("SELECT why, by FROM redaction")
    assert tuple(stone) == ("A token was pasted", "Robin")


async def test_a_pager_that_is_asked_again_does_not_bring_the_words_back(db: Database) -> None:
    await webhooks_arrive(db)
    await redact(db)
    pager = Scripted(notes=[{"id": "N1", "user": None, "content": SECRET, "created_at": "2026-11-03T03:20:00Z"}])

    await history.fetch(db, pager, listed())
    assert "Kx7-" in await everything_kept(db)
    await settle(db)

    assert "Kx7-" not in await everything_kept(db)


async def test_a_pager_that_is_asked_later_brings_nobody_back_who_was_forgotten(db: Database) -> None:
    await webhooks_arrive(db)
    somebody = Named(("Sam Oncall",), handles=(("pagerduty", "PSAM"),), stand_in="forgotten-1")
    async with db.transaction() as tx:
        add = "INSERT INTO forgotten (digest, stand_in) SELECT unnest($1::bytea[]), 'forgotten-1'"
        await tx.conn.execute(add, list(somebody.digests()))
        cells = await forget(tx, somebody)
    assert cells["outbox"] > 0
    assert "Sam Oncall" not in await everything_kept(db)
    sam = {"id": "PSAM", "type": "user_reference", "summary": "Sam Oncall"}
    more = {"id": "N7", "user": sam, "content": "Sam Oncall: it is better", "created_at": "2026-11-03T03:30:00Z"}

    await history.fetch(db, Scripted(notes=[more]), listed())
    await settle(db)

    kept = await everything_kept(db)
    assert "Sam Oncall" not in kept
    assert "PSAM" not in kept
    assert "a forgotten person: it is better" in kept


async def test_an_incident_is_called_from_now_on_what_review_calls_it(db: Database) -> None:
    await webhooks_arrive(db)

    await redact(db, title="Checkout answers [redacted]")

    assert '"title":"Checkout answers [redacted]"' in (await everything_kept(db)).rpartition("\n")[2]


async def test_an_old_card_keeps_no_words_and_is_said_no_second_time(db: Database) -> None:
    await webhooks_arrive(db)
    add = (
        "INSERT INTO saying (id, vendor, vendor_id, text, worth_until, said_at, incident_vendor)"
        " VALUES (gen_random_uuid(), 'pagerduty', $1, 'ended by: a quote', now(), $2::timestamptz, 'pagerduty')"
    )
    async with db.transaction() as tx:
        for vendor_id, days in (("QOLD", 8), ("QNEW", 1)):
            await tx.conn.execute(add, vendor_id, datetime.now(UTC) - timedelta(days=days))

    await redact(db)

    async with db.reading() as conn:
        rows = await conn.fetch("SELECT vendor_id, text, said_at IS NOT NULL AS said FROM saying ORDER BY vendor_id")
    assert [tuple(row) for row in rows] == [("QNEW", "ended by: a quote", True), ("QOLD", "", True)]
