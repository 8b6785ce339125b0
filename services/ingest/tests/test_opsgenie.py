"""The alert webhooks of Opsgenie and of Jira Service Management Operations: which fact each becomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_chassis.errors import Poison
from closeout_ingest.adapters import opsgenie, opsgenie_objects
from closeout_ingest.domain.fact import Fact, FactKind
from closeout_ingest.domain.incident import begin, take_in
from closeout_ingest.testing import snapshot_of
from closeout_schemas.deliveries import Delivery
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Severity, Vendor

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
RECORDED = sorted(path.relative_to(SAMPLES) for path in SAMPLES.glob("*/webhook/*.json") if "op" in path.parts[-3])
needs_samples = pytest.mark.skipif(
    not RECORDED, reason="the recorded payloads (../shared/samples) are not beside this checkout"
)
OPENED = datetime(2026, 11, 3, 3, 14, tzinfo=UTC)
HEARD = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)


def body(action: str, *, minute: float = 0, **alert: Any) -> dict[str, Any]:
    """An action on the alert, `minute` after it was made."""
    changed = OPENED + timedelta(minutes=minute)
    return {
        "action": action,
        "alert": {
            "alertId": "a-1",
            "tinyId": "23",
            "alias": "checkout-p99",
            "message": "Checkout p99 above 2 s",
            "createdAt": int(OPENED.timestamp() * 1000),
            "updatedAt": int(changed.timestamp() * 1000) * 1_000_000 + 2246,
            "username": "sam@example.com",
            "userId": "user-sam",
            "entity": "checkout",
            "tags": ["prod"],
            **alert,
        },
        "source": {"name": "", "type": "web"},
        "integrationId": "37c8f316",
        "integrationName": "Closeout",
    }


def delivery(said: dict[str, Any] | bytes, vendor: Vendor = Vendor.OPSGENIE, at: datetime = HEARD) -> Delivery:
    text = said.decode() if isinstance(said, bytes) else json.dumps(said)
    return Delivery(vendor=vendor, headers={}, body=text, received_at=at)


def fact(action: str, *, vendor: Vendor = Vendor.OPSGENIE, minute: float = 0, **alert: Any) -> Fact:
    (told,) = opsgenie.interpret(delivery(body(action, minute=minute, **alert), vendor))
    return told


def test_a_created_alert_is_an_incident_opened_when_the_alert_was_made() -> None:
    told = fact("Create", minute=0.05, priority="P1", teams=["payments"])

    assert told.kind is FactKind.OPENED
    assert told.occurred_at == told.told.opened_at == OPENED
    assert told.told.severity is Severity.SEV1
    assert told.told.number == 23
    assert told.told.service is not None
    assert told.told.service.name == "checkout"
    assert [team.name for team in told.told.teams or ()] == ["payments"]
    assert dict(told.about)["alias"] == "checkout-p99"


def test_an_action_happened_when_the_alert_changed_and_not_when_it_was_made() -> None:
    assert fact("Acknowledge", minute=3).occurred_at == OPENED + timedelta(minutes=3, microseconds=2)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (1420452191104, datetime(2015, 1, 5, 10, 3, 11, 104000, tzinfo=UTC)),
        (1420452224764002246, datetime(2015, 1, 5, 10, 3, 44, 764002, tzinfo=UTC)),
        ("1420452191104", datetime(2015, 1, 5, 10, 3, 11, 104000, tzinfo=UTC)),
        ("2015-01-05T10:03:11.104Z", datetime(2015, 1, 5, 10, 3, 11, 104000, tzinfo=UTC)),
        (0, None),
        (-1, None),
        (True, None),
        (None, None),
        (10**40, None),
        (1e400, None),
        ("", None),
        ("²", None),
    ],
)
def test_times_in_milliseconds_and_in_19_digits_are_read_and_absurd_ones_are_not(value: Any, wanted: Any) -> None:
    assert opsgenie_objects.instant(value) == wanted


@pytest.mark.parametrize(("priority", "wanted"), [("P1", Severity.SEV1), (3, Severity.SEV3), ("p5", Severity.SEV5)])
def test_a_priority_is_a_name_or_a_number(priority: Any, wanted: Severity) -> None:
    assert fact("UpdatePriority", priority=priority).told.severity is wanted


@pytest.mark.parametrize("priority", ["P6", "P", "", 0, 6, True, None, [], "urgent"])
def test_another_priority_says_nothing(priority: Any) -> None:
    assert fact("UpdatePriority", priority=priority).told.severity is None


def test_a_create_for_a_team_that_is_added_later_triggers_nothing_again() -> None:
    night = [fact("Create"), fact("Acknowledge", minute=3), fact("Create", minute=9, teams=["payments", "search"])]
    state = begin(night[0])
    for one in night:
        state = take_in(state, one)

    assert night[2].kind is FactKind.RESPONDER_CHANGED
    assert state.status is IncidentStatus.ACKNOWLEDGED
    assert [team.name for team in state.teams] == ["payments", "search"]


def test_the_same_create_sent_for_two_teams_is_one_fact() -> None:
    again = opsgenie.interpret(delivery(body("Create") | {"integrationId": "another"}, at=HEARD + timedelta(hours=1)))

    assert again[0].id == fact("Create").id


def test_two_actions_in_the_same_moment_and_two_moments_of_one_action_are_different_facts() -> None:
    told = [fact("AddNote"), fact("AddTags"), fact("AddNote", minute=1), fact("AddNote", alertId="a-2")]

    assert len({one.id for one in told}) == 4


def test_a_notes_words_are_kept_byte_for_byte_with_their_author() -> None:
    words = "I think it is the cache?\n  let me check  \u202e«ü»"
    told = fact("AddNote", note=words)

    assert (told.kind, told.text) == (FactKind.NOTE, words)
    assert told.author is not None
    assert (told.author.name, told.author.kind) == ("sam@example.com", PartyKind.PERSON)


def test_who_takes_an_alert_has_it_and_so_has_who_is_given_it() -> None:
    taken, given_to = fact("TakeOwnership"), fact("AssignOwnership", owner="dana@example.com")

    assert [one.name for one in taken.told.assignees or ()] == ["sam@example.com"]
    assert [one.name for one in given_to.told.assignees or ()] == ["dana@example.com"]
    assert {one.name for one in given_to.people} == {"sam@example.com", "dana@example.com"}


def test_people_are_known_by_what_webhooks_and_rest_both_name() -> None:
    old, new = fact("Acknowledge").author, fact("Acknowledge", vendor=Vendor.JSM).author

    assert old is not None
    assert new is not None
    assert (old.vendor_id, new.vendor_id) == ("sam@example.com", "user-sam")


def test_automation_is_nobody() -> None:
    told = fact("Close", username="System", userId="")

    assert told.people == ()


def test_an_escalation_that_carries_only_the_alerts_id_belongs_to_it_and_happens_when_it_is_heard() -> None:
    said = {
        "action": "Escalate",
        "alert": {"alertId": "a-1"},
        "escalationName": "night",
        "escalationNotify": {"id": "u2", "name": "dana@example.com", "entity": "user"},
        "repeatCount": 0,
    }

    (told,) = opsgenie.interpret(delivery(said))
    (again,) = opsgenie.interpret(delivery(said, at=HEARD + timedelta(hours=1)))
    (second,) = opsgenie.interpret(delivery({**said, "repeatCount": 1}))

    assert (told.incident_vendor_id, told.occurred_at, told.kind) == ("a-1", HEARD, FactKind.ESCALATED)
    assert [one.name for one in told.people] == ["dana@example.com"]
    assert told.id == again.id != second.id


def test_a_snooze_changes_no_status() -> None:
    told = fact("Snooze", minute=4)

    assert (told.kind, told.told.status, dict(told.about)["change"]) == (FactKind.CHANGED, None, "Snooze")


def test_a_deleted_alert_is_over() -> None:
    told = fact("Delete", minute=5)

    assert told.told.status is IncidentStatus.RESOLVED
    assert dict(told.about)["resolve_reason"] == "deleted"


@pytest.mark.parametrize("action", ["TestAction", "Restart the pool", "close", "Create "])
def test_custom_and_unknown_actions_are_kept_and_counted_as_one(action: str) -> None:
    said = delivery(body(action))

    assert opsgenie.interpret(said) == ()
    assert opsgenie.event_type_of(said) == "alert.custom"


def test_an_incidents_webhook_is_kept_because_nobody_described_it() -> None:
    said = delivery({"action": "Create", "incident": {"incidentId": "i-1"}})

    assert opsgenie.interpret(said) == ()
    assert opsgenie.event_type_of(said) == "incident.Create"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"action": 7}',
        b"[" * 100_000,
        b'{"action": "Close"}',
        b'{"action": "Close", "alert": 7}',
        b'{"action": "Close", "alert": {"alertId": 7}}',
    ],
)
def test_what_makes_no_sense_is_poison_with_a_sentence(said: bytes) -> None:
    with pytest.raises(Poison) as poison:
        opsgenie.interpret(delivery(said))

    assert len(str(poison.value)) > 20


def test_a_clock_far_ahead_does_not_win_over_every_later_fact() -> None:
    told = fact("Close", minute=60 * 24 * 365)

    assert told.occurred_at == HEARD
    assert dict(told.about)["claimed_at"].startswith("2027")


@pytest.mark.parametrize("field", ["message", "tinyId", "createdAt", "updatedAt", "entity", "teams", "username"])
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, True, [7], {"id": 7}, "9" * 30])
def test_a_field_of_the_wrong_type_is_left_out_and_the_rest_is_kept(field: str, value: Any) -> None:
    assert fact("Close", **{field: value}).told.status is IncidentStatus.RESOLVED


def test_nul_and_lone_surrogates_become_text_that_can_be_kept() -> None:
    assert fact("AddNote", note="a\x00b\ud800c").text == "a\u2400b?c"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
FIELDS = sorted({*body("Create")["alert"], "priority", "note", "owner", "team", "responders", "addedTags"})


@given(st.sampled_from(sorted(opsgenie.READERS)), JSON, st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_content_ends_as_a_fact_or_as_poison(action: str, anything: Any, fields: dict[str, Any]) -> None:
    for said in (body(action, **fields), {**body(action), "alert": anything, "escalationNotify": anything}):
        raw = json.dumps(said).encode()
        assert opsgenie.subject_of(raw)
        for vendor in (Vendor.OPSGENIE, Vendor.JSM):
            try:
                (told,) = opsgenie.interpret(delivery(raw, vendor))
            except Poison:
                continue
            state = take_in(begin(told), told)
            snapshot_of(state).model_dump_json().encode()


@given(st.permutations(["Create", "Acknowledge", "AddNote", "UnAcknowledge", "UpdatePriority", "Close", "Create"]))
def test_any_order_of_arrival_ends_in_the_same_state(actions: list[str]) -> None:
    minutes = {"Create": 0, "Acknowledge": 3, "AddNote": 5, "UnAcknowledge": 8, "UpdatePriority": 9, "Close": 30}
    night = {one: fact(one, minute=at, priority="P2", note="x") for one, at in minutes.items()}
    states = []
    for order in (list(minutes), actions):
        state = begin(night["Create"])
        for one in dict.fromkeys(order):
            state = take_in(state, night[one])
        states.append(state)

    assert states[0] == states[1]
    assert snapshot_of(states[0]).resolved_at == night["Close"].occurred_at


@needs_samples
@pytest.mark.parametrize("name", RECORDED or [Path("none")], ids=str)
def test_every_recorded_payload_is_a_fact_or_kept_uninterpreted(name: Path) -> None:
    raw = (SAMPLES / name).read_bytes()
    said = json.loads(raw)
    vendor = Vendor.JSM if name.parts[0] == "jsm-ops" else Vendor.OPSGENIE

    facts = opsgenie.interpret(delivery(raw, vendor))

    assert bool(facts) == (said["action"] in opsgenie.READERS and "alert" in said)
