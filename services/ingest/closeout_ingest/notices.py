"""Telling people and teams' channels what the others want them told: once, in their time, and not too late."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Retryable
from closeout_ingest.store.notices import Notices, Taken
from closeout_ingest.telemetry import IngestMetrics
from closeout_schemas.notices import Notice, NoticeDue, Recipient

log = logging.getLogger(__name__)

NOTICE = "notice"
SAID, UNKNOWN_RECIPIENT = "said", "unknown_recipient"
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 5.0, 600.0
NOBODY = "-"


class Way(Protocol):
    """A way to a person or a channel: a chat, the mail."""

    @property
    def name(self) -> str:
        """What it is called in lists and metrics."""

    def carries(self, to: Recipient) -> bool:
        """Whether what is known of the recipient is enough to try."""

    async def tell(self, notice: Notice, known_by: str, begun_at: datetime | None) -> str | None:
        """Say it; where it stands now. None where it knows nobody of that name.

        `begun_at`: when somebody first began to, and broke off: where one can look, it is looked for. Raises Retryable.
        """


async def on_notices(events: Sequence[NoticeDue], tx: Transaction) -> None:
    """Remember what is to be said; loops say it, one for each way."""
    for event in events:
        await Notices(tx.conn).want(event.id, event.data)


class Messenger:
    """Says what is due, by the first of `ways` that reaches the recipient."""

    def __init__(self, db: Database, metrics: IngestMetrics, ways: Sequence[Way]) -> None:
        self._db = db
        self._metrics = metrics
        self.ways = tuple(ways)

    async def tell_due(self, way: Way) -> None:
        """Say what is due one way. What cannot be said now waits by itself, and holds up no other."""
        before = [one.name for one in self.ways[: self.ways.index(way)]]
        async with self._db.reading() as conn:
            due = await Notices(conn).due(way.name, before)
        for which in due:
            async with self._db.transaction() as tx:
                taken = await Notices(tx.conn).take(which)
            if taken is not None:
                await self._tell(taken, way)

    async def drop_late(self) -> None:
        """Drop what nobody needs any more."""
        async with self._db.transaction() as tx:
            dropped = await Notices(tx.conn).drop_late(has_a_way=bool(self.ways))
        for why, number in dropped.items():
            self._metrics.said.labels(NOTICE, NOBODY, why).inc(number)

    async def _tell(self, taken: Taken, way: Way) -> None:
        async with self._db.reading() as conn:
            to = await Notices(conn).with_address(taken.notice.to)
        notice = taken.notice.model_copy(update={"to": to})
        try:
            where = await way.tell(notice, str(taken.id), taken.begun_at) if way.carries(notice.to) else None
        except Retryable as error:
            await self._put_off(taken, way, error)
            return
        if where is None:
            await self._not_by(taken.id, way)
            return
        # After a crash before this it is looked for.
        async with self._db.transaction() as tx:
            await Notices(tx.conn).said(taken.id, way.name, where)
        self._metrics.said.labels(NOTICE, way.name, SAID).inc()

    async def _not_by(self, which: UUID, way: Way) -> None:
        async with self._db.transaction() as tx:
            dropped = await Notices(tx.conn).not_by(which, way.name, [one.name for one in self.ways])
        if dropped:
            log.warning("nobody could be told", extra={"notice": str(which), "because": UNKNOWN_RECIPIENT})
            self._metrics.said.labels(NOTICE, NOBODY, UNKNOWN_RECIPIENT).inc()

    async def _put_off(self, taken: Taken, way: Way, error: Retryable) -> None:
        """Longer each time, not all at the same moment, and never less than the other side wants."""
        longer = min(FIRST_RETRY_SECONDS * 2 ** min(taken.tries - 1, 10), LONGEST_RETRY_SECONDS)
        wait = max(error.after or 0.0, longer) * random.uniform(1.0, 1.2)  # noqa: S311 - no secret
        log.warning("a notice waits", extra={"notice": str(taken.id), "way": way.name, "because": str(error)})
        async with self._db.transaction() as tx:
            await Notices(tx.conn).waits(taken.id, wait, str(error))
