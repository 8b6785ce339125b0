"""The socket that a service listens on."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any, cast

from closeout_chassis.service import Service


def test_an_answer_is_sent_at_once_and_waits_for_no_acknowledgement_of_its_head() -> None:
    part: Any = SimpleNamespace(name="any", settings=SimpleNamespace(host="127.0.0.1", port=0))
    with Service._bind(cast(Service, part)) as listening:
        listening.listen()
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
