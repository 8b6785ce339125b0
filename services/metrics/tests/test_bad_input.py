"""What a wrong clock says, and a database that is really gone in the middle of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from closeout.postgres import EmbeddedPostgres
from closeout_chassis import testing
from closeout_chassis.settings import DatabaseSettings
from closeout_metrics import testing as e
from closeout_metrics.app import build
from closeout_metrics.domain.definition import QUARTERS_SHOWN
from closeout_metrics.domain.definitions import AGE, DEFINITIONS
from closeout_metrics.domain.numbers import Numbers
from closeout_metrics.handlers import subscriptions
from closeout_metrics.settings import MetricsSettings
from closeout_metrics.testing import BERLIN, TOPIC_OF, Clock, Hear
from closeout_schemas.vocabulary import FailureMode, TicketState

pytestmark = pytest.mark.integration
LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # in Berlin there is no such time
DNS = (FailureMode.DNS,)


async def test_the_far_future_is_taken_in_and_takes_nobodys_place(
    hear: Hear, read: Callable[[], Awaitable[Numbers]], clock: Clock
) -> None:
    await hear(*(e.committed(1, f"R{n}", at=e.days(-91 * n)) for n in range(1, QUARTERS_SHOWN)), e.committed(1, "R0"))
    await hear(e.incident("Q1"), e.published("Q1", modes=DNS), e.committed(2, "Q1", due_on=date(9999, 12, 31)))
    before = await read()
    await hear(
        e.incident("far", opened_at=LAST_MOMENT, team="Payments", told_at=LAST_MOMENT),
        e.drafted("far", LAST_MOMENT),
        e.published("far", at=LAST_MOMENT, fails_at=LAST_MOMENT, modes=DNS, opened_at=LAST_MOMENT.replace(hour=1)),
        e.committed(1, "far", at=LAST_MOMENT, due_on=date(9999, 12, 31)),
        e.ticket(TicketState.COMPLETED, 2, 1, "Q1", at=e.days(1), closed_at=LAST_MOMENT),
        e.ticket(TicketState.OPEN, 1, 1, "far", at=LAST_MOMENT, due_on=date(9999, 12, 31)),
    )
    after = await read()

    for one in DEFINITIONS:
        if "quarter" in one.labels:
            quarters = {dict(zip(one.labels, labels, strict=True))["quarter"] for labels, _ in one.samples(after)}
            assert all(quarter <= "2026-Q4" for quarter in quarters), one.name
    assert after.latest_quarters(QUARTERS_SHOWN) == before.latest_quarters(QUARTERS_SHOWN)
    assert (before.open_items, after.open_items) == (QUARTERS_SHOWN + 1, QUARTERS_SHOWN + 2)
    assert after.overdue == before.overdue
    assert sum(one.count for one in after.incidents_this_quarter) == 1
    assert clock.now < LAST_MOMENT


@pytest.fixture
def server(data_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that may be ended."""
    one = EmbeddedPostgres(data_folder)
    one.start()
    yield one
    one.stop()


async def test_a_scrape_while_postgres_is_gone_shows_the_last_good_numbers_whole(server: EmbeddedPostgres) -> None:
    url = server.url()
    async with testing.migrated(url, "metrics") as db:
        for event in (e.incident(), e.published(), e.committed()):
            await testing.deliver(db, subscriptions(BERLIN), TOPIC_OF[type(event)], [event])
    service = build(MetricsSettings(database=DatabaseSettings(url=SecretStr(url)), port=0))
    await service._db.open()
    transport = httpx.ASGITransport(service._app)
    async with httpx.AsyncClient(transport=transport, base_url="http://metrics.test", timeout=30) as client:

        async def scrape() -> dict[str, float]:
            answer = await client.get("/metrics")
            assert answer.status_code == 200
            return {
                f"{one.name}{sorted(one.labels.items())}": one.value
                for family in text_string_to_metric_families(answer.text)
                for one in family.samples
                if one.name.startswith("closeout_") and not one.name.startswith("closeout_http_")
            }

        there = await scrape()
        await asyncio.to_thread(server.stop)
        gone = await scrape()
        page, numbers = await client.get("/wall"), await client.get("/api/v1/numbers")
        await asyncio.to_thread(server.start)
        back = await scrape()
    await service._db.close()

    age = f"{AGE.name}[]"
    assert gone.keys() == there.keys() == back.keys()
    assert gone.pop(age) > there.pop(age)
    assert gone == there
    assert (page.status_code, numbers.status_code) == (200, 200)
    assert numbers.json()["age_seconds"] > 0
    assert back[age] < 30
