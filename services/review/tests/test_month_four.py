"""Month four begins three calendar months after publication, by the organisation's wall clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_review.domain.month_four import month_four_begins
from closeout_review.domain.refusal import Refusal
from closeout_review.domain.targets import Aim, target_of, week_of
from closeout_review.web.showing import weeks_ahead
from closeout_schemas.vocabulary import TargetKind

BERLIN, CHATHAM = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Chatham")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Chatham", "Australia/Lord_Howe", "Asia/Kathmandu")


@pytest.mark.parametrize(
    ("published", "begins"),
    [
        ("2026-11-24T09:30", "2027-02-24T09:30"),
        ("2026-01-31T12:00", "2026-04-30T12:00"),
        ("2026-11-30T12:00", "2027-02-28T12:00"),
        ("2027-11-30T12:00", "2028-02-29T12:00"),
        ("2027-11-29T12:00", "2028-02-29T12:00"),
        ("2028-02-29T12:00", "2028-05-29T12:00"),
        ("2026-10-01T00:00", "2027-01-01T00:00"),
        ("2026-12-31T23:59", "2027-03-31T23:59"),
        # Across both changes of the clock the hour on the wall stays.
        ("2026-08-24T09:30", "2026-11-24T09:30"),
        ("2026-02-24T09:30", "2026-05-24T09:30"),
    ],
)
def test_the_same_day_three_months_on_or_the_last_of_that_month(published: str, begins: str) -> None:
    at = datetime.fromisoformat(published).replace(tzinfo=BERLIN)
    expected = datetime.fromisoformat(begins).replace(tzinfo=BERLIN)

    assert month_four_begins(at, BERLIN) == expected


def test_an_hour_that_summer_time_skips_is_the_moment_after_the_skip() -> None:
    published = datetime(2026, 12, 28, 2, 30, tzinfo=BERLIN)

    assert month_four_begins(published, BERLIN) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert month_four_begins(published, BERLIN).astimezone(BERLIN).hour == 3


def test_an_hour_that_comes_twice_is_the_first() -> None:
    published = datetime(2026, 7, 25, 2, 30, tzinfo=BERLIN)

    assert month_four_begins(published, BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_the_organisations_day_counts_and_not_the_servers() -> None:
    # In Chatham it is the first of December already.
    published = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)

    assert month_four_begins(published, CHATHAM).astimezone(CHATHAM).date().isoformat() == "2027-03-01"


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(ZONES).map(ZoneInfo),
)
def test_it_is_always_89_to_92_days_away(published: datetime, zone: ZoneInfo) -> None:
    begins = month_four_begins(published, zone)
    assert timedelta(days=89) - timedelta(hours=2) <= begins - published <= timedelta(days=92) + timedelta(hours=2)
    assert begins.tzinfo is UTC


def test_the_gate_lets_no_target_through_that_ends_when_month_four_has_begun() -> None:
    first_of_february = date(2026, 2, 1)  # 13 weeks later it is the third of May

    refused = target_of("2026-W18", "target", None, first_of_february)

    assert isinstance(refused, Refusal)
    assert "ends on 2026-05-03, when month four of what is promised today has begun, on 2026-05-01" in refused.reason
    assert target_of(refused.mend.value or "", "target", None, first_of_february) == Aim(
        TargetKind.WEEK, "2026-W17", date(2026, 4, 26)
    )


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_the_weeks_that_a_draft_offers_are_those_that_the_gate_lets_through(today: date) -> None:
    around = [week_of(today + timedelta(weeks=n)) for n in range(-1, 15)]
    assert weeks_ahead(today) == [one for one in around if isinstance(target_of(one, "target", None, today), Aim)]
