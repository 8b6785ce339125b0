"""A migrated database, events delivered as the consumer delivers them, and a clock that is set by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from closeout_chassis import service as chassis_service
from closeout_chassis import testing
from closeout_chassis.db import Database
from closeout_metrics import testing as e
from closeout_metrics.commands import reading as reading_of_numbers
from closeout_metrics.commands.reading import Reading
from closeout_metrics.domain.numbers import Numbers
from closeout_metrics.handlers import subscriptions
from closeout_metrics.testing import BERLIN, TOPIC_OF, Clock, Hear
from closeout_schemas.envelope import Event


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scrape is told what is known by then; here it is waited for, however busy the machine is."""
    monkeypatch.setattr(reading_of_numbers, "LONGEST_READ_SECONDS", 60.0)
    monkeypatch.setattr(chassis_service, "SCRAPE_SECONDS", 60.0)


@pytest.fixture
def clock() -> Clock:
    return Clock(e.days(1))


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with testing.migrated(database_url, "metrics") as opened:
        yield opened


@pytest.fixture
def hear(db: Database) -> Hear:
    """Deliver events in the order given, as one batch for each run of events of one topic."""

    async def deliver(*events: Event) -> None:
        batch: list[Event] = []
        for event in events:
            if batch and TOPIC_OF[type(batch[0])] != TOPIC_OF[type(event)]:
                await testing.deliver(db, subscriptions(BERLIN), TOPIC_OF[type(batch[0])], batch)
                batch = []
            batch.append(event)
        await testing.deliver(db, subscriptions(BERLIN), TOPIC_OF[type(batch[0])], batch)

    return deliver


@pytest.fixture
def reading(db: Database, clock: Clock) -> Reading:
    return Reading(db, BERLIN, clock.of_database, clock.ticks)


@pytest.fixture
def read(reading: Reading) -> Callable[[], Awaitable[Numbers]]:
    """The numbers as they are now."""

    async def now() -> Numbers:
        await reading.refresh()
        assert reading.last is not None
        return reading.last

    return now
