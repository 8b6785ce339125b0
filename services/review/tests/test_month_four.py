"""Month four begins three calendar months after publication, by the organisation's wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_review.domain.month_four import month_four_begins

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
