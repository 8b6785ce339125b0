"""An incident's state is a function of the set of its facts, not of the order in which they arrive."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_ingest.adapters import pagerduty
from closeout_ingest.domain.fact import Fact
from closeout_ingest.domain.incident import Incident, begin, take_in
from closeout_ingest.testing import DANA, SAM, delivery, event, incident, note, snapshot_of
from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.vocabulary import IncidentStatus, Severity


def fact(body: object) -> Fact:
    (interpreted,) = pagerduty.interpret(delivery(body))  # type: ignore[arg-type]
    return interpreted


def state(facts: Iterable[Fact]) -> Incident:
    facts = list(facts)
    known = begin(facts[0])
    for one in facts:
        known = take_in(known, one)
    return known


def seen(facts: Iterable[Fact]) -> IncidentSnapshot:
    return snapshot_of(state(facts))


NIGHT = [
    fact(event("incident.triggered", incident(), at="2026-11-03T03:14:00Z")),
    fact(event("incident.acknowledged", incident(status="acknowledged"), at="2026-11-03T03:17:00Z")),
    fact(note("I think it might be the cache, let me check", "2026-11-03T03:19:00Z")),
    fact(event("incident.priority_updated", incident(status="acknowledged", priority={"summary": "P2"}),
               at="2026-11-03T03:25:00Z")),
    fact(event("incident.reassigned", incident(status="acknowledged", assignees=[DANA]), at="2026-11-03T03:30:00Z",
               agent=SAM)),
    fact(event("incident.resolved", incident(status="resolved", assignees=[]), at="2026-11-03T04:01:00Z")),
    fact(event("incident.reopened", incident(), at="2026-11-03T04:03:00Z")),
    fact(event("incident.acknowledged", incident(status="acknowledged"), at="2026-11-03T04:04:00Z", agent=DANA)),
    fact(event("incident.resolved", incident(status="resolved", title="Checkout slow"), at="2026-11-03T04:20:00Z",
               agent=DANA)),
]  # fmt: skip


@given(st.randoms(use_true_random=False))
def test_any_order_of_arrival_ends_in_the_same_state(chance: random.Random) -> None:
    shuffled = list(NIGHT)
    chance.shuffle(shuffled)

    assert state(shuffled) == state(NIGHT)


@given(st.lists(st.sampled_from(NIGHT), min_size=1, unique_by=lambda one: one.id), st.randoms(use_true_random=False))
def test_any_part_of_the_facts_ends_in_the_same_state_too(part: list[Fact], chance: random.Random) -> None:
    shuffled = list(part)
    chance.shuffle(shuffled)

    assert state(shuffled) == state(part)


def test_the_whole_night_ends_as_the_pager_says() -> None:
    end = seen(NIGHT)

    assert end.status is IncidentStatus.RESOLVED
    assert end.severity is Severity.SEV1
    assert end.title == "Checkout slow"
    assert end.opened_at == datetime(2026, 11, 3, 3, 14, tzinfo=UTC)
    assert end.acknowledged_at == datetime(2026, 11, 3, 3, 17, tzinfo=UTC)
    assert end.resolved_at == datetime(2026, 11, 3, 4, 20, tzinfo=UTC)
    assert [party.name for party in end.responders] == ["Sam Oncall", "Dana Engineer"]
    assert end.revision == len(NIGHT)


def test_an_acknowledgement_that_comes_after_the_resolution_does_not_reopen_it() -> None:
    resolved, late = NIGHT[5], NIGHT[1]

    assert seen([resolved, late]).status is IncidentStatus.RESOLVED


def test_a_reopened_incident_is_not_resolved() -> None:
    assert seen(NIGHT[:7]).resolved_at is None


@pytest.mark.parametrize("which", range(8))
def test_what_is_acknowledged_and_resolved_within_one_second_is_resolved(which: int) -> None:
    within = {"at": "2026-11-03T03:40:00Z"}
    told = [
        fact(event("incident.triggered", incident(), id=f"T{which}", **within)),
        fact(event("incident.acknowledged", incident(status="acknowledged"), id=f"A{which}", **within)),
        fact(event("incident.resolved", incident(status="resolved"), id=f"R{which}", **within)),
    ]

    for shuffled in permutations(told):
        assert seen(shuffled).status is IncidentStatus.RESOLVED
        assert state(shuffled) == state(told)


def test_a_note_before_its_incident_begins_one_that_the_page_completes() -> None:
    early = seen([NIGHT[2]])
    assert early.title == ""

    assert seen([NIGHT[2], NIGHT[0]]).title == "Checkout p99 above 2 s"
