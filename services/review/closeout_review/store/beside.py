"""Tables of what stands beside a timeline: annotations, dismissed suggestions, tombstones."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.annotation import Annotation, AnnotationKind, Redacted
from closeout_review.store.incidents import storable

SQL = load_queries("closeout_review")


class Beside:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def incident_of(self, entry_id: UUID) -> UUID | None:
        """The incident that an entry belongs to; None where there is no such entry."""
        found: UUID | None = await self._conn.fetchval(SQL["incident_of_entry"], entry_id)
        return found

    async def bury(self, entry_id: UUID, what: Redacted, why: str, by: str) -> bool:
        """Take an entry's words away and leave a tombstone. False where they were gone already."""
        if not await self._conn.fetchval(SQL["bury_words"], entry_id, what.value, storable(why), storable(by)):
            return False
        await self._conn.execute(SQL["take_words_away"], entry_id)
        return True

    async def annotations(self, incident_ids: Iterable[UUID]) -> list[Annotation]:
        """Everything that was said beside these timelines, the oldest first; what was taken back included."""
        rows = await self._conn.fetch(SQL["annotations"], list(incident_ids))
        return [Annotation(**{**row, "kind": AnnotationKind(row["kind"])}) for row in rows]

    async def annotate(
        self, annotation_id: UUID, incident_id: UUID, entry_id: UUID, kind: AnnotationKind, note: str, by: str
    ) -> None:
        """Say something beside an entry; once, however often it is sent."""
        await self._conn.execute(
            SQL["annotate"], annotation_id, incident_id, entry_id, kind.value, storable(note), storable(by)
        )

    async def rename_annotations(self, incident_ids: Collection[UUID]) -> None:
        """Give the annotations of these incidents other ids, which are not made of their words."""
        await self._conn.execute(SQL["rename_annotations_of"], list(incident_ids))

    async def take_back(self, annotation_id: UUID, incident_id: UUID, by: str) -> bool:
        """Take an annotation back; it stays readable. False where the incident has none of that id."""
        there = await self._conn.fetchval(SQL["annotation_is_there"], annotation_id, incident_id)
        await self._conn.execute(SQL["take_annotation_back"], annotation_id, incident_id, storable(by))
        return bool(there)

    async def dismiss(self, incident_id: UUID, entry_id: UUID, kind: AnnotationKind, by: str) -> None:
        """Nobody is asked again whether this entry marks that."""
        await self._conn.execute(SQL["dismiss_suggestion"], entry_id, kind.value, incident_id, storable(by))

    async def dismissed(self, incident_ids: Iterable[UUID]) -> set[tuple[UUID, str]]:
        """Which suggestions nobody wants, as (entry, kind)."""
        rows = await self._conn.fetch(SQL["dismissed_suggestions"], list(incident_ids))
        return {(row["entry_id"], row["kind"]) for row in rows}
