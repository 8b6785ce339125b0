"""Counting the rows again: when the time zone changes, and only then."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from closeout_chassis.db import Database
from closeout_metrics import testing as e
from closeout_metrics.commands.counting import Counting
from closeout_metrics.commands.reading import Reading
from closeout_metrics.domain.tally import Cell, cell
from closeout_metrics.settings import MetricsSettings
from closeout_metrics.store import Store
from closeout_metrics.testing import BERLIN, Clock, Hear
from closeout_schemas.vocabulary import TicketState

NEW_YEARS_EVE = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # already next year in Berlin


async def tallies(db: Database) -> dict[Cell, int]:
    async with db.reading() as conn:
        return await e.tallies(conn)


@pytest.mark.integration
async def test_another_time_zone_moves_commitments_into_their_quarter(db: Database, hear: Hear) -> None:
    await hear(e.committed(at=NEW_YEARS_EVE))
    assert (await tallies(db))[cell("committed", quarter="2027-Q1")] == 1

    await Counting(db, ZoneInfo("America/New_York")).check()

    moved = await tallies(db)
    assert moved[cell("committed", quarter="2026-Q4")] == 1
    assert cell("committed", quarter="2027-Q1") not in moved


@pytest.mark.integration
async def test_what_was_counted_by_the_same_rules_is_not_counted_again(db: Database, hear: Hear) -> None:
    counting = Counting(db, BERLIN)
    await counting.check()
    await hear(e.incident())
    async with db.transaction() as tx:  # a mark that counting anew would wipe out
        await Store(tx.conn).move({cell("mark"): 1})

    await counting.check()
    assert (await tallies(db))[cell("mark")] == 1

    await counting.rebuild()
    assert cell("mark") not in await tallies(db)


@pytest.mark.integration
async def test_a_time_to_close_of_thousands_of_years_is_summed_like_any_other(
    db: Database, hear: Hear, clock: Clock
) -> None:
    far = datetime(9999, 1, 1, tzinfo=UTC)
    await hear(*(e.committed(1, name) for name in ("Q1", "Q2")))
    for name in ("Q1", "Q2"):
        await hear(e.ticket(TicketState.COMPLETED, 2, 1, name, closed_at=far))
    reading = Reading(db, BERLIN, clock.of_database, clock.ticks)

    await reading.refresh()

    assert reading.last is not None
    assert reading.last.closing.seconds == 2 * (far - e.PUBLISHED).total_seconds()
    assert [count for _, count in reading.last.closing.buckets] == [0] * 15 + [2]


def test_a_time_zone_that_is_none_is_said_in_a_sentence() -> None:
    with pytest.raises(ValidationError, match="'Mars/Olympus' is no time zone; write it as in Europe/Berlin"):
        MetricsSettings(time_zone="Mars/Olympus")
