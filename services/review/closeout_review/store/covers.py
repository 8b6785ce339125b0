"""Tables of which incidents a postmortem covers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.store.incidents import storable
from closeout_schemas.incidents import IncidentSnapshot

SQL = load_queries("closeout_review")


@dataclass(frozen=True, slots=True)
class Covered:
    """An incident that was added to a postmortem, by whom and since when."""

    incident: IncidentSnapshot
    by: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ChosenTeams:
    """Which teams somebody said a review is about."""

    teams: tuple[str, ...]
    by: str
    since: datetime


class Covers:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def of(self, postmortem_id: UUID) -> list[Covered]:
        """The incidents that it covers besides its first, in the order in which they were added."""
        rows = await self._conn.fetch(SQL["covered_incidents"], postmortem_id)
        return [Covered(IncidentSnapshot.model_validate(row["snapshot"]), row["by"], row["since"]) for row in rows]

    async def cover(self, postmortem_id: UUID, incident_ids: Sequence[UUID], by: str) -> list[UUID]:
        """Have it cover these incidents and all that their drafts covered. Returns those whose drafts went in."""
        merged = await self._conn.fetch(SQL["merge_drafts"], postmortem_id, list(incident_ids), storable(by))
        await self._conn.execute(SQL["cover_incidents"], postmortem_id, list(incident_ids), storable(by))
        return [row["incident_id"] for row in merged]

    async def choose_teams(self, postmortem_id: UUID, teams: Sequence[str], by: str) -> None:
        """Say which teams it is about, whatever the pager says. The postmortem is locked."""
        await self._conn.execute(SQL["choose_teams"], postmortem_id, storable(list(teams)), storable(by))

    async def chosen_teams(self, postmortem_id: UUID) -> ChosenTeams | None:
        """Which teams somebody said it is about; None while the pager's word counts."""
        row = await self._conn.fetchrow(SQL["chosen_teams"], postmortem_id)
        if row is None or row["teams"] is None:
            return None
        return ChosenTeams(tuple(row["teams"]), row["teams_by"], row["teams_since"])

    async def uncover(self, postmortem_id: UUID, incident_id: UUID) -> bool:
        """Whether it covered that incident. Now it does not."""
        return bool(await self._conn.fetchval(SQL["uncover_incident"], postmortem_id, incident_id))

    async def split_off(self, incident_id: UUID) -> datetime | None:
        """The incident's own draft stands by itself again: since when it was drafted; None where it has none."""
        row = await self._conn.fetchrow(SQL["split_draft_off"], incident_id)
        return row["drafted_at"] if row else None

    async def near(
        self, moment: datetime, within: timedelta, but: Iterable[UUID], limit: int
    ) -> list[IncidentSnapshot]:
        """Incidents that were opened about then, the nearest first, without some."""
        rows = await self._conn.fetch(SQL["incidents_near"], moment, within.total_seconds(), list(but), limit)
        return [IncidentSnapshot.model_validate(row["snapshot"]) for row in rows]
