"""The brokers that tests are given do what the chaos tests count on."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

pytestmark = pytest.mark.integration


async def publish(bootstrap: str, topic: str, value: bytes) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value, partition=0)


async def kept(bootstrap: str, topic: str) -> list[bytes]:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        found = await consumer.getmany(timeout_ms=3000)
    return [record.value for records in found.values() for record in records]


async def test_apache_kafka_keeps_its_records_over_kill_9_and_the_embedded_broker_does_not(own_broker: Any) -> None:
    bootstrap = own_broker.bootstrap
    await publish(bootstrap, "pages", b"page")
    os.kill(own_broker.pid, signal.SIGKILL)

    own_broker.start()

    assert own_broker.bootstrap == bootstrap
    assert await kept(bootstrap, "pages") == ([b"page"] if own_broker.name == "kafka" else [])
