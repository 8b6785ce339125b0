"""PagerDuty's webhooks: who may send them, and which fact each becomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_chassis.errors import Poison
from closeout_ingest.adapters import pagerduty
from closeout_ingest.domain.fact import FactKind
from closeout_ingest.testing import DANA, NIGHT, SECRET, about, delivery, event, incident, note, signed
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Severity

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "pagerduty"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the recorded payloads (../shared/samples) are not beside this checkout"
)


def headers(body: bytes, *secrets: str) -> dict[str, str]:
    return {name.lower(): value for name, value in signed(body, *secrets).items()}


def test_a_signature_over_the_raw_bytes_is_accepted() -> None:
    assert pagerduty.is_signed(headers(b"{}"), b"{}", [SECRET.encode()])


def test_a_signature_over_other_bytes_is_refused() -> None:
    assert not pagerduty.is_signed(headers(b"{}"), b"{ }", [SECRET.encode()])


def test_during_a_rotation_either_secret_may_sign() -> None:
    both = headers(b"{}", "new", "old")

    assert pagerduty.is_signed(both, b"{}", [b"old"])
    assert pagerduty.is_signed(both, b"{}", [b"new"])
    assert pagerduty.is_signed(headers(b"{}", "old"), b"{}", [b"new", b"old"])


@pytest.mark.parametrize("value", ["", "v1=", "v1=zz", "v2=" + "0" * 64, "v1=ünïcode", ",,,", "0" * 64])
def test_a_malformed_signature_is_refused(value: str) -> None:
    assert not pagerduty.is_signed({"x-pagerduty-signature": value}, b"{}", [SECRET.encode()])


def test_another_version_beside_a_good_signature_is_ignored() -> None:
    given = {"x-pagerduty-signature": "v9=abc, " + headers(b"{}")["x-pagerduty-signature"]}

    assert pagerduty.is_signed(given, b"{}", [SECRET.encode()])


@needs_samples
def test_the_vendors_own_signature_vector_verifies() -> None:
    vector = json.loads((SAMPLES / "signature_vector.json").read_text())
    body, secret = vector["body"].encode(), vector["secret"].encode()

    assert pagerduty.is_signed({"x-pagerduty-signature": vector["signature"]}, body, [secret])
    assert pagerduty.is_signed({"x-pagerduty-signature": vector["header_with_rotation"]}, body, [secret])
    assert not pagerduty.is_signed({"x-pagerduty-signature": vector["wrong_signature"]}, body, [secret])


def test_a_triggered_incident_is_opened_with_all_that_it_tells() -> None:
    (fact,) = pagerduty.interpret(delivery(event("incident.triggered", incident())))

    assert fact.kind is FactKind.OPENED
    assert fact.text == "Checkout p99 above 2 s"
    assert fact.told.severity is Severity.SEV1
    assert fact.told.status is IncidentStatus.TRIGGERED
    assert fact.told.opened_at == datetime(2026, 11, 3, 3, 14, tzinfo=UTC)
    assert fact.told.service is not None
    assert fact.told.service.name == "checkout"
    assert [party.name for party in fact.people] == ["Sam Oncall"]


def test_a_notes_words_are_kept_byte_for_byte_with_their_author() -> None:
    words = "I think it is the cache?\n  let me check  \u202e«ü»"

    (fact,) = pagerduty.interpret(delivery(note(words, "2026-11-03T03:20:00.123Z", by=DANA)))

    assert fact.text == words
    assert fact.author is not None
    assert fact.author.name == "Dana Engineer"
    assert fact.occurred_at == datetime(2026, 11, 3, 3, 20, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "cut", "kind"),
    [
        ("Seen before today: Checkout hung\n\nCheckout hung today (same service)\n  looked li", True, FactKind.CARD),
        ("Seen before today: Checkout hung\n\nCheckout hung today (same service)\n  looked li", False, FactKind.NOTE),
        ("Seen before: it is the cache.\nI restart it, and wh", True, FactKind.NOTE),
    ],
)
def test_a_card_of_ours_that_the_pager_cut_is_nobodys_note(words: str, cut: bool, kind: FactKind) -> None:
    sent = note(words, "2026-11-03T03:20:00Z")
    sent["event"]["data"]["trimmed"] = cut

    (fact,) = pagerduty.interpret(delivery(sent))

    assert (fact.kind, fact.text) == (kind, words)


def test_a_note_belongs_to_the_incident_and_not_to_its_own_id() -> None:
    (fact,) = pagerduty.interpret(delivery(note("x", "2026-11-03T03:20:00Z", note_id="PNOTE")))

    assert fact.incident_vendor_id == "Q1"


def test_the_same_event_in_another_delivery_is_the_same_fact() -> None:
    body = event("incident.acknowledged", incident(status="acknowledged"), id="01SAME")

    (first,) = pagerduty.interpret(delivery(body))
    (again,) = pagerduty.interpret(delivery(body, received_at=NIGHT + timedelta(hours=2)))

    assert first.id == again.id


def test_a_role_assignment_names_its_incident_inside_the_assignment() -> None:
    assignment = {
        "assignee": DANA,
        "role": {"id": "R", "summary": "Incident Commander"},
        "incident": {"id": "Q1", "type": "incident_reference"},
    }
    data = {"type": "incident_role_assignment", "incident_role_assignments": [assignment]}

    (fact,) = pagerduty.interpret(delivery(event("incident.role.assigned", data)))

    assert dict(fact.about) == {"person": "Dana Engineer", "role": "Incident Commander"}


def test_a_clock_far_ahead_does_not_win_over_every_later_fact() -> None:
    (fact,) = pagerduty.interpret(delivery(event("incident.triggered", incident(), at="2999-01-01T00:00:00Z")))

    assert fact.occurred_at == NIGHT
    assert dict(fact.about)["claimed_at"].startswith("2999")


@pytest.mark.parametrize("event_type", ["pagey.ping", "service.updated", "incident.workflow.started", "incident.new"])
def test_what_closeout_cannot_read_is_no_fact_and_no_error(event_type: str) -> None:
    assert pagerduty.interpret(delivery(event(event_type, {"type": "whatever"}))) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"event": 7}',
        b'{"event": {"event_type": 7}}',
        b"[" * 100_000,
        b'{"event": {"event_type": "incident.annotated", "id": "1", "data": {"incident": "Q1"}}}',
        b'{"event": {"event_type": "incident.triggered", "data": {"type": "incident", "id": "Q1"}}}',
    ],
)
def test_what_makes_no_sense_is_poison_with_a_sentence(body: bytes) -> None:
    with pytest.raises(Poison) as poison:
        pagerduty.interpret(delivery(body))

    assert len(str(poison.value)) > 20


@pytest.mark.parametrize("field", ["title", "service", "assignees", "priority", "number", "created_at", "teams"])
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, True, [7], {"id": 7}])
def test_a_field_of_the_wrong_type_is_left_out_and_the_rest_is_kept(field: str, value: Any) -> None:
    (fact,) = pagerduty.interpret(delivery(event("incident.resolved", incident(status="resolved", **{field: value}))))

    assert fact.told.status is IncidentStatus.RESOLVED


def test_nul_and_lone_surrogates_become_text_that_can_be_kept() -> None:
    body = json.dumps(note("a\x00b\ud800c", "2026-11-03T03:20:00Z")).encode()

    (fact,) = pagerduty.interpret(delivery(body))

    assert fact.text == "a\u2400b?c"


def test_a_service_that_resolves_is_no_person() -> None:
    agent = {"id": "PSVC", "type": "service_reference", "summary": "checkout"}

    (fact,) = pagerduty.interpret(delivery(event("incident.resolved", incident(assignees=[]), agent=agent)))

    assert fact.people == ()
    assert fact.author is not None
    assert fact.author.kind is PartyKind.UNKNOWN


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.sampled_from(sorted(pagerduty.READERS)), JSON, st.dictionaries(st.sampled_from(sorted(incident())), JSON))
def test_any_content_ends_as_a_fact_or_as_poison(event_type: str, anything: Any, fields: dict[str, Any]) -> None:
    for data in (anything, incident(**fields), about(**fields)):
        body = json.dumps({"event": {"id": "1", "event_type": event_type, "data": data, "agent": anything}}).encode()
        assert pagerduty.subject_of(body)
        try:
            (fact,) = pagerduty.interpret(delivery(body))
        except Poison:
            continue
        fact.text.encode()


@needs_samples
@pytest.mark.parametrize("name", sorted(p.name for p in (SAMPLES / "webhook").glob("*.json")) or ["none"])
def test_every_recorded_payload_is_a_fact_or_kept_uninterpreted(name: str) -> None:
    body = (SAMPLES / "webhook" / name).read_bytes()
    event_type = json.loads(body)["event"]["event_type"]

    facts = pagerduty.interpret(delivery(body))

    assert bool(facts) == (event_type in pagerduty.READERS)


def test_an_incident_that_was_merged_says_into_which() -> None:
    reason = {"type": "merge_resolve_reason", "incident": {"id": "Q9", "type": "incident_reference"}}
    (fact,) = pagerduty.interpret(
        delivery(event("incident.resolved", incident(status="resolved", resolve_reason=reason)))
    )

    assert {"merged_into": "Q9", "resolve_reason": "merge_resolve_reason"}.items() <= dict(fact.about).items()
