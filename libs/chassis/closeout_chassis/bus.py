"""Reading and writing records. The only file that consumes by FastStream and produces by aiokafka."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.security import BaseSecurity, SASLOAuthBearer, SASLPlaintext, SASLScram256, SASLScram512

from closeout_chassis.db import Outgoing
from closeout_chassis.kafka_security import client_security, tls, token_provider
from closeout_chassis.settings import KafkaSettings

log = logging.getLogger(__name__)

Raw: TypeAlias = "ConsumerRecord[bytes, bytes]"
# Awaited before each batch: work behind a door lets the door go first.
GiveWay = Callable[[], Awaitable[None]]
OnRecords = Callable[[Sequence["Record"]], Awaitable[None]]
partition_of = DefaultPartitioner()


@dataclass(frozen=True, slots=True)
class Record:
    """A record as the broker keeps it."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    traceparent: str | None


class Assignment(ConsumerRebalanceListener):
    """Which partitions the group has given to us."""

    def __init__(self) -> None:
        self.partitions: frozenset[TopicPartition] = frozenset()
        self.joined = asyncio.Event()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self.partitions -= frozenset(revoked)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self.partitions = frozenset(assigned)
        self.joined.set()


class Listener:
    """One consumer of all topics a service hears: batches, at least once, one after the other."""

    _batch_began: float | None = None

    def __init__(
        self,
        settings: KafkaSettings,
        group: str,
        topics: Sequence[str],
        on_records: OnRecords,
        give_way: GiveWay | None = None,
        batch_size: int = 500,
    ) -> None:
        self.assignment = Assignment()
        self._give_way, self._on_records = give_way, on_records
        self._broker = KafkaBroker(
            settings.bootstrap_servers,
            client_id=group,
            security=_faststream_security(settings),
            sasl_oauth_token_provider=token_provider(settings),
            allow_auto_create_topics=False,
            metadata_max_age_ms=1_000 if settings.embedded else 300_000,  # it may have others after it died
            # The chassis decodes. FastStream would re-read for ever what it cannot decode.
            apply_types=False,
            logger=None,
            graceful_timeout=10.0,
        )
        self._subscriber = self._broker.subscriber(
            *topics,
            group_id=group,
            batch=True,
            max_records=batch_size,
            batch_timeout_ms=200,
            fetch_max_wait_ms=settings.fetch_max_wait_ms,
            auto_offset_reset="earliest",
            # Every other policy commits the offset of a record whose handler raised.
            ack_policy=AckPolicy.NACK_ON_ERROR,
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=settings.session_timeout_ms // 5,
            listener=self.assignment,
            parser=_parse,
            decoder=_keep,
        )
        self._subscriber(self._on_batch)

    async def _on_batch(self, records: tuple[Raw, ...]) -> None:
        self._batch_began = time.monotonic()
        try:
            if self._give_way is not None:
                await self._give_way()
            # A record without a value says that nothing is known by its key any more: of that nothing is kept here.
            await self._on_records([_record(raw) for raw in records if raw.value is not None])
        finally:
            self._batch_began = None

    def seconds_in_batch(self) -> float:
        """How long the batch at hand has been under way; 0 between batches."""
        return 0.0 if self._batch_began is None else time.monotonic() - self._batch_began

    async def start(self) -> None:
        """Join the group. Raises KafkaError where there is no broker."""
        await self._broker.start()

    async def stop(self) -> None:
        """Finish the batch at hand, commit it, leave the group."""
        await self._broker.stop()

    async def lag(self) -> dict[str, int]:
        """Records of each topic that the group has still to read, over the partitions that are ours."""
        consumer = self._subscriber.consumer
        if consumer is None or not self.assignment.partitions:
            return {}
        mine = list(self.assignment.partitions)
        ends = await consumer.end_offsets(mine)
        behind: dict[str, int] = {}
        for partition in mine:
            position = await consumer.position(partition)
            behind[partition.topic] = behind.get(partition.topic, 0) + max(0, ends[partition] - position)
        return behind


