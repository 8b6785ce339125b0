"""Migrations: plain SQL files, forward only, one schema and one role a service."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import asyncpg

from closeout_chassis.db import Conn, patiently, where
from closeout_chassis.errors import StartError
from closeout_chassis.settings import DatabaseSettings

CHASSIS = "closeout_chassis"
# One migration at a time in one database, however many start it.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('closeout.migrate'))"
# A table that is waited for is waited for by everybody behind us, too: the old release still runs.
LONGEST_WAIT_SECONDS = 10
MAY = "The user needs the four roles or CREATEROLE, and CREATE on the database: docs/howto/production.md."


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. Its name orders it: the chassis' own come before the service's."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Says whether a file was changed after it was applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations_of(service: str) -> list[Migration]:
    """All migrations of a service, in the order in which they are applied."""
    return [
        Migration(f"{package}/{file.name}", file.read_text(encoding="utf-8"))
        for package in (CHASSIS, f"closeout_{service}")
        for file in _files(package)
    ]


def _files(package: str) -> Iterator[Traversable]:
    folder = files(package).joinpath("sql/migrations")
    if folder.is_dir():
        yield from sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name)


async def make_database(settings: DatabaseSettings, name: str) -> None:
    """Make the database `name` on the server of `settings`, where there is none. Raises StartError."""
    conn = await _connect(settings)
    try:
        if not await conn.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", name):
            await conn.execute(f'CREATE DATABASE "{name}"')
    finally:
        await conn.close()


async def migrate(
    settings: DatabaseSettings, services: Sequence[str], *, tell: Callable[[str, float], None] = lambda *_: None
) -> int:
    """Bring every service's schema up to date, and say what was applied, in how many seconds. Returns how many files.

    Raises StartError where there is no database, where an applied file was changed, or a table is in use for too long.
    """
    conn = await _connect(settings)
    try:
        async with conn.transaction():
            await conn.execute(LOCK)
            await conn.execute(f"SET LOCAL lock_timeout = '{LONGEST_WAIT_SECONDS}s'")
            return sum([await _migrate_one(conn, service, tell) for service in services])
    except asyncpg.LockNotAvailableError:
        raise StartError(
            f"A table that a migration changes was in use for {LONGEST_WAIT_SECONDS} s. "
            "Nothing was changed: run it again."
        ) from None
    except asyncpg.InsufficientPrivilegeError as error:
        raise StartError(f"PostgreSQL at {where(settings)} will not have it: {error.args[0]}. {MAY}") from None
    finally:
        await conn.close()


async def pending(settings: DatabaseSettings, services: Sequence[str]) -> list[str]:
    """The files that `migrate` would apply."""
    conn = await _connect(settings)
    try:
        return [
            f"{service}: {migration.name}" for service in services for migration in await _outstanding(conn, service)
        ]
    finally:
        await conn.close()


async def _migrate_one(conn: Conn, service: str, tell: Callable[[str, float], None]) -> int:
    await conn.execute(_role_and_schema(service))
    outstanding = await _outstanding(conn, service)
    # What is made belongs to the service's role, and to no other.
    await conn.execute(f"SET LOCAL ROLE closeout_{service}; SET LOCAL search_path TO {service}")
    for migration in outstanding:
        began = time.monotonic()
        await conn.execute(migration.sql)
        await conn.execute("INSERT INTO migration (name, checksum) VALUES ($1, $2)", migration.name, migration.checksum)
        tell(f"{service}: {migration.name}", time.monotonic() - began)
    await conn.execute("RESET ROLE; SET LOCAL search_path TO public")
    return len(outstanding)


def _role_and_schema(service: str) -> str:
    # `service` is one of the four names of the catalogue, never input.
    role = f"closeout_{service}"
    return f"""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} NOLOGIN; END IF;
            IF NOT pg_has_role('{role}', CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER'
                ELSE 'SET' END) THEN GRANT {role} TO CURRENT_USER; END IF;
        END $$;
        CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {role};
        CREATE TABLE IF NOT EXISTS {service}.migration (
            name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
        );
        ALTER TABLE {service}.migration OWNER TO {role};
    """


async def _outstanding(conn: Conn, service: str) -> list[Migration]:
    known: dict[str, str] = {}
    if await conn.fetchval("SELECT to_regclass($1)", f"{service}.migration"):
        rows = await conn.fetch(f"SELECT name, checksum FROM {service}.migration")  # noqa: S608 - a fixed name
        known = {row["name"]: row["checksum"] for row in rows}
    for migration in migrations_of(service):
        if known.get(migration.name, migration.checksum) != migration.checksum:
            raise StartError(
                f"The migration {migration.name} of {service} was changed after it was applied. "
                "Restore the file as it was, and put the change into a new one."
            )
    return [migration for migration in migrations_of(service) if migration.name not in known]


async def _connect(settings: DatabaseSettings) -> asyncpg.Connection[asyncpg.Record]:
    return await patiently(settings, lambda: asyncpg.connect(settings.url.get_secret_value(), timeout=5))
