"""kill -9 of anything while postmortems are published: every promise has exactly one ticket."""

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

from closeout.embedded import DEMO_PROJECT, DEMO_TOKEN
from closeout.story_draft import good_items
from closeout_ingest.testing import event, incident
from closeout_schemas.vocabulary import Vendor, derived_id
from tests.system import DOUBT_SECONDS, System, deliver

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

# The sandbox stands for the tracker, which is nobody's to kill here.
VICTIMS = ("review", "actions", "actions", "actions", "broker", "postgres", "ingest")
POSTMORTEMS = 6
ITEMS = 3
# Whoever is killed between a promise to call and the call itself leaves a doubt. The rest is for starting again.
PATIENCE_SECONDS = DOUBT_SECONDS + 60


@pytest.fixture
def system(data_folder: Path) -> Iterator[System]:
    running = System(data_folder)
    running.start()
    yield running
    running.stop()


async def asked(http: httpx.AsyncClient, method: str, url: str, **more: Any) -> httpx.Response:
    """The answer, however often it takes: what was killed comes back."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = await http.request(method, url, timeout=10, **more)
            if answer.status_code < 500:
                return answer
        except httpx.HTTPError:
            pass
        assert time.monotonic() < deadline, f"{method} {url} was never answered"
        await asyncio.sleep(0.2)


async def until(ask: Any, is_true: Any) -> Any:
    """The first answer that is true, or the last one when patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        seen = await ask()
        if is_true(seen) or time.monotonic() > deadline:
            return seen
        await asyncio.sleep(0.3)


async def draft_of(system: System, http: httpx.AsyncClient, number: int) -> str:
    """Let an incident happen and end; the address of its draft."""
    own = {"id": f"QTICKET{number}", "number": number, "title": f"Incident {number} of the ticket test"}
    began = datetime.now(UTC) - timedelta(hours=2)
    said = [
        event("incident.triggered", incident(**own), at=began.isoformat()),
        event("incident.resolved", incident(**own, status="resolved"), at=(began + timedelta(hours=1)).isoformat()),
    ]
    for one in said:
        await deliver(http, system.url["ingest"], one, one["event"]["id"])
    incident_id = derived_id("incident", Vendor.PAGERDUTY, own["id"])

    async def resolved() -> Any:
        answer = await asked(http, "GET", f"{system.url['review']}/api/v1/incidents/{incident_id}")
        return answer.json().get("postmortem_id")

    postmortem_id = await until(resolved, bool)
    assert postmortem_id, f"incident {number} has no draft"
    return f"{system.url['review']}/api/v1/postmortems/{postmortem_id}"


async def publish(system: System, http: httpx.AsyncClient, number: int, owners: list[str]) -> str:
    """Publish a postmortem with three items that name it; its address."""
    url = await draft_of(system, http, number)
    items = [{**one, "text": f"{one['text']} (postmortem {number})"} for one in good_items(DEMO_PROJECT, owners)]
    draft = await asked(http, "GET", url)
    entry = draft.json()["timeline"][0]["entry"]["id"]
    caught = "An SLO alert on waiting connections would have paged."
    body = {
        "title": f"Postmortem {number} of the ticket test",
        "action_items": items,
        "earlier_catches": [{"control": "slo_alert", "text": caught, "entry_id": entry}],
        "failure_modes": ["config_change"],
    }
    saved = await asked(http, "PUT", f"{url}/draft", json=body, headers={"If-Match": draft.headers["ETag"]})
    # 412: it was saved, and the answer was lost with whoever was killed.
    assert saved.status_code in (200, 412), saved.text
    answer = await asked(http, "POST", f"{url}/publish")
    assert answer.status_code == 200, answer.text
    return url


async def owners_of(system: System, http: httpx.AsyncClient) -> list[str]:
    async def people() -> list[str]:
        directory = (await asked(http, "GET", f"{system.url['review']}/api/v1/directory")).json()
        if not any(one["name"] == f"github:{DEMO_PROJECT}" for one in directory["projects"]):
            return []
        logins = {"@" + login for one in directory["people"] for login in one["handles"].get("github", [])}
        return sorted(login for login in logins if "bot" not in login)

    found: list[str] = await until(people, bool)
    assert found, "nobody is known who could own an item"
    return found


async def trouble(system: System, chance: random.Random, over: asyncio.Event) -> Counter[str]:
    """kill -9 somebody every second or so, until it is over."""
    killed: Counter[str] = Counter()
    while not over.is_set():
        await asyncio.sleep(chance.uniform(0.5, 2.0))
        victim = chance.choice(VICTIMS)
        system.kill(victim)
        killed[victim] += 1
    return killed


async def issues(system: System, http: httpx.AsyncClient) -> list[str]:
    """The titles of all issues that the tracker has."""
    url = f"{system.url['sandbox']}/github/api/repos/{DEMO_PROJECT}/issues"
    headers = {
        "Authorization": f"Bearer {DEMO_TOKEN}",
        "Accept": "application/vnd.github+json",
        "User-Agent": "closeout-tests",
    }
    answer = await asked(http, "GET", url, params={"state": "all", "per_page": "100"}, headers=headers)
    return [issue["title"] for issue in answer.json()]


async def test_every_promise_has_exactly_one_ticket(system: System) -> None:
    chance = random.Random(20261124)
    over = asyncio.Event()
    async with httpx.AsyncClient() as http:
        owners = await owners_of(system, http)
        troubling = asyncio.create_task(trouble(system, chance, over))
        urls = await asyncio.gather(*(publish(system, http, number, owners) for number in range(POSTMORTEMS)))
        await asyncio.sleep(8)  # tickets are being made meanwhile
        over.set()
        killed = await troubling
        assert killed.total() >= 6
        await asyncio.to_thread(system.wait_until_ready)

        for url in urls:

            async def items(url: str = url) -> list[Any]:
                found: list[Any] = (await asked(http, "GET", url)).json()["items"]
                return found

            seen = await until(items, lambda found: all(one["ticket"] and one["ticket"]["key"] for one in found))
            assert [bool(one["ticket"] and one["ticket"]["key"]) for one in seen] == [True] * ITEMS

        titles = await issues(system, http)
    assert len(titles) == len(set(titles)) == POSTMORTEMS * ITEMS
