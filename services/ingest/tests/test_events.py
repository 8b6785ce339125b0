"""What is said of incidents is written by hand: here it is held to the models that the others read it by."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_ingest.domain.events import EVENT_OF, event_of
from closeout_ingest.domain.fact import Fact, FactKind, Told
from closeout_ingest.domain.incident import Incident, begin, take_in
from closeout_ingest.testing import NIGHT
from closeout_schemas.catalogue import INCIDENTS
from closeout_schemas.incidents import IncidentSnapshot, OnCall, Party, Service, TimelineEntry, TimelineEntryRecorded
from closeout_schemas.vocabulary import IncidentStatus, Severity, Vendor

SAM = Party(vendor=Vendor.PAGERDUTY, vendor_id="PSAM", name="Sam Oncall")
DANA = Party(vendor=Vendor.PAGERDUTY, vendor_id="PDANA", name="Dana “the pager” Engineer")


def fact(kind: FactKind, told: Told, text: str = "") -> Fact:
    return Fact(
        vendor=Vendor.PAGERDUTY,
        incident_vendor_id="Q1",
        source_id=f"E-{kind}",
        kind=kind,
        occurred_at=NIGHT - timedelta(minutes=3, milliseconds=250),
        received_at=NIGHT,
        told=told,
        text=text,
        author=SAM,
        url="https://acme.example/incidents/Q1",
        about=(("assignees", "Sam"), ("priority", "P1")),
        people=(SAM, DANA),
    )


@given(order=st.permutations(range(6)))
def test_what_is_kept_from_one_fact_to_the_next_is_never_old(order: list[int]) -> None:
    told = [
        fact(FactKind.OPENED, Told(title="Slow", opened_at=NIGHT - timedelta(hours=2))),
        fact(FactKind.NOTE, Told(), "words"),
        fact(FactKind.ACKNOWLEDGED, Told(status=IncidentStatus.ACKNOWLEDGED)),
        replace(fact(FactKind.STATUS_UPDATE, Told(), "more"), people=()),
        fact(FactKind.RESOLVED, Told(status=IncidentStatus.RESOLVED)),
        fact(FactKind.TASK, Told(), "last words"),
    ]
    incident = begin(told[0])

    for number in order:
        incident = take_in(incident, told[number])
        event_of(told[number], incident)
        read_again = Incident.model_validate_json(incident.model_dump_json())
        assert event_of(told[number], incident) == event_of(told[number], read_again)


def test_a_copy_with_another_title_tells_that_one() -> None:
    one = fact(FactKind.OPENED, Told(title="Slow"))
    incident = take_in(begin(one), one)
    assert b'"title":"Slow"' in event_of(one, incident)

    renamed = incident.model_copy(update={"title": "[redacted]"})

    assert b'"title":"[redacted]"' in event_of(one, renamed)


@pytest.mark.parametrize("kind", FactKind)
@pytest.mark.parametrize(
    "told",
    [
        Told(),
        Told(
            title="Checkout p99 above 2 s",
            number=7,
            url="https://acme.example/incidents/Q1",
            status=IncidentStatus.RESOLVED,
            severity=Severity.SEV1,
            urgency="high",
            service=Service(vendor_id="PCHECKOUT", name="checkout"),
            teams=(Party(vendor=Vendor.PAGERDUTY, vendor_id="PTEAM", name="payments"),),
            assignees=(SAM, DANA),
            opened_at=NIGHT - timedelta(hours=1),
            on_call=(OnCall(party=SAM, level=1, schedule="primary"),),
        ),
    ],
    ids=["nothing", "everything"],
)
def test_it_reads_back_as_what_was_meant_and_no_field_is_left_out(kind: FactKind, told: Told) -> None:
    one = fact(kind, told, text="It was ✱ not\u0000 the cache\ud800".encode(errors="replace").decode())
    incident = take_in(begin(one), one)

    written = event_of(one, incident)

    read = INCIDENTS.adapter.validate_json(written)
    assert type(read) is EVENT_OF.get(kind, TimelineEntryRecorded)
    assert json.loads(written) == json.loads(read.model_dump_json())
    assert (str(read.id), read.subject, read.time) == (one.id, one.incident_id, NIGHT)
    data = json.loads(written)["data"]
    assert set(data["incident"]) == set(IncidentSnapshot.model_fields)
    assert set(data["entry"]) == set(TimelineEntry.model_fields)
    entry, snapshot = read.data.entry, read.data.incident
    assert (entry.text, entry.author, entry.about) == (one.text, SAM, dict(one.about))
    assert (entry.occurred_at, entry.source, entry.source_id, entry.url) == (
        one.occurred_at, Vendor.PAGERDUTY, one.source_id, one.url,
    )  # fmt: skip
    assert set(snapshot.responders) == {SAM, DANA}
    assert snapshot.revision == 1
    for field in ("title", "number", "url", "status", "severity", "service", "teams", "assignees", "on_call"):
        if getattr(told, field) is not None:
            assert getattr(snapshot, field) == getattr(told, field), field
    assert snapshot.resolved_at == (one.occurred_at if told.status is IncidentStatus.RESOLVED else None)
