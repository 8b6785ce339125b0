"""The table of what people said an incident was. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_schemas.incidents import IncidentSnapshot

SQL = load_queries("closeout_review")
Source = Literal["feedback", "reviewer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether an incident was what an earlier review is about, as it was said last, and who said so."""

    incident_id: UUID
    postmortem_id: UUID
    answer: bool
    source: Source
    revision: int


class Recurrences:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def lock_incident(self, incident_id: UUID) -> IncidentSnapshot | None:
        """The incident, which nobody else changes until the transaction ends."""
        row = await self._conn.fetchrow(SQL["lock_incident"], incident_id)
        return IncidentSnapshot.model_validate(row["snapshot"]) if row else None

    async def answer(self, incident_id: UUID, postmortem_id: UUID, answer: bool, source: Source) -> None:
        """Keep what somebody said; a reviewer's word stands."""
        await self._conn.execute(SQL["answer_was_it"], incident_id, postmortem_id, answer, source)

    async def one(self, incident_id: UUID, postmortem_id: UUID) -> bool | None:
        """Whether it was what the review was about, as somebody said; None while nobody has."""
        found: bool | None = await self._conn.fetchval(SQL["was_it"], incident_id, postmortem_id)
        return found

    async def about(self, incident_id: UUID) -> dict[UUID, tuple[bool, Source]]:
        """What was answered about an incident, by earlier review."""
        rows = await self._conn.fetch(SQL["answers_about"], incident_id)
        return {row["postmortem_id"]: (row["answer"], row["source"]) for row in rows}

    async def unsaid(self, incident_ids: Iterable[UUID]) -> list[Answer]:
        """Answers that the topic does not have yet, locked."""
        rows = await self._conn.fetch(SQL["unsaid_recurrences"], list(incident_ids))
        return [
            Answer(row["incident_id"], row["postmortem_id"], row["answer"], row["source"], row["revision"])
            for row in rows
        ]

    async def was_said(self, one: Answer) -> None:
        """The topic has it."""
        await self._conn.execute(SQL["recurrence_was_said"], one.incident_id, one.postmortem_id)

    async def before(self, postmortem_id: UUID, incident_id: UUID, at: datetime) -> int:
        """How many other incidents were the same, and began earlier. Restricted ones would be told by the count."""
        count: int = await self._conn.fetchval(SQL["recurrences_before"], postmortem_id, incident_id, at)
        return count

    async def of(self, postmortem_id: UUID) -> list[tuple[IncidentSnapshot, Source]]:
        """The incidents that were the same again, the newest first, with who said so."""
        rows = await self._conn.fetch(SQL["recurrences"], postmortem_id)
        return [(IncidentSnapshot.model_validate(row["snapshot"]), row["source"]) for row in rows]
