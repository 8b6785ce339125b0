"""A team's week: what it says, of whom, and that it is said once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from closeout_chassis import testing
from closeout_chassis.db import Database
from closeout_metrics import testing as e
from closeout_metrics.commands.digests import Digests, Schedule, UnknownTeam, digest_called
from closeout_metrics.domain.digest import Digest
from closeout_metrics.domain.week import NoWeek, Week
from closeout_metrics.testing import BERLIN, Clock, Hear
from closeout_schemas.catalogue import NOTICES
from closeout_schemas.mapping import TeamMapping
from closeout_schemas.vocabulary import FailureMode, TicketState

WEEK = Week.parse("2026-W46")  # Monday, 9 November; promised on the 5th, in the week before
MONDAY = datetime(2026, 11, 9, 12, tzinfo=UTC)
NEXT_MONDAY_AT_NINE = datetime(2026, 11, 16, 8, tzinfo=UTC)  # in Berlin
PAYMENTS = {"Payments": TeamMapping(channel="C04PAY", email="payments@acme.example")}
DNS = (FailureMode.DNS,)


def of_week(*events: Any) -> Sequence[Any]:
    """Four promises of Payments: one ships, one is put off, one is due next week, one's day passes."""
    return (
        e.incident("Q1", team="Payments"),
        e.published("Q1", items=3, modes=DNS),
        e.committed(1, "Q1"),
        e.committed(2, "Q1", due_on=date(2026, 11, 13)),
        e.committed(3, "Q1", due_on=date(2026, 11, 20)),
        e.incident("Q2", team="Payments"),
        e.committed(1, "Q2", due_on=date(2026, 11, 15)),
        e.ticket(TicketState.OPEN, 1, 2, "Q1", at=e.PUBLISHED, due_on=date(2026, 11, 13)),
        e.ticket(TicketState.OPEN, 1, 3, "Q1", at=e.PUBLISHED),
        e.ticket(TicketState.COMPLETED, 2, 1, "Q1", at=MONDAY, closed_at=MONDAY),
        e.ticket(TicketState.OPEN, 2, 2, "Q1", at=MONDAY, due_on=date(2026, 11, 27)),
        e.ticket(TicketState.OPEN, 3, 2, "Q1", at=MONDAY + timedelta(days=9), due_on=date(2026, 12, 24)),
        # The same again, on Wednesday at night, an hour and a half long.
        e.published("Q3", at=MONDAY + timedelta(days=5), modes=DNS, opened_at=MONDAY + timedelta(days=2)),
        *events,
    )


async def told(db: Database, team: str = "payments", week: Week = WEEK) -> Digest:
    async with db.reading() as conn:
        return await digest_called(conn, team, week, BERLIN)


@pytest.mark.integration
async def test_a_week_begins_with_what_shipped_and_thanks_by_name_for_that_alone(db: Database, hear: Hear) -> None:
    await hear(*of_week())

    digest = await told(db)

    assert digest.subject == "Payments, week 46: 1 shipped, 1 due next week, 2 slipped"
    shipped, rest = digest.body.split("\n\n", 1)
    assert shipped.splitlines() == [
        "Shipped", "• Canary the checkout deploy. Thank you, Dana.", "https://tracker.example/Q1/1",
    ]  # fmt: skip
    assert "Dana" not in rest
    assert rest.splitlines() == [
        "Due next week",
        "• Canary the checkout deploy (Fri 20 Nov)",
        "https://tracker.example/Q1/3",
        "",
        "Slipped",
        "• Canary the checkout deploy: put off from Fri 13 Nov to Fri 27 Nov",
        "https://tracker.example/Q1/2",
        "• Canary the checkout deploy: Sun 15 Nov has passed, and it is open",
        "",
        "What it cost",
        "• Wed 11 Nov: checkout came back for 1 h 30 min. “Canary the checkout deploy” had shipped against it, and did "
        "not hold",
        "https://closeout.example/postmortems/Q3",
        "• Wed 11 Nov: checkout came back for 1 h 30 min. “Canary the checkout deploy” was promised against it, and "
        "open",
        "https://closeout.example/postmortems/Q3",
        "Together 1 h 30 min.",
    ]


@pytest.mark.integration
async def test_a_week_reads_the_same_when_it_is_asked_for_later(db: Database, hear: Hear) -> None:
    await hear(*of_week())
    then = await told(db)
    late = MONDAY + timedelta(days=30)
    await hear(e.ticket(TicketState.COMPLETED, 9, 3, "Q1", at=late, closed_at=late))

    assert await told(db) == then


