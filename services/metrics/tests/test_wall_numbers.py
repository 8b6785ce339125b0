"""Teams, services, slips, cohorts and what came back: events in, numbers out, on a real Postgres."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from closeout_chassis.db import Database
from closeout_metrics import testing as e
from closeout_metrics.commands.counting import Counting
from closeout_metrics.commands.reading import Reading
from closeout_metrics.domain.moment import Recurred
from closeout_metrics.domain.numbers import Numbers, Standing
from closeout_metrics.testing import BERLIN, Clock, Hear
from closeout_schemas.vocabulary import FailureMode, Outcome, TicketState

pytestmark = pytest.mark.integration
Read = Callable[[], Awaitable[Numbers]]
DNS = (FailureMode.DNS,)


async def test_an_item_belongs_to_the_team_that_was_paged_whichever_is_heard_of_first(hear: Hear, read: Read) -> None:
    await hear(e.committed(1, "Q1"), e.incident("Q1", team="Payments"))
    await hear(e.incident("Q2", team="Payments"), e.committed(1, "Q2"), e.ticket(TicketState.COMPLETED, 2, 1, "Q2"))

    seen = await read()

    assert seen.by_team == (
        Standing("Payments", "open", 1), Standing("Payments", "shipped", 1), Standing("Payments", "withdrawn", 0),
    )  # fmt: skip
    assert Standing("checkout", "open", 1) in seen.by_service


async def test_a_team_that_is_renamed_stays_one_team(hear: Hear, read: Read) -> None:
    await hear(e.incident("Q1", team="Payments", told_at=e.days(0)), e.committed(1, "Q1"))
    await hear(e.incident("Q2", team="Money", told_at=e.days(2)), e.committed(1, "Q2"))
    await hear(e.incident("Q3", team="Payments", told_at=e.days(1)))  # heard of late

    assert Standing("Money", "open", 2) in (await read()).by_team


async def test_a_slip_is_counted_once_and_stays_when_it_is_taken_back(hear: Hear, read: Read) -> None:
    later = e.DUE + timedelta(days=14)
    await hear(e.committed(), e.ticket(TicketState.OPEN, 1, due_on=e.DUE))
    assert (await read()).slipped == 0

    await hear(e.ticket(TicketState.OPEN, 2, due_on=later), e.ticket(TicketState.OPEN, 3, due_on=e.DUE))

    assert (await read()).slipped == 1


async def test_a_promise_with_another_target_has_slipped_and_is_due_by_the_target_that_stands(
    hear: Hear, read: Read, clock: Clock
) -> None:
    later = e.DUE + timedelta(days=14)
    clock.now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    # The ticket follows; the second change is heard of before the first, and both before the promise.
    await hear(
        e.changed(2, owner="Robin", due_on=later),
        e.changed(1, due_on=later),
        e.ticket(TicketState.OPEN, 2, due_on=later),
    )
    await hear(e.committed())

    seen = await read()
    assert (seen.slipped, seen.slips, seen.overdue) == (1, 1, 0)

    await hear(e.changed(3, due_on=later + timedelta(days=7)))
    seen = await read()
    assert (seen.slipped, seen.slips, seen.overdue) == (1, 2, 0)
    clock.now = datetime(2026, 12, 14, 12, tzinfo=UTC)
    assert (await read()).overdue == 1


async def test_the_oldest_items_are_named_with_team_and_link_but_never_a_person(hear: Hear, read: Read) -> None:
    await hear(e.incident("Q1", team="Payments"), e.published("Q1"), e.committed(1, "Q1", at=e.days(-3)))
    await hear(*(e.committed(1, f"R{n}", at=e.days(n)) for n in range(6)))
    await hear(e.ticket(TicketState.OPEN, 1, 1, "Q1"))

    seen = await read()

    assert len(seen.oldest_open) == 5
    oldest = seen.oldest_open[0]
    assert (oldest.team, oldest.url, oldest.ticket_key) == (
        "Payments",
        "https://tracker.example/Q1/1",
        "acme/payments#1",
    )
    assert "Dana" not in str(oldest)


async def test_overdue_and_the_next_failure_follow_the_clock(hear: Hear, read: Read, clock: Clock) -> None:
    await hear(e.published(), e.committed())
    assert (await read()).next_failure_at == e.FAILS
    clock.now = datetime(2026, 11, 25, 12, tzinfo=UTC)  # due on the 22nd
    assert (await read()).longest_overdue == 3 * 86400

    await hear(e.ticket(TicketState.COMPLETED, 2), e.concluded(Outcome.SUCCEEDED))
    done = await read()
    assert (done.next_failure_at, done.longest_overdue) == (None, 0)


async def test_postmortems_that_fail_or_failed_are_named_the_next_and_the_latest_first(
    hear: Hear, read: Read, clock: Clock
) -> None:
    for n in range(8):
        await hear(e.published(f"F{n}", fails_at=e.days(n)), e.concluded(Outcome.FAILED, f"F{n}", e.days(n)))
        await hear(e.published(f"N{n}", fails_at=e.days(12 + n)), e.committed(1, f"N{n}"))
    clock.now = e.days(10)

    failing = (await read()).failing
    assert [(one.outcome, one.url.rpartition("/")[2]) for one in failing] == [
        *(("about_to_fail", f"N{n}") for n in range(5)),
        *(("failed", f"F{n}") for n in range(7, 2, -1)),
    ]
    assert {one.name for one in failing} == {"The payment pool ran out of connections"}
    await hear(e.ticket(TicketState.COMPLETED, 2, 1, "N0"))
    assert (await read()).failing[0].url.endswith("N1")


async def test_a_cohort_counts_open_items_as_long_as_they_were_watched(hear: Hear, read: Read, clock: Clock) -> None:
    await hear(*(e.committed(position, "Q1") for position in (1, 2, 3)))
    await hear(e.ticket(TicketState.COMPLETED, 2, 1, "Q1", closed_at=e.days(10)), e.withdrawn(2, "Q1"))
    clock.now = e.days(45)

    [cohort] = (await read()).cohorts

    assert (cohort.quarter, cohort.committed) == ("2026-Q4", 3)
    assert cohort.shipped_by(30) == pytest.approx(1 / 3)
    assert cohort.shipped_by(60) is None
    clock.now = e.days(61)
    assert (await read()).cohorts[0].shipped_by(60) == pytest.approx(1 / 3)


async def test_an_incident_came_back_while_a_promise_against_it_was_open(hear: Hear, read: Read) -> None:
    again = e.days(20)
    await hear(e.published("Q1", modes=DNS), e.committed(1, "Q1"), e.committed(2, "Q1"))
    await hear(e.published("Q2", at=e.days(22), modes=DNS, opened_at=again))
    await hear(e.published("Q3", at=e.days(22), modes=(FailureMode.SECURITY,), opened_at=again))

    assert (await read()).recurred == (Recurred("2026-Q4", "while_open", "checkout", 1, 5400),)

    # Both had shipped before, as it turns out: what was done did not hold.
    await hear(*(e.ticket(TicketState.COMPLETED, 2, position, "Q1", closed_at=e.days(3)) for position in (1, 2)))
    assert (await read()).recurred == (Recurred("2026-Q4", "after_fix", "checkout", 1, 5400),)


async def test_what_comes_back_long_after_a_fix_is_nothing_to_do_with_it(hear: Hear, read: Read, clock: Clock) -> None:
    clock.now = e.days(60)
    await hear(e.published("Q1", modes=DNS), e.committed(1, "Q1"))
    await hear(e.ticket(TicketState.COMPLETED, 2, 1, "Q1", closed_at=e.days(1)))
    await hear(e.published("Q2", modes=DNS, opened_at=e.days(31) + timedelta(seconds=1)))
    assert (await read()).recurred == ()

    await hear(e.published("Q3", modes=DNS, opened_at=e.days(31)))
    assert (await read()).recurred == (Recurred("2026-Q4", "after_fix", "checkout", 1, 5400),)


async def test_what_was_taken_back_and_shipped_all_the_same_had_not_failed_before_it_shipped(
    hear: Hear, read: Read, clock: Clock
) -> None:
    clock.now = e.days(60)
    await hear(e.published("Q1", modes=DNS), e.committed(1, "Q1"), e.withdrawn(1, "Q1"))  # on the fifth day
    await hear(e.ticket(TicketState.COMPLETED, 2, 1, "Q1", closed_at=e.days(20)))
    await hear(e.published("Q2", modes=DNS, opened_at=e.days(10)))

    assert (await read()).recurred == ()


async def test_what_was_found_by_a_longer_rule_is_forgotten_when_the_rows_are_counted_again(
    db: Database, hear: Hear, read: Read, clock: Clock
) -> None:
    clock.now = e.days(60)
    await hear(e.published("Q1", modes=DNS), e.committed(1, "Q1"), e.committed(2, "Q1"))
    await hear(e.ticket(TicketState.COMPLETED, 2, 1, "Q1", closed_at=e.days(1)))
    await hear(e.published("Q2", modes=DNS, opened_at=e.days(40)))
    async with db.transaction() as tx:
        add = "INSERT INTO recurrence VALUES ($1, $2, 'after_fix', 'checkout', $3, 5400)"
        await tx.conn.execute(add, e.postmortem_id("Q2"), e.item_id(1, "Q1"), e.days(40))
    assert {one.kind for one in (await read()).recurred} == {"after_fix", "while_open"}

    await Counting(db, BERLIN).check()
    assert {one.kind for one in (await read()).recurred} == {"while_open"}


async def test_what_time_it_is_the_database_says(db: Database) -> None:
    reading = Reading(db, BERLIN)
    async with db.reading() as conn:
        before = await conn.fetchval("SELECT now()")
    await reading.refresh()
    async with db.reading() as conn:
        after = await conn.fetchval("SELECT now()")

    assert reading.last is not None
    assert before <= reading.last.read_at <= after
