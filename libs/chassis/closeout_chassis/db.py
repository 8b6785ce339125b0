"""PostgreSQL: one pool a service, and the transaction in which a service changes its state and says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from uuid import UUID

import asyncpg

from closeout_chassis.errors import StartError
from closeout_chassis.queries import load_queries
from closeout_chassis.settings import DatabaseSettings
from closeout_chassis.telemetry import current_traceparent

if TYPE_CHECKING:
    from closeout_schemas.catalogue import Topic
    from closeout_schemas.envelope import Event

    Conn = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Conn = Pool = Any

SQL = load_queries("closeout_chassis")

# What PostgreSQL or the way to it raises while it is away, starting, stopping or in a race that another try wins.
AWAY: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what a connection raises that died while it was being used again
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.TransactionRollbackError,  # deadlock, serialization failure
)

DATABASE_ERRORS: tuple[type[BaseException], ...] = (*AWAY, asyncpg.PostgresError)
HOW_WRITTEN = "write postgresql://user:password@host:port/database, and a # or / in the password as %23 or %2F."
C = TypeVar("C")


class Outgoing(NamedTuple):
    """A record on its way to the broker."""

    topic: str
    key: str
    value: bytes
    traceparent: str | None


class Transaction:
    """One message or one request: domain rows, inbox rows and outbox rows, all or none."""

    def __init__(self, conn: Conn) -> None:
        self.conn = conn
        self._outgoing: list[Outgoing] = []

    def publish(self, topic: Topic, event: Event, *, because_of: Event | None = None) -> None:
        """Say `event` on `topic` if, and only if, this transaction commits. Its trace is that of `because_of`."""
        trace = (because_of.traceparent if because_of else None) or current_traceparent()
        self.send(Outgoing(topic.name, event.subject, event.model_dump_json().encode(), trace))

    def send(self, record: Outgoing) -> None:
        """Put a record that is already encoded into the outbox when this transaction commits."""
        self._outgoing.append(record)

    async def first_seen(self, topic: str, ids: Sequence[UUID]) -> set[UUID]:
        """Which of these events this service has not handled before. From now on it has."""
        return {row["event_id"] for row in await self.conn.fetch(SQL["take_first_seen"], topic, ids)}

    async def refill(self, topics: Sequence[str], since: datetime) -> int:
        """Have the relay say again what was said on these topics since then. Returns how many records that is."""
        status: str = await self.conn.execute(SQL["refill_topics"], list(topics), since)
        return int(status.rpartition(" ")[2])

    async def flush(self) -> None:
        """Write the outbox rows, and wake the relay at commit."""
        if self._outgoing:
            await append_to_outbox(self.conn, self._outgoing)
            self._outgoing = []


async def append_to_outbox(conn: Conn, records: Sequence[Outgoing]) -> None:
    """Keep `records` in order, for the relay. One statement, however many."""
    await conn.execute(
        SQL["append_to_outbox"],
        [r.topic for r in records],
        [r.key for r in records],
        [r.value for r in records],
        [r.traceparent for r in records],
    )


class Database:
    """A service's own schema, as its own role. It can read no other service's tables."""

    def __init__(self, settings: DatabaseSettings, service: str) -> None:
        self.service = service
        self._settings = settings
        self._pool: Pool | None = None

    @property
    def pool(self) -> Pool:
        """The open pool. Raises asyncpg.InterfaceError, as PostgreSQL being away does, until there is one."""
        if self._pool is None:
            raise asyncpg.InterfaceError("the database is not open yet")
        return self._pool

    async def open(self) -> None:
        """Connect, waiting for PostgreSQL and for the service's schema as long as the settings say.

        Raises StartError with one line when time is up.
        """
        self._pool = await patiently(self._settings, lambda: _open(self._settings, self.service), self.service)

    async def close(self) -> None:
        """Give all connections back; what is still running after five seconds is cut off."""
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        try:
            async with asyncio.timeout(5):
                await pool.close()
        except TimeoutError:
            pool.terminate()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Begin; commit with everything that was published, or roll back with nothing said."""
        with _unquoted():
            async with self.pool.acquire() as conn, conn.transaction():
                tx = Transaction(conn)
                yield tx
                await tx.flush()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Conn]:
        """A connection for reads that need no transaction of their own."""
        with _unquoted():
            async with self.pool.acquire() as conn:
                yield conn

    async def is_there(self) -> bool:
        """Whether PostgreSQL answers within two seconds."""
        try:
            async with asyncio.timeout(2):
                await self.pool.fetchval("SELECT 1")
        except AWAY:
            return False
        return True


