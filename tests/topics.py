"""Topics for a test, on any broker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient

from closeout_chassis.settings import KafkaSettings
from closeout_chassis.topics import connected_admin, create_topics, list_topics
from closeout_schemas.catalogue import Topic

# Apache Kafka took up to 6 s on a busy machine: https://github.com/twmb/franz-go/pull/1430
SHOWN_WITHIN_SECONDS = 60


async def make_topics(kafka: KafkaSettings, topics: Sequence[Topic], plain: Sequence[str] = ()) -> None:
    """Make them, and return when the broker shows each with its partitions."""
    await create_topics(kafka, topics, plain)
    await until_shown(kafka, {**{topic.name: topic.partitions for topic in topics}, **dict.fromkeys(plain, 1)})


async def until_shown(kafka: KafkaSettings, partitions: dict[str, int]) -> None:
    admin = await connected_admin(kafka)
    try:
        async with asyncio.timeout(SHOWN_WITHIN_SECONDS):
            while partitions.items() - (await _shown(admin, list(partitions))).items():
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def until_gone(kafka: KafkaSettings, names: Sequence[str]) -> None:
    async with asyncio.timeout(SHOWN_WITHIN_SECONDS):
        while set(names) & set(await list_topics(kafka)):
            await asyncio.sleep(0.05)


async def _shown(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, int]:
    known = set(await admin.list_topics())
    described = await admin.describe_topics([name for name in names if name in known])
    return {
        topic["topic"]: sum(not partition["error_code"] for partition in topic["partitions"]) for topic in described
    }