@pytest.mark.integration
async def test_what_was_due_long_ago_is_a_count_and_no_list(db: Database, hear: Hear) -> None:
    await hear(*of_week())

    december = await told(db, week=Week.parse("2026-W50"))

    assert december.says_nothing
    assert december.overdue_before == 3
    assert december.body.endswith("3 promises from before stand open beyond the day that was named.")


@pytest.mark.integration
async def test_a_team_goes_by_its_latest_name_or_its_id(db: Database, hear: Hear) -> None:
    await hear(*of_week(e.incident("Q2", 2, team="Money", told_at=e.days(9))))

    assert (await told(db, "Money")).shipped == (await told(db, "pagerduty:PT1")).shipped != []
    with pytest.raises(UnknownTeam, match=r"no incident ever named a team “Payments”\. Teams: Money\."):
        await told(db, "Payments")


def digests(db: Database, clock: Clock, teams: Any = PAYMENTS) -> Digests:
    return Digests(db, Schedule(0, 9, BERLIN), teams, clock.of_database)


@pytest.mark.integration
async def test_a_digest_is_said_once_by_chat_and_by_mail_however_many_replicas_look(
    db: Database, hear: Hear, clock: Clock
) -> None:
    await hear(*of_week())
    clock.now = NEXT_MONDAY_AT_NINE - timedelta(minutes=1)
    await digests(db, clock).say_those_due()
    assert await testing.said(db) == []
    clock.now = NEXT_MONDAY_AT_NINE

    await asyncio.gather(*(digests(db, clock).say_those_due() for _ in range(3)))
    await hear(e.incident("Q2", 2, team="Money", told_at=e.days(9)))
    await digests(db, clock, {"Money": TeamMapping(channel="other")}).say_those_due()

    chat, mail = [event.data for event in await testing.said(db, NOTICES.name)]
    assert (chat.to.channel, chat.to.email, mail.to.channel, mail.to.email) == (
        "C04PAY", None, None, "payments@acme.example",
    )  # fmt: skip
    assert chat.text == mail.text == (await told(db, "Money")).body
    assert chat.subject.startswith("Payments, week 46: 1 shipped")
    assert chat.worth_until == NEXT_MONDAY_AT_NINE + timedelta(days=2)


@pytest.mark.integration
async def test_a_quiet_week_and_one_that_is_long_over_are_not_told(db: Database, hear: Hear, clock: Clock) -> None:
    await hear(*of_week())
    for later in (timedelta(days=3), timedelta(weeks=4)):
        clock.now = NEXT_MONDAY_AT_NINE + later
        await digests(db, clock).say_those_due()

    assert await testing.said(db, NOTICES.name) == []


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-16T08:00Z", "2026-11-16T08:00Z"),  # Berlin in winter
        ("2026-07-06T07:00Z", "2026-07-06T07:00Z"),  # and in summer
        ("2026-07-06T06:59Z", None),
        ("2026-11-18T07:59Z", "2026-11-16T08:00Z"),
        ("2026-11-18T08:00Z", None),
    ],
)
def test_the_hour_is_that_of_the_organisation(now: str, due: str | None) -> None:
    expected = datetime.fromisoformat(due) if due else None

    assert Schedule(0, 9, BERLIN).due_at(datetime.fromisoformat(now)) == expected


def test_a_digest_on_sunday_night_is_still_due_on_monday() -> None:
    assert Schedule(6, 23, BERLIN).due_at(datetime(2026, 11, 16, 8, tzinfo=UTC)) == datetime(
        2026, 11, 15, 22, tzinfo=UTC
    )


def test_weeks_of_the_turn_of_the_year_are_iso_weeks() -> None:
    assert str(Week.parse("2026-W53").following) == "2027-W01"
    assert str(Week.of(datetime(2027, 1, 3, 22, 59, tzinfo=UTC), BERLIN)) == "2026-W53"
    assert str(Week.of(datetime(2027, 1, 3, 23, 0, tzinfo=UTC), BERLIN)) == "2027-W01"
    for text in ("2027-W53", "2026-W00", "9999-W52", "week 47", ""):
        with pytest.raises(NoWeek, match="is no ISO week; write it as 2026-W47"):
            Week.parse(text)
