"""What the tests of every service need: a migrated database, and events delivered as the consumer delivers them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from pydantic import SecretStr

from closeout_chassis.bus import Record
from closeout_chassis.consume import Consumer, Subscription
from closeout_chassis.db import Database
from closeout_chassis.migrate import migrate
from closeout_chassis.settings import DatabaseSettings
from closeout_chassis.telemetry import Metrics
from closeout_schemas.catalogue import TOPICS
from closeout_schemas.envelope import Event

BY_NAME = {topic.name: topic for topic in TOPICS}


@asynccontextmanager
async def migrated(url: str, service: str) -> AsyncIterator[Database]:
    """The database at `url` with the service's schema, open as the service opens it."""
    settings = DatabaseSettings(url=SecretStr(url), start_timeout_seconds=60)
    await migrate(settings, [service])
    db = Database(settings, service)
    await db.open()
    try:
        yield db
    finally:
        await db.close()


async def deliver(db: Database, subscriptions: Sequence[Subscription], topic: str, events: Sequence[Event]) -> None:
    """Hand `events` to the service as one batch from the broker: decoded, deduplicated, in a transaction."""
    consumer = Consumer(db, subscriptions, f"closeout.{db.service}", Metrics(db.service))
    await consumer.on_records(
        [Record(topic, 0, n, one.subject, one.model_dump_json().encode(), None) for n, one in enumerate(events)]
    )


async def said(db: Database, topic: str | None = None) -> list[Event]:
    """What the service has said so far, in order; dead letters, which need not parse, left out."""
    async with db.reading() as conn:
        rows = await conn.fetch("SELECT topic, value FROM outbox ORDER BY seq")
    return [
        BY_NAME[row["topic"]].adapter.validate_json(row["value"])
        for row in rows
        if row["topic"] in BY_NAME and topic in (None, row["topic"])
    ]
