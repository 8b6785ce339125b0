"""What was answered to requests that carried an Idempotency-Key. Every query is in sql/queries.sql."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.store.asking import ASKING

SQL = load_queries("closeout_review")
# Somebody answers it still; after so long whoever did has died.
STILL_ANSWERED_SECONDS = 60


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was given. `status` is None while it is being given; what is being made may be a secret.

    `lost`: it was done, and whoever did it has died over the answer.
    """

    request_digest: bytes
    status: int | None
    headers: dict[str, str]
    body: bytes
    made_secret: bool
    lost: bool


class KeptAnswers:
    """One principal's answers, by the key of the request."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def begin(self, principal_id: UUID, key: str, request_digest: bytes, keep_seconds: float) -> bool:
        """Whether it is ours to answer: nobody has, or it is too long ago, or whoever began died and did nothing."""
        values = (principal_id, key, request_digest, STILL_ANSWERED_SECONDS, keep_seconds)
        return bool(await self._conn.fetchval(SQL["begin_answer"], *values))

    async def of(self, principal_id: UUID, key: str) -> KeptAnswer | None:
        """What was answered under that key."""
        row: Any = await self._conn.fetchrow(SQL["kept_answer"], principal_id, key, STILL_ANSWERED_SECONDS)
        if row is None:
            return None
        told = row["headers"] or {}, bytes(row["body"] or b"")
        return KeptAnswer(bytes(row["request_digest"]), row["status"], *told, row["made_secret"], row["lost"])

    async def keep(self, principal_id: UUID, key: str, status: int, headers: dict[str, str], body: bytes) -> None:
        """That was the answer."""
        await self._conn.execute(SQL["keep_answer"], principal_id, key, status, headers, body)

    async def note_secret(self) -> None:
        """The request at hand makes a secret, if and only if the transaction commits; nothing where it has no key."""
        asking = ASKING.get()
        if asking is not None and asking.key is not None:
            await self._conn.execute(SQL["note_secret"], asking.principal.id, asking.key)

    async def forget(self, principal_id: UUID, key: str) -> None:
        """It has no answer: the same request may be tried again, unless what it asked for was done."""
        await self._conn.execute(SQL["forget_answer"], principal_id, key, STILL_ANSWERED_SECONDS)
