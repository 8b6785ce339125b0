"""Adding to timelines, and proving that nobody changed them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from uuid import UUID

from closeout_chassis.db import Conn, Database
from closeout_review.domain.chain import Broken, Head, Link, appended, breaks
from closeout_review.domain.timeline import as_kept
from closeout_review.store.attachments import Attachments
from closeout_review.store.incidents import Incidents
from closeout_schemas.incidents import TimelineEntry

RANDOM_BYTES = 32


async def append(incidents: Incidents, said: Iterable[tuple[UUID, TimelineEntry]]) -> None:
    """Add what is not there yet to the timelines of these incidents, in this order."""
    entries: dict[UUID, tuple[UUID, TimelineEntry]] = {}
    for incident_id, entry in said:
        entries.setdefault(entry.id, (incident_id, entry))
    heads = await incidents.lock_heads({incident_id for incident_id, _ in entries.values()})
    there = await incidents.recorded(entries)
    links: list[Link] = []
    for incident_id, entry in entries.values():
        if entry.id not in there:
            link = appended(incident_id, heads[incident_id], as_kept(entry), secrets.token_bytes(RANDOM_BYTES))
            heads[incident_id] = Head(link.seq, link.hash)
            links.append(link)
    if links:
        await incidents.append(links)
        await incidents.move_heads({link.incident_id: heads[link.incident_id] for link in links})


async def verify_timelines(db: Database) -> list[Broken]:
    """Every place, in all timelines, at which the chain does not hold. Empty: nobody changed anything."""
    async with db.reading() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        incidents = Incidents(conn)
        broken = [broken async for one in incidents.with_timeline() for broken in await _breaks(incidents, one)]
        return [*broken, *await Attachments(conn).changed()]


async def verify_timeline(conn: Conn, incident_ids: Iterable[UUID]) -> list[Broken]:
    """Every place at which the chain of one of these incidents does not hold."""
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        return [broken for one in incident_ids for broken in await _breaks(Incidents(conn), one)]


async def _breaks(incidents: Incidents, incident_id: UUID) -> list[Broken]:
    return list(breaks(incident_id, await incidents.chain(incident_id), await incidents.head(incident_id)))
