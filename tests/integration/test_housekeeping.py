"""What was sent is kept for its time and no longer, and dropping an hour of it does not read the rest."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from closeout_chassis.db import SQL, Database, Outgoing
from closeout_chassis.service import keep_house
from closeout_chassis.testing import migrated

pytestmark = pytest.mark.integration
NOW = datetime(2026, 11, 3, tzinfo=UTC)
OLD, SHORT_AGO = NOW - timedelta(days=8), NOW - timedelta(days=6)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


async def say(db: Database, count: int, at: datetime, *, sent: bool = True) -> None:
    async with db.transaction() as tx:
        for n in range(count):
            tx.send(Outgoing("t", f"{n}", b"x" * 1024, None))
        await tx.flush()
        await tx.conn.execute("UPDATE outbox SET created_at = $1 WHERE created_at = now()", at)
        if sent:
            await tx.conn.execute("DELETE FROM outbox_waiting")


async def left(db: Database) -> list[datetime]:
    async with db.transaction() as tx:
        await tx.conn.execute(SQL["drop_old_outbox"], NOW - timedelta(days=7))
    async with db.reading() as conn:
        return [row["created_at"] for row in await conn.fetch("SELECT created_at FROM outbox ORDER BY seq")]


async def test_what_was_sent_is_dropped_after_a_week_and_what_waits_is_kept(db: Database) -> None:
    await say(db, 3, OLD)
    await say(db, 2, SHORT_AGO)
    await say(db, 1, OLD, sent=False)
    assert await left(db) == [SHORT_AGO, SHORT_AGO, OLD]
    assert await left(db) == [SHORT_AGO, SHORT_AGO, OLD]


async def test_all_is_dropped_where_nothing_is_younger_and_nothing_where_nothing_is_older(db: Database) -> None:
    assert await left(db) == []
    await say(db, 2, OLD)
    assert await left(db) == []
    await say(db, 2, SHORT_AGO)
    assert await left(db) == [SHORT_AGO, SHORT_AGO]


async def test_more_than_one_statement_can_drop_in_its_time_is_dropped_slice_by_slice(db: Database) -> None:
    async with db.reading() as conn:
        await conn.execute("CREATE TABLE dropped (slice bigint)")
        await conn.execute(
            "CREATE FUNCTION count_dropped() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN INSERT INTO dropped SELECT count(*) FROM gone; RETURN NULL; END'"
        )
        for table in ("outbox", "inbox"):
            await conn.execute(
                f"CREATE TRIGGER counted AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone "
                "FOR EACH STATEMENT EXECUTE FUNCTION count_dropped()"
            )
        await conn.execute(
            "INSERT INTO outbox (topic, key, value, created_at) "
            "SELECT 't', 'k', '', now() - interval '8 days' FROM generate_series(1, 20001)"
        )
        await conn.execute(
            "INSERT INTO inbox SELECT 't', gen_random_uuid(), now() - interval '31 days' FROM generate_series(1, 20001)"
        )
        await conn.execute("INSERT INTO outbox_waiting SELECT min(seq) FROM outbox")
        await keep_house(db)

        assert await conn.fetchval("SELECT count(*) FROM outbox") == 1, "what waits is kept"
        assert await conn.fetchval("SELECT count(*) FROM inbox") == 0
        assert await conn.fetchval("SELECT max(slice) FROM dropped") == 10_000


async def test_an_hour_is_dropped_without_reading_a_week_also_when_pages_were_used_twice(db: Database) -> None:
    hour = timedelta(hours=1)
    async with db.reading() as conn:
        for number in range(60):
            await say(db, 50, OLD + number * hour)
            if number >= 20:
                await conn.execute(SQL["drop_old_outbox"], OLD + (number - 19) * hour)
                await conn.execute("VACUUM ANALYZE outbox")
        statement = SQL["drop_old_outbox"].replace("$1", f"'{(OLD + 41 * hour).isoformat()}'")
        async with conn.transaction():
            (told,) = json.loads(await conn.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT json) {statement}"))
    assert {scan.get("Index Name") for scan in scans_of("outbox", told["Plan"])} == {"outbox_pkey"}


def scans_of(table: str, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Every way in which a plan reads a table; a bitmap by its index."""
    below = [scan for one in plan.get("Plans", ()) for scan in scans_of(table, one)]
    reads = plan.get("Relation Name") == table and plan["Node Type"] != "ModifyTable"
    return [*below, plan] if reads else below
