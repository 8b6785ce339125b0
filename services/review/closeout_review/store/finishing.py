"""Tables of who leads a review, and who was asked to finish it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.finishing import Asked, Step
from closeout_review.store.incidents import storable
from closeout_review.store.postmortems import Kept, kept_of

SQL = load_queries("closeout_review")


@dataclass(frozen=True, slots=True)
class ChosenLead:
    """Whom somebody named to lead a review."""

    person_id: UUID
    name: str
    by: str
    since: datetime


class Finishing:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def lock_to_ask(self, now: datetime, limit: int) -> list[Kept]:
        """Drafts about which somebody may have to be asked now, as far as no other replica has them at hand."""
        return [kept_of(row) for row in await self._conn.fetch(SQL["lock_drafts_to_ask_about"], now, limit)]

    async def again_at(self, postmortem_id: UUID, moment: datetime | None) -> None:
        """Look at it again then; never again without a moment."""
        await self._conn.execute(SQL["ask_again_at"], postmortem_id, moment)

    async def asked(self, postmortem_id: UUID) -> list[Asked]:
        """What was said about it, the oldest first."""
        rows = await self._conn.fetch(SQL["asked_to_finish"], postmortem_id)
        return [Asked(Step(row["step"]), row["recipient"], row["asked_at"]) for row in rows]

    async def note(self, postmortem_id: UUID, asked: Asked) -> None:
        """Remember that it was said."""
        await self._conn.execute(SQL["note_asked"], postmortem_id, asked.step.value, asked.to, asked.asked_at)

    async def chosen_lead(self, postmortem_id: UUID) -> ChosenLead | None:
        """Whom people named last; None while nobody did."""
        row: Any = await self._conn.fetchrow(SQL["chosen_lead"], postmortem_id)
        return ChosenLead(**row) if row else None

    async def choose(self, postmortem_id: UUID, person_id: UUID, name: str, by: str) -> None:
        """Name somebody to lead it. The postmortem is locked."""
        await self._conn.execute(SQL["choose_lead"], postmortem_id, person_id, storable(name), storable(by))
