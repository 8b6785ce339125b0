"""Slack: who may send, and which fact each thing becomes that was said in a channel."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from closeout_chassis.errors import Poison
from closeout_ingest.adapters import slack
from closeout_ingest.domain.channel import Channel, named_in, said_to_be
from closeout_ingest.domain.fact import Fact, FactKind
from closeout_schemas.deliveries import Delivery
from closeout_schemas.vocabulary import PartyKind, Vendor

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "slack"
needs_samples = pytest.mark.skipif(
    not SAMPLES.exists(), reason="the recorded payloads (../shared/samples) are not beside this checkout"
)
HEARD = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
FIRST, SECOND, THIRD = "1793675640.000100", "1793675700.000200", "1793675760.000300"  # 03:14, a minute apart
KEY = b"a-signing-secret"


def callback(event: dict[str, Any]) -> dict[str, Any]:
    """An event as Slack wraps it."""
    return {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event": event}


def message(text: str = "it is the cache", ts: str = FIRST, **fields: Any) -> dict[str, Any]:
    return callback({"type": "message", "channel": "C1", "user": "USAM", "text": text, "ts": ts, **fields})


def changed(inner: dict[str, Any], at: str = SECOND) -> dict[str, Any]:
    return message(ts=at, subtype="message_changed", message={"user": "USAM", "ts": FIRST, **inner}, event_ts=at)


def delivery(body: Any) -> Delivery:
    return Delivery(vendor=Vendor.SLACK, headers={}, body=json.dumps(body), received_at=HEARD)


def fact(body: Any) -> Fact:
    (only,) = slack.interpret(delivery(body))
    return only


def signed(body: bytes, key: bytes = KEY, ahead: float = 0) -> dict[str, str]:
    now = str(int(time.time() + ahead))
    digest = hmac.digest(key, f"v0:{now}:".encode() + body, "sha256").hex()
    return {slack.TIMESTAMP: now, slack.SIGNATURE: f"v0={digest}"}


def test_a_message_is_an_entry_word_for_word_with_its_author_and_its_time() -> None:
    told = fact(message("rolled back &amp; p99 &lt; 300 ms <@UDANA>"))

    assert told.kind is FactKind.MESSAGE
    assert told.text == "rolled back &amp; p99 &lt; 300 ms <@UDANA>"
    assert told.occurred_at == datetime(2026, 11, 3, 3, 14, 0, 100, tzinfo=UTC)
    assert told.author is not None
    assert (told.author.vendor_id, told.author.kind) == ("USAM", PartyKind.PERSON)
    assert told.people == (told.author,)
    assert told.url == "https://slack.com/app_redirect?channel=C1"
    assert [one.vendor_id for one in told.mentions] == ["UDANA"]


def test_an_answer_in_a_thread_says_which_and_the_threads_first_message_does_not() -> None:
    assert dict(fact(message(ts=SECOND, thread_ts=FIRST)).about) == {"thread": FIRST}
    assert fact(message(thread_ts=FIRST)).about == ()


def test_an_edit_is_an_entry_of_its_own_and_each_edit_is_another() -> None:
    first = fact(changed({"text": "it is the queue", "edited": {"user": "UDANA", "ts": SECOND}}))
    second = fact(changed({"text": "it is the disk", "edited": {"user": "USAM", "ts": THIRD}}, at=THIRD))

    assert (first.kind, first.text, dict(first.about)) == (
        FactKind.MESSAGE_EDITED,
        "it is the queue",
        {"message": FIRST},
    )
    assert first.author is not None
    assert first.author.vendor_id == "UDANA"
    assert len({first.id, second.id, fact(message()).id}) == 3


def test_a_preview_that_slack_adds_to_a_link_is_no_edit() -> None:
    assert slack.interpret(delivery(changed({"text": "https://x.example", "attachments": [{}]}))) == ()


@pytest.mark.parametrize(
    "event",
    [
        message(ts=SECOND, subtype="message_deleted", deleted_ts=FIRST, event_ts=SECOND),
        message(ts=SECOND, subtype="message_deleted", previous_message={"ts": FIRST}),
        changed({"subtype": "tombstone", "text": "This message was deleted."}),
    ],
    ids=["deleted", "deleted, by what was there", "deleted above a thread"],
)
def test_a_deletion_is_an_entry_that_says_of_what(event: dict[str, Any]) -> None:
    told = fact(event)

    assert (told.kind, told.text, dict(told.about)) == (FactKind.MESSAGE_DELETED, "", {"message": FIRST})
    assert told.source_id == f"C1:{FIRST}:deleted"


def test_a_bots_message_is_the_bots_and_what_it_says_in_attachments_counts() -> None:
    told = fact(
        message("", subtype="bot_message", bot_id="B1", username="Pager", attachments=[{"fallback": "P1 open"}])
    )

    assert told.text == "P1 open"
    assert told.author is not None
    assert (told.author.name, told.author.kind) == ("Pager", PartyKind.BOT)
    assert told.people == ()


def test_files_are_named_with_their_link() -> None:
    shared = [{"name": "graph.png", "permalink": "https://acme.slack.example/f/1"}, {"id": "F2"}, "no file"]

    told = fact(message("look", subtype="file_share", files=shared))

    assert dict(told.about)["files"] == "graph.png https://acme.slack.example/f/1, F2"


@pytest.mark.parametrize("subtype", ["channel_join", "channel_leave", "channel_topic", "spaceship_landed"])
def test_noise_and_what_is_newer_than_we_are_is_kept_and_not_read(subtype: str) -> None:
    assert slack.interpret(delivery(message(subtype=subtype))) == ()


@pytest.mark.parametrize(
    "body", [{}, {"type": None}, message(ts="soon"), message(channel=None), message(subtype="message_deleted")]
)
def test_what_cannot_be_placed_is_a_dead_letter(body: dict[str, Any]) -> None:
    with pytest.raises(Poison):
        slack.interpret(delivery(body))


def test_the_channels_history_tells_the_same_fact_as_the_event() -> None:
    event = message()["event"]
    from_history = {name: value for name, value in event.items() if name != "channel"}

    assert slack.message_fact("C1", from_history, HEARD) == fact(message())


def test_the_challenge_is_answered_with_itself_and_an_event_with_nothing() -> None:
    assert slack.challenge(b'{"type": "url_verification", "challenge": "3eZbrw1aBm"}') == b"3eZbrw1aBm"
    assert slack.challenge(json.dumps(message("what is url_verification?")).encode()) is None


def test_slacks_signature_lets_in() -> None:
    assert slack.is_signed(signed(b"{}"), b"{}", [b"another", KEY])


@pytest.mark.parametrize(
    "headers",
    [
        dict,
        lambda: signed(b"{}", b"not ours"),
        lambda: signed(b"other bytes"),
        lambda: signed(b"{}", ahead=-301),
        lambda: signed(b"{}", ahead=3600),
        lambda: {**signed(b"{}"), slack.TIMESTAMP: "1e9"},
        lambda: {**signed(b"{}"), slack.SIGNATURE: "v0=ü"},
    ],
    ids=["nothing", "forged", "of other bytes", "too old", "from the future", "no number", "no text"],
)
def test_what_slack_did_not_sign_just_now_is_refused(headers: Callable[[], dict[str, str]]) -> None:
    assert not slack.is_signed(headers(), b"{}", [KEY])


@needs_samples
def test_the_vendors_own_signature_verifies_in_its_five_minutes() -> None:
    vector = json.loads((SAMPLES / "signature_vector.json").read_text())
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    args = headers, vector["body"].encode(), [vector["signing_secret"].encode()]
    signed_at = float(headers[slack.TIMESTAMP])

    assert slack.is_signed(*args, now=signed_at + 300)
    assert not slack.is_signed(*args, now=signed_at + 301)


@needs_samples
@pytest.mark.parametrize(
    ("name", "kind"), [("message.channels", FactKind.MESSAGE), ("message.changed", FactKind.MESSAGE_EDITED)]
)
def test_the_documented_events_are_read(name: str, kind: FactKind) -> None:
    assert fact(json.loads((SAMPLES / "events" / f"{name}.json").read_text())).kind is kind


@pytest.mark.parametrize(
    ("name", "incident"),
    [
        ("inc-7", "7"),
        ("INC-7-checkout-slow", "7"),
        ("inc-q1abc_db", "q1abc"),
        ("incident-12", "12"),
        ("inc7", ""),
        ("my-inc-7", ""),
        ("inc-", ""),
        ("general", ""),
    ],
)
def test_a_channels_name_says_whose_it_is(name: str, incident: str) -> None:
    assert named_in(name, ["inc-{incident}", "incident-{incident}"]) == incident


def test_the_mapping_file_names_a_channel_by_its_id_or_its_name() -> None:
    mapped = {"C1": "pagerduty:Q1", "war-room": "generic:/our/pager#42"}

    assert said_to_be(Channel(Vendor.SLACK, "C1"), mapped) == (Vendor.PAGERDUTY, "Q1")
    assert said_to_be(Channel(Vendor.SLACK, "C2", "war-room"), mapped) == (Vendor.GENERIC, "/our/pager#42")
    assert said_to_be(Channel(Vendor.SLACK, "C3", "general"), mapped) is None
