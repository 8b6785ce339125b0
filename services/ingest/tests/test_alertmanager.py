"""Alertmanager's notifications: which facts each tells, and which of them are one incident."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_chassis.errors import Poison
from closeout_ingest.adapters import alert_group
from closeout_ingest.adapters.alertmanager import SOURCE
from closeout_ingest.domain.episode import Episode, place
from closeout_ingest.domain.fact import Fact, FactKind
from closeout_ingest.domain.incident import Incident, begin, take_in
from closeout_ingest.testing import snapshot_of
from closeout_schemas.deliveries import Delivery
from closeout_schemas.vocabulary import IncidentStatus, Severity, Vendor

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "alertmanager"
needs_samples = pytest.mark.skipif(
    not SAMPLES.exists(), reason="the recorded payloads (../shared/samples) are not beside this checkout"
)
NIGHT = datetime(2026, 11, 3, 3, 0, tzinfo=UTC)
HEARD = NIGHT + timedelta(days=2)
ZERO = "0001-01-01T00:00:00Z"


def at(minute: float) -> str:
    return (NIGHT + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")


def alert(name: str, began: float, ended: float | None = None, **labels: str) -> dict[str, Any]:
    """An alert that began and ended so many minutes into the night."""
    return {
        "status": "firing" if ended is None else "resolved",
        "labels": {"alertname": name, "service": "checkout", "severity": "critical", **labels},
        "annotations": {"summary": f"{name} is bad", "runbook_url": "https://runbooks.example/latency"},
        "startsAt": at(began),
        "endsAt": ZERO if ended is None else at(ended),
        "generatorURL": f"http://prometheus.example/{name}",
        "fingerprint": f"fp-{name}",
    }


def group(*alerts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A notification about a group of these alerts."""
    firing = any(one.get("status") == "firing" for one in alerts)
    return {
        "version": "4",
        "groupKey": '{}:{job="checkout"}',
        "status": "firing" if firing else "resolved",
        "receiver": "closeout",
        "truncatedAlerts": 0,
        "groupLabels": {"job": "checkout"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "alerts": list(alerts),
        **fields,
    }


def facts(body: Any, received_at: datetime = HEARD) -> Sequence[Fact]:
    said = Delivery(vendor=Vendor.ALERTMANAGER, headers={}, body=json.dumps(body), received_at=received_at)
    return alert_group.interpret(said)


def taken_in(batches: Iterable[Iterable[Fact]]) -> list[Incident]:
    """The incidents that come of notifications heard in this order, as the store would keep them."""
    episodes: dict[str, Episode] = {}
    unique: dict[str, Fact] = {}
    for batch in batches:
        found, changed = place(list(batch), episodes.values())
        episodes |= {one.vendor_id: one for one in changed}
        for one in found:
            unique.setdefault(str(one.id), one)
    known: dict[str, Incident] = {}
    for one in unique.values():
        known[str(one.incident_id)] = take_in(known.get(str(one.incident_id)) or begin(one), one)
    return sorted(known.values(), key=lambda one: one.vendor_id)


def kinds(told: Iterable[Fact]) -> list[str]:
    return [one.kind.value for one in told]


LATENCY = [group(alert("Latency", 0)), group(alert("Latency", 0, 41))]


def test_a_group_that_fires_and_resolves_is_one_incident_with_a_beginning_and_an_end() -> None:
    (only,) = taken_in(map(facts, LATENCY))
    end = snapshot_of(only)

    assert (end.title, end.status, end.severity) == ("Latency is bad", IncidentStatus.RESOLVED, Severity.SEV1)
    assert end.service is not None
    assert end.service.name == "checkout"
    assert (end.opened_at, end.resolved_at) == (NIGHT, NIGHT + timedelta(minutes=41))
    assert end.url == "http://alertmanager.example"


def test_the_end_that_a_firing_alert_gives_is_not_believed() -> None:
    to_come = group({**alert("Latency", 0), "endsAt": at(5)})

    (only,) = taken_in([facts(to_come)])

    assert only.status is IncidentStatus.TRIGGERED
    assert kinds(facts(to_come)) == ["opened", "alert_fired"]


def test_alerts_that_join_and_leave_are_entries_of_the_timeline_and_change_no_state() -> None:
    joined = group(alert("Latency", 0), alert("Errors", 10, severity="warning"))
    left = group(alert("Latency", 0, 20), alert("Errors", 10, severity="warning"))

    (only,) = taken_in(map(facts, [LATENCY[0], joined, left]))

    assert only.status is IncidentStatus.TRIGGERED
    assert only.severity is Severity.SEV1  # the worst of them, not the last
    assert only.title == "Latency is bad"
    assert only.facts == 4  # opened, two fired, one resolved


def test_the_same_group_within_an_hour_was_never_over_and_after_it_is_another_incident() -> None:
    again = [group(alert("Latency", 90)), group(alert("Latency", 90, 100))]
    tomorrow = [group(alert("Latency", 1000)), group(alert("Latency", 1000, 1005))]

    first, second = taken_in(map(facts, [*LATENCY, *again, *tomorrow]))

    assert snapshot_of(first).resolved_at == NIGHT + timedelta(minutes=100)
    assert snapshot_of(second).opened_at == NIGHT + timedelta(minutes=1000)


def test_an_incident_that_fires_again_is_open_again_until_it_is_resolved_again() -> None:
    (only,) = taken_in(map(facts, [*LATENCY, group(alert("Latency", 60))]))

    assert snapshot_of(only).resolved_at is None


def test_alerts_that_were_left_out_of_the_notification_are_said_to_be() -> None:
    *_, last = facts(group(alert("Latency", 0), truncatedAlerts=12))

    assert last.kind is FactKind.CHANGED
    assert dict(last.about)["alerts"] == "12"


def test_an_alert_of_two_groups_is_told_in_both() -> None:
    other = {**LATENCY[0], "groupKey": '{}/{team="web"}:{}'}

    assert len(taken_in(map(facts, [LATENCY[0], other]))) == 2


@pytest.mark.parametrize("began", ["2999-01-01T00:00:00Z", ZERO, None, "yesterday", 7])
def test_a_clock_that_cannot_be_right_makes_one_incident_dated_by_ours(began: Any) -> None:
    firing = group({**alert("Latency", 0), "startsAt": began})
    over = group({**alert("Latency", 0, 41), "startsAt": began, "endsAt": began})

    (only,) = taken_in([facts(firing, HEARD), facts(over, HEARD + timedelta(hours=9))])

    assert snapshot_of(only).opened_at == HEARD
    assert only.status is IncidentStatus.RESOLVED


def test_an_end_before_the_beginning_is_an_end_all_the_same() -> None:
    (only,) = taken_in(map(facts, [group(alert("Latency", 0)), group(alert("Latency", 0, -30))]))

    assert only.status is IncidentStatus.RESOLVED


@pytest.mark.parametrize(
    ("labels", "severity"),
    [
        ({"severity": "page"}, Severity.SEV1),
        ({"severity": "WARNING"}, Severity.SEV3),
        ({"severity": "", "priority": "P2"}, Severity.SEV2),
        ({"severity": "purple"}, Severity.UNKNOWN),
    ],
)
def test_severity_is_read_from_the_usual_labels(labels: dict[str, str], severity: Severity) -> None:
    assert alert_group.severity_in(labels) is severity


def test_the_button_that_tests_grafanas_contact_point_opens_nothing() -> None:
    assert facts(group(alert("TestAlert", 0), commonLabels={"alertname": "TestAlert", "instance": "Grafana"})) == ()


@pytest.mark.parametrize("body", [{}, [], {"groupKey": "g"}, group(), {**LATENCY[0], "alerts": {"a": 1}}])
def test_what_is_no_notification_is_a_dead_letter_with_a_reason(body: Any) -> None:
    with pytest.raises(Poison, match="group"):
        facts(body)


def test_the_table_of_events_is_what_is_read() -> None:
    for body in (*LATENCY, group(alert("Latency", 0, 5), alert("Errors", 1), truncatedAlerts=1)):
        said = Delivery(vendor=Vendor.ALERTMANAGER, headers={}, body=json.dumps(body), received_at=HEARD)
        assert {one.kind for one in facts(body)} <= set(SOURCE.events[alert_group.event_type_of(said)])


@needs_samples
def test_the_recorded_notifications_are_one_incident() -> None:
    recorded = [json.loads((SAMPLES / f"webhook.v4.{name}.json").read_text()) for name in ("firing", "resolved")]

    (only,) = taken_in(map(facts, recorded))

    assert snapshot_of(only).resolved_at == datetime(2026, 4, 1, 2, 41, tzinfo=UTC)


@st.composite
def nights(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """Nights of a group: alerts that come and go while the first fires; each change is a notification."""
    found = []
    for night in range(draw(st.integers(1, 3))):
        start = night * 600.0
        others = draw(st.lists(st.tuples(st.integers(1, 99), st.integers(100, 150)), max_size=3))
        spans = [(start, start + 200.0), *((start + b, start + e) for b, e in others)]
        moments = sorted({moment for span in spans for moment in span})
        found.append([_as_of(spans, moment) for moment in moments])
    return found


def _as_of(spans: Sequence[tuple[float, float]], moment: float) -> dict[str, Any]:
    return group(
        *(
            alert(f"A{n}", began, ended if ended <= moment else None)
            for n, (began, ended) in enumerate(spans)
            if began <= moment
        )
    )


@given(nights(), st.randoms(use_true_random=False))
def test_any_order_and_repetition_ends_in_the_same_incidents(
    told: list[list[dict[str, Any]]], chance: random.Random
) -> None:
    everything = [facts(one) for night in told for one in night]
    shuffled = [*chance.sample(everything, len(everything)), *everything[:3]]

    expected = taken_in(everything)

    assert len(expected) == len(told)
    assert taken_in(shuffled) == expected
    assert taken_in([[one for batch in shuffled for one in batch]]) == expected
