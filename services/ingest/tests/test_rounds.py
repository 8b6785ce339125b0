"""Rounds of asking: one thing that cannot be had keeps no other from being had."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_chassis.testing import migrated
from closeout_ingest import history
from closeout_ingest.adapters.history import Listed, Page
from closeout_ingest.store.history import Histories
from closeout_schemas.vocabulary import Vendor

from .test_history import Scripted, listed, settle

pytestmark = pytest.mark.integration

LATELY = timedelta(minutes=30)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


@pytest.mark.parametrize("ask", [history.fetch_due, history.reconcile])
async def test_an_incident_that_cannot_be_read_keeps_no_other_from_being_read(
    db: Database, ask: Callable[[Database, Any], Awaitable[None]]
) -> None:
    class Broken(Scripted):
        async def history(self, of: Listed) -> AsyncIterator[Page]:
            if of.vendor_id == "Q1":
                raise Retryable("the pager answered 500")
            async for page in super().history(of):
                yield page

    today = datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z")
    pager = Broken(listed("Q1", created_at=today), listed("Q2", created_at=today))
    async with db.transaction() as tx:
        histories = Histories(tx.conn)
        await histories.want_history([(Vendor.PAGERDUTY, "Q1")], [timedelta(minutes=-2)])
        await histories.want_history([(Vendor.PAGERDUTY, "Q2")], [timedelta(minutes=-1)])

    with pytest.raises(Retryable):
        await ask(db, pager)

    assert pager.asked == ["Q2"]


async def test_an_open_incident_that_cannot_be_read_keeps_no_other_from_being_read(db: Database) -> None:
    class Broken(Scripted):
        broken = ""

        async def one(self, vendor_id: str) -> Listed | None:
            self.broken = self.broken or vendor_id  # whichever is asked for first
            if vendor_id == self.broken:
                raise Retryable("the pager answered 500")
            return await super().one(vendor_id)

    old = "2025-01-01T00:00:00Z"
    pager = Broken(*(listed(f"Q{n}", status="acknowledged", created_at=old) for n in range(4)))
    await history.reconcile(db, pager)
    await settle(db)
    pager.incidents = {f"Q{n}": listed(f"Q{n}", version="2", created_at=old) for n in range(4)}
    pager.asked.clear()

    with pytest.raises(Retryable):
        await history.reconcile(db, pager)

    assert sorted(pager.asked) == sorted(pager.incidents.keys() - {pager.broken})


async def test_an_incident_that_cannot_be_read_ends_no_backfill_and_comes_with_the_next(db: Database) -> None:
    class Broken(Scripted):
        broken = "Q1"

        async def history(self, of: Listed) -> AsyncIterator[Page]:
            if of.vendor_id == self.broken:
                raise Retryable("the pager answered 500")
            async for page in super().history(of):
                yield page

    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    days = [since + timedelta(days=n * 9, hours=1) for n in range(6)]
    pager = Broken(*(listed(f"Q{n}", created_at=day.isoformat()) for n, day in enumerate(days)))

    with pytest.raises(Retryable):
        await history.backfill(db, pager, since, until, lambda *_: None)
    assert pager.asked == ["Q0", "Q2", "Q3", "Q4", "Q5"]

    pager.broken = ""
    assert await history.backfill(db, pager, since, until, lambda *_: None) == 1
    assert pager.asked[5:] == ["Q1"]


@pytest.mark.parametrize("is_backfill", [False, True], ids=["reconcile", "backfill"])
async def test_a_storm_of_more_than_a_pager_lists_is_passed_through(
    db: Database, caplog: pytest.LogCaptureFixture, is_backfill: bool
) -> None:
    class Storm(Scripted):
        windows = 0

        async def created(self, since: datetime, until: datetime) -> AsyncIterator[Listed]:
            self.windows += 1
            found = [one async for one in super().created(since, until)]
            for one in found:
                yield one
            if "Q1" in {one.vendor_id for one in found}:
                raise OverflowError("more than 10000 incidents")

    now = datetime.now(UTC)
    long_ago = timedelta(days=200 if is_backfill else 1)
    pager = Storm(*(listed(f"Q{n}", created_at=(now - ago).isoformat()) for n, ago in enumerate((long_ago, LATELY), 1)))

    if is_backfill:
        await history.backfill(db, pager, now - timedelta(days=210), now, lambda *_: None)
    else:
        await history.reconcile(db, pager)

    assert pager.asked == ["Q1", "Q2"]
    assert "lists no more" in caplog.text
    assert pager.windows < 100  # and not one each five minutes from then on