@contextmanager
def _unquoted() -> Iterator[None]:
    """An error goes to logs and dead letters: which constraint of which table it names, not the values it refused."""
    try:
        yield
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
        error.detail = None
        error.args = (str(error).partition(": ")[0],)
        raise


async def patiently(settings: DatabaseSettings, connect: Callable[[], Awaitable[C]], service: str = "") -> C:
    """What `connect` answers. While PostgreSQL is away it is tried again. Raises StartError with one line."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + settings.start_timeout_seconds
    while True:
        try:
            return await connect()
        except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as error:
            raise StartError(f"PostgreSQL at {where(settings)} refuses to sign us in: {error}") from None
        except ValueError as error:
            # Of an address that cannot be read, the words may be a part of the password.
            why = f" ({error})" if isinstance(error, asyncpg.InterfaceError) else ""
            raise StartError(f"CLOSEOUT_DATABASE_URL cannot be used{why}: {HOW_WRITTEN}") from None
        except DATABASE_ERRORS as error:
            if loop.time() >= deadline:
                raise StartError(_why_not(settings, service, error)) from None
        await asyncio.sleep(0.1)


def _why_not(settings: DatabaseSettings, service: str, error: BaseException) -> str:
    # A missing role or schema is the sign of a database that was never migrated.
    if isinstance(
        error, asyncpg.InvalidParameterValueError | asyncpg.UndefinedObjectError | asyncpg.UndefinedTableError
    ):
        return f"The database at {where(settings)} has no {service} schema yet: run `closeout migrate` first."
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return f"PostgreSQL at {where(settings)} says: {error}. Create the database, or mend CLOSEOUT_DATABASE_URL."
    return (
        f"No PostgreSQL at {where(settings)} after {settings.start_timeout_seconds:g} s "
        f"({error or type(error).__name__}). Start it, or mend CLOSEOUT_DATABASE_URL."
    )


async def _open(settings: DatabaseSettings, service: str) -> Pool:
    # Given at connection, role and search_path are the session's defaults: the pool's RESET ALL keeps them.
    pool = await asyncpg.create_pool(
        settings.url.get_secret_value(),
        min_size=1,
        max_size=settings.pool_size,
        timeout=5,
        command_timeout=30,
        init=_teach_json,
        # Giving a connection back would cost a round trip. Nothing is left behind: settings are made for a
        # transaction, and who takes an advisory lock or listens gives that up itself.
        reset=_leave_as_it_is,
        server_settings={
            "role": f"closeout_{service}",
            "search_path": service,
            "application_name": f"closeout {service}",
            "timezone": "UTC",
        },
    )
    try:
        await pool.fetchval("SELECT 1 FROM outbox_waiting LIMIT 1")
    except BaseException:
        await pool.close()
        raise
    return pool


async def _leave_as_it_is(_conn: Conn) -> None:
    return


async def _teach_json(conn: Conn) -> None:
    await conn.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


def where(settings: DatabaseSettings) -> str:
    """The address in the database's URL, without user and password."""
    return settings.url.get_secret_value().rpartition("@")[2].partition("?")[0] or "an address without host"


async def server_version(settings: DatabaseSettings) -> tuple[int, str]:
    """(18, "18.1 (Debian …)"): which PostgreSQL answers there. Raises one of DATABASE_ERRORS where none does."""
    conn = await asyncpg.connect(settings.url.get_secret_value(), timeout=settings.start_timeout_seconds)
    try:
        return conn.get_server_version().major, await conn.fetchval("SHOW server_version")
    finally:
        await conn.close()
