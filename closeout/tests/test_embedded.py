"""Whether a part of the system is ready, by whatever answers at its address."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from closeout.embedded import Embedded, is_ready
from closeout.process import LONGEST_START
from closeout.settings import UpSettings


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
    assert is_ready(answering(said)) is ready


def test_nobody_there_is_not_ready() -> None:
    assert not is_ready("http://127.0.0.1:1/readyz")


def test_a_service_does_not_give_up_its_stores_before_the_supervisor_does(data_folder: Path) -> None:
    """Who waits for PostgreSQL on a busy machine would end with an error of its own, and take all down."""
    embedded = Embedded(UpSettings(data=data_folder), with_sandbox=False)

    told = embedded.environment()
    patience = max(child.start_timeout for child in embedded.children() if child.name in ("postgres", "broker"))

    assert float(told["CLOSEOUT_DATABASE_START_TIMEOUT_SECONDS"]) >= LONGEST_START * patience
    assert float(told["CLOSEOUT_KAFKA_START_TIMEOUT_SECONDS"]) >= LONGEST_START * patience
