"""The brokers that tests are given do what the chaos tests count on."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from closeout_chassis.settings import KafkaSettings
from closeout_chassis.topics import list_topics
from tests.topics import make_topics

pytestmark = pytest.mark.integration


async def publish(bootstrap: str, topic: str, value: bytes) -> None:
    await make_topics(KafkaSettings(bootstrap_servers=bootstrap), (), [topic])
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value, partition=0)


async def kept(bootstrap: str, topic: str) -> list[bytes]:
    if topic not in await list_topics(KafkaSettings(bootstrap_servers=bootstrap)):
        return []
    partition, found = TopicPartition(topic, 0), list[bytes]()
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        while await consumer.position(partition) < end:
            found += [record.value for record in (await consumer.getmany(partition, timeout_ms=200)).get(partition, [])]
    return found


async def test_apache_kafka_keeps_its_records_over_kill_9_and_the_embedded_broker_does_not(own_broker: Any) -> None:
    bootstrap = own_broker.bootstrap
    await publish(bootstrap, "pages", b"page")
    os.kill(own_broker.pid, signal.SIGKILL)

    own_broker.start()

    assert own_broker.bootstrap == bootstrap
    assert await kept(bootstrap, "pages") == ([b"page"] if own_broker.name == "kafka" else [])
