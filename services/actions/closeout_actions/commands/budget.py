"""What a credential may do, kept in Postgres, so that all replicas that use it share one budget."""

from __future__ import annotations

import hashlib
import logging
import random
from datetime import timedelta
from uuid import UUID

from pydantic import SecretStr

from closeout_actions.domain.creation import backoff
from closeout_actions.store import Store
from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable

log = logging.getLogger(__name__)

# So few requests are kept for making tickets; reading what changed can wait until the count begins anew.
RESERVE = 100
LONGEST_BLOCK_SECONDS = 3600.0


def credential_name(tracker: str, api_url: str, token: SecretStr) -> str:
    """The budget's name. Another token has another budget: what its predecessor did is not held against it."""
    secret = f"{api_url}\x1f{token.get_secret_value()}"
    return f"{tracker}:{hashlib.sha256(secret.encode()).hexdigest()[:12]}"


class SharedBudget:
    """The budget of one credential. `pause_seconds`: how long to leave a tracker alone that did not say how long."""

    def __init__(self, db: Database, name: str, *, pause_seconds: float, write_interval_seconds: float) -> None:
        self._db = db
        self._name = name
        self._pause = pause_seconds
        self._interval = timedelta(seconds=write_interval_seconds)
        self._strikes = 0
        self._is_troubled = False

    async def admit(self, *, is_write: bool) -> None:
        """Raises Retryable while the tracker wants to be left alone, or while what is left is kept for writes."""
        async with self._db.reading() as conn:
            credential = await Store(conn).credential(self._name)
        if credential is None:
            return
        self._strikes = credential.strikes
        self._is_troubled = credential.strikes > 0 or credential.is_unauthorized or credential.why is not None
        wait = credential.blocked if is_write else max(credential.blocked, credential.reads_blocked)
        if wait > 0:
            raise Retryable(credential.why or "few requests are left; they are kept for making tickets", wait)

    async def blocked(self, seconds: float | None, why: str) -> float:
        """Leave the tracker alone; where it did not say for how long, longer each time."""
        unnamed = seconds is None
        wait = backoff(self._strikes, self._pause, LONGEST_BLOCK_SECONDS) if seconds is None else seconds
        # A time in the wrong unit is one of years: whoever is right says it again in an hour.
        wait = min(wait, LONGEST_BLOCK_SECONDS)
        # All replicas wait for the same moment: they shall not come back as one.
        wait *= random.uniform(1.0, 1.1)  # noqa: S311 - jitter, not a secret
        log.warning("the tracker wants to be left alone", extra={"seconds": round(wait, 1), "because": why})
        await self._block(wait, why, strikes=self._strikes + unnamed, is_unauthorized=False)
        return wait

    async def unauthorized(self, why: str) -> None:
        """Nothing can be done until somebody mends the credential; a try now and then sees whether it works again."""
        log.error("the tracker does not accept the credential: tickets wait", extra={"because": why})
        await self._block(self._pause, why, strikes=self._strikes, is_unauthorized=True)

    async def answered(self, remaining: int | None, resets_in: float | None) -> None:
        """An answer that was no refusal ends a block; few requests left begin one for reading."""
        if self._is_troubled:
            log.warning("the tracker answers again", extra={"credential": self._name})
            self._is_troubled = False
            async with self._db.transaction() as tx:
                await Store(tx.conn).unblock_credential(self._name)
        if remaining is not None and remaining < RESERVE and resets_in is not None:
            async with self._db.transaction() as tx:
                await Store(tx.conn).block_reads(self._name, min(resets_in, LONGEST_BLOCK_SECONDS))

    async def _block(self, seconds: float, why: str, *, strikes: int, is_unauthorized: bool) -> None:
        async with self._db.transaction() as tx:
            store = Store(tx.conn)
            await store.add_credential(self._name)
            await store.block_credential(self._name, seconds, why, strikes=strikes, is_unauthorized=is_unauthorized)

    async def is_unauthorized(self, store: Store) -> bool:
        """Whether the tracker did not accept the credential when it was last asked."""
        credential = await store.credential(self._name)
        return credential is not None and credential.is_unauthorized

    # The pen: one write at a time with one credential, and a pause from one to the next

    async def take_pen(self, store: Store, pen: UUID, lease: timedelta) -> bool:
        """Whether this replica may write now, until `lease` is over."""
        return await store.take_pen(self._name, pen, lease, self._interval)

    async def give_pen_back(self, store: Store, pen: UUID) -> None:
        """The write is over."""
        await store.give_pen_back(self._name, pen)

    async def wait_for_pen(self, store: Store) -> float:
        """Seconds after which to ask for the pen again. Makes the row that it lies in, the first time."""
        credential = await store.credential(self._name)
        if credential is None:
            await store.add_credential(self._name)
            return 0.0
        return max(credential.blocked, credential.next_write, min(credential.pen, HELD_SECONDS))


# A pen that another holds comes back at any moment.
HELD_SECONDS = 0.2
