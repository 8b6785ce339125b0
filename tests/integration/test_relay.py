"""The relay on a real Postgres and real brokers: in order per key, nothing lost, whoever leads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import MessageSizeTooLargeError, TopicAuthorizationFailedError
from aiokafka.protocol.produce import ProduceRequest
from pydantic import SecretStr

from closeout_chassis import relay
from closeout_chassis.db import AWAY, Database, Outgoing
from closeout_chassis.loops import Turns
from closeout_chassis.migrate import migrate
from closeout_chassis.relay import Relay
from closeout_chassis.settings import DatabaseSettings, KafkaSettings
from closeout_chassis.telemetry import Metrics
from closeout_chassis.testing import migrated
from closeout_ingest.commands import Intake
from closeout_schemas.catalogue import MAX_RECORD_BYTES, Topic
from closeout_schemas.incidents import IncidentEvent
from tests.integration.test_bus import Heard, in_order_per_key, listening, numbered
from tests.topics import make_topics

pytestmark = pytest.mark.integration

LED = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


@pytest.fixture
async def topic(kafka: KafkaSettings) -> str:
    made = Topic(f"test.{uuid4().hex}", ("test",), ("test",), "any", "For a test.", IncidentEvent, partitions=3)
    await make_topics(kafka, [made])
    return made.name


@asynccontextmanager
async def relaying(db: Database, kafka: KafkaSettings) -> AsyncIterator[None]:
    running = asyncio.create_task(Relay(db, kafka, Metrics("ingest")).run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def say(db: Database, records: list[Outgoing]) -> None:
    async with db.transaction() as tx:
        for record in records:
            tx.send(record)


async def say_in_the_end(db: Database, records: list[Outgoing]) -> None:
    for _ in range(20):
        try:
            return await say(db, records)
        except AWAY:
            await asyncio.sleep(0.05)
    raise AssertionError("the database did not come back")


async def say_and_fail(db: Database, record: Outgoing) -> None:
    async with db.transaction() as tx:
        tx.send(record)
        raise RuntimeError


async def waiting(db: Database) -> int:
    async with db.reading() as conn:
        return int(await conn.fetchval("SELECT count(*) FROM outbox_waiting"))


async def until_none_waits(db: Database, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while await waiting(db):
            await asyncio.sleep(0.02)


async def test_what_was_committed_is_published_in_order_and_what_rolled_back_is_not(
    db: Database, kafka: KafkaSettings, topic: str
) -> None:
    heard = Heard()
    async with listening(kafka, topic, heard), relaying(db, kafka):
        await say(db, numbered(topic, 100))
        with pytest.raises(RuntimeError):
            await say_and_fail(db, Outgoing(topic, "key-0", b"9999", None))
        await until_none_waits(db)
        records = await heard.until(100)

    assert sorted(int(record.value) for record in records) == list(range(100))
    assert in_order_per_key(records)


async def test_behind_a_record_that_could_not_be_written_none_of_its_key_is(
    db: Database, kafka: KafkaSettings, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three that are too large for one request together; the broker refuses the first of them once."""
    send, refused = AIOKafkaClient.send, False

    async def refusing_once(self: AIOKafkaClient, node: Any, request: Any, **more: Any) -> Any:
        nonlocal refused
        if isinstance(request, ProduceRequest) and not refused:
            refused = True
            raise TopicAuthorizationFailedError(topic)
        return await send(self, node, request, **more)

    monkeypatch.setattr(AIOKafkaClient, "send", refusing_once)
    heard = Heard()
    async with listening(kafka, topic, heard), relaying(db, kafka):
        await say(db, [Outgoing(topic, "key", bytes([n]) * 200_000, None) for n in range(3)])
        await until_none_waits(db)
        await heard.until(3)

    assert refused
    assert list(dict.fromkeys(record.value[0] for record in heard.records)) == [0, 1, 2]


