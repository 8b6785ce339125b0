"""Migrations on a real PostgreSQL: how long each took, and what happens where a table is in use."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from pydantic import SecretStr

from closeout_chassis import migrate as migrations
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
