"""Migrations on a real PostgreSQL: how long each took, and what happens where a table is in use."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from pydantic import SecretStr

from closeout_chassis import migrate as migrations
from closeout_chassis.db import Database
from closeout_chassis.errors import StartError
from closeout_chassis.settings import DatabaseSettings

pytestmark = pytest.mark.integration


async def test_each_file_is_told_with_its_seconds_and_a_second_run_applies_nothing(database_url: str) -> None:
    settings, told = DatabaseSettings(url=SecretStr(database_url)), dict[str, float]()

    applied = await migrations.migrate(settings, ["ingest"], tell=told.__setitem__)

    assert applied == len(told) == len(migrations.migrations_of("ingest"))
    assert all(0 < seconds < 60 for seconds in told.values())
    assert await migrations.migrate(settings, ["ingest"], tell=told.__setitem__) == 0


async def test_two_at_once_apply_each_file_once(database_url: str) -> None:
    settings = DatabaseSettings(url=SecretStr(database_url))

    applied = await asyncio.gather(*(migrations.migrate(settings, ["ingest"]) for _ in range(3)))

    assert sorted(applied) == [0, 0, len(migrations.migrations_of("ingest"))]


async def test_a_table_that_is_in_use_is_not_waited_for_for_ever_and_nothing_is_half_done(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = DatabaseSettings(url=SecretStr(database_url))
    await migrations.migrate(settings, ["ingest"])
    files = migrations.migrations_of("ingest")
    new = [
        migrations.Migration("closeout_ingest/9998_a.sql", "CREATE TABLE half (n integer)"),
        migrations.Migration("closeout_ingest/9999_b.sql", "ALTER TABLE outbox ADD COLUMN new integer"),
    ]
    monkeypatch.setattr(migrations, "migrations_of", lambda _service: [*files, *new])
    monkeypatch.setattr(migrations, "LONGEST_WAIT_SECONDS", 1)
    reader = await asyncpg.connect(database_url)

    async with reader.transaction():
        # As a pod of the old release that reads.
        await reader.execute("SELECT FROM ingest.outbox")
        with pytest.raises(StartError, match="in use for 1 s"):
            await migrations.migrate(settings, ["ingest"])

    assert await reader.fetchval("SELECT to_regclass('ingest.half')") is None
    assert await migrations.migrate(settings, ["ingest"]) == 2
    await reader.close()


async def test_a_member_of_the_roles_who_may_create_none_migrates(database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    database = await owner.fetchval("SELECT current_database()")
    settings = DatabaseSettings(url=SecretStr(database_url))
    await migrations.migrate(settings, ["ingest"])  # makes the role
    await owner.execute("DROP SCHEMA ingest CASCADE")
    await owner.execute(f"""
        CREATE ROLE member LOGIN PASSWORD 'x'; GRANT closeout_ingest TO member;
        CREATE ROLE stranger LOGIN PASSWORD 'x'; GRANT CREATE ON DATABASE "{database}" TO member, stranger;
    """)
    at = database_url.rpartition("@")[2]
    try:
        with pytest.raises(StartError, match="will not have it: permission denied") as refused:
            await migrations.migrate(DatabaseSettings(url=SecretStr(f"postgresql://stranger:x@{at}")), ["ingest"])
        applied = await migrations.migrate(DatabaseSettings(url=SecretStr(f"postgresql://member:x@{at}")), ["ingest"])
    finally:
        await owner.execute(f"""
            REVOKE CREATE ON DATABASE "{database}" FROM member, stranger; DROP ROLE member; DROP ROLE stranger;
        """)
        await owner.close()

    assert applied == len(migrations.migrations_of("ingest"))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("password", ["hun#ter", "hun/ter", "hun?ter", "h[un]ter"])
async def test_an_address_that_cannot_be_read_is_refused_at_once_without_the_password(password: str) -> None:
    settings = DatabaseSettings(url=SecretStr(f"postgresql://user:{password}@127.0.0.1:1/closeout"))

    for asked in (migrations.pending(settings, ["ingest"]), Database(settings, "ingest").open()):
        with pytest.raises(StartError, match=r"^CLOSEOUT_DATABASE_URL cannot be used: write ") as refused:
            await asked
        assert "hun" not in str(refused.value)