async def test_a_record_that_no_broker_takes_is_a_dead_letter_and_nothing_waits_behind_it(
    db: Database, kafka: KafkaSettings, topic: str, any_broker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if any_broker.name == "embedded":  # it has no limit of size
        monkeypatch.setattr(AIOKafkaProducer, "send_batch", _limited(AIOKafkaProducer.send_batch))
    heard, large = Heard(), Outgoing(topic, "key-1", b"x" * (MAX_RECORD_BYTES + 1), "00-a-b-01")
    async with listening(kafka, topic, heard), relaying(db, kafka):
        await say(db, [*numbered(topic, 8), large, *numbered(topic, 16)[8:]])
        await until_none_waits(db)
        await heard.until(16)
        async with db.reading() as conn:
            dead = await conn.fetch("SELECT topic, key, value, traceparent, reason, detail FROM dead_letter")

    assert [int(record.value) for record in heard.records if record.key == "key-1"] == [1, 8, 15]
    assert len(heard.records) == 16, "what was taken is not sent again"
    assert [tuple(one)[:5] for one in dead] == [(*large, "too_large")]
    assert str(MAX_RECORD_BYTES + 1) in dead[0]["detail"]


def _limited(send: Any) -> Any:
    """As Apache Kafka does it: a batch that is too large is answered with an error."""

    async def sending(self: AIOKafkaProducer, batch: Any, topic: str, *, partition: int) -> Any:
        if batch.size() <= MAX_RECORD_BYTES:
            return await send(self, batch, topic, partition=partition)
        answer = asyncio.get_running_loop().create_future()
        answer.set_exception(MessageSizeTooLargeError())
        return answer

    return sending


async def test_two_relays_keep_the_order_because_one_leads(db: Database, kafka: KafkaSettings, topic: str) -> None:
    heard = Heard()
    async with listening(kafka, topic, heard), relaying(db, kafka), relaying(db, kafka):
        for part in range(0, 300, 10):
            await say(db, numbered(topic, 300)[part : part + 10])
        records = await heard.until(300)

    assert sorted(int(record.value) for record in records) == list(range(300))
    assert in_order_per_key(records)


async def test_another_relay_takes_over_when_the_leader_goes(db: Database, kafka: KafkaSettings, topic: str) -> None:
    heard = Heard()
    async with listening(kafka, topic, heard), relaying(db, kafka):
        async with relaying(db, kafka):
            await say(db, numbered(topic, 10))
            await until_none_waits(db)
        await say(db, numbered(topic, 20)[10:])
        records = await heard.until(20)

    assert {int(record.value) for record in records} == set(range(20))


async def test_a_lost_database_connection_only_delays(
    db: Database, database_url: str, kafka: KafkaSettings, topic: str
) -> None:
    heard = Heard()
    async with listening(kafka, topic, heard), relaying(db, kafka):
        await say(db, numbered(topic, 5))
        await until_none_waits(db)
        owner = await asyncpg.connect(database_url)
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await owner.close()
        await say_in_the_end(db, numbered(topic, 10)[5:])
        records = await heard.until(10)

    assert {int(record.value) for record in records} == set(range(10))


async def test_records_wait_while_the_broker_is_away(db: Database) -> None:
    nowhere = KafkaSettings(bootstrap_servers="127.0.0.1:1", start_timeout_seconds=1)
    async with relaying(db, nowhere):
        await say(db, numbered("closeout.test", 3))
        await asyncio.sleep(0.5)

        assert await waiting(db) == 3


async def test_publishing_wakes_the_relay(
    db: Database, kafka: KafkaSettings, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the notification: the poll behind it would come after an hour."""
    monkeypatch.setattr(relay, "POLL_SECONDS", 3600)
    heard = Heard()
    async with listening(kafka, topic, heard), relaying(db, kafka):
        for number in range(20):
            await say(db, numbered(topic, 20)[number : number + 1])
            await until_none_waits(db)
        records = await heard.until(20)

    assert [int(record.value) for record in records if record.key == "key-0"] == [0, 7, 14]
    assert {int(record.value) for record in records} == set(range(20))


async def test_a_try_to_lead_that_fails_keeps_no_other_from_it(
    db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of our own: the next try may get another connection of the pool."""

    has_tried = asyncio.Event()

    async def deaf(*_: object) -> None:
        has_tried.set()
        raise TimeoutError

    monkeypatch.setattr(asyncpg.Connection, "add_listener", deaf)
    monkeypatch.setattr(relay, "LONGEST_DELAY_SECONDS", 3600)
    monkeypatch.setattr(relay, "FIRST_DELAY_SECONDS", 3600)
    owner = await asyncpg.connect(database_url)
    nowhere = KafkaSettings(bootstrap_servers="127.0.0.1:1", start_timeout_seconds=1)
    async with relaying(db, nowhere), asyncio.timeout(60):
        await has_tried.wait()
        while await owner.fetchval(LED):
            await asyncio.sleep(0.02)
        assert not await owner.fetchval(LED), "it waits an hour, and has not tried again"
    await owner.close()


async def test_the_fewest_connections_that_may_be_set_are_enough_for_what_ingest_holds(
    database_url: str, broker: Any
) -> None:
    fewest = next(one.ge for one in DatabaseSettings.model_fields["pool_size"].metadata if hasattr(one, "ge"))
    settings = DatabaseSettings(url=SecretStr(database_url), pool_size=fewest)
    await migrate(settings, ["ingest"])
    db = Database(settings, "ingest")
    await db.open()
    turns = Turns(db)
    intake = Intake(db, 10)
    held = [asyncio.create_task(intake.run()) for _ in range(2)]
    try:
        assert await turns.take("any")
        async with relaying(db, KafkaSettings(bootstrap_servers=broker.bootstrap)):
            owner = await asyncpg.connect(database_url)
            async with asyncio.timeout(60):
                while await owner.fetchval(LED) < 2:  # the turn is one, the lead another
                    await asyncio.sleep(0.02)
            await owner.close()

            assert await db.is_there()
    finally:
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        await turns.close()
        await db.close()
