"""What was read before is shown again only while nothing has changed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from closeout_chassis.db import Database
from closeout_metrics import testing as e
from closeout_metrics.commands.reading import Reading
from closeout_metrics.handlers import subscriptions
from closeout_metrics.store import MOST_CHANGES, Store
from closeout_metrics.testing import BERLIN, Clock, Hear
from closeout_schemas.vocabulary import TicketState

pytestmark = pytest.mark.integration


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Longer by one with each reading of everything."""
    seen: list[str] = []
    read = Store.reading

    async def noted(*arguments: Any) -> Any:
        seen.append("everything")
        return await read(*arguments)

    monkeypatch.setattr(Store, "reading", noted)
    return seen


async def test_while_nothing_changes_only_what_goes_by_the_clock_is_read(
    hear: Hear, reading: Reading, clock: Clock, whole: list[str]
) -> None:
    await hear(e.published(), e.committed())
    await reading.refresh()
    assert reading.last is not None
    before = reading.last

    clock.now = e.days(1.25)
    await reading.refresh()

    assert len(whole) == 1
    assert reading.last.oldest_open_age == before.oldest_open_age + 6 * 3600
    clock.now = e.days(2)  # another day: what is overdue may be more
    await reading.refresh()
    assert len(whole) == 2
    await hear(e.ticket(TicketState.COMPLETED, 2))
    await reading.refresh()
    assert (len(whole), reading.last.open_items) == (3, 0)


async def test_a_change_that_began_before_another_and_ended_after_it_is_seen(
    db: Database, hear: Hear, reading: Reading
) -> None:
    slow, _ = (one.handler for one in subscriptions(BERLIN)[:2])
    async with db.transaction() as tx:
        await slow([e.incident("Q1")], tx)
        await hear(e.published("Q2"))
        await reading.refresh()
        assert reading.last is not None
        assert reading.last.incidents == ()

    await reading.refresh()
    assert [one.count for one in reading.last.incidents] == [1]


async def test_the_list_of_changes_stays_short_and_forgetting_it_is_a_change(
    db: Database, reading: Reading, whole: list[str]
) -> None:
    async def rows() -> int:
        async with db.reading() as conn:
            count: int = await conn.fetchval("SELECT count(*) FROM change")
            return count

    async with db.transaction() as tx:
        await tx.conn.execute("DELETE FROM change")  # those of migrations
        await tx.conn.execute("INSERT INTO change SELECT gen_random_uuid() FROM generate_series(1, $1)", MOST_CHANGES)
    await reading.refresh()
    await reading.forget_changes()
    assert await rows() == MOST_CHANGES
    await reading.refresh()
    assert len(whole) == 1

    async with db.transaction() as tx:
        await tx.conn.execute("DELETE FROM team")
    await asyncio.gather(reading.forget_changes(), reading.forget_changes())
    assert await rows() <= 2
    await reading.refresh()
    assert len(whole) == 2
