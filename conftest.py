"""What tests in every package may ask for: a real Postgres, a fresh database, a real broker of each kind.

| fixture | scope | gives |
|---|---|---|
| `data_folder` | test | an empty folder that PostgreSQL can live in, also for root |
| `module_folder` | module | another one |
| `postgres` | run | the server: `.url(database)` |
| `database_url` | test | the URL of an empty database, dropped afterwards |
| `database_from` | test | `await database_from("name", fill)`: a copy of what `fill(url)` filled once a run; its URL |
| `broker` | run | the embedded broker: `.bootstrap`, `.name` |
| `any_broker` | run | each broker in turn: `embedded`, then `kafka` (real Apache Kafka) |
| `bootstrap_servers` | run | host:port of `any_broker` |
| `own_broker` | test | each broker in turn, to be killed (`os.kill(own_broker.pid, 9)`) and started again |

Tests on Apache Kafka are skipped where it is not there, or fail with CLOSEOUT_TEST_REQUIRE_KAFKA=1.
With CLOSEOUT_TEST_DOCKER=1, Postgres and Kafka come as containers, but for `own_broker`.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from closeout.broker import EmbeddedBroker
from closeout.postgres import EmbeddedPostgres
from closeout.process import ProcessError

# Not as `tests.kafka`: every package here has its `tests`, and the first one imported would hide the others.
sys.path.append(str(Path(__file__).parent / "tests" / "kafka"))
from kafka_process import KafkaProcess

# The machine may be busy, and no test is about time.
settings.register_profile("closeout", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("closeout")

ROOT = Path(__file__).parent
DOCKER = os.environ.get("CLOSEOUT_TEST_DOCKER") == "1"
KAFKA_IS_REQUIRED = os.environ.get("CLOSEOUT_TEST_REQUIRE_KAFKA") == "1"
# Half the time of CREATE DATABASE, and no test pulls the plug.
FAST_AND_LOOSE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
BROKERS = ["embedded", pytest.param("kafka", marks=pytest.mark.kafka)]

Fill = Callable[[str], Awaitable[None]]
DatabaseFrom = Callable[[str, Fill], Awaitable[str]]


class Server(Protocol):
    """A Postgres."""

    def url(self, database: str = ..., /) -> str: ...


class Broker(Protocol):
    """A broker for the whole run."""

    @property
    def name(self) -> str: ...

    @property
    def bootstrap(self) -> str: ...


class OwnBroker(Broker, Protocol):
    """A broker that a test may do with as it likes."""

    @property
    def pid(self) -> int | None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


@contextmanager
def _folder() -> Iterator[Path]:
    # pytest's own are closed to others, by each run that begins anew; run as root, PostgreSQL is another.
    folder = Path(tempfile.mkdtemp(prefix="closeout-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def data_folder() -> Iterator[Path]:
    with _folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def module_folder() -> Iterator[Path]:
    with _folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    if DOCKER:
        yield from _postgres_in_docker()
        return
    with _folder() as folder:
        server = EmbeddedPostgres(folder, settings=FAST_AND_LOOSE)
        server.start()
        yield server
        server.stop()


def _postgres_in_docker() -> Iterator[Server]:
    from testcontainers.postgres import PostgresContainer

    class Container:
        def __init__(self, container: PostgresContainer) -> None:
            self._container = container

        def url(self, database: str = "postgres", /) -> str:
            host, port = self._container.get_container_host_ip(), self._container.get_exposed_port(5432)
            return f"postgresql://postgres:postgres@{host}:{port}/{database}"

    with PostgresContainer("postgres:18", username="postgres", password="postgres") as container:  # noqa: S106
        yield Container(container)


async def _run(server: Server, statement: str) -> None:
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _new_database(server: Server, template: str = "template0") -> str:
    name = f"test_{uuid4().hex}"
    await _run(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return name


@pytest.fixture
async def database_url(postgres: Server) -> AsyncIterator[str]:
    name = await _new_database(postgres)
    yield postgres.url(name)
    await _run(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def _templates() -> dict[str, str]:
    return {}


@pytest.fixture
async def database_from(postgres: Server, _templates: dict[str, str]) -> AsyncIterator[DatabaseFrom]:
    made: list[str] = []

    async def copy_of(template: str, fill: Fill) -> str:
        if template not in _templates:
            name = await _new_database(postgres)
            await fill(postgres.url(name))
            _templates[template] = name
        made.append(await _new_database(postgres, _templates[template]))
        return postgres.url(made[-1])

    yield copy_of
    for name in made:
        await _run(postgres, f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _running(kind: str) -> Iterator[OwnBroker]:
    with _folder() as folder:
        try:
            broker: OwnBroker = EmbeddedBroker(folder) if kind == "embedded" else KafkaProcess(folder)
        except ProcessError as missing:
            if KAFKA_IS_REQUIRED:
                raise
            pytest.skip(str(missing))
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    with _running("embedded") as embedded:
        yield embedded


@pytest.fixture(scope="session")
def _kafka() -> Iterator[Broker]:
    if DOCKER:
        yield from _kafka_in_docker()
        return
    with _running("kafka") as kafka:
        yield kafka


def _kafka_in_docker() -> Iterator[Broker]:
    from testcontainers.kafka import KafkaContainer

    class Container:
        name = "kafka"

        def __init__(self, bootstrap: str) -> None:
            self.bootstrap = bootstrap

    with KafkaContainer("confluentinc/cp-kafka:7.9.0").with_kraft() as container:
        yield Container(container.get_bootstrap_server())


@pytest.fixture(scope="session", params=BROKERS)
def any_broker(request: pytest.FixtureRequest) -> Broker:
    found: Broker = request.getfixturevalue("broker" if request.param == "embedded" else "_kafka")
    return found


@pytest.fixture(scope="session")
def bootstrap_servers(any_broker: Broker) -> str:
    return any_broker.bootstrap


@pytest.fixture(params=BROKERS)
def own_broker(request: pytest.FixtureRequest) -> Iterator[OwnBroker]:
    with _running(request.param) as broker:
        yield broker
