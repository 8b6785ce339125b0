"""What is to be said on incidents: at the pager, and in the incident's channel. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_schemas.cards import Card
from closeout_schemas.vocabulary import Vendor, derived_id

SQL = load_queries("closeout_ingest")


@dataclass(frozen=True, slots=True)
class Saying:
    """Words for an incident. `vendor_id`: the incident at its pager, or None where it has no channel that we know."""

    id: UUID
    incident: tuple[Vendor, str]
    vendor_id: str | None
    text: str
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Begun:
    """It is the caller's for a minute. `before`: when somebody first began to say it, and broke off."""

    before: datetime | None


class Sayings:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def want(self, event_id: UUID, card: Card, traceparent: str | None) -> None:
        """Have it said on the incident at its pager, and in its channel."""
        text = card.text.replace("\x00", "\u2400")
        for vendor in (card.vendor, Vendor.SLACK):
            which = event_id if vendor is card.vendor else derived_id("saying", str(event_id), vendor)
            await self._conn.execute(
                SQL["want_said"],
                which,
                vendor.value,
                card.vendor_id,
                text,
                card.worth_until,
                card.vendor.value,
                traceparent,
            )

    async def waiting(self, vendor: Vendor) -> list[Saying]:
        """What has to be said there now, the oldest first."""
        query = SQL["waiting_in_channels" if vendor is Vendor.SLACK else "waiting_sayings"]
        return [
            Saying(
                row["id"],
                (Vendor(row["incident_vendor"] or vendor), row["incident_vendor_id"]),
                row["vendor_id"],
                row["text"],
                row["traceparent"],
            )
            for row in await self._conn.fetch(query, vendor.value)
        ]

    async def begin(self, which: UUID) -> Begun | None:
        """Take it for a minute. None where somebody else has."""
        row = await self._conn.fetchrow(SQL["begin_saying"], which)
        return Begun(row["begun_at"]) if row else None

    async def waits(self, which: UUID, seconds: float, trouble: str) -> None:
        """It could not be said now."""
        await self._conn.execute(SQL["saying_waits"], which, seconds, trouble)

    async def said(self, which: UUID) -> None:
        """It was."""
        await self._conn.execute(SQL["said"], which)

    async def dropped(self, which: UUID, because: str) -> None:
        """It will not be."""
        await self._conn.execute(SQL["not_said"], which, because)

    async def drop_late(self, places: Collection[Vendor]) -> list[tuple[str, str]]:
        """Drop what comes too late: (place, why) of each. `places`: where something can be said."""
        rows = await self._conn.fetch(SQL["drop_late_sayings"], [place.value for place in places])
        return [(row["vendor"], row["dropped_because"]) for row in rows]

    async def counts(self) -> dict[str, int]:
        """How many were said and how many dropped, by place and what became of them."""
        return {
            f"{row['vendor']} {row['result']}": row["number"] for row in await self._conn.fetch(SQL["count_sayings"])
        }
