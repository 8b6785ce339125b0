"""Whether a part of the system is ready, and what is left of a start that was broken off."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from closeout import embedded
from closeout.embedded import Embedded, is_ready
from closeout.process import LONGEST_START, ProcessError
from closeout.settings import UpSettings
from closeout_chassis.errors import StartError
from closeout_chassis.migrate import LOCK


@pytest.fixture
def answering() -> Callable[[bytes], str]:
    """The URL of something that answers one connection with these bytes, whatever it is asked."""

    def listen(said: bytes) -> str:
        listening = socket.create_server(("127.0.0.1", 0))

        def answer() -> None:
            with listening, listening.accept()[0] as connection:
                connection.recv(1000)
                connection.sendall(said)

        threading.Thread(target=answer, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/readyz"

    return listen


@pytest.mark.parametrize(
    ("said", "ready"),
    [
        (b'HTTP/1.1 200 OK\r\n\r\n{"consumer": true}', True),
        (b'HTTP/1.1 200 OK\r\n\r\n{"consumer": false}', False),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n{}", False),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", False),
        # What a connection gets that met itself on a free port.
        (b"GET /readyz HTTP/1.1\r\n\r\n", False),
        (b"", False),
    ],
)
def test_only_a_service_that_says_so_is_ready(answering: Callable[[bytes], str], said: bytes, ready: bool) -> None:
    assert is_ready(answering(said), seconds=60) is ready


def test_nobody_there_is_not_ready() -> None:
    assert not is_ready("http://127.0.0.1:1/readyz")


def test_a_service_does_not_give_up_its_stores_before_the_supervisor_does(data_folder: Path) -> None:
    """Who waits for PostgreSQL on a busy machine would end with an error of its own, and take all down."""
    system = Embedded(UpSettings(data=data_folder), with_sandbox=False)

    told = system.environment()
    patience = max(child.start_timeout for child in system.children() if child.name in ("postgres", "broker"))

    assert float(told["CLOSEOUT_DATABASE_START_TIMEOUT_SECONDS"]) >= LONGEST_START * patience
    assert float(told["CLOSEOUT_KAFKA_START_TIMEOUT_SECONDS"]) >= LONGEST_START * patience


def test_a_variable_that_is_set_to_nothing_leads_the_services_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CLOSEOUT_DATABASE_URL", "CLOSEOUT_REVIEW_PORT"):
        monkeypatch.setenv(name, "")

    told = Embedded(UpSettings(data=tmp_path, first_port=7400), with_sandbox=False).environment()

    assert told["CLOSEOUT_DATABASE_URL"].startswith("postgresql://postgres:")
    assert told["CLOSEOUT_REVIEW_PORT"] == "7400"


def test_a_start_that_was_killed_over_its_secret_leaves_no_empty_one(tmp_path: Path) -> None:
    (tmp_path / "link-secret").touch()

    secrets = [
        Embedded(UpSettings(data=tmp_path), with_sandbox=False).environment()["CLOSEOUT_REVIEW_LINK_SECRET"]
        for _ in range(2)
    ]

    assert len(secrets[0]) > 30
    assert secrets[0] == secrets[1]


async def test_a_database_that_is_gone_again_before_it_is_made_ready_is_started_again_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise StartError("No PostgreSQL at 127.0.0.1:1 after 30 s.")

    monkeypatch.setattr(embedded, "make_database", gone)
    with pytest.raises(ProcessError, match="No PostgreSQL at"):
        await Embedded(UpSettings(data=tmp_path), with_sandbox=False).prepare_database()


@pytest.mark.integration
async def test_a_database_that_breaks_off_while_it_is_made_ready_is_started_again_and_ends_nothing(
    postgres: Any, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "DATABASE", database_url.rpartition("/")[2])
    system = Embedded(UpSettings(data=tmp_path), with_sandbox=False)
    system.postgres = postgres
    holds = await asyncpg.connect(database_url)
    async with asyncio.timeout(60):
        async with holds.transaction():
            await holds.execute(LOCK)  # where it waits, it is broken off
            preparing = asyncio.create_task(system.prepare_database())
            while not await holds.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            ):
                await asyncio.sleep(0.02)
            with pytest.raises(ProcessError, match="broke off"):
                await preparing
    await holds.close()
