"""The database as a request has it: it sees what its principal may see, and what it changes is in the audit log.

Handlers, loops and the command use the database itself, and see everything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from closeout_chassis.db import Conn, Database, Pool, Transaction
from closeout_chassis.queries import load_queries
from closeout_review.domain.principal import NOBODY, Principal

SQL = load_queries("closeout_review")


@dataclass(slots=True)
class Asking:
    """Who a request acts for, how that is known, what it does, the ids that its path names, its Idempotency-Key."""

    principal: Principal
    signed_in_by: str
    deed: str
    about: dict[str, str] = field(default_factory=dict)
    key: str | None = None


ASKING: ContextVar[Asking | None] = ContextVar("asking", default=None)


def doing(deed: str, **about: str) -> None:
    """Say more exactly what the request at hand does, for the audit log; nothing where there is no request."""
    asking = ASKING.get()
    if asking is not None:
        asking.deed = deed
        asking.about |= about


def quietly() -> None:
    """What the request at hand does is told in another line of the audit log, or is nothing."""
    asking = ASKING.get()
    if asking is not None:
        asking.deed = ""


def signed_in(principal: Principal, by: str) -> None:
    """The request at hand has shown, while it was answered, who it acts for."""
    asking = ASKING.get()
    if asking is not None:
        asking.principal, asking.signed_in_by, asking.deed = principal, by, "signed in"


class ForRequests(Database):
    """The same pool, for the doors. Without a request it acts for nobody."""

    def __init__(self, db: Database) -> None:
        self.service = db.service
        self._db = db

    @property
    def pool(self) -> Pool:
        """The pool itself, past all that this class is for: for what is no request's."""
        return self._db.pool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction that sees what the principal may see, and says in the audit log what was done."""
        asking = ASKING.get() or Asking(NOBODY, "nothing", "did something outside of a request")
        async with self._db.transaction() as tx:
            await _look_as(tx.conn, asking.principal)
            yield tx
            if asking.deed:
                await record(tx.conn, asking)
            if asking.key is not None:
                # Whoever did it may die before the answer is kept: it is not done again.
                await tx.conn.execute(SQL["note_done"], asking.principal.id, asking.key)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Conn]:
        """A connection that sees what the principal may see, as it was when it was first asked."""
        asking = ASKING.get()
        principal = asking.principal if asking else NOBODY
        # An answer is of one moment. The viewer is the transaction's: a connection that goes back to the pool looks as
        # nobody's.
        async with self._db.reading() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
            await _look_as(conn, principal)
            yield conn


async def _look_as(conn: Conn, principal: Principal) -> None:
    if not principal.is_operator:
        await conn.execute(SQL["set_viewer"], list(principal.named_as))


async def record(conn: Conn, asking: Asking) -> None:
    """Add to the audit log, if and only if the transaction commits."""
    principal = asking.principal
    await conn.execute(SQL["record_deed"], principal.id, principal.name, asking.signed_in_by, asking.deed, asking.about)
