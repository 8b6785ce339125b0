"""Who saved last, and the words that two people wrote into one place. Every query is in sql/queries.sql."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.versions import OtherVersion

SQL = load_queries("closeout_review")


class Versions:
    """What stands beside a draft until somebody chooses."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def beside(self, postmortem_id: UUID) -> list[OtherVersion]:
        """All that is not settled, the oldest first."""
        return [OtherVersion(**row) for row in await self._conn.fetch(SQL["other_versions"], postmortem_id)]

    async def keep(self, postmortem_id: UUID, place: str, writer: str, words: str, by: str) -> None:
        """Keep words beside the draft; the same writer's later words take their place."""
        await self._conn.execute(SQL["keep_other_version"], postmortem_id, place, writer, words, by)

    async def settle(self, postmortem_id: UUID, place: str, writer: str, by: str) -> None:
        """Somebody has chosen."""
        await self._conn.execute(SQL["settle_other_version"], postmortem_id, place, writer, by)

    async def last_saved(self, postmortem_id: UUID) -> tuple[str, datetime] | None:
        """By whom and when the draft was saved last; None where nobody has."""
        row = await self._conn.fetchrow(SQL["last_saved"], postmortem_id)
        return (row["saved_by"], row["saved_at"]) if row else None

    async def state(self, postmortem_id: UUID) -> str:
        """What changes whenever the page of a draft would show something else; empty where there is none."""
        row = await self._conn.fetchrow(SQL["draft_state"], postmortem_id)
        return ".".join(str(value) for value in row).replace(" ", "_") if row else ""
