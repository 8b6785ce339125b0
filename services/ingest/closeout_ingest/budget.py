"""What a credential may ask of a pager or a chat, kept in PostgreSQL, so that all who use it share one budget."""

from __future__ import annotations

import hashlib
import random

from pydantic import SecretStr

from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_ingest.store.history import Histories
from closeout_schemas.vocabulary import Vendor

# A time in the wrong unit is one of years: whoever is right says it again in an hour.
LONGEST_PAUSE_SECONDS = 3600.0


def credential_name(vendor: Vendor, credential: SecretStr) -> str:
    """What the budget of a credential is called, without telling the credential."""
    return f"{vendor.value}:{hashlib.sha256(credential.get_secret_value().encode()).hexdigest()[:12]}"


class SharedBudget:
    """One credential's budget, kept in PostgreSQL: all replicas and commands that use it wait together."""

    def __init__(self, db: Database, credential: str) -> None:
        self._db = db
        self._credential = credential

    async def admit(self) -> None:
        """Raises Retryable while the pager wants to be left alone."""
        async with self._db.reading() as conn:
            pause = await Histories(conn).api_pause(self._credential)
        if pause is not None:
            seconds, why = pause
            raise Retryable(f"the pager wants to be left alone for {seconds:.0f} s: {why}", after=seconds)

    async def pause(self, seconds: float, why: str) -> None:
        """Leave it alone; not all shall come back at the same moment."""
        spread = min(seconds, LONGEST_PAUSE_SECONDS) * random.uniform(1.0, 1.1)  # noqa: S311 - jitter, not a secret
        async with self._db.transaction() as tx:
            await Histories(tx.conn).pause_api(self._credential, spread, why)
