"""What people put beside a timeline, and into one: annotations, entries by hand. Nothing is overwritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from closeout_chassis.db import Conn, Database, Transaction
from closeout_chassis.errors import Refused
from closeout_review.commands.timelines import append
from closeout_review.domain.annotation import Annotation, AnnotationKind, Tombstone
from closeout_review.domain.attachment import Attachment
from closeout_review.domain.chain import Link
from closeout_review.domain.suggestions import SuggestedAnnotation
from closeout_review.domain.text import comparable
from closeout_review.store.attachments import Attachments
from closeout_review.store.beside import Beside
from closeout_review.store.incidents import Incidents
from closeout_review.store.postmortems import Postmortems
from closeout_schemas.incidents import Party, TimelineEntry
from closeout_schemas.vocabulary import Vendor, derived_id

HAND_WRITTEN = "hand_written"
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AroundTimeline:
    """What stands beside a timeline: what people said of entries, and what is suggested and not decided."""

    annotations: Sequence[Annotation] = ()
    suggested: Sequence[SuggestedAnnotation] = ()
    tombstones: Mapping[UUID, Tombstone] = field(default_factory=dict)
    attachments: Sequence[Attachment] = ()

    def of(self, entry_id: UUID) -> list[Annotation]:
        """What stands beside one entry now."""
        return [one for one in self.annotations if one.entry_id == entry_id and one.taken_back_at is None]

    def attached_to(self, entry_id: UUID) -> list[Attachment]:
        """What is attached to one entry; what was taken away included."""
        return [one for one in self.attachments if one.entry_id == entry_id]

    def suggested_for(self, entry_id: UUID) -> list[SuggestedAnnotation]:
        """What is suggested for one entry."""
        return [one for one in self.suggested if one.entry_id == entry_id]


async def around(conn: Conn, timeline: Sequence[Link], suggested: Sequence[SuggestedAnnotation] = ()) -> AroundTimeline:
    """What stands beside this timeline; `suggested` without what was decided already."""
    incident_ids = {link.incident_id for link in timeline}
    tombstones = {link.entry.id: link.tombstone for link in timeline if link.tombstone is not None}
    annotations = await Beside(conn).annotations(incident_ids)
    decided = await Beside(conn).dismissed(incident_ids) | {(one.entry_id, one.kind.value) for one in annotations}
    left = [one for one in suggested if (one.entry_id, one.kind.value) not in decided]
    return AroundTimeline(annotations, left, tombstones, await Attachments(conn).of(incident_ids))


async def annotate(db: Database, entry_id: UUID, kind: AnnotationKind, note: str, by: str) -> None:
    """Say beside an entry what it marks. Raises Refused: 404 no such entry, 409 published."""
    async with db.transaction() as tx:
        incident_id = await open_to_words(tx, entry_id)
        annotation_id = derived_id("annotation", str(entry_id), kind, note, by)
        await Beside(tx.conn).annotate(annotation_id, incident_id, entry_id, kind, note, by)


async def take_annotation_back(db: Database, entry_id: UUID, annotation_id: UUID, by: str) -> None:
    """It stays, with who took it back. Raises Refused: 404, 409 published."""
    async with db.transaction() as tx:
        incident_id = await open_to_words(tx, entry_id)
        if not await Beside(tx.conn).take_back(annotation_id, incident_id, by):
            raise Refused(404, "no-such-annotation", "Beside that entry there is no such annotation.")


async def dismiss_suggestion(db: Database, entry_id: UUID, kind: AnnotationKind, by: str) -> None:
    """The suggestion is not made again. Raises Refused: 404 no such entry, 409 published."""
    async with db.transaction() as tx:
        await Beside(tx.conn).dismiss(await open_to_words(tx, entry_id), entry_id, kind, by)


async def write_entry(db: Database, incident_id: UUID, text: str, occurred_at: datetime, by: str) -> UUID:
    """Add what a person remembers to a timeline, marked as written by hand. Sent twice, it is there once.

    Raises Refused: 404 no such incident, 409 published, 422 for what has not happened yet, or before 1970.
    """
    async with db.transaction() as tx:
        incidents = Incidents(tx.conn)
        now = await incidents.now()
        if await incidents.one(incident_id) is None:
            raise Refused(404, "no-such-incident", "Nobody has told Closeout of such an incident.")
        refuse_mistyped_year(occurred_at)
        if occurred_at > now:
            raise Refused(422, "not-yet", "A timeline says what has happened; that moment is still to come.")
        await _refuse_published(tx, incident_id)
        await incidents.lock_heads([incident_id])
        if there := await incidents.written_by_hand(incident_id, HAND_WRITTEN, occurred_at, text):
            return there
        # At random: it stands in the chain for ever, and one made of the words or of who wrote them would tell by
        # trying what was taken out.
        entry_id = uuid4()
        said = entry_by_hand(entry_id, HAND_WRITTEN, text, occurred_at, now, by, {})
        await append(incidents, [(incident_id, said)])
        return entry_id


def refuse_mistyped_year(moment: datetime) -> None:
    """Raises Refused(422) before 1970. What is kept of the year 1 no page can show: in some zones it is no time."""
    if moment < EARLIEST:
        raise Refused(422, "too-early", f"The year {moment.year} is before 1970, and mistyped, it seems.")


def entry_by_hand(
    entry_id: UUID, kind: str, text: str, occurred_at: datetime, now: datetime, by: str, about: dict[str, str]
) -> TimelineEntry:
    """An entry that no source has told: its author and its source are here."""
    return TimelineEntry(
        id=entry_id,
        kind=kind,
        text=text,
        author=Party(vendor=Vendor.CLOSEOUT, vendor_id=comparable(by), name=by),
        occurred_at=occurred_at,
        received_at=now,
        source=Vendor.CLOSEOUT,
        source_id=str(entry_id),
        about=about,
    )


async def open_to_words(tx: Transaction, entry_id: UUID) -> UUID:
    """The incident of an entry beside which something may still be said."""
    incident_id = await incident_of(tx, entry_id)
    await _refuse_published(tx, incident_id)
    return incident_id


async def incident_of(tx: Transaction, entry_id: UUID) -> UUID:
    """The incident of an entry. Raises Refused(404) where there is no such entry, or none that may be seen."""
    incident_id = await Beside(tx.conn).incident_of(entry_id)
    if incident_id is None:
        raise Refused(404, "no-such-entry", "No timeline has such an entry.")
    return incident_id


async def _refuse_published(tx: Transaction, incident_id: UUID) -> None:
    postmortems, of, kept = Postmortems(tx.conn), None, []
    # While one waits for it, the draft may go into another.
    while (now := await postmortems.of_incident(incident_id)) != of:
        of, kept = now, await postmortems.lock([now] if now else [])
    if kept and kept[0].published_at is not None:
        raise Refused(409, "already-published", "It is published, and stays as it was published.")


async def entry(conn: Conn, entry_id: UUID) -> tuple[Link, AroundTimeline]:
    """An entry, with what stands beside its timeline. Raises Refused(404) where there is none."""
    incident_id = await Beside(conn).incident_of(entry_id)
    timeline = await Incidents(conn).chain(incident_id) if incident_id else []
    link = next((one for one in timeline if one.entry.id == entry_id), None)
    if link is None:
        raise Refused(404, "no-such-entry", "No timeline has such an entry.")
    return link, await around(conn, timeline)
