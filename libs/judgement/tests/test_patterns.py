"""What the quarterly reading finds in small histories, and where it stays silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from closeout_judgement.patterns.as_json import as_json
from closeout_judgement.patterns.occurrence import Occurrence
from closeout_judgement.patterns.quarter import Quarter, hours_of
from closeout_judgement.patterns.record import BadLine, IncidentRecord, Promise, Responder, Runbook, line_of, record_of
from closeout_judgement.patterns.review import MetaReview, meta_review

Q3 = Quarter(2026, 3)
BERLIN = ZoneInfo("Europe/Berlin")
MODES = ("dns", "config_change", "security", "traffic_overload", "monitoring_gap", "network_ingress", "database_data")
CONTROLS = ("slo_alert", "canary", "feature_flag", "circuit_breaker", "guard_rail", "other")


def incident(name: str, at: datetime, number: int) -> IncidentRecord:
    """One of many that have nothing in common: each thing comes round in its own rhythm."""
    return IncidentRecord(
        name,
        at,
        f"service-{number % 11}",
        resolved_at=at + timedelta(minutes=60),
        service_team=f"team-{number % 11 % 4}",
        dependencies=(f"dependency-{number % 11 % 7}",),
        failure_modes=(MODES[number % 7],),
        responders=(Responder("p1", f"team-{number % 11 % 4}", on_call=True),),
        earlier_catches=(CONTROLS[number % 6],),
        action_items=(Promise(f"thing{number} wanted{number}", CONTROLS[number % 6], "open"),),
        runbook=Runbook(existed=number % 3 != 0, used=True),
    )


def quiet(quarter: Quarter, count: int) -> list[IncidentRecord]:
    """Incidents at even distances over the quarter, at all hours of the day."""
    begin, step = quarter.begins(UTC), (quarter.ends(UTC) - quarter.begins(UTC)) / (count + 1)
    return [incident(f"{quarter}-{n}", begin + step * (n + 0.5), n * 5 + 3) for n in range(count)]


def year() -> list[IncidentRecord]:
    return [one for back in range(4, 0, -1) for one in quiet(Q3.before(back), 14)]


def review(records: Sequence[IncidentRecord]) -> MetaReview:
    return meta_review(records, Q3, UTC)


def names(made: MetaReview) -> list[tuple[str, str]]:
    return [(one.candidate.kind.value, one.candidate.value) for one in made.patterns]


def test_a_quarter_like_the_year_before_has_no_pattern() -> None:
    assert names(review([*year(), *quiet(Q3, 14)])) == []


def test_several_services_failing_through_one_dependency_are_one_pattern() -> None:
    now = [replace(one, dependencies=("ledger",)) if n % 2 else one for n, one in enumerate(quiet(Q3, 14))]

    made = review([*year(), *now])

    assert names(made) == [("dependency", "ledger")]
    assert [hit.id for hit in made.patterns[0].candidate.hits] == [f"2026Q3-{n}" for n in range(1, 14, 2)]


def test_friday_afternoons_are_held_against_the_other_afternoons() -> None:
    def to_friday(one: IncidentRecord) -> IncidentRecord:
        at = one.opened_at + timedelta(days=4 - one.opened_at.weekday())
        return replace(one, opened_at=at.replace(hour=15), resolved_at=None)

    now = [to_friday(one) if 1 < n < 8 else one for n, one in enumerate(quiet(Q3, 14))]

    assert names(review([*year(), *now])) == [("weekday_hour", "friday 12-18")]
    assert names(review(now)) == [("weekday_hour", "friday 12-18")]


def test_incidents_that_follow_working_hours_are_no_pattern() -> None:
    def at_work(one: IncidentRecord, number: int) -> IncidentRecord:
        at = one.opened_at - timedelta(days=max(0, one.opened_at.weekday() - 4))
        return replace(one, opened_at=at.replace(hour=9 + number % 9, day=max(3, at.day)), resolved_at=None)

    def working(records: Sequence[IncidentRecord]) -> list[IncidentRecord]:
        return [at_work(one, number) for number, one in enumerate(records)]

    assert names(review([*working(year()), *working(quiet(Q3, 14))])) == []
    assert names(review(working(quiet(Q3, 14)))) == []


def test_two_hundred_pages_of_one_storm_count_once() -> None:
    begin = datetime(2026, 8, 4, 3, 0, tzinfo=UTC)
    storm = [
        replace(incident(f"S{n}", begin + timedelta(minutes=n), 5), service=f"front-{n % 9}", dependencies=("ledger",))
        for n in range(200)
    ]

    made = review([*year(), *quiet(Q3, 14), *storm])

    assert len(made.history.now) == 15
    assert names(made) == []
    assert as_json(made)["storms"] == [{"incident": "S0", "pages": [f"S{n}" for n in range(200)]}]


def test_a_burst_over_services_that_share_nothing_is_one_storm_too() -> None:
    begin = datetime(2026, 8, 4, 3, 0, tzinfo=UTC)
    burst = [IncidentRecord(f"S{n}", begin + timedelta(seconds=40 * n), f"front-{n}") for n in range(30)]
    two = [IncidentRecord(f"T{n}", begin + timedelta(days=1, minutes=n), f"front-{n}") for n in range(2)]

    assert [hit.id for hit in review([*burst, *two]).history.now] == ["S0", "T0", "T1"]


def test_an_incident_that_ends_before_it_begins_has_no_length() -> None:
    times = '"opened_at": "2026-07-03T16:00Z", "resolved_at": "2026-07-02T16:00Z"'
    record = record_of(f'{{"id": "A", "service": "s", {times}}}')

    assert Occurrence.of([record]).minutes == 0


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_incidents_are_said_to_be_too_few(count: int) -> None:
    made = review([*year(), *quiet(Q3, count)])

    assert names(made) == []
    assert {one.kind for one in made.not_tested} >= {"dependency", "weekday_hour", "runbook"}
    assert f"{['no incident', 'one incident', '2 incidents'][count]} in 2026Q3" in made.not_tested[0].why


def test_what_nobody_recorded_is_not_tested() -> None:
    bare = [IncidentRecord(one.id, one.opened_at, one.service) for one in quiet(Q3, 14)]

    made = review(bare)

    why = {one.kind: one.why for one in made.not_tested}
    assert why["on_call_from_other_team"].startswith("0 of 14 incidents tell who was on call")
    assert "service" not in why


def test_the_night_in_which_the_clocks_go_forward_has_no_hour_from_two_to_three() -> None:
    spring = hours_of(Quarter(2026, 1), BERLIN)
    sunday = 6

    assert spring[sunday, 2] == spring[sunday, 1] - 1
    assert sum(spring.values()) == 90 * 24 - 1


def test_a_line_comes_back_as_it_was_written() -> None:
    record = incident("INC-1", datetime(2026, 7, 3, 14, 5, tzinfo=UTC), 4)

    assert record_of(line_of(record)) == record


def test_only_id_opening_and_service_are_needed() -> None:
    record = record_of('{"id": "A", "opened_at": "2026-07-03T16:05:00+02:00", "service": "checkout"}', BERLIN)

    assert record.opened_at.hour == 16
    assert record.runbook is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"id": "A", "service": "s"}', "“opened_at” is missing"),
        ('{"id": "A", "service": "s", "opened_at": "yesterday"}', '“opened_at” is "yesterday"'),
        ('{"id": "", "service": "s", "opened_at": "2026-07-03T16:05:00Z"}', '“id” is ""'),
        ('{"id": "A", "opened_at": "2026-07-03T16:05:00Z"}', "“service” is missing"),
        ('{"id": "A", "service": "s", "opened_at": "2026-07-03T16:05:00Z", "dependencies": "db"}', "a list is wanted"),
        ('{"id": "A", "service": "s", "opened_at": "2026-07-03T16:05:00Z", "runbook": true}', "an object with"),
    ],
)
def test_a_bad_line_is_named_by_its_field(line: str, said: str) -> None:
    with pytest.raises(BadLine) as caught:
        record_of(line)

    assert said in str(caught.value)


def test_where_half_the_reviews_name_no_failure_mode_the_other_half_is_tested() -> None:
    def told(n: int, one: IncidentRecord) -> IncidentRecord:
        return replace(one, failure_modes=("dns",) if n < 6 else one.failure_modes if n < 7 else ())

    made = review([*year(), *(told(n, one) for n, one in enumerate(quiet(Q3, 14)))])

    (pattern,) = made.patterns
    assert (pattern.candidate.value, pattern.candidate.observed, pattern.candidate.of) == ("dns", 6, 7)


def test_an_organisation_with_one_service_is_read_too() -> None:
    records = [replace(one, service="monolith", alert="it is slow") for one in (*year(), *quiet(Q3, 14))]

    assert ("service", "monolith") not in names(review(records))
