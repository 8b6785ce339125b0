"""The hash chain holds for whatever sources say, and for nothing that was changed afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeout_review import testing as e
from closeout_review.domain.chain import (
    FORGOTTEN,
    Head,
    Link,
    appended,
    breaks,
    digest_of,
    fields_of,
    hash_of,
    without_person,
)
from closeout_review.domain.timeline import as_kept, in_order
from closeout_schemas.incidents import Party, TimelineEntry
from closeout_schemas.vocabulary import PartyKind, Vendor

Timeline = list[tuple[TimelineEntry, bytes]]

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
KATHMANDU = timezone(timedelta(hours=5, minutes=45))
KINDS = st.sampled_from(PartyKind)
PARTIES = st.builds(Party, vendor=st.just(Vendor.PAGERDUTY), vendor_id=WORDS, name=WORDS, kind=KINDS)
ENTRIES = st.builds(
    TimelineEntry,
    id=st.uuids(),
    kind=WORDS,
    text=WORDS,
    author=st.none() | PARTIES,
    occurred_at=MOMENTS,
    received_at=MOMENTS,
    source=st.just(Vendor.PAGERDUTY),
    source_id=WORDS,
    url=st.none() | WORDS,
    about=st.dictionaries(WORDS, WORDS, max_size=3),
)
TIMELINES = st.lists(st.tuples(ENTRIES, st.binary(min_size=16, max_size=16)), min_size=1, max_size=6)
CHANGES: dict[str, Any] = {
    "kind": "note!",
    "text": "tidied up",
    "author": Party(vendor=Vendor.PAGERDUTY, vendor_id="P0", name="Somebody Else", kind=PartyKind.PERSON),
    "occurred_at": datetime(1999, 1, 1, tzinfo=UTC),
    "received_at": datetime(1999, 1, 1, tzinfo=UTC),
    "source_id": "elsewhere!" * 3,
    "url": "https://elsewhere.example",
    "about": {"changed": "yes", "twice": "yes", "thrice": "yes", "and": "more"},
}


def chain_of(timeline: Timeline) -> tuple[list[Link], Head]:
    links, head = [], Head()
    for entry, salt in timeline:
        links.append(appended(e.INCIDENT, head, entry, salt))
        head = Head(links[-1].seq, links[-1].hash)
    return links, head


def is_broken(links: list[Link], head: Head | None) -> bool:
    return any(breaks(e.INCIDENT, links, head))


@given(TIMELINES)
def test_an_untouched_chain_holds(timeline: Timeline) -> None:
    assert not is_broken(*chain_of(timeline))


@given(TIMELINES, st.data())
@settings(max_examples=200)
def test_any_changed_field_of_any_entry_is_found(timeline: Timeline, data: st.DataObject) -> None:
    links, head = chain_of(timeline)
    at = data.draw(st.integers(0, len(links) - 1))
    field = data.draw(st.sampled_from(sorted(CHANGES)))
    links[at] = replace(links[at], entry=links[at].entry.model_copy(update={field: CHANGES[field]}))
    assert {broken.seq for broken in breaks(e.INCIDENT, links, head)} == {at + 1}


@given(TIMELINES, st.data())
def test_an_entry_that_was_taken_out_is_found(timeline: Timeline, data: st.DataObject) -> None:
    links, head = chain_of(timeline)
    del links[data.draw(st.integers(0, len(links) - 1))]
    assert is_broken(links, head)


@given(TIMELINES.filter(lambda timeline: len(timeline) > 1), st.data())
def test_entries_that_changed_places_are_found(timeline: Timeline, data: st.DataObject) -> None:
    links, head = chain_of(timeline)
    at = data.draw(st.integers(0, len(links) - 2))
    links[at], links[at + 1] = replace(links[at + 1], seq=at + 1), replace(links[at], seq=at + 2)
    assert is_broken(links, head)


@given(TIMELINES, TIMELINES)
def test_a_chain_that_was_written_anew_is_found_by_its_recorded_end(true: Timeline, forged: Timeline) -> None:
    _, head = chain_of(true)
    links, forged_head = chain_of(forged)
    assert is_broken(links, head) == (forged_head != head)


def test_a_chain_that_is_gone_altogether_is_found() -> None:
    assert is_broken([], Head(3, b"\x01" * 32))
    assert is_broken(chain_of([(e.entry("note", "x"), b"s" * 16)])[0], None)


def test_the_same_words_with_another_salt_have_another_digest() -> None:
    said = e.entry("note", "rollback")
    one, other = appended(e.INCIDENT, Head(), said, b"a" * 16), appended(e.INCIDENT, Head(), said, b"b" * 16)
    assert one.content_digest != other.content_digest


def test_entries_are_read_by_the_sources_clock_and_then_by_its_own_id() -> None:
    late, early = e.entry("note", "late", 9), e.entry("note", "early", 1)
    second, first = e.entry("note", "b", 5, source_id="R2"), e.entry("note", "a", 5, source_id="R1")
    links, _ = chain_of([(one, b"salt") for one in (late, second, early, first)])
    assert [link.entry.text for link in in_order(links)] == ["early", "a", "b", "late"]
    assert [link.seq for link in in_order(links)] == [3, 4, 2, 1]


def test_words_are_kept_byte_for_byte_and_nul_around_them_is_made_visible() -> None:
    said = e.entry("no\x00te", "a\x00b", about={"na\x00me": "va\x00lue"}, source_id="R\x001")
    kept = as_kept(said)
    assert (kept.text, kept.kind, kept.source_id, dict(kept.about)) == ("a\x00b", "no␀te", "R␀1", {"na␀me": "va␀lue"})


@pytest.mark.parametrize("moved", ["Not ", "Not Alex's fault"])
def test_words_that_were_moved_into_their_salt_are_found(moved: str) -> None:
    (link,), head = chain_of([(e.entry("note", "Not Alex's fault"), b"s" * 32)])
    entry = link.entry.model_copy(update={"text": link.entry.text.removeprefix(moved)})
    shortened = replace(link, entry=entry, salt=link.salt + moved.encode())
    assert [one.seq for one in breaks(e.INCIDENT, [shortened], head)] == [1]


def test_a_field_whose_beginning_was_moved_into_its_salt_is_found() -> None:
    (link,), head = chain_of([(e.entry("note", "x", about={"to": "not Alex"}), b"s" * 32)])
    entry = link.entry.model_copy(update={"about": {"to": "Alex"}})
    salts = {**link.salts, "about.to": link.salts["about.to"] + b"not "}
    assert [one.seq for one in breaks(e.INCIDENT, [replace(link, entry=entry, salts=salts)], head)] == [1]


def test_the_clock_of_another_zone_is_the_same_moment() -> None:
    said = e.entry("note", "x")
    abroad = said.model_copy(update={"occurred_at": said.occurred_at.astimezone(KATHMANDU)})
    assert appended(e.INCIDENT, Head(), said, b"s").hash == appended(e.INCIDENT, Head(), abroad, b"s").hash


def test_a_link_of_version_1_has_the_hash_that_earlier_releases_gave_it() -> None:
    said, salt = e.entry("note", "rollback", about={"assignees": "Sam"}), b"a" * 16
    bare = Link(e.INCIDENT, 1, said, salt, digest_of(salt, said.text), b"", b"", version=1)
    assert hash_of(bare).hex() == "4777689520ab642a92577c4296769449597d043c12d6c1c751028b0158ecb3c0"


@given(TIMELINES, TIMELINES)
def test_links_of_both_versions_are_one_chain(former: Timeline, later: Timeline) -> None:
    links, head = [], Head()
    for entry, salt in former:
        bare = Link(e.INCIDENT, head.seq + 1, entry, salt, digest_of(salt, entry.text), head.hash, b"", version=1)
        links.append(replace(bare, hash=hash_of(bare)))
        head = Head(links[-1].seq, links[-1].hash)
    for entry, salt in later:
        links.append(appended(e.INCIDENT, head, entry, salt))
        head = Head(links[-1].seq, links[-1].hash)
    assert not is_broken(links, head)
    # Whoever calls a link of version 1 one of version 2, so that a name can be taken out of it, is found.
    links[0] = replace(links[0], version=2)
    assert is_broken(links, head)


NOBODY = Party(vendor=Vendor.PAGERDUTY, vendor_id="forgotten-1", name="a forgotten person", kind=PartyKind.PERSON)


def forgotten(timeline: Timeline) -> tuple[list[Link], Head]:
    """The chain, with every author and all words taken out of it, and the entry that says so."""
    links, head = chain_of(timeline)
    about: dict[str, str] = {}
    for at, link in enumerate(links):
        left = link.entry.model_copy(update={"author": NOBODY if link.entry.author else None, "text": "said"})
        links[at], said = without_person(link, left, b"n" * 32)
        about |= said
    links.append(appended(e.INCIDENT, head, e.entry(FORGOTTEN, "They asked", about=about), b"r" * 32))
    return links, Head(links[-1].seq, links[-1].hash)


WITH_AUTHOR = TIMELINES.filter(lambda timeline: any(entry.author for entry, _ in timeline))


@given(WITH_AUTHOR)
def test_a_chain_holds_without_its_authors(timeline: Timeline) -> None:
    before, _ = chain_of(timeline)
    links, head = forgotten(timeline)
    assert not is_broken(links, head)
    # What was chained to a link still is; what made its digest is gone.
    assert [link.hash for link in links[:-1]] == [link.hash for link in before]
    assert all(
        link.salts.get("author") != was.salts["author"]
        for link, was in zip(links, before, strict=False)
        if was.entry.author
    )


@given(WITH_AUTHOR)
def test_a_second_person_is_taken_out_of_the_same_chain(timeline: Timeline) -> None:
    links, head = forgotten(timeline)
    about: dict[str, str] = {}
    for at, link in enumerate(links):
        left = link.entry.model_copy(
            update={"source_id": link.entry.source_id and "gone", "text": link.entry.text + "!"}
        )
        links[at], said = without_person(link, left, b"m" * 32)
        about |= said
    links.append(appended(e.INCIDENT, head, e.entry(FORGOTTEN, "They asked too", about=about), b"q" * 32))
    assert not is_broken(links, Head(links[-1].seq, links[-1].hash))


@given(WITH_AUTHOR, st.data())
def test_nobody_else_is_put_in_the_place_of_who_was_forgotten(timeline: Timeline, data: st.DataObject) -> None:
    links, head = forgotten(timeline)
    at = data.draw(st.sampled_from([at for at, link in enumerate(links[:-1]) if link.entry.author]))
    field = data.draw(st.sampled_from(["author", "text"]))
    links[at] = replace(links[at], entry=links[at].entry.model_copy(update={field: CHANGES[field]}))
    assert [broken.seq for broken in breaks(e.INCIDENT, links, head)] == [at + 1]


@given(WITH_AUTHOR)
def test_a_name_that_goes_without_a_word_is_found(timeline: Timeline) -> None:
    links, _ = forgotten(timeline)
    head = Head(links[-2].seq, links[-2].hash)
    found = {broken.seq for broken in breaks(e.INCIDENT, links[:-1], head)}
    assert found == {link.seq for link in links[:-1] if link.erased}


def test_who_was_forgotten_is_not_found_by_trying_names() -> None:
    said = e.entry("note", "rollback", about={"channel": "#db"})
    links, _ = forgotten([(said, b"a" * 32)])
    name = fields_of(said)["author"]
    was = appended(e.INCIDENT, Head(), said, b"a" * 32)
    # Whoever had the salt would know; with all that is left of the entry, nobody does.
    assert digest_of(was.salts["author"], name) == links[0].erased["author"]
    kept = [b"", links[0].salt, links[0].hash, links[0].content_digest, *links[0].salts.values(), b"n" * 16]
    assert all(digest_of(salt, name) != links[0].erased["author"] for salt in kept)
    assert len(was.salts["author"]) == 16
