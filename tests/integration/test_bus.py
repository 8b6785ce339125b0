"""One suite for every broker that Closeout may run on: what is published is read, in order per key, at least once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewPartitions

from closeout_chassis.bus import Listener, OnRecords, Publisher, Record
from closeout_chassis.db import Outgoing
from closeout_chassis.errors import StartError
from closeout_chassis.settings import KafkaSettings
from closeout_chassis.topics import connected_admin, create_topics, has_topic
from closeout_schemas.catalogue import Topic
from closeout_schemas.incidents import IncidentEvent
from tests.topics import make_topics, until_shown

pytestmark = pytest.mark.integration


@pytest.fixture
async def topic(kafka: KafkaSettings) -> str:
    made = Topic(f"test.{uuid4().hex}", ("test",), ("test",), "any", "For a test.", IncidentEvent, partitions=3)
    await make_topics(kafka, [made])
    return made.name


@asynccontextmanager
async def listening(
    kafka: KafkaSettings, topic: str, on_records: OnRecords, group: str | None = None
) -> AsyncIterator[Listener]:
    listener = Listener(kafka, group or f"group-{uuid4().hex}", [topic], on_records)
    await listener.start()
    try:
        yield listener
    finally:
        await listener.stop()


class Heard:
    """Keeps what it hears; `until` waits for so many records."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._more = asyncio.Event()

    async def __call__(self, records: Sequence[Record]) -> None:
        self.records += records
        self._more.set()

    async def until(self, count: int, seconds: float = 60) -> list[Record]:
        async with asyncio.timeout(seconds):
            while len(self.records) < count:
                self._more.clear()
                await self._more.wait()
        return self.records


def numbered(topic: str, count: int, keys: int = 7) -> list[Outgoing]:
    return [Outgoing(topic, f"key-{n % keys}", str(n).encode(), None) for n in range(count)]


async def publish(kafka: KafkaSettings, records: Sequence[Outgoing]) -> None:
    publisher = Publisher(kafka, "test")
    await publisher.start()
    try:
        await publisher.publish(records)
    finally:
        await publisher.stop()


def in_order_per_key(records: Sequence[Record]) -> bool:
    last: dict[str, int] = {}
    for record in records:
        number = int(record.value)
        if number < last.get(record.key, -1):
            return False
        last[record.key] = number
    return True


async def test_what_is_published_is_heard_once_and_in_order_per_key(kafka: KafkaSettings, topic: str) -> None:
    heard = Heard()
    await publish(kafka, numbered(topic, 500))

    async with listening(kafka, topic, heard):
        records = await heard.until(500)

    assert sorted(int(record.value) for record in records) == list(range(500))
    assert in_order_per_key(records)


async def test_a_batch_whose_handler_raises_is_delivered_again_over_all_its_partitions(
    kafka: KafkaSettings, topic: str
) -> None:
    """FastStream 0.7.7 and before handled 20 of 60 here."""
    heard, failures = Heard(), 3
    await publish(kafka, numbered(topic, 60))

    async def failing_first(records: Sequence[Record]) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise RuntimeError("crashed before it was handled")
        await heard(records)

    async with listening(kafka, topic, failing_first):
        records = await heard.until(60)

    assert {int(record.value) for record in records} == set(range(60))
    assert in_order_per_key(records)


async def test_partitions_that_a_topic_has_not_had_before_are_heard_soon(
    kafka: KafkaSettings, any_broker: Any, topic: str
) -> None:
    if any_broker.name == "embedded":
        pytest.skip("The embedded broker adds no partitions; it has others after a restart, now and then.")
    heard = Heard()
    async with listening(kafka.model_copy(update={"embedded": True}), topic, heard) as listener:
        await listener.assignment.joined.wait()
        admin = await connected_admin(kafka)
        await admin.create_partitions({topic: NewPartitions(6)})
        await admin.close()
        await until_shown(kafka, {topic: 6})
        await publish(kafka, numbered(topic, 60, keys=60))

        # By itself the client would ask for them after five minutes.
        assert {record.partition for record in await heard.until(60)} == set(range(6))


async def test_a_group_goes_on_where_it_stopped(kafka: KafkaSettings, topic: str) -> None:
    group, first, second = f"group-{uuid4().hex}", Heard(), Heard()
    await publish(kafka, numbered(topic, 10))
    async with listening(kafka, topic, first, group):
        await first.until(10)

    await publish(kafka, [Outgoing(topic, "key-0", b"10", None)])
    async with listening(kafka, topic, second, group):
        await second.until(1, seconds=60)

    assert [record.value for record in second.records] == [b"10"]


async def test_what_was_not_handled_when_a_consumer_died_is_heard_by_the_next(kafka: KafkaSettings, topic: str) -> None:
    group, heard = f"group-{uuid4().hex}", Heard()
    await publish(kafka, numbered(topic, 5))
    began = asyncio.Event()

    async def never_ends(_records: Sequence[Record]) -> None:
        began.set()
        await asyncio.sleep(3600)

    dying = Listener(kafka, group, [topic], never_ends)
    await dying.start()
    await began.wait()
    stopping = asyncio.create_task(dying.stop())
    async with listening(kafka, topic, heard, group):
        records = await heard.until(5, seconds=60)
    stopping.cancel()

    assert {int(record.value) for record in records} == set(range(5))


async def test_headers_that_are_no_text_and_records_without_value_do_not_stop_the_consumer(
    kafka: KafkaSettings, topic: str
) -> None:
    heard = Heard()
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers)
    await producer.start()
    no_text = [("x", b"\xff\xfe"), ("traceparent", b"\xff\x00")]
    await producer.send_and_wait(topic, b"1", key=b"\xffk\x00", headers=no_text)
    await producer.send_and_wait(topic, None, key=b"")
    await producer.send_and_wait(topic, b"3", headers=[("traceparent", b"00-a-b-01")])
    await producer.stop()

    async with listening(kafka, topic, heard):
        records = await heard.until(2)

    by_value = {record.value: record for record in records}
    assert set(by_value) == {b"1", b"3"}
    assert by_value[b"3"].traceparent == "00-a-b-01"
    assert (by_value[b"1"].key, by_value[b"1"].traceparent) == ("\ufffdk", "\ufffd")  # as PostgreSQL can keep them


async def test_a_record_of_eight_megabytes_less_a_bit_passes(kafka: KafkaSettings, topic: str) -> None:
    heard, large = Heard(), b"x" * (8 * 1024 * 1024 - 4096)
    await publish(kafka, [Outgoing(topic, "k", large, None), Outgoing(topic, "k", b"after", None)])

    async with listening(kafka, topic, heard):
        records = await heard.until(2)

    assert [len(record.value) for record in records] == [len(large), 5]


async def test_topics_are_created_once_and_left_alone_afterwards(kafka: KafkaSettings) -> None:
    made = Topic(f"test.{uuid4().hex}", ("test",), ("test",), "any", "For a test.", IncidentEvent)

    assert not await has_topic(kafka, made.name)
    assert await create_topics(kafka, [made]) == [made.name]
    await until_shown(kafka, {made.name: made.partitions})
    assert await create_topics(kafka, [made]) == []
    assert await has_topic(kafka, made.name)


async def test_no_broker_is_one_clear_line() -> None:
    nowhere = KafkaSettings(bootstrap_servers="127.0.0.1:1", start_timeout_seconds=0.3)

    with pytest.raises(StartError) as error:
        await create_topics(nowhere, [])

    assert "No Kafka broker at 127.0.0.1:1" in str(error.value)
    assert "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS" in str(error.value)
    assert "\n" not in str(error.value)
