"""The tables on a real Postgres: each query fits the schema, and a timeline refuses to be changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from closeout_chassis.db import Database
from closeout_chassis.queries import load_queries
from closeout_review import testing as e
from closeout_review.commands.timelines import append, verify_timelines
from closeout_review.domain.chain import hash_of
from closeout_review.store.incidents import Incidents
from closeout_review.store.known import Known
from closeout_schemas.vocabulary import derived_id

pytestmark = pytest.mark.integration
SQL = load_queries("closeout_review")
Hear = Callable[..., Awaitable[None]]


@asynccontextmanager
async def superuser(url: str) -> AsyncIterator[Any]:
    """Somebody who may do anything, triggers included."""
    conn = await asyncpg.connect(url)
    try:
        await conn.execute("SET search_path TO review")
        yield conn
    finally:
        await conn.close()


async def test_every_query_fits_the_schema(db: Database) -> None:
    assert len(SQL) > 20
    async with db.reading() as conn:
        for query in SQL.values():
            await conn.prepare(query)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("chain", [e.INCIDENT]),
        ("recorded_entries", [[e.INCIDENT]]),
        ("lock_due_postmortems", [100]),
        ("promises", [[e.POSTMORTEM]]),
        ("postmortems_with_items", [[e.POSTMORTEM]]),
        ("newest_incidents", [None, None, 50]),
        ("newest_postmortems", ["pending", None, None, 50]),
        ("open_promises_of", [[str(e.INCIDENT)], e.POSTMORTEM, "2026-11-29"]),
        ("promises_aimed_at", [["acme/payments"], ["2026-W50"], e.POSTMORTEM]),
        ("shipped_share", ["2026-09-01", "2026-11-29", "pagerduty", ["PSVC"]]),
        ("aware_of_same_failure", [["checkout"], ["dns"], e.POSTMORTEM, 20]),
        ("mandated", [e.POSTMORTEM]),
    ],
)
async def test_hot_queries_read_no_whole_table_of_history(db: Database, name: str, arguments: list[Any]) -> None:
    async with db.reading() as conn, conn.transaction():
        await conn.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(row[0] for row in await conn.fetch("EXPLAIN " + SQL[name], *arguments))
    assert "Seq Scan" not in plan, plan


@pytest.mark.parametrize("table", ["timeline_entry", "timeline_content"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET entry_id = entry_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_the_owner_itself_cannot_change_a_timeline(db: Database, drafted: None, table: str, deed: str) -> None:
    async with db.reading() as conn:
        assert await conn.fetchval("SELECT tableowner FROM pg_tables WHERE tablename = $1", table) == "closeout_review"
        assert await conn.fetchval("SELECT current_user") == "closeout_review"
        with pytest.raises(asyncpg.RestrictViolationError, match=f"append-only: .* on {table} is refused"):
            await conn.execute(deed.format(table))


async def test_a_superuser_who_only_changes_rows_is_refused_too(review_url: str, db: Database, drafted: None) -> None:
    async with superuser(review_url) as conn:
        await conn.execute("SET session_replication_role = replica")
        with pytest.raises(asyncpg.RestrictViolationError):
            await conn.execute("DELETE FROM timeline_content")


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        ("UPDATE timeline_content SET text = 'tidy' WHERE text LIKE '%cache%'", "words"),
        ("UPDATE timeline_content SET text = '\\xff' WHERE text LIKE '%cache%'", "words"),
        ("UPDATE timeline_entry SET occurred_at = occurred_at - interval '1 minute' WHERE seq = 2", "author, time"),
        ("UPDATE timeline_entry SET author = NULL WHERE seq = 2", "author, time"),
        ("DELETE FROM timeline_content WHERE entry_id = (SELECT entry_id FROM timeline_entry WHERE seq = 2)", "words"),
        ("DELETE FROM timeline_content; DELETE FROM timeline_entry WHERE seq = 3", "does not end"),
        ("DELETE FROM timeline_content; DELETE FROM timeline_entry", "does not end"),
        ("DELETE FROM timeline_head", "does not end"),
    ],
)
async def test_what_a_superuser_tampers_with_is_found(
    review_url: str, db: Database, drafted: None, deed: str, why: str
) -> None:
    assert await verify_timelines(db) == []
    async with superuser(review_url) as conn:
        for table in ("timeline_entry", "timeline_content"):
            await conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        await conn.execute(deed)
    broken = await verify_timelines(db)
    assert why in "; ".join(one.why for one in broken)
    assert {one.incident_id for one in broken} == {e.INCIDENT}


async def test_what_an_earlier_release_recorded_still_verifies(review_url: str, db: Database, drafted: None) -> None:
    async with db.reading() as conn:
        before = await Incidents(conn).chain(e.INCIDENT)
    async with superuser(review_url) as conn:
        # As that release left it: without salts, each hash over the name itself.
        await conn.execute("ALTER TABLE timeline_entry DISABLE TRIGGER ALL")
        head = b""
        for link in before:
            head, held = hash_of(replace(link, version=1, prev_hash=head)), head
            await conn.execute(
                "UPDATE timeline_entry SET chain = 1, salts = '{}', prev_hash = $2, hash = $3 WHERE entry_id = $1",
                *(link.entry.id, held, head),
            )
        await conn.execute("UPDATE timeline_head SET hash = $1", head)
    async with db.transaction() as tx:
        await append(Incidents(tx.conn), [(e.INCIDENT, e.entry("note", "and more", 9))])
    assert await verify_timelines(db) == []
    async with db.reading() as conn:
        links = await Incidents(conn).chain(e.INCIDENT)
    assert [link.version for link in links] == [*([1] * len(before)), 2]


async def test_two_who_append_at_once_make_one_chain(db: Database) -> None:
    async def say(n: int) -> None:
        async with db.transaction() as tx:
            said = (e.entry("note", f"{n}", n), e.entry("note", "all say this", 0))
            await append(Incidents(tx.conn), [(e.INCIDENT, one) for one in said])

    await asyncio.gather(*(say(n) for n in range(1, 8)))
    async with db.reading() as conn:
        links = await Incidents(conn).chain(e.INCIDENT)
    assert [link.seq for link in links] == list(range(1, 9))
    assert await verify_timelines(db) == []


async def test_words_that_postgres_text_cannot_hold_are_kept_byte_for_byte(db: Database) -> None:
    said = e.entry("note", "a\x00b \u202e\ufeff🔥", 1)
    async with db.transaction() as tx:
        await append(Incidents(tx.conn), [(e.INCIDENT, said)])
    async with db.reading() as conn:
        (link,) = await Incidents(conn).chain(e.INCIDENT)
    assert link.entry == said
    assert await verify_timelines(db) == []


async def test_an_entry_that_is_there_already_changes_nothing(db: Database) -> None:
    said = e.entry("note", "rollback", 1)
    for again in (said, said.model_copy(update={"text": "something else"})):
        async with db.transaction() as tx:
            await append(Incidents(tx.conn), [(e.INCIDENT, again), (e.INCIDENT, again)])
    async with db.reading() as conn:
        (link,) = await Incidents(conn).chain(e.INCIDENT)
    assert link.entry.text == "rollback"


async def test_only_a_later_description_of_a_project_counts(db: Database, hear: Hear) -> None:
    await hear(e.described(e.OPENED, can_create=False))
    await hear(e.described(e.OPENED.replace(hour=1)))
    async with db.reading() as conn:
        (project,) = (await Known(conn).directory()).projects
    assert not project.can_create


async def test_one_mail_address_is_one_person_across_systems(db: Database, hear: Hear) -> None:
    await hear(*e.everybody(e.OPENED))
    async with db.reading() as conn:
        people = (await Known(conn).directory()).people
    by_mail = {(person.email or "").lower(): person for person in people}
    assert by_mail["alex@example.com"].handles == {"github": ("alexr",), "pagerduty": ("PALEX",)}
    assert by_mail["sam@example.com"].id == derived_id("person", "sam@example.com")
    assert len(people) == 3
