"""A pager whose webhooks are lost: its incidents come all the same, once, and the doctor says so."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from closeout.embedded import DEMO_PAGERDUTY_TOKEN
from tests.system import ANSWER_SECONDS, WAIT_SECONDS, System, closeout

pytestmark = pytest.mark.e2e


@pytest.fixture
def system(data_folder: Path) -> Iterator[System]:
    running = System(data_folder)
    running.start()
    yield running
    running.stop()


def until(true: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.3)


def incidents(system: System) -> list[dict[str, Any]]:
    url = f"{system.url['review']}/api/v1/incidents"
    found: list[dict[str, Any]] = httpx.get(url, timeout=ANSWER_SECONDS).json()["incidents"]
    return found


def timeline(system: System, incident_id: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{system.url['review']}/api/v1/incidents/{incident_id}", timeout=ANSWER_SECONDS).json()
    return [link["entry"] for link in answer["timeline"]]


def night(control: httpx.Client, title: str, at: datetime) -> str:
    """An incident at the pager: opened, a note, resolved."""
    paged = {"title": title, "service": "Checkout API", "at": at.isoformat()}
    vendor_id: str = control.post("/pagerduty/incidents", json=paged).raise_for_status().json()["id"]
    for minutes, deed, given in ((5, "annotate", {"content": f"Note on {title}"}), (20, "resolve", {})):
        said = {"at": (at + timedelta(minutes=minutes)).isoformat(), "by": "Sam Oncall", **given}
        control.post(f"/pagerduty/incidents/{vendor_id}/{deed}", json=said).raise_for_status()
    return vendor_id


def test_what_no_webhook_told_is_found_by_asking_and_history_is_brought_in(system: System) -> None:
    now = datetime.now(UTC)
    with httpx.Client(base_url=f"{system.url['sandbox']}/_sandbox", timeout=ANSWER_SECONDS) as control:
        nowhere = {"pagerduty": {"url": "http://127.0.0.1:1/nowhere", "secrets": ["lost"]}}
        control.put("/webhooks", json=nowhere).raise_for_status()
        night(control, "Lost tonight", now - timedelta(hours=1))
        night(control, "Long ago", now - timedelta(days=60))

    # It asks at its start; this is another start.
    system.kill("ingest")
    until(lambda: [one["incident"]["title"] for one in incidents(system)] == ["Lost tonight"])
    [tonight] = incidents(system)
    until(lambda: tonight_has_its_draft(system))
    texts = [entry["text"] for entry in timeline(system, tonight["incident"]["id"])]
    assert texts.count("Note on Lost tonight") == 1

    told = closeout("doctor", "--json", "--data", str(system.folder), CLOSEOUT_UP_FIRST_PORT=str(system.first_port))
    [source] = [one for one in json.loads(told.stdout) if one["what"] == "source pagerduty"]
    assert source["state"] == "warning"
    assert "looks disabled" in source["to_do"]

    key = {
        "CLOSEOUT_INGEST_PAGERDUTY_API_TOKEN": DEMO_PAGERDUTY_TOKEN,
        "CLOSEOUT_INGEST_PAGERDUTY_API_URL": f"{system.url['sandbox']}/pagerduty/api",
    }
    since = f"{now - timedelta(days=90):%Y-%m-%d}"
    arguments = ("backfill", "--source", "pagerduty", "--since", since, "--json", "--data", str(system.folder))
    brought = [json.loads(closeout(*arguments, **key).stdout)["incidents"] for _ in range(2)]
    assert brought == [1, 0]
    until(lambda: len(incidents(system)) == 2)
    [old] = [one for one in incidents(system) if one["incident"]["title"] == "Long ago"]
    until(lambda: len(timeline(system, old["incident"]["id"])) >= 4)
    assert old["postmortem"] is None, "nobody has to write about history"


def tonight_has_its_draft(system: System) -> bool:
    [one] = incidents(system)
    return one["postmortem"] is not None


def test_a_backfill_without_a_key_or_with_an_empty_span_says_what_to_do(database_url: str) -> None:
    assert closeout("migrate", CLOSEOUT_DATABASE_URL=database_url).returncode == 0

    keyless = closeout("backfill", "--source", "pagerduty", "--since", "2026-01-01", CLOSEOUT_DATABASE_URL=database_url)
    ahead = closeout("backfill", "--source", "pagerduty", "--since", "2999-01-01", CLOSEOUT_DATABASE_URL=database_url)

    assert keyless.returncode == 1
    assert "set CLOSEOUT_INGEST_PAGERDUTY_API_TOKEN" in keyless.stderr
    assert ahead.returncode == 2
    assert "is not before" in ahead.stderr