async def _parse(records: tuple[Raw, ...], original: Callable[[Any], Awaitable[KafkaMessage]]) -> KafkaMessage:
    """FastStream's own parser, without the headers: it raises on one that is not UTF-8, and re-reads it for ever."""
    # Of a batch it reads the first and the last.
    message = await original(tuple(_without_headers(raw) for raw in (*records[:1], *records[-1:])))
    message.raw_message = records
    return message


async def _keep(message: KafkaMessage) -> Any:
    return message.raw_message


def _without_headers(raw: Raw) -> Raw:
    # Only what the batch parser and nack read.
    where = (raw.topic, raw.partition, raw.offset, raw.timestamp, raw.timestamp_type)
    return ConsumerRecord(*where, None, b"", None, 0, 0, ())


def _record(raw: Raw) -> Record:
    trace = dict(raw.headers).get("traceparent")
    # No text in PostgreSQL holds a NUL: what cannot be kept even as a dead letter would come again for ever.
    key = (raw.key or b"").decode(errors="replace").replace("\x00", "")
    traceparent = trace.decode("ascii", errors="replace").replace("\x00", "") if trace else None
    return Record(raw.topic, raw.partition, raw.offset, key, raw.value, traceparent)


class Publisher:
    """Writes records, in order per key, and returns when all replicas that must have them do."""

    def __init__(self, settings: KafkaSettings, client_id: str) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.bootstrap_servers,
            client_id=client_id,
            acks="all",
            max_batch_size=256 * 1024,
            request_timeout_ms=15_000,
            metadata_max_age_ms=30_000,
            **client_security(settings),
        )

    async def start(self) -> None:
        """Connect. Raises KafkaError where there is no broker."""
        await self._producer.start()

    async def stop(self) -> None:
        """Send what is under way, and close."""
        await self._producer.stop()

    async def publish(self, records: Sequence[Outgoing]) -> list[Outgoing]:
        """Publish `records`; those of one key arrive in their order. Returns those that the broker takes from nobody.

        Raises KafkaError when any could not be written; others may have been, but none of its key that comes behind it.
        """
        lanes: dict[tuple[str, int], list[Outgoing]] = defaultdict(list)
        for record in records:
            partitions = sorted(await self._producer.partitions_for(record.topic))
            lanes[record.topic, partition_of(record.key.encode(), partitions, [])].append(record)
        too_large: list[Outgoing] = []
        lanes_written = (self._write(lane, *where, too_large) for where, lane in lanes.items())
        for result in await asyncio.gather(*lanes_written, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
        return too_large

    async def _write(self, records: Sequence[Outgoing], topic: str, partition: int, too_large: list[Outgoing]) -> None:
        # Each batch when the one before it is there. The client's own queue goes on behind a batch that failed.
        batch, first = self._producer.create_batch(), records[0]
        for record in (*records, None):
            if record is not None and _append(batch, record):
                continue
            try:
                await (await self._producer.send_batch(batch, topic, partition=partition))
            except MessageSizeTooLargeError:
                if batch.record_count() > 1:
                    raise
                too_large.append(first)
            if record is not None:
                batch, first = self._producer.create_batch(), record
                _append(batch, record)


def _append(batch: Any, record: Outgoing) -> bool:
    key, headers = record.key.encode(), [("traceparent", record.traceparent.encode())] if record.traceparent else []
    # An empty value is of a compacted topic: nothing is known by this key any more.
    return batch.append(timestamp=None, key=key, value=record.value or None, headers=headers) is not None


def _faststream_security(settings: KafkaSettings) -> BaseSecurity | None:
    # The provider of tokens is given beside it.
    if settings.security_protocol == "PLAINTEXT":
        return None
    context = tls(settings) if settings.security_protocol.endswith("SSL") else None
    if not settings.security_protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=context)
    if settings.sasl_mechanism == "OAUTHBEARER":
        return SASLOAuthBearer(ssl_context=context, use_ssl=context is not None)
    mechanism = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    password = settings.sasl_password.get_secret_value() if settings.sasl_password else ""
    return mechanism[settings.sasl_mechanism](
        username=settings.sasl_username or "", password=password, ssl_context=context, use_ssl=context is not None
    )
