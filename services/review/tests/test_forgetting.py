"""Forgetting a person: who is meant, what the database lets change for it, and what stays proven."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import asyncpg
import httpx
import pytest

from closeout_chassis.db import Database
from closeout_judgement.people import FORGOTTEN, Known
from closeout_review import testing as e
from closeout_review.commands.forgetting import Somebody, Taken, by_words_alone, forget, who_is_meant
from closeout_review.commands.timelines import verify_timelines
from closeout_review.domain.chain import hash_of
from closeout_review.store.incidents import Incidents
from closeout_review.store.known import Known as Directory
from closeout_schemas.vocabulary import Vendor

from .conftest import Hear
from .open_page import API, Browser
from .test_store import superuser

pytestmark = pytest.mark.integration


async def the_one(db: Database, words: str) -> Somebody:
    async with db.reading() as conn:
        (found,) = await who_is_meant(conn, words)
    return found


async def forgotten(db: Database, somebody: Somebody, why: str = "They asked") -> Taken:
    async with db.transaction() as tx:
        return await forget(tx, somebody, why)


@pytest.mark.parametrize("words", ["Alex Responder", "alex@example.com", "pagerduty:PALEX", "PALEX", "github:alexr"])
async def test_somebody_is_found_by_name_address_and_id(db: Database, drafted: None, words: str) -> None:
    found = (await the_one(db, words)).named
    assert set(found.handles) == {("pagerduty", "PALEX"), ("github", "alexr")}
    assert "Alex Responder" in found.names
    assert found.addresses == ("alex@example.com",)


async def test_of_two_who_are_called_the_same_each_can_be_chosen_and_the_other_keeps_the_name(
    db: Database, drafted: None, hear: Hear
) -> None:
    await hear(e.seen(Vendor.PAGERDUTY, "PALEX2", "Alex Responder", "other.alex@example.com"))
    async with db.reading() as conn:
        assert len(await who_is_meant(conn, "Alex Responder")) == 2
    chosen = await the_one(db, "alex@example.com")
    assert chosen.namesakes == ("Alex Responder",)

    await forgotten(db, chosen)

    async with db.reading() as conn:
        left = await who_is_meant(conn, "Alex Responder")
        links = await Incidents(conn).chain(e.INCIDENT)
    assert [one.named.addresses for one in left] == [("other.alex@example.com",)]
    assert "Alex Responder" not in {link.entry.author.name for link in links if link.entry.author}


async def test_words_lose_a_name_and_the_chain_says_who_vouches_for_the_rest(
    db: Database, drafted: None, hear: Hear
) -> None:
    await hear(e.noted("Alex Responder has it, I look at the pool", 5, author=e.SAM))

    taken = await forgotten(db, await the_one(db, "Alex Responder"), "They left and asked")

    async with db.reading() as conn:
        links = await Incidents(conn).chain(e.INCIDENT)
    words = [link.entry.text for link in links]
    assert f"{FORGOTTEN} has it, I look at the pool" in words
    last = links[-1].entry
    assert (last.kind, last.text) == ("forgotten", "They left and asked")
    assert taken.cells["timeline_entry"] == len(last.about)
    assert await verify_timelines(db) == []
    # Once is enough, whoever is looked for.
    assert not (await forgotten(db, by_words_alone("Alex Responder"))).cells


async def test_entries_of_the_first_version_keep_their_author_and_lose_words_that_name_them(
    review_url: str, db: Database, drafted: None, hear: Hear
) -> None:
    await hear(e.noted("Alex Responder has it", 5, author=e.SAM))
    await as_the_release_before_left_it(review_url, db)

    taken = await forgotten(db, await the_one(db, "Alex Responder"))

    async with db.reading() as conn:
        links = await Incidents(conn).chain(e.INCIDENT)
    of_alex = [link for link in links if link.entry.author and link.entry.author.name == "Alex Responder"]
    assert taken.kept_by_chain == len(of_alex) > 0
    assert f"{FORGOTTEN} has it" in [link.entry.text for link in links]
    assert await verify_timelines(db) == []


async def as_the_release_before_left_it(review_url: str, db: Database) -> None:
    async with db.reading() as conn:
        links = await Incidents(conn).chain(e.INCIDENT)
    async with superuser(review_url) as conn:
        await conn.execute("ALTER TABLE timeline_entry DISABLE TRIGGER USER")
        head = b""
        for link in links:
            held, head = head, hash_of(replace(link, version=1, prev_hash=head))
            await conn.execute(
                "UPDATE timeline_entry SET chain = 1, salts = '{}', prev_hash = $2, hash = $3 WHERE entry_id = $1",
                *(link.entry.id, held, head),
            )
        await conn.execute("UPDATE timeline_head SET hash = $1", head)
        await conn.execute("ALTER TABLE timeline_entry ENABLE ALWAYS TRIGGER append_only")
        await conn.execute("ALTER TABLE timeline_entry ENABLE ALWAYS TRIGGER forgetting_only")


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE timeline_entry SET author = NULL",
        "UPDATE timeline_content SET text = 'tidy'",
        "UPDATE redaction SET by = 'nobody'",
    ],
)
async def test_the_database_lets_no_name_go_without_a_word(
    db: Database, drafted: None, http: httpx.AsyncClient, deed: str
) -> None:
    await redact_one(db, http)
    async with db.transaction() as tx:
        # What is only claimed counts for nothing.
        await tx.conn.execute("SELECT set_config('closeout.forgetting', $1, true)", str(uuid4()))
        with pytest.raises(asyncpg.RestrictViolationError):
            async with tx.conn.transaction():
                await tx.conn.execute(deed)


async def redact_one(db: Database, http: httpx.AsyncClient) -> None:
    async with db.reading() as conn:
        note = next(link for link in await Incidents(conn).chain(e.INCIDENT) if link.entry.text)
    answer = await http.post(
        f"/api/v1/timeline/{note.entry.id}/redact", json={"what": "secret", "why": "It was one", "by": "Alex Responder"}
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "column", ["occurred_at = now()", "kind = 'note!'", "hash = ''", "content_digest = ''", "seq = 99"]
)
async def test_nothing_but_a_name_leaves_an_entry_while_a_person_is_forgotten(
    db: Database, drafted: None, column: str
) -> None:
    async with db.transaction() as tx:
        await tx.conn.execute("INSERT INTO forgetting (id) VALUES ($1)", run := uuid4())
        await tx.conn.execute("SELECT set_config('closeout.forgetting', $1, true)", str(run))
        await tx.conn.execute("UPDATE timeline_entry SET url = 'https://x'")  # a name may stand there
        with pytest.raises(asyncpg.RestrictViolationError):
            async with tx.conn.transaction():
                await tx.conn.execute(f"UPDATE timeline_entry SET {column}")


async def test_whoever_redacted_is_forgotten_too_and_the_tombstone_stays(
    db: Database, drafted: None, http: httpx.AsyncClient
) -> None:
    await redact_one(db, http)
    await forgotten(db, await the_one(db, "Alex Responder"))
    async with db.reading() as conn:
        assert await conn.fetchval("SELECT by FROM redaction") == FORGOTTEN
    assert await verify_timelines(db) == []


async def test_what_the_pager_says_of_them_later_brings_no_name_back(db: Database, drafted: None, hear: Hear) -> None:
    somebody = await the_one(db, "Alex Responder")
    async with db.transaction() as tx:
        await tx.conn.execute(
            "INSERT INTO forgotten (digest, stand_in) SELECT unnest($1::bytea[]), $2",
            *(list(somebody.named.digests()), somebody.named.stand_in),
        )
    await forgotten(db, somebody)

    await hear(e.seen(Vendor.PAGERDUTY, "PALEX", "Alex Returned", "alex@example.com"), e.noted("Now it is the pool", 7))

    async with db.reading() as conn:
        assert [await who_is_meant(conn, one) for one in ("Alex Returned", "alex@example.com")] == [[], []]
        assert "a forgotten person" not in [one.name for one in (await Directory(conn).directory()).people]
        author = (await Incidents(conn).chain(e.INCIDENT))[-1].entry.author
    assert author is not None
    assert (author.name, author.vendor_id) == (FORGOTTEN, somebody.named.stand_in)
    assert Known(somebody.named.digests()).by_handle("pagerduty", "PALEX") == somebody.named.stand_in


@pytest.mark.parametrize("live", [False, True])
async def test_a_page_that_was_open_meanwhile_does_not_bring_the_name_back(
    db: Database, drafted: None, http: httpx.AsyncClient, live: bool
) -> None:
    draft = {"title": "Checkout is down", "summary": "Alex Responder rolled back."}
    (await http.put(f"{API}/draft", json=draft, headers={"If-Match": "*"})).raise_for_status()
    page = await Browser(http).look()
    await forgotten(db, await the_one(db, "Alex Responder"))

    answer = await page.save(live=live, title="Checkout was down")

    assert answer.status_code == (200 if live else 303), answer.text
    left = (await http.get(API)).json()["draft"]
    assert (left["title"], left["summary"]) == ("Checkout was down", f"{FORGOTTEN} rolled back.")
