"""The kinds that need more than a service and an hour: who was on call, how long it took, the calendar, pairs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from closeout_judgement.patterns.as_json import as_json
from closeout_judgement.patterns.calendar import BadCalendar, Calendar, Window, calendar_of
from closeout_judgement.patterns.history import history_of
from closeout_judgement.patterns.kinds.on_duty import Duty
from closeout_judgement.patterns.occurrence import Occurrence
from closeout_judgement.patterns.record import IncidentRecord, Responder, line_of, record_of
from closeout_judgement.patterns.review import MetaReview, meta_review

from .test_patterns import Q3, incident, names, quiet, year

NO_CALENDAR = Calendar()


def told(one: IncidentRecord, number: int) -> IncidentRecord:
    """With everything that may be told beside what must."""
    return replace(
        one,
        alert=f"alert {number % 8}",
        change_type=("deploy", "configuration", "none")[number % 3],
        vendors=("cloud",) if number % 5 == 0 else (),
        began_at=one.opened_at - timedelta(minutes=10),
        resolved_at=one.opened_at + timedelta(minutes=50 + number % 7),
    )


def whole(now: Sequence[IncidentRecord]) -> list[IncidentRecord]:
    return [*(told(one, n) for n, one in enumerate(year())), *now]


def now(count: int = 14) -> list[IncidentRecord]:
    return [told(one, n) for n, one in enumerate(quiet(Q3, count))]


def read(records: Sequence[IncidentRecord], calendar: Calendar = NO_CALENDAR) -> MetaReview:
    return meta_review(records, Q3, UTC, calendar=calendar)


def untested(made: MetaReview) -> dict[str, str]:
    return {str(one.kind): one.why for one in made.not_tested}


def at(one: IncidentRecord, when: datetime) -> IncidentRecord:
    return replace(one, opened_at=when, resolved_at=when + timedelta(hours=1), began_at=None)


def test_a_year_with_everything_told_has_no_pattern_and_nothing_but_the_calendar_is_missing() -> None:
    made = read(whole(now()))

    assert names(made) == []
    assert set(untested(made)) == {"deploy_window", "day_after_release", "day_after_holiday"} | (
        untested(made).keys() & {"on_call_new_to_service"}
    )


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"alert": "disk full"}, ("alert", "disk full")),
        ({"change_type": "schema_migration"}, ("change_type", "schema_migration")),
        ({"vendors": ("mailer",)}, ("vendor", "mailer")),
    ],
)
def test_the_same_alert_change_or_vendor_is_a_pattern(fields: dict[str, Any], named: tuple[str, str]) -> None:
    made = read(whole([replace(one, **fields) if n < 7 else one for n, one in enumerate(now())]))

    assert [name for name in names(made) if name[0] != "pair"] == [named]


def test_deploy_windows_are_held_against_the_same_hours_of_other_days() -> None:
    calendar = Calendar(windows=(Window(frozenset({1, 3}), 10, 12),))
    tuesdays = [datetime(2026, 7, 7, 10, 30, tzinfo=UTC) + timedelta(days=7 * n) for n in range(6)]

    moved = [at(one, tuesdays[n]) if n < 6 else one for n, one in enumerate(now())]

    assert ("deploy_window", "open") in [
        *names(read(whole(moved), calendar)),
        *((str(one.kind), one.value) for found in read(whole(moved), calendar).patterns for one in found.inside),
    ]
    assert names(read(whole(now()), calendar)) == []


def test_the_day_after_a_release_or_a_holiday_is_held_against_other_days() -> None:
    days = frozenset(date(2026, 7, day) for day in (1, 8, 15))
    after = [datetime(2026, 7, day, hour, tzinfo=UTC) for day in (2, 9, 16) for hour in (3, 16)]

    moved = [at(one, after[n]) if n < 6 else one for n, one in enumerate(now())]

    assert ("day_after_release", "all") in names(read(whole(moved), Calendar(releases=days)))
    assert ("day_after_holiday", "all") in names(read(whole(moved), Calendar(holidays=days)))
    winter = Calendar(releases=frozenset({date(2026, 1, 1)}))
    assert "no day of 2026Q3" in untested(read(whole(now()), winter))["day_after_release"]


def duty_of(*records: IncidentRecord) -> tuple[Duty, list[Occurrence]]:
    history = history_of(records, Q3, UTC)
    return Duty(history), list(history.now)


def answered(name: str, when: datetime, who: str, service: str = "checkout") -> IncidentRecord:
    return replace(incident(name, when, 1), service=service, responders=(Responder(who, "team-1", on_call=True),))


def test_who_answered_for_a_service_within_three_months_is_not_new_to_it() -> None:
    spring, june, july = (datetime(2026, month, 3, 12, tzinfo=UTC) for month in (3, 6, 7))

    duty, (known, other, strange) = duty_of(
        answered("A", spring, "kim"),
        answered("B", june, "robin"),
        answered("C", july, "robin"),
        answered("D", july + timedelta(days=1), "kim"),
        answered("E", july + timedelta(days=2), "kim", "search"),
    )

    assert duty.is_new(known) is False
    assert duty.is_new(other) is True  # kim's last was in March
    assert duty.is_new(strange) is None  # nobody answered for search before: nothing to be new to


def test_the_third_night_is_counted_by_the_evening_and_by_the_person() -> None:
    late, early = datetime(2026, 8, 3, 23, tzinfo=UTC), datetime(2026, 8, 6, 2, tzinfo=UTC)

    duty, nights = duty_of(
        answered("A", late, "kim"),
        answered("B", late + timedelta(days=1), "kim"),
        answered("C", early, "kim"),  # the night that began on the fifth
        answered("D", early + timedelta(days=1), "robin"),
        answered("E", early + timedelta(days=1, hours=9), "kim"),
    )

    assert [duty.is_third_paged(one) for one in nights] == [False, False, True, False, None]


def test_nights_on_end_of_one_person_are_a_pattern() -> None:
    nights = [datetime(2026, 8, 4 + n, 2, 10, tzinfo=UTC) for n in range(8)]
    moved = [
        replace(at(one, nights[n]), responders=(Responder("kim", "team-1", on_call=True),)) if n < 8 else one
        for n, one in enumerate(now())
    ]

    assert ("third_night_on_call", "paged") in names(read(whole(moved)))


def test_slower_to_detect_than_to_fix_and_slower_to_fix_than_the_year() -> None:
    slow = [replace(one, began_at=one.opened_at - timedelta(hours=9)) if n < 9 else one for n, one in enumerate(now())]
    long = [replace(one, resolved_at=one.opened_at + timedelta(hours=9)) for one in now()]

    assert ("time_to_detect", "longer than to fix") in names(read(whole(slow)))
    (found,) = read(whole(long)).patterns
    assert (found.candidate.kind, found.candidate.value) == ("time_to_fix", "longer than usual")
    bare = read([replace(one, began_at=None) for one in whole(now())])
    assert untested(bare)["time_to_detect"] == "0 of 14 incidents tell when it began to do harm; a pattern needs 3"


def test_two_things_that_come_together_are_a_pair_and_two_that_grew_apart_are_none() -> None:
    def ledger(one: IncidentRecord) -> IncidentRecord:
        return replace(one, dependencies=("ledger",))

    def canary(one: IncidentRecord) -> IncidentRecord:
        return replace(one, earlier_catches=("canary",))

    def other(one: IncidentRecord) -> IncidentRecord:
        return replace(one, earlier_catches=("other",))

    plain = [replace(one, alert=None) for one in now(20)]
    together = [canary(ledger(one)) if n < 7 else other(one) for n, one in enumerate(plain)]
    apart = [ledger(one) if n < 7 else canary(one) if n < 14 else one for n, one in enumerate(plain)]

    made = read(whole(together))
    (pair,) = [one for one in made.patterns if one.candidate.kind == "pair"]
    (as_told,) = [one for one in as_json(made)["patterns"] if one["kind"] == "pair"]
    assert (as_told["observed"], as_told["of"]) == (7, 20)
    assert as_told["sentence"].startswith(
        "7 of 20 incidents involve the dependency ledger, in 7 services and would have been caught by canary"
    )
    assert pair.candidate.value == "dependency ledger + control canary"
    assert pair.candidate.details["pair"] == [
        {"kind": "dependency", "value": "ledger"},
        {"kind": "control", "value": "canary"},
    ]
    assert [one for one in names(read(whole(apart))) if one[0] == "pair"] == []


def test_what_may_be_told_comes_back_as_it_was_written() -> None:
    since = datetime(2026, 7, 1, 9, tzinfo=UTC)
    duty = Responder("kim", "team-1", on_call=True, since=since)
    record = replace(told(incident("A", datetime(2026, 7, 3, 14, tzinfo=UTC), 4), 5), responders=(duty,))

    assert record_of(line_of(record)) == record
    assert json.loads(line_of(record))["change_type"] == "none"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([], "an object"),
        ({"windows": []}, "“windows” is not known"),
        ({"releases": ["soon"]}, "“releases”"),
        ({"holidays": "2026-12-25"}, "a list is wanted"),
        ({"deploy_windows": [{"days": ["tue"], "from": 12, "to": 10}]}, "a window is wanted"),
        ({"deploy_windows": [{"days": ["tuesday"], "from": 10, "to": 12}]}, "a window is wanted"),
    ],
)
def test_a_bad_calendar_says_what_is_wanted(fields: object, said: str) -> None:
    with pytest.raises(BadCalendar) as caught:
        calendar_of(fields)

    assert said in str(caught.value)


def test_a_calendar_is_read() -> None:
    told_ = {"deploy_windows": [{"days": ["tue"], "from": 10, "to": 12}], "releases": ["2026-07-03"]}

    calendar = calendar_of(told_)

    assert calendar.is_window((1, 11))
    assert not calendar.is_window((1, 12))
    assert calendar.releases == {date(2026, 7, 3)}
