"""Events in, numbers out, on a real Postgres."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from closeout_chassis.db import Database
from closeout_metrics import testing as e
from closeout_metrics.domain.moment import Opened
from closeout_metrics.domain.numbers import IncidentsOf, Numbers, Promised
from closeout_metrics.testing import Clock, Hear
from closeout_schemas.incidents import IncidentPriorityChanged
from closeout_schemas.vocabulary import Control, Outcome, Severity, TicketState

pytestmark = pytest.mark.integration
Read = Callable[[], Awaitable[Numbers]]


async def test_one_incident_all_the_way_to_a_success(hear: Hear, read: Read) -> None:
    await hear(e.incident(), e.drafted(), e.published(items=2), e.committed(1), e.committed(2))
    await hear(e.ticket(TicketState.OPEN, 1, 1), e.ticket(TicketState.OPEN, 1, 2))
    await hear(e.ticket(TicketState.COMPLETED, 2, 1, closed_at=e.days(1.5)))
    half = await read()
    assert (half.open_items, half.all_quarters.ratio, half.postmortems["pending"]) == (1, 0.5, 1)

    await hear(e.ticket(TicketState.COMPLETED, 2, 2, closed_at=e.days(3)))
    await hear(e.concluded(Outcome.SUCCEEDED, at=e.days(3)))

    whole = await read()
    assert whole.incidents == (Opened("checkout", "sev1", "pagerduty", 1),)
    assert whole.postmortems == {
        "draft": 0, "pending": 0, "succeeded": 1, "failed": 0, "closed_late": 0, "journal_entry": 0,
    }  # fmt: skip
    assert Promised("completed", "canary", "github", 2) in whole.action_items
    assert whole.open_items == 0
    assert whole.all_quarters.ratio == 1.0
    assert whole.closing.seconds == 4.5 * 86400
    assert dict(whole.closing.buckets)["172800.0"] == 1
    assert whole.closing.count == 2


async def test_a_ticket_that_is_heard_of_before_its_promise_is_not_lost(hear: Hear, read: Read) -> None:
    await hear(e.ticket(TicketState.OPEN, 1), e.ticket(TicketState.COMPLETED, 2, closed_at=e.days(4)))
    unknown = await read()
    assert unknown.action_items == ()
    assert unknown.closing.count == 0

    await hear(e.committed())

    known = await read()
    assert known.action_items == (Promised("completed", "canary", "github", 1),)
    assert known.closing.seconds == 4 * 86400


async def test_a_ticket_seen_late_does_not_undo_what_is_known_since(hear: Hear, read: Read) -> None:
    await hear(e.committed(), e.ticket(TicketState.COMPLETED, 3), e.ticket(TicketState.OPEN, 1))

    assert (await read()).open_items == 0


async def test_an_item_that_is_opened_again_is_open_and_stays_in_the_counters(hear: Hear, read: Read) -> None:
    await hear(e.published(), e.committed(), e.ticket(TicketState.COMPLETED, 2), e.concluded(Outcome.SUCCEEDED))
    await hear(e.ticket(TicketState.OPEN, 3))

    again = await read()
    assert (again.open_items, again.all_quarters.ratio) == (1, 0.0)
    assert again.closing.count == 1
    # Month four has not begun: the success is taken back, though review says a verdict only once.
    assert (again.postmortems["succeeded"], again.postmortems["pending"]) == (0, 1)

    await hear(e.ticket(TicketState.COMPLETED, 4))
    shipped = await read()
    assert (shipped.closing.count, shipped.closing.seconds) == (1, 2 * 86400)
    assert (shipped.postmortems["succeeded"], shipped.postmortems["pending"]) == (1, 0)


async def test_a_success_is_not_taken_back_after_month_four_has_begun(hear: Hear, read: Read, clock: Clock) -> None:
    await hear(e.published(), e.committed(), e.ticket(TicketState.COMPLETED, 2), e.concluded(Outcome.SUCCEEDED))
    await hear(e.ticket(TicketState.OPEN, 3))
    clock.now = e.FAILS + timedelta(days=1)

    assert (await read()).postmortems["succeeded"] == 1


async def test_a_postmortem_that_was_closed_late_has_failed_again_when_its_item_is_opened(
    hear: Hear, read: Read
) -> None:
    late = e.FAILS + timedelta(days=3)
    await hear(e.published(), e.committed(), e.concluded(Outcome.FAILED))
    await hear(e.ticket(TicketState.COMPLETED, 2, at=late), e.concluded(Outcome.CLOSED_LATE, at=late))
    assert (await read()).postmortems["closed_late"] == 1

    await hear(e.ticket(TicketState.OPEN, 3))

    assert (await read()).postmortems["failed"] == 1


async def test_a_dropped_ticket_leaves_the_promise_open_until_it_is_withdrawn(hear: Hear, read: Read) -> None:
    await hear(e.committed(), e.ticket(TicketState.WONT_DO, 2))
    dropped = await read()
    assert (dropped.open_items, dropped.dropped["wont_do"], dropped.dropped["withdrawn"]) == (1, 1, 0)

    await hear(e.withdrawn())

    gone = await read()
    assert (gone.open_items, gone.dropped["wont_do"], gone.dropped["withdrawn"]) == (0, 1, 1)
    assert Promised("withdrawn", "canary", "github", 1) in gone.action_items
    assert gone.all_quarters.committed == 1


async def test_an_incident_counts_once_as_it_was_opened_and_for_the_quarter_as_it_is_now(
    hear: Hear, read: Read
) -> None:
    worse = e.incident(revision=2, severity=Severity.SEV1, service="payments", kind=IncidentPriorityChanged)
    await hear(worse, e.incident(revision=1, severity=Severity.SEV3))

    seen = await read()
    assert seen.incidents == (Opened("checkout", "sev3", "pagerduty", 1),)
    assert seen.incidents_this_quarter == (Opened("payments", "sev1", "pagerduty", 1),)


async def test_the_quarter_turns_at_midnight_on_the_organisations_wall(hear: Hear, read: Read, clock: Clock) -> None:
    # Berlin is an hour ahead of UTC in winter: 23:30 UTC on New Year's Eve is next year there.
    before, after = datetime(2026, 12, 31, 22, 30, tzinfo=UTC), datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    await hear(e.incident("Q1", opened_at=before), e.incident("Q2", opened_at=after))
    await hear(e.incident("far", opened_at=datetime(2099, 1, 1, tzinfo=UTC)))
    await hear(e.committed(1, at=before), e.committed(2, at=after))

    clock.now = before
    assert sum(one.count for one in (await read()).incidents_this_quarter) == 1
    clock.now = after
    new_year = await read()
    assert sum(one.count for one in new_year.incidents_this_quarter) == 1
    assert [(q.quarter, q.committed) for q in new_year.quarters] == [("2026-Q4", 1), ("2027-Q1", 1)]


async def test_ages_and_deadlines_are_right_at_scrape_time_without_any_event(
    hear: Hear, read: Read, clock: Clock
) -> None:
    await hear(e.drafted("other", at=e.days(0)), e.published(), e.committed(due_on=date(2026, 11, 22)))
    clock.now = datetime(2026, 11, 22, 22, 59, tzinfo=UTC)  # a minute before midnight in Berlin
    on_the_day = await read()
    assert (on_the_day.overdue, on_the_day.about_to_fail) == (0, 0)
    assert on_the_day.oldest_draft_age == on_the_day.oldest_open_age == (clock.now - e.days(0)).total_seconds()

    clock.now += timedelta(minutes=1)
    assert (await read()).overdue == 1

    clock.now = e.FAILS - timedelta(days=30) + timedelta(seconds=1)
    assert (await read()).about_to_fail == 1
    clock.now = e.FAILS + timedelta(hours=1)
    assert (await read()).about_to_fail == 1  # month four has begun, and nobody has judged it

    await hear(e.concluded(Outcome.FAILED))
    assert (await read()).about_to_fail == 0


async def test_a_postmortem_that_promises_nothing_is_a_journal_entry(hear: Hear, read: Read) -> None:
    await hear(e.drafted(), e.published(items=0))

    assert (await read()).postmortems["journal_entry"] == 1


async def test_a_draft_that_went_into_another_waits_no_longer(hear: Hear, read: Read) -> None:
    await hear(e.drafted(), e.drafted("Q2"), e.merged("Q1", into="Q2"))
    assert (await read()).postmortems["draft"] == 1

    await hear(e.split_off("Q1"))
    assert (await read()).postmortems["draft"] == 2


async def test_an_item_without_a_control_has_a_label_all_the_same(hear: Hear, read: Read) -> None:
    await hear(e.committed(1, control=None), e.committed(2, control=Control.OTHER))

    assert {one.control for one in (await read()).action_items} == {"none", "other"}


async def test_the_first_hundred_services_have_a_name_for_ever_and_the_others_are_other(hear: Hear, read: Read) -> None:
    await hear(*(e.incident(f"Q{n}", service=f"service-{n:03}") for n in range(100)))
    await hear(*(e.incident(f"R{n}", service=f"a-newer-service-{n}") for n in range(5)))

    seen = {one.service: one.count for one in (await read()).incidents}
    assert len(seen) == 101
    assert seen["other"] == 5
    assert seen["service-000"] == 1


async def test_incidents_count_in_their_quarter_as_what_they_are_now(hear: Hear, read: Read) -> None:
    await hear(e.incident("Q1"), e.incident("Q2", opened_at=datetime(2026, 9, 30, 22, 30, tzinfo=UTC)))
    await hear(e.incident("Q1", 2, severity=Severity.SEV3), e.incident("Q3", opened_at=e.days(-100)))

    # Half past ten in the evening, UTC, of the last of September is October in Berlin.
    assert (await read()).incidents_of == (
        IncidentsOf("2026-Q3", "sev1", 1),
        IncidentsOf("2026-Q4", "sev1", 1),
        IncidentsOf("2026-Q4", "sev3", 1),
    )


async def test_the_first_hundred_teams_have_a_name_and_the_others_are_other(hear: Hear, read: Read) -> None:
    for n in range(103):
        await hear(e.incident(f"Q{n}", team=f"Team {n}", team_id=f"PT{n}"), e.committed(1, f"Q{n}"))

    standing = {one.whose: one.count for one in (await read()).by_team if one.state == "open"}
    assert len(standing) == 101
    assert (standing["Team 0"], standing["other"]) == (1, 3)


async def test_reading_costs_no_more_with_a_long_history(hear: Hear, db: Database, read: Read) -> None:
    """What is read per scrape is bounded by the labels, not by what has happened."""
    for n in range(30):
        name = f"Q{n}"
        await hear(e.incident(name), e.drafted(name), e.published(name), e.committed(1, name))
        await hear(e.ticket(TicketState.COMPLETED, 2, 1, name), e.concluded(Outcome.SUCCEEDED, name))
    async with db.reading() as conn:
        before = await conn.fetchval("SELECT count(*) FROM tally")
    await hear(*(e.incident(f"R{n}") for n in range(50)), *(e.committed(1, f"R{n}") for n in range(50)))
    await hear(*(e.ticket(TicketState.COMPLETED, 2, 1, f"R{n}") for n in range(50)))

    async with db.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM tally") == before
    assert (await read()).closing.count == 80
