"""The chat, both ways: what was said in the incident's channel comes in, what the others want said goes out, once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from closeout.reach import embedded_here
from closeout_chassis.db import Database
from closeout_chassis.settings import DatabaseSettings
from closeout_ingest.testing import proof
from closeout_schemas.catalogue import NOTICES
from closeout_schemas.notices import Notice, NoticeDue, NoticeKind, Recipient
from closeout_schemas.vocabulary import Vendor, derived_id
from tests.system import ANSWER_SECONDS, WAIT_SECONDS, System, closeout

pytestmark = pytest.mark.e2e

SECRET, SAM = "slacks-signing-secret", "sam.oncall@example.com"


@pytest.fixture
def system(data_folder: Path) -> Iterator[System]:
    running = System(data_folder, CLOSEOUT_INGEST_SLACK_SECRETS=SECRET, CLOSEOUT_INGEST_HISTORY_SECONDS="1")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def control(system: System) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{system.url['sandbox']}/_sandbox", timeout=ANSWER_SECONDS) as client:
        yield client


def until(found: Any, seconds: float = WAIT_SECONDS) -> Any:
    """What `found()` comes to, once that is something."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.3)
    return value


def post(control: httpx.Client, path: str, **given: Any) -> dict[str, Any]:
    made: dict[str, Any] = control.post(path, json=given).raise_for_status().json()
    return made


def in_chat(system: System) -> list[tuple[str, str]]:
    """What the timelines have of the chat."""
    api = f"{system.url['review']}/api/v1/incidents"
    found = [one["incident"]["id"] for one in httpx.get(api, timeout=ANSWER_SECONDS).json()["incidents"]]
    told = [httpx.get(f"{api}/{one}", timeout=ANSWER_SECONDS).json() for one in found]
    entries = [link["entry"] for one in told for link in one["timeline"]]
    return [(one["kind"], one["text"]) for one in entries if one["source"] == "slack"]


def test_what_was_said_in_the_incidents_channel_is_on_its_timeline(system: System, control: httpx.Client) -> None:
    paged = post(control, "/pagerduty/incidents", title="Checkout is slow", service="Checkout API")
    name = f"inc-{paged['incident_number']}-checkout"
    channel = post(control, "/slack/channels", name=name)["id"]
    first = post(control, "/slack/messages", channel=channel, text="it is the cache", by=SAM)
    post(control, "/slack/messages", channel=channel, text="no, the release", by=SAM, thread_ts=first["ts"])
    named = {"type": "channel_created", "channel": {"id": channel, "name": name}, "event_ts": first["ts"]}
    body = json.dumps({"type": "event_callback", "event": named}).encode()
    door = f"{system.url['ingest']}/webhooks/slack"
    signed = proof(Vendor.SLACK, body, SECRET)
    assert httpx.post(door, content=body, headers=signed, timeout=ANSWER_SECONDS).status_code == 202
    until(lambda: ("channel_named", name) in in_chat(system))

    # When it is over the channel's history is asked for.
    post(control, f"/pagerduty/incidents/{paged['id']}/resolve", by="Sam Oncall")

    until(lambda: len(in_chat(system)) == 3)
    said = [("channel_named", name), ("message", "it is the cache"), ("message", "no, the release")]
    assert sorted(in_chat(system)) == said


def test_a_person_is_told_once_what_another_service_wants_said_also_when_ingest_is_killed(
    system: System, control: httpx.Client
) -> None:
    asyncio.run(_want_said(system))

    def heard() -> list[str]:
        return [one["text"] for one in control.get("/slack/messages", params={"with": SAM}).json()]

    until(heard)
    system.kill("ingest")
    # Killed before it had noted that it was heard, it looks whether it stands there: a minute later, which is over.
    asyncio.run(system.come_due("notice"))
    system.wait_until_ready()
    assert heard() == ["Finish the review of #7\nIt waits for you."]

    def said_by() -> list[str]:
        told = closeout("notices", "--json", "--data", str(system.folder))
        return [one["said_by"] for one in json.loads(told.stdout) if one["said_by"]]

    assert until(said_by) == ["slack"]
    assert len(heard()) == 1


async def _want_said(system: System) -> None:
    """As review would: through its outbox."""
    embedded = embedded_here(system.folder)
    assert embedded is not None
    db = Database(DatabaseSettings(url=SecretStr(embedded.running_database_url())), "review")
    await db.open()
    now = datetime.now(UTC)
    notice = Notice(
        kind=NoticeKind.FINISH_REVIEW,
        to=Recipient(name="Sam Oncall", email=SAM),
        subject="Finish the review of #7",
        text="It waits for you.",
        worth_until=now + timedelta(hours=1),
    )
    async with db.transaction() as tx:
        tx.publish(NOTICES, NoticeDue(id=derived_id("t", "1"), source="/t", subject="sam", time=now, data=notice))
    await db.close()
