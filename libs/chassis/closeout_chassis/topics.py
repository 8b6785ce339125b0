"""The broker's topics, and how to reach the broker at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from closeout_chassis.errors import StartError
from closeout_chassis.kafka_security import client_security
from closeout_chassis.settings import KafkaSettings
from closeout_schemas.catalogue import MAX_RECORD_BYTES, Topic


async def create_topics(settings: KafkaSettings, topics: Sequence[Topic], plain: Sequence[str] = ()) -> list[str]:
    """Create what is missing of `topics`, and of the topics named in `plain` with one partition each.

    Topics that exist are left as they are. Returns the names of those that were made. Raises StartError with one line
    when no broker answers in time.
    """
    big = {"max.message.bytes": str(MAX_RECORD_BYTES)}
    wanted = [
        *(NewTopic(t.name, t.partitions, settings.replication_factor, topic_configs=t.settings()) for t in topics),
        *(NewTopic(name, 1, settings.replication_factor, topic_configs=big) for name in plain),
    ]
    admin = await connected_admin(settings)
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in existing]
        if missing:
            raise_errors(await admin.create_topics(missing))
        return [topic.name for topic in missing]
    finally:
        await admin.close()


async def list_topics(settings: KafkaSettings) -> list[str]:
    """The topics that the broker knows. Raises StartError when none answers in time."""
    admin = await connected_admin(settings)
    try:
        return list(await admin.list_topics())
    finally:
        await admin.close()


async def has_topic(settings: KafkaSettings, name: str) -> bool:
    """Whether the broker knows this topic. Asking for it by name would make it."""
    return name in await list_topics(settings)


def raise_errors(answer: Any) -> None:
    """Raise StartError where the broker did not make a topic, unless somebody else had."""
    for name, code, *message in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            why = message[0] if message else error.__name__
            raise StartError(f"The broker will not create the topic {name}: {why}")


async def connected_admin(settings: KafkaSettings) -> AIOKafkaAdminClient:
    """A client for the broker's own affairs, to be closed. Raises StartError when none answers in time."""
    deadline = time.monotonic() + settings.start_timeout_seconds
    while True:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=settings.bootstrap_servers, client_id="closeout", **client_security(settings)
        )
        try:
            await admin.start()
        except (KafkaError, OSError) as error:
            await admin.close()
            if time.monotonic() >= deadline:
                raise StartError(no_broker(settings, error)) from None
            await asyncio.sleep(0.1)
        else:
            return admin


def no_broker(settings: KafkaSettings, error: BaseException) -> str:
    """The one line that is printed where there is no broker."""
    return (
        f"No Kafka broker at {settings.bootstrap_servers} after {settings.start_timeout_seconds:g} s "
        f"({type(error).__name__}). Start it, or mend CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS."
    )
