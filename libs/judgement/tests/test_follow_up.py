"""Whether a pattern fell is said with its interval, and only where the interval says so."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime

import pytest

from closeout_judgement.patterns import follow_up
from closeout_judgement.patterns.follow_up import BeforeAfter
from closeout_judgement.patterns.history import history_of
from closeout_judgement.patterns.membership import Membership
from closeout_judgement.patterns.occurrence import Occurrence
from closeout_judgement.patterns.quarter import Quarter
from closeout_judgement.patterns.record import IncidentRecord


def test_few_incidents_do_not_tell_whether_it_fell() -> None:
    assert BeforeAfter(3, 1, 92, 92).verdict == "not told"
    assert BeforeAfter(9, 1, 92, 92).verdict == "fell"
    assert BeforeAfter(1, 9, 92, 92).verdict == "rose"


def test_the_days_that_have_passed_count() -> None:
    # One in the first ten days is as often as nine in ninety.
    assert BeforeAfter(9, 1, 90, 10).times == pytest.approx(1)


def test_the_interval_holds_what_was_seen_and_is_open_above_where_nothing_was() -> None:
    one = BeforeAfter(8, 2, 92, 92)
    low, high = one.interval
    assert one.times is not None
    assert low < one.times < high
    assert BeforeAfter(0, 4, 92, 92).times is None
    assert BeforeAfter(0, 4, 92, 92).interval[1] == float("inf")
    assert "nothing to compare" in BeforeAfter(0, 0, 92, 92).sentence()


def test_a_pattern_is_recognized_in_another_quarter() -> None:
    friday = datetime(2026, 7, 3, 14, tzinfo=UTC)
    one = Occurrence.of([IncidentRecord("A", friday, "checkout", dependencies=("ledger",), failure_modes=("dns",))])

    of = Membership(history_of(one.records, Quarter(2026, 3), UTC))

    assert of.has(one, "dependency", "ledger")
    assert of.has(one, "weekday_hour", "friday 12-18")
    assert of.has(one, "failure_mode", "canary") is False
    assert of.has(one, "pair", "dependency ledger + weekday_hour friday 12-18")
    assert of.has(one, "pair", "dependency ledger + failure_mode canary") is False
    assert of.has(one, "pair", "dependency ledger + runbook missing") is None
    assert of.has(one, "runbook", "missing") is None
    assert of.has(one, "other", "people were tired") is None


def test_the_words_are_as_documented() -> None:
    assert doctest.testmod(follow_up).failed == 0
