"""`closeout metrics rebuild`, over a real broker and a real database."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from closeout.broker import EmbeddedBroker
from closeout_chassis import testing
from closeout_chassis.bus import Publisher
from closeout_chassis.db import Database, Outgoing
from closeout_chassis.settings import KafkaSettings
from closeout_chassis.topics import create_topics
from closeout_metrics import testing as e
from closeout_metrics.handlers import subscriptions
from closeout_metrics.testing import BERLIN, TOPIC_OF
from closeout_schemas.catalogue import INCIDENTS, POSTMORTEMS, TICKETS
from closeout_schemas.vocabulary import TicketState

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
HISTORY = [
    e.incident("Q1", team="Payments"),
    e.published("Q1", items=2),
    e.committed(1, "Q1"),
    e.committed(2, "Q1"),
    e.ticket(TicketState.COMPLETED, 2, 1, "Q1"),
]


@pytest.fixture
def kafka(data_folder: Path) -> Iterator[KafkaSettings]:
    """A broker that holds nothing but the history, and a record that is none."""
    broker = EmbeddedBroker(data_folder)
    broker.start()
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap)
    asyncio.run(_fill(settings))
    yield settings
    broker.stop()


async def _fill(settings: KafkaSettings) -> None:
    await create_topics(settings, [INCIDENTS, POSTMORTEMS, TICKETS])
    publisher = Publisher(settings, "test")
    await publisher.start()
    records = [Outgoing(TOPIC_OF[type(one)], one.subject, one.model_dump_json().encode(), None) for one in HISTORY]
    await publisher.publish([*records, Outgoing(TICKETS.name, "x", b"no event", None)])
    await publisher.stop()


async def rebuild(kafka: KafkaSettings, database_url: str, folder: Path, *arguments: str) -> tuple[int, Any, str]:
    """The command, with the settings of this test only: its exit code, what it printed, and what it complained of."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLOSEOUT_")} | {
        "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "CLOSEOUT_DATABASE_URL": database_url,
        "CLOSEOUT_METRICS_TIME_ZONE": "Europe/Berlin",
    }
    command = [sys.executable, "-m", "closeout", "metrics", "rebuild", "--json", "--data", str(folder), *arguments]
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=150
    )
    return done.returncode, json.loads(done.stdout or "null"), done.stderr


async def shipped_says(db: Database) -> int:
    async with db.reading() as conn:
        count: int = await conn.fetchval("SELECT value FROM tally WHERE tally = 'shipped_now'")
        return count


async def test_numbers_that_went_wrong_are_mended_from_the_topics(
    kafka: KafkaSettings, database_url: str, tmp_path: Path
) -> None:
    async with testing.migrated(database_url, "metrics") as db:
        for event in HISTORY:
            await testing.deliver(db, subscriptions(BERLIN), TOPIC_OF[type(event)], [event])
        untouched, same, _ = await rebuild(kafka, database_url, tmp_path, "--check")
        async with db.transaction() as tx:
            await tx.conn.execute("UPDATE tally SET value = 40 WHERE tally = 'shipped_now'")
        differs, would, _ = await rebuild(kafka, database_url, tmp_path, "--check")
        assert await shipped_says(db) == 40
        done, mended, _ = await rebuild(kafka, database_url, tmp_path)
        shipped = await shipped_says(db)

    assert (untouched, differs, done) == (0, 3, 0)
    assert same == {
        "events": 6, "incidents": 1, "postmortems": 1, "action_items": 2, "differing": 0, "swapped": False,
    }  # fmt: skip
    assert (would["differing"], mended["differing"], mended["swapped"]) == (1, 1, True)
    assert shipped == 1


async def test_what_the_topics_have_forgotten_is_named_in_one_line(
    kafka: KafkaSettings, database_url: str, tmp_path: Path
) -> None:
    async with testing.migrated(database_url, "metrics") as db:
        await testing.deliver(db, subscriptions(BERLIN), INCIDENTS.name, [e.incident("older than a week")])
    refused, nothing, why = await rebuild(kafka, database_url, tmp_path)

    assert (refused, nothing) == (1, None)
    assert why.startswith("closeout: Of the incidents, postmortems and action items that are known, the topics do not")
    assert len(why.splitlines()) == 1
