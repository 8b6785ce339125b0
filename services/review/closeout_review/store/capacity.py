"""What people, teams and sprints have been promised already. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.capacity import Load, Share
from closeout_schemas.incidents import IncidentSnapshot

SQL = load_queries("closeout_review")


class Capacities:
    """Counts over all promises; `but` is the postmortem that is being written."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def loads(self, people: Iterable[UUID], but: UUID, today: date) -> dict[UUID, Load]:
        """What each of these people has promised elsewhere and not shipped."""
        ids = [str(person) for person in people]
        rows = await self._conn.fetch(SQL["open_promises_of"], ids, but, today.isoformat()) if ids else []
        return {UUID(row["person_id"]): Load(row["open"], row["overdue"], row["oldest_at"]) for row in rows}

    async def aims(self, targets: Iterable[tuple[str, str]], but: UUID) -> dict[tuple[str, str], int]:
        """How many open promises aim at each of these targets, a project's key and the target's value."""
        wanted = list(dict.fromkeys(targets))
        projects, values = [one for one, _ in wanted], [one for _, one in wanted]
        rows = await self._conn.fetch(SQL["promises_aimed_at"], projects, values, but) if wanted else []
        return {(row["project"], row["target"]): row["open"] for row in rows}

    async def share(self, incident: IncidentSnapshot, since: date, until: date) -> Share | None:
        """What became of the promises that the incident's team, or its service alone, had for these days."""
        service = incident.service
        if service is None:
            return None
        vendor = incident.vendor.value
        rows = await self._conn.fetch(SQL["services_of_same_team"], vendor, service.vendor_id)
        services = [row["vendor_id"] for row in rows] or [service.vendor_id]
        team = next((row["team"] for row in rows if row["team"]), None) or service.name
        days = since.isoformat(), until.isoformat()
        row = await self._conn.fetchrow(SQL["shipped_share"], *days, vendor, services)
        return Share(team, row["due"], row["shipped"]) if row and row["due"] else None
