"""A delivery that verifies and makes no sense waits as a dead letter, until somebody replays or discards it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system import ANSWER_SECONDS, WAIT_SECONDS, System, closeout, deliver

pytestmark = pytest.mark.e2e


@pytest.fixture
def system(data_folder: Path) -> Iterator[System]:
    running = System(data_folder)
    running.start()
    yield running
    running.stop()


def waiting(system: System) -> list[dict[str, Any]]:
    listed = closeout("dlq", "list", "--json", "--data", str(system.folder))
    assert listed.returncode == 0, listed.stderr
    found: list[dict[str, Any]] = json.loads(listed.stdout)
    return found


def until_waiting(system: System, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found = waiting(system)
        if len(found) == count or time.monotonic() > deadline:
            return found
        time.sleep(0.3)


async def send(system: System, *bodies: dict[str, Any]) -> None:
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as http:
        for n, body in enumerate(bodies):
            await deliver(http, system.url["ingest"], body, f"senseless-{n}")


def test_dead_letters_are_listed_shown_replayed_and_discarded(system: System) -> None:
    data = ("--data", str(system.folder))
    asyncio.run(send(system, {"event": {"event_type": 7}}, {"no": "event"}))
    found = until_waiting(system, 2)
    assert {(one["service"], one["reason"]) for one in found} == {("ingest", "uninterpretable")}
    first, second = (one["id"] for one in found)

    table = closeout("dlq", "list", *data).stdout
    shown = closeout("dlq", "show", first[:8], *data).stdout
    assert first[:8] in table
    assert "event.event_type is missing or no text" in shown
    assert "closeout.delivery.received.v1" in shown

    # Nothing was mended: it comes back, the same one.
    assert closeout("dlq", "replay", first[:8], *data).stdout == "1 replayed.\n"
    deadline = time.monotonic() + WAIT_SECONDS
    while not any(one["id"] == first and one["replays"] == 1 for one in waiting(system)):
        assert time.monotonic() < deadline, "the replayed record did not come back"
        time.sleep(0.3)

    discarded = closeout("dlq", "discard", first, second, "--because", "sent by a test", "--json", *data)
    assert set(json.loads(discarded.stdout)["discarded"]) == {first, second}
    assert waiting(system) == []
    everything = json.loads(closeout("dlq", "list", "--all", "--json", *data).stdout)
    assert {one["settled_because"] for one in everything} == {"sent by a test"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("replay",), "Name their ids, or say --all"),
        (("replay", "abcd1234"), "No dead letter 'abcd1234' waits"),
        (("replay", "abc"), "'abc' is too short for an id"),
        (("discard", "--all", "--because", " "), "Say why"),
        (("list", "--service", "billing"), "There is no service 'billing'"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], says: str, migrated_url: str) -> None:
    ended = closeout("dlq", *arguments, CLOSEOUT_DATABASE_URL=migrated_url)

    assert ended.returncode == 2
    assert says in " ".join(ended.stderr.replace("│", " ").split())


@pytest.fixture
def migrated_url(database_url: str) -> str:
    assert closeout("migrate", CLOSEOUT_DATABASE_URL=database_url).returncode == 0
    return database_url
