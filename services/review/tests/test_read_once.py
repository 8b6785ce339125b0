"""A timeline's words are read once, and the directory only when something of it was written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from closeout_chassis.db import Database
from closeout_judgement.lexicon import shipped
from closeout_judgement.taxonomy import taxonomy_from
from closeout_review import testing as e
from closeout_review.commands.read_once import MOST_KEPT, reading_of
from closeout_review.domain.directory import Directory
from closeout_review.store.known import Known
from closeout_schemas.vocabulary import Vendor

Hear = Callable[..., Awaitable[None]]


def test_the_same_words_are_read_once_and_other_words_anew() -> None:
    entries = [e.entry("note", "I think it is the cache", 4), e.entry("note", "No, the cache is fine", 5)]
    first = reading_of(entries, None)

    assert reading_of([entry.model_copy() for entry in entries], None) is first
    assert [one.reason for one in first.suggestions.annotations]
    assert reading_of([entries[0].model_copy(update={"text": "The disk is full"}), entries[1]], None) is not first
    assert reading_of(entries[:1], None).suggestions.annotations == ()
    assert reading_of(entries, taxonomy_from(shipped("failure_modes"))) is not first


def test_only_so_many_timelines_are_kept_read() -> None:
    entries = [e.entry("note", "I think it is the cache", 4)]
    first = reading_of(entries, None)
    for n in range(MOST_KEPT):
        reading_of([e.entry("note", f"We try number {n}", n)], None)

    assert reading_of(entries, None) is not first


@pytest.mark.integration
async def test_the_directory_is_put_together_again_when_somebody_is_seen_or_renamed(db: Database, hear: Hear) -> None:
    async def read() -> Directory:
        async with db.reading() as conn:
            return await Known(conn).directory()

    await hear(e.seen(Vendor.GITHUB, "alexr", "Alex R"))
    first = await read()
    assert await read() is first

    # At the same moment as before, as vendors that round their clocks say it.
    await hear(e.seen(Vendor.GITHUB, "alexr", "Alex Responder"))
    assert [one.name for one in (await read()).people] == ["Alex Responder"]
    await hear(e.seen(Vendor.GITHUB, "samo", "Sam Oncall"))
    assert len((await read()).people) == 2


@pytest.mark.integration
async def test_people_are_found_by_the_beginning_of_any_word_of_theirs(db: Database, hear: Hear) -> None:
    await hear(e.seen(Vendor.GITHUB, "alexr", "Alex Responder", "alex@example.com"), e.seen(Vendor.GITHUB, "s", "Sam"))
    async with db.reading() as conn:
        directory = await Known(conn).directory()

    for typed in ("alex", "RESP", "@alexr", "alex@exa"):
        assert [one.name for one in directory.people_named_like(typed, 5)] == ["Alex Responder"], typed
    assert directory.people_named_like("lex", 5) == []
    assert directory.people_named_like("", 5) == []
