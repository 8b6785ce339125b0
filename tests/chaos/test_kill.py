"""kill -9 of anything, at random moments, while webhooks arrive: nothing accepted is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from closeout_ingest.testing import event, incident, note
from closeout_schemas.vocabulary import Vendor, derived_id
from tests.system import ANSWER_SECONDS, WAIT_SECONDS, System, deliver

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

VICTIMS = ("ingest", "review", "actions", "metrics", "broker", "postgres")
SECONDS_OF_TROUBLE = 25
INCIDENTS = 6


@pytest.fixture
def system(data_folder: Path) -> Iterator[System]:
    running = System(data_folder)
    running.start()
    yield running
    running.stop()


def webhooks_of(number: int, chance: random.Random) -> list[dict[str, Any]]:
    """An incident with many notes; the resolution may come before the last of them."""
    own = {"id": f"QCHAOS{number}", "number": number}
    begin = datetime.now(UTC) - timedelta(hours=2)

    def at(minute: float) -> str:
        return (begin + timedelta(minutes=minute)).isoformat()

    notes = [note(f"note {n} of incident {number}", at(n), note_id=f"N{number}-{n}") for n in range(1, 25)]
    for one in notes:
        one["event"]["data"]["incident"]["id"] = own["id"]
    opened = event("incident.triggered", incident(**own), at=at(0))
    resolved = event("incident.resolved", incident(**own, status="resolved"), at=at(60))
    said = [opened, *notes, resolved]
    if chance.random() < 0.5:
        said[-1], said[-3] = said[-3], said[-1]
    return said


async def send(system: System, http: httpx.AsyncClient, said: list[dict[str, Any]], chance: random.Random) -> None:
    """One incident's webhooks, in order, some of them twice."""
    for one in said:
        for _ in range(1 + (chance.random() < 0.2)):
            await deliver(http, system.url["ingest"], one, one["event"]["id"])
        await asyncio.sleep(chance.uniform(0.1, 1.2))


async def trouble(system: System, chance: random.Random) -> Counter[str]:
    """kill -9 somebody every other second."""
    killed: Counter[str] = Counter()
    until = time.monotonic() + SECONDS_OF_TROUBLE
    while time.monotonic() < until:
        await asyncio.sleep(chance.uniform(1.0, 3.0))
        victim = chance.choice(VICTIMS)
        system.kill(victim)
        killed[victim] += 1
    return killed


async def timeline(http: httpx.AsyncClient, system: System, vendor_id: str) -> list[dict[str, Any]]:
    incident_id = derived_id("incident", Vendor.PAGERDUTY, vendor_id)
    try:
        answer = await http.get(f"{system.url['review']}/api/v1/incidents/{incident_id}")
    except httpx.HTTPError:
        return []
    return answer.json()["timeline"] if answer.status_code == 200 else []


async def test_every_accepted_webhook_is_in_the_timeline_once(system: System) -> None:
    chance = random.Random(20261103)
    nights = {f"QCHAOS{n}": webhooks_of(n, chance) for n in range(INCIDENTS)}
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as http:
        killed, *_ = await asyncio.gather(
            trouble(system, chance),
            *(send(system, http, said, random.Random(n)) for n, said in enumerate(nights.values())),
        )
        assert killed.total() >= 8
        await asyncio.to_thread(system.wait_until_ready)
        for vendor_id, said in nights.items():
            wanted = sorted(one["event"]["id"] for one in said)
            seen = await until_complete(http, system, vendor_id, len(wanted))
            assert sorted(seen) == wanted, vendor_id


async def until_complete(http: httpx.AsyncClient, system: System, vendor_id: str, count: int) -> list[str]:
    """The ids of the timeline's entries, once there are `count` of them or patience ends."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        seen = [link["entry"]["source_id"] for link in await timeline(http, system, vendor_id)]
        if len(seen) >= count or time.monotonic() > deadline:
            return seen
        await asyncio.sleep(0.3)
