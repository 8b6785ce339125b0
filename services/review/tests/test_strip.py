"""The strip of a timeline, in the nights in which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from closeout_review import testing as e
from closeout_review.domain.strip import strip_of

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("begin", "clock"),
    [
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), ["03:00", "04:00", "05:00"]),
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), ["02:00", "02:00", "03:00"]),
        (datetime(2026, 6, 24, 23, 30, tzinfo=UTC), ["02:00", "03:00", "04:00"]),
    ],
    ids=["forward", "back", "never"],
)
def test_each_hour_has_one_mark_and_no_hour_is_marked_that_the_clock_skips(begin: datetime, clock: list[str]) -> None:
    said = [
        e.entry("note", "x", minute).model_copy(update={"occurred_at": begin + timedelta(minutes=minute)})
        for minute in (0, 180)
    ]
    strip = strip_of(said, BERLIN)
    assert strip is not None
    assert [mark.label for mark in strip.clock] == clock
    assert [mark.x for mark in strip.clock] == pytest.approx([1000 / 6, 500, 5000 / 6], abs=0.1)
