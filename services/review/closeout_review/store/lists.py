"""What the lists show: published reviews, drafts that wait, a team's promises. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_schemas.vocabulary import TicketState

SQL = load_queries("closeout_review")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which published reviews; None asks for all."""

    outcome: str | None = None
    mode: str | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class TeamPromise:
    """A promise after one of a team's incidents. `ended_at`: when it shipped or was taken back; None while open."""

    item_id: UUID
    postmortem_id: UUID
    committed_at: datetime
    text: str
    owner: str
    person_id: str
    due_on: date
    state: TicketState
    url: str | None
    key: str | None
    withdrawn: bool
    ended_at: datetime | None


class Lists:
    """Reads on one connection."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def published(self, asked: Asked, before: tuple[datetime, UUID] | None, limit: int) -> list[dict[str, Any]]:
        """A page of published reviews, the latest first; `before` is where the last page ended."""
        at, postmortem_id = before or (None, None)
        rows = await self._conn.fetch(
            SQL["published_reviews"], asked.outcome, asked.mode, asked.service, at, postmortem_id, limit
        )
        return [dict(row) for row in rows]

    async def place_of_published(self, postmortem_id: UUID) -> tuple[datetime, UUID] | None:
        """Where a published review stands in the list; None where it is not in it."""
        at = await self._conn.fetchval(SQL["place_of_published"], postmortem_id)
        return (at, postmortem_id) if at else None

    async def with_mode(self, postmortem_ids: Sequence[UUID], mode: str) -> set[UUID]:
        """Those of these published and imported reviews that name a failure mode."""
        return {row["id"] for row in await self._conn.fetch(SQL["published_with_mode"], list(postmortem_ids), mode)}

    async def failure_modes(self) -> list[tuple[str, int]]:
        """How many published and imported reviews name each failure mode, the most first."""
        return [(row["mode"], row["reviews"]) for row in await self._conn.fetch(SQL["failure_modes"])]

    async def services(self, limit: int) -> list[str]:
        """The services that have the most published and imported reviews."""
        return [row["service"] for row in await self._conn.fetch(SQL["reviewed_services"], limit)]

    async def waiting(
        self,
        limit: int,
        responders: Sequence[str] | None = None,
        team: str | None = None,
        after: tuple[datetime, UUID] | None = None,
    ) -> list[dict[str, Any]]:
        """Drafts that wait, the oldest first. `responders`: pagerduty:PALEX; the incident had one of them.

        `after`: where the page before ended.
        """
        ids = None if responders is None else list(responders)
        rows = await self._conn.fetch(SQL["waiting_drafts"], ids, team, limit, *(after or (None, None)))
        return [dict(row) for row in rows]

    async def teams(self, limit: int) -> list[str]:
        """Every team that a pager has named."""
        return [row["name"] for row in await self._conn.fetch(SQL["teams"], limit)]

    async def teams_standing(self, today: date, since: datetime, skip: int, limit: int) -> list[dict[str, Any]]:
        """A page of the teams with how they stand: open, past the target `today`, shipped `since` then, drafts."""
        return [dict(row) for row in await self._conn.fetch(SQL["teams_standing"], today, since, skip, limit)]

    async def promises_of_team(self, team: str) -> list[TeamPromise]:
        """What was promised after incidents of a team, by when it is due."""
        rows = await self._conn.fetch(SQL["promises_of_team"], team)
        return [TeamPromise(**{**row, "state": TicketState(row["state"])}) for row in rows]

    async def failed_of_team(self, team: str, limit: int) -> list[dict[str, Any]]:
        """The reviews of a team's incidents that failed, the latest first."""
        return [dict(row) for row in await self._conn.fetch(SQL["outcomes_of_team"], team, limit)]
