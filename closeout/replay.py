"""Reading topics from their beginning, outside of any consumer group: nobody's offsets move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from closeout_chassis.errors import StartError
from closeout_chassis.kafka_security import client_security
from closeout_chassis.settings import KafkaSettings
from closeout_chassis.topics import no_broker

# The embedded broker's end offsets read too low: a topic is read to its end when nothing more comes for so long.
QUIET_MS = 1500


class Reader:
    """Topics, from wherever they were read to until now."""

    def __init__(self, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
        self._consumer = consumer
        self._partitions = partitions
        self.seen = 0

    async def skip(self) -> None:
        """Leave out what is there already."""
        await self._consumer.seek_to_end(*self._partitions)

    async def to_the_end(self) -> AsyncIterator[dict[str, list[bytes]]]:
        """What has not been read yet, in batches, by topic; in the order of each partition."""
        ends = await self._consumer.end_offsets(self._partitions) if self._partitions else {}
        while self._partitions:
            batch = await self._consumer.getmany(*self._partitions, timeout_ms=QUIET_MS, max_records=2000)
            by_topic: dict[str, list[bytes]] = {}
            for partition, records in batch.items():
                by_topic.setdefault(partition.topic, []).extend(record.value or b"" for record in records)
            if by_topic:
                self.seen += sum(len(values) for values in by_topic.values())
                yield by_topic
            elif [one for one in self._partitions if await self._consumer.position(one) < ends[one]] == []:
                return


@asynccontextmanager
async def reading(settings: KafkaSettings, topics: Sequence[str]) -> AsyncIterator[Reader]:
    """Read these topics; one that does not exist has nothing to tell. Raises StartError where no broker answers."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers,
        client_id="closeout.replay",
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=settings.fetch_max_wait_ms,
        **client_security(settings),
    )
    try:
        async with asyncio.timeout(settings.start_timeout_seconds):
            await consumer.start()
    except (KafkaError, OSError, TimeoutError) as error:
        await consumer.stop()
        raise StartError(no_broker(settings, error)) from None
    try:
        known = await consumer.topics()
        partitions = [
            TopicPartition(topic, number)
            for topic in topics
            if topic in known
            for number in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        consumer.assign(partitions)
        if partitions:
            await consumer.seek_to_beginning(*partitions)
        yield Reader(consumer, partitions)
    finally:
        await consumer.stop()
