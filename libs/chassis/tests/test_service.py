"""The socket that a service listens on, how it ends, and what it tells while the broker is silent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import asyncpg
import pytest

from closeout_chassis import service
from closeout_chassis.bus import Record
from closeout_chassis.consume import Consumer, Subscription
from closeout_chassis.db import Database, Transaction
from closeout_chassis.loops import Loop, Turns, keep_running
from closeout_chassis.service import STUCK_AFTER_SECONDS, Service
from closeout_chassis.settings import DatabaseSettings
from closeout_chassis.telemetry import Metrics
from closeout_schemas.catalogue import DIRECTORY


def test_an_answer_is_sent_at_once_and_waits_for_no_acknowledgement_of_its_head() -> None:
    part: Any = SimpleNamespace(name="any", settings=SimpleNamespace(host="127.0.0.1", port=0))
    with Service._bind(cast(Service, part)) as listening:
        listening.listen()
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


async def test_a_part_whose_connection_breaks_just_when_the_service_ends_does_not_keep_it_from_ending() -> None:
    """What is broken off rolls back, and PostgreSQL that ends with us has an error for that."""
    db, rounds = Database(DatabaseSettings(), "any"), 0

    async def work() -> None:
        nonlocal rounds
        rounds += 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise asyncpg.InterfaceError("the connection is closed") from None

    part: Any = SimpleNamespace(_listener=None, _turns=Turns(db), _db=db)
    loop = asyncio.create_task(keep_running(Loop("any", 3600, work, alone=False), db, Metrics("any")))
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await Service._end(cast(Service, part), None, [loop])

    assert rounds == 1
    assert loop.cancelled()


async def test_a_batch_that_waits_for_the_database_is_not_stuck_and_one_that_does_nothing_is() -> None:
    metrics = Metrics("any")
    consumer = Consumer(Database(DatabaseSettings(), "any"), [Subscription(DIRECTORY, _unheard)], "any", metrics)
    listener = SimpleNamespace(seconds_in_batch=lambda: STUCK_AFTER_SECONDS + 1)
    part: Any = SimpleNamespace(_listener=listener, _consumer=consumer, name="any")
    # Long ago by a clock that may have begun just now, with the machine.
    consumer.waited_at = -STUCK_AFTER_SECONDS
    assert not Service.alive(cast(Service, part))["ok"]

    waiting = asyncio.create_task(consumer.on_records([Record(DIRECTORY.name, 0, 0, "key", b"no JSON", None)]))
    async with asyncio.timeout(30):
        while consumer.waited_at < 0:
            await asyncio.sleep(0.01)
    assert Service.alive(cast(Service, part))["ok"]

    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    consumer.waited_at -= STUCK_AFTER_SECONDS + 1
    assert not Service.alive(cast(Service, part))["ok"]


async def _unheard(_events: Sequence[Any], _tx: Transaction) -> None:
    raise AssertionError("there is no database to hear it with")


async def test_while_the_broker_is_silent_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asyncio.Event()

    class Silent:
        async def lag(self) -> dict[str, int]:
            asked.set()
            await asyncio.Event().wait()
            return {}

    monkeypatch.setattr(service, "SCRAPE_SECONDS", 0.01)
    settings = SimpleNamespace(kafka=SimpleNamespace(embedded=False))
    db = Database(DatabaseSettings(), "any")
    part: Any = SimpleNamespace(_listener=Silent(), settings=settings, _db=db, _metrics=Metrics("any"))
    async with asyncio.timeout(30):
        await Service._refresh_health(cast(Service, part))
    assert asked.is_set()
