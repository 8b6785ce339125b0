"""The same thing happens again: within seconds the page itself says what it was, and which promise is open."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from closeout.embedded import DEMO_PAGERDUTY_TOKEN
from closeout_schemas.cards import MARK
from tests.system import ANSWER_SECONDS, System, closeout, free_block

pytestmark = pytest.mark.e2e

SECONDS = 20


def test_a_page_that_came_before_gets_its_card_as_a_note_at_the_pager(data_folder: Path) -> None:
    played = closeout(
        "demo", "--exit", "--data", str(data_folder), CLOSEOUT_UP_FIRST_PORT=str(free_block()), seconds=120
    )
    assert played.returncode == 0, played.stdout + played.stderr
    system = System(data_folder)
    system.start()
    try:
        control = f"{system.url['sandbox']}/_sandbox"
        again = {
            "title": "Checkout p99 latency above 3 s",
            "service": "Checkout API",
            "at": datetime.now(UTC).isoformat(),
        }
        paged = (
            httpx.post(f"{control}/pagerduty/incidents", json=again, timeout=ANSWER_SECONDS)
            .raise_for_status()
            .json()["id"]
        )
        [card] = wait_for_notes(system, paged)
    finally:
        system.stop()

    first, *lines = card.splitlines()
    assert first.startswith("Seen before")
    assert "Checkout hung" in first
    assert any("same service" in line for line in lines)
    assert lines[-1] == MARK


def wait_for_notes(system: System, incident: str) -> list[str]:
    headers = {"Authorization": f"Token token={DEMO_PAGERDUTY_TOKEN}"}
    deadline = time.monotonic() + SECONDS
    while True:
        url = f"{system.url['sandbox']}/pagerduty/api/incidents/{incident}/notes"
        found = [one["content"] for one in httpx.get(url, headers=headers, timeout=ANSWER_SECONDS).json()["notes"]]
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)
