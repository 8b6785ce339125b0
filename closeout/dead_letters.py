"""Dead letters: what could not be processed, until somebody replays or discards it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from closeout_chassis.db import SQL, Conn, Outgoing, Transaction

Settled = Literal["replayed", "discarded"]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record with the reason for which it lies here. `settled_as` is None while it waits for somebody."""

    id: UUID
    service: str
    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes
    traceparent: str | None
    reason: str
    detail: str
    handler: str
    first_seen_at: datetime
    replays: int
    settled_at: datetime | None
    settled_as: Settled | None
    settled_because: str | None


class DeadLetters:
    """A service's dead letters, over a connection as the service."""

    def __init__(self, conn: Conn, service: str) -> None:
        self._conn = conn
        self._service = service

    async def listed(self, *, settled: bool = False, reason: str | None = None) -> list[DeadLetter]:
        """Those that wait, oldest first; with `settled`, the others too."""
        return [self._one(dict(row)) for row in await self._conn.fetch(SQL["list_dead_letters"], settled, reason)]

    def _one(self, row: dict[str, Any]) -> DeadLetter:
        return DeadLetter(service=self._service, **{**row, "value": bytes(row["value"])})


async def replay(tx: Transaction, ids: Sequence[UUID]) -> list[UUID]:
    """Put these back on their topics, by way of the outbox. Returns those that waited; the others are left alone.

    Services that have handled an event before skip it. One that fails again waits here again.
    """
    rows = await tx.conn.fetch(SQL["settle_dead_letters"], ids, "replayed", None)
    for row in rows:
        tx.send(Outgoing(row["topic"], row["key"] or "", bytes(row["value"]), row["traceparent"]))
    return [row["id"] for row in rows]


async def discard(tx: Transaction, ids: Sequence[UUID], because: str) -> list[UUID]:
    """Settle these for good, with a reason; they stay to be looked at. Returns those that waited."""
    rows = await tx.conn.fetch(SQL["settle_dead_letters"], ids, "discarded", because)
    return [row["id"] for row in rows]
