"""Somebody is taken out of whatever names them, in whatever shape, and of nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closeout_judgement.forgetting import cells_without_person, without_person
from closeout_judgement.people import FORGOTTEN, Known, Named, digest_of, stand_in_person
from closeout_judgement.unnamed import unnamed
from closeout_schemas.deliveries import DeliveryReceived
from closeout_schemas.directory import KnownParty, PartySeen
from closeout_schemas.vocabulary import Vendor, derived_id

PERSON = str(derived_id("person", "alex@example.com"))
ALEX = Named(
    names=("Alex O'Rivera", "alexr"),
    addresses=("alex@example.com",),
    handles=(("pagerduty", "PALEX1"), ("github", "alexr"), ("slack", "U0ALEX"), ("gitlab", "42")),
    persons=(PERSON,),
    stand_in="forgotten-1",
)
KNOWN = Known(ALEX.digests())


def left(value: Any, who: Known | Named = ALEX, **more: Any) -> Any:
    return json.loads(without_person(json.dumps(value), who, **more))


@pytest.mark.parametrize(
    ("described", "becomes"),
    [
        (
            {"id": "PALEX1", "type": "user_reference", "summary": "Alex O'Rivera", "html_url": "https://x/PALEX1"},
            {"id": "forgotten-1", "type": "user_reference", "summary": FORGOTTEN, "html_url": ""},
        ),
        (
            {"login": "alexr", "id": 583231, "avatar_url": "https://a/1", "site_admin": False, "email": None},
            {"login": "forgotten-1", "id": 0, "avatar_url": "", "site_admin": False, "email": None},
        ),
        (
            {"vendor": "slack", "vendor_id": "U0ALEX", "name": "alex", "kind": "person"},
            {"vendor": "slack", "vendor_id": "forgotten-1", "name": FORGOTTEN, "kind": "person"},
        ),
        (
            {"person_id": PERSON, "name": "Alex O'Rivera", "email": "alex@example.com", "handles": {"github": "alexr"}},
            {"person_id": str(stand_in_person("forgotten-1")), "name": FORGOTTEN, "email": None, "handles": {}},
        ),
        (
            {"accountId": "x", "emailAddress": "ALEX@example.com", "avatarUrls": {"48x48": "https://a/48"}},
            {"accountId": "forgotten-1", "emailAddress": None, "avatarUrls": {"48x48": ""}},
        ),
    ],
)
def test_an_object_that_describes_them_describes_nobody(described: dict[str, Any], becomes: dict[str, Any]) -> None:
    assert left({"agent": described}) == {"agent": becomes}


def test_what_only_refers_to_them_refers_to_one_steady_nobody() -> None:
    told = {"tracker": "github", "assignees": ["alexr", "dana"], "by": "alexr", "name": "Alex", "text": "@alexr did"}
    assert left(told) == {
        "tracker": "github",
        "assignees": ["forgotten-1", "dana"],
        "by": "forgotten-1",
        "name": FORGOTTEN,
        "text": "@forgotten-1 did",
    }
    assert without_person("pagerduty:PALEX1", ALEX) == "pagerduty:forgotten-1"
    assert without_person(PERSON, ALEX) == str(stand_in_person("forgotten-1"))
    assert without_person("alexr", ALEX, "account") == "forgotten-1"
    assert left({"user": "U0ALEX", "user_profile": {"real_name": "Al"}}, vendor="slack")["user_profile"] == {
        "real_name": FORGOTTEN
    }


def test_words_lose_the_name_and_keep_the_rest() -> None:
    said = "ALEX  O'Rivera (alex@example.com, <@U0ALEX|alex>) rolled back; see https://x/alexr, not alexr/tool"
    assert without_person(said, ALEX) == (
        "a forgotten person (forgotten-1, <@forgotten-1>) rolled back; see https://x/forgotten-1, not alexr/tool"
    )
    # The same within JSON within JSON, and escaped for a page.
    assert "Rivera" not in without_person(json.dumps({"body": json.dumps({"html": "<b>Alex O&#x27;Rivera</b>"})}), ALEX)


@pytest.mark.parametrize(
    "told",
    [
        {"id": "PDANA", "summary": "Dana Engineer"},
        {"issue": {"id": 42, "iid": 42}, "number": "42", "text": "42 requests failed"},
        "Alexandra O'Riveras dog; malex@example.com; PALEX12",
        "the alexr release",  # an id that may be a word of a text
        {"vendor": "jira", "vendor_id": "alexr", "name": "Another"},
        "",
        "{broken json with no name",
    ],
)
def test_nobody_else_and_nothing_else_is_taken_out(told: Any) -> None:
    written = told if isinstance(told, str) else json.dumps(told)
    assert without_person(written, ALEX) == written


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_does_not_name_them_stays_byte_for_byte(value: Any) -> None:
    written = json.dumps(value)
    assert without_person(written, ALEX) == written
    assert without_person(written, KNOWN) == written


def test_once_is_enough() -> None:
    told = {"agent": {"id": "PALEX1", "summary": "Alex O'Rivera"}, "text": "Alex O'Rivera, <@U0ALEX>", "owner": PERSON}
    once = without_person(json.dumps(told), ALEX)
    assert without_person(once, ALEX) == once


def test_cells_that_are_no_text_are_left_alone() -> None:
    cells = [(1, b"\xff\xd8 Alex O'Rivera"), (2, b"Alex O'Rivera"), (3, b"Dana")]
    assert list(cells_without_person(ALEX, "note", cells)) == [(2, FORGOTTEN.encode())]


def test_whatever_names_them_is_found_by_a_trace_however_it_is_written() -> None:
    who = Named(names=("José Núñez",), stand_in="forgotten-2")
    for written in ("José Núñez", json.dumps("josé núñez"), json.dumps(json.dumps("José Núñez")), "JOSÉ NÚÑEZ"):
        assert any(trace in written for trace in who.traces()), written


def test_what_is_heard_later_is_of_nobody_by_id_and_in_the_words_beside_it() -> None:
    body = {"event": {"agent": {"id": "PALEX1", "summary": "Alex O'Rivera"}, "note": "Alex O'Rivera: better now"}}
    heard = DeliveryReceived.model_validate(
        {
            "id": PERSON,
            "source": "/t",
            "subject": "s",
            "time": "2026-01-01T00:00:00Z",
            "data": {
                "vendor": "pagerduty",
                "headers": {},
                "body": json.dumps(body),
                "received_at": "2026-01-01T00:00:00Z",
            },
        }
    )
    heard.arrived_with("00-trace")
    (told,) = unnamed([heard], ALEX.digests())
    assert told.data.json_object == {
        "event": {"agent": {"id": "forgotten-1", "summary": FORGOTTEN}, "note": f"{FORGOTTEN}: better now"}
    }
    assert told.traceparent == "00-trace"
    assert unnamed([heard], {}) == [heard]


def test_the_directory_hears_of_an_address_that_was_forgotten_under_a_new_id_as_of_nobody() -> None:
    party = KnownParty(vendor=Vendor.LINEAR, vendor_id="new", name="Alex O'Rivera", email="Alex@Example.com")
    seen = PartySeen.model_validate(
        {"id": PERSON, "source": "/t", "subject": "linear:new", "time": "2026-01-01T00:00:00Z", "data": party}
    )
    (told,) = unnamed([seen], ALEX.digests())
    assert (told.data.vendor_id, told.data.name, told.data.email) == ("forgotten-1", FORGOTTEN, None)


def test_what_is_kept_says_neither_name_nor_id() -> None:
    kept = b"".join(ALEX.digests()) + "".join(ALEX.digests().values()).encode()
    assert not any(word.encode() in kept for word in (*ALEX.names, *ALEX.addresses, PERSON, "PALEX1"))
    assert digest_of("handle", "GitHub", "AlexR") in ALEX.digests()


def test_a_long_key_beside_a_mention_is_looked_through_once() -> None:
    text = f"<@U1> {'f' * 200_000}"
    assert without_person(text, Named(handles=(("slack", "U1"),), stand_in="forgotten-1"), vendor="slack") == (
        f"<@forgotten-1> {'f' * 200_000}"
    )
