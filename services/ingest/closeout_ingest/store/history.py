"""What pagers and chats are asked for: what is due, what was asked, and what they said of being asked.

Every query is in sql/queries.sql.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_ingest.domain.alert import Key
from closeout_ingest.domain.twins import TOLD_TWICE
from closeout_schemas.vocabulary import Vendor

SQL = load_queries("closeout_ingest")


class Histories:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def want_history(self, incidents: Collection[Key], after: Sequence[timedelta]) -> None:
        """Ask for these incidents' history, so long from now."""
        await self._conn.execute(
            SQL["want_history"], [vendor for vendor, _ in incidents], [one for _, one in incidents], after
        )

    async def want_channel_history(self, incidents: Collection[Key], after: Sequence[timedelta]) -> None:
        """Ask what was said in the channels of these incidents, so long from now."""
        await self._conn.execute(
            SQL["want_channel_history"], [vendor for vendor, _ in incidents], [one for _, one in incidents], after
        )

    async def opened_at_of_channel(self, vendor: Vendor, channel_id: str) -> datetime | None:
        """When the incident of a channel was opened."""
        found: datetime | None = await self._conn.fetchval(SQL["opened_at_of_channel"], vendor.value, channel_id)
        return found

    async def history_due(self, vendor: Vendor, limit: int) -> list[tuple[str, datetime]]:
        """(incident, when it was due the last time), the longest due first."""
        rows = await self._conn.fetch(SQL["history_due"], vendor.value, limit)
        return [(row["vendor_id"], row["due_at"]) for row in rows]

    async def history_asked(self, vendor: Vendor, vendor_id: str, due_at: datetime) -> None:
        """It was asked for."""
        await self._conn.execute(SQL["history_asked"], vendor.value, vendor_id, due_at)

    async def known_version(self, vendor: Vendor, vendor_id: str) -> str | None:
        """The version of the incident whose history was asked for."""
        found: str | None = await self._conn.fetchval(SQL["known_version"], vendor.value, vendor_id)
        return found

    async def save_version(self, vendor: Vendor, vendor_id: str, version: str) -> None:
        """The history of this version is in the outbox."""
        await self._conn.execute(SQL["save_version"], vendor.value, vendor_id, version)

    async def open_incidents(self, vendor: Vendor) -> list[str]:
        """The pager's incidents that are not over, as far as we know."""
        return [row["vendor_id"] for row in await self._conn.fetch(SQL["open_incidents"], vendor.value)]

    async def saw_deliveries(self, last: Mapping[Vendor, datetime]) -> None:
        """When something last came from each by itself."""
        await self._conn.execute(SQL["saw_deliveries"], [vendor.value for vendor in last], list(last.values()))

    async def sources(self, missed_since: datetime) -> list[dict[str, Any]]:
        """What is known of each pager, with how many happenings since then no webhook told."""
        rows = [dict(row) for row in await self._conn.fetch(SQL["sources"])]
        kinds = [kind.value for kind in TOLD_TWICE]
        for row in rows:
            row["missed"] = await self._conn.fetchval(SQL["missed"], kinds, missed_since, row["vendor"])
        return rows

    async def reconciled_from(self, vendor: Vendor) -> datetime | None:
        """From when on the pager is to be asked."""
        found: datetime | None = await self._conn.fetchval(SQL["reconciled_from"], vendor.value)
        return found

    async def reconciled(self, vendor: Vendor, began: datetime, incidents: int) -> None:
        """Everything until `began` was asked for, and so many incidents had something new."""
        await self._conn.execute(SQL["reconciled"], vendor.value, began, incidents)

    async def not_reconciled(self, vendor: Vendor, why: str) -> None:
        """The pager could not be asked."""
        await self._conn.execute(SQL["not_reconciled"], vendor.value, why)

    async def api_pause(self, credential: str) -> tuple[float, str] | None:
        """(seconds, why): how long the credential is to be left alone."""
        row = await self._conn.fetchrow(SQL["api_pause"], credential)
        return (row["seconds"], row["why"]) if row is not None else None

    async def pause_api(self, credential: str, seconds: float, why: str) -> None:
        """Leave it alone for so long."""
        await self._conn.execute(SQL["pause_api"], credential, seconds, why)

    async def is_news(self, subject: str, digest: str) -> bool:
        """Whether something else was told of `subject` the last time. From now on this is what was told."""
        return bool(await self._conn.fetchval(SQL["take_news"], subject, digest))

    async def backfilled_until(self, vendor: Vendor, since: datetime) -> datetime | None:
        """How far the backfill that began there has come."""
        found: datetime | None = await self._conn.fetchval(SQL["backfilled_until"], vendor.value, since)
        return found

    async def save_backfill(self, vendor: Vendor, since: datetime, done_until: datetime) -> None:
        """It has come so far."""
        await self._conn.execute(SQL["save_backfill"], vendor.value, since, done_until)
