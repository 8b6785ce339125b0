"""A team's week arrives in its channel and on its list, from services that run: once, whoever is killed meanwhile."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from pydantic import SecretStr

from closeout.reach import embedded_here
from closeout_chassis import testing
from closeout_chassis.db import Database
from closeout_chassis.settings import DatabaseSettings
from closeout_metrics import testing as e
from closeout_metrics.domain.week import Week
from closeout_metrics.handlers import subscriptions
from closeout_metrics.settings import WEEKDAYS
from closeout_metrics.testing import TOPIC_OF
from closeout_schemas.vocabulary import TicketState
from tests.smtp_sink import Sink, receiving
from tests.system import ANSWER_SECONDS, WAIT_SECONDS, System, closeout

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

UTC_ZONE = ZoneInfo("UTC")
# Digests are due since two hours ago.
MOMENT = datetime.now(UTC) - timedelta(hours=2)
WEEK = Week.of(MOMENT, UTC_ZONE).preceding
MAPPING = "teams:\n  Payments:\n    channel: payments\n    email: payments@example.com\n"
# Longer than the test needs to kill who waits for the answer.
THINKS_SECONDS = 30


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server that has taken the first message long before it says so."""
    with _in_a_thread() as one:
        yield one


@contextmanager
def _in_a_thread() -> Iterator[Sink]:
    began: list[Sink] = []
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with receiving(think=THINKS_SECONDS) as one:
            began.append(one)
            ready.set()
            while not over.is_set():
                await asyncio.sleep(0.05)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield began[0]
    over.set()
    thread.join(10)


@pytest.fixture
def system(data_folder: Path, sink: Sink) -> Iterator[System]:
    mapping = data_folder / "mapping.yaml"
    mapping.write_text(MAPPING)
    running = System(
        data_folder,
        CLOSEOUT_METRICS_MAPPING_FILE=str(mapping),
        CLOSEOUT_METRICS_DIGEST_WEEKDAY=WEEKDAYS[MOMENT.weekday()],
        CLOSEOUT_METRICS_DIGEST_HOUR=str(MOMENT.hour),
        CLOSEOUT_INGEST_SMTP_HOST="127.0.0.1",
        CLOSEOUT_INGEST_SMTP_PORT=str(sink.port),
        CLOSEOUT_INGEST_SMTP_SECURITY="none",
        CLOSEOUT_INGEST_SMTP_FROM="Closeout <closeout@example.com>",
    )
    running.start()
    yield running
    running.stop()


async def tell_of_the_week(folder: Path) -> None:
    """As the consumer takes it in: something that Payments promised has shipped in the week before."""
    embedded = embedded_here(folder)
    assert embedded is not None
    db = Database(DatabaseSettings(url=SecretStr(embedded.running_database_url())), "metrics")
    await db.open()
    began = WEEK.begin(UTC_ZONE)
    shipped = e.ticket(TicketState.COMPLETED, 2, closed_at=began + timedelta(days=2))
    for event in (
        e.incident(team="Payments"),
        e.published(at=began - timedelta(days=9)),
        e.committed(at=began - timedelta(days=9), due_on=WEEK.sunday + timedelta(days=30)),
        shipped,
    ):
        await testing.deliver(db, subscriptions(UTC_ZONE), TOPIC_OF[type(event)], [event])
    await db.close()


def until(found: Any, seconds: float = WAIT_SECONDS) -> Any:
    """What `found()` comes to, once that is something."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)
    return value


def test_the_digest_arrives_once_in_the_channel_and_by_mail_also_when_both_services_are_killed(
    system: System, sink: Sink
) -> None:
    def in_channel() -> list[str]:
        return [one["text"] for one in control.get("/slack/messages", params={"channel": "payments"}).json()]

    def said_by() -> list[str | None]:
        told = closeout("notices", "--json", "--data", str(system.folder))
        return sorted(str(one["said_by"]) for one in json.loads(told.stdout))

    with httpx.Client(base_url=f"{system.url['sandbox']}/_sandbox", timeout=ANSWER_SECONDS) as control:
        # Slack has the message long before it says so.
        late = {
            "system": "slack",
            "kind": "slow",
            "path": "*chat.postMessage",
            "when": "after",
            "seconds": THINKS_SECONDS,
        }
        control.post("/faults", json=late).raise_for_status()
        asyncio.run(tell_of_the_week(system.folder))
        system.kill("metrics")  # it looks what is due when it begins

        until(lambda: in_channel() and sink.mail)
        system.kill("ingest")  # both were sent, and neither is written down
        asyncio.run(system.come_due("notice"))  # it would look a minute later whether they stand there
        system.wait_until_ready()
        until(lambda: said_by() == ["email", "slack"])
        for _ in range(2):
            system.kill("metrics")
            system.wait_until_ready()
        time.sleep(5)

        assert said_by() == ["email", "slack"]
        assert len(in_channel()) == 1, in_channel()
        [text] = in_channel()
    assert text.startswith(f"Payments, week {WEEK.number}: 1 shipped")
    assert "Canary the checkout deploy. Thank you, Dana." in text
    # Nobody can ask a mail server what it has: a second copy has the same Message-ID, by which it is shown once.
    assert len({one["Message-ID"] for one in sink.mail}) == 1
    assert {one["To"] for one in sink.mail} == {"Payments <payments@example.com>"}
    assert {one["Subject"] for one in sink.mail} == {f"Payments, week {WEEK.number}: 1 shipped, 0 due next week"}
    assert len(sink.mail) <= 2
