"""It came back: an incident is confirmed to be what an earlier review was to prevent, and everybody hears of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from closeout_chassis.db import Conn, Transaction
from closeout_chassis.errors import Refused
from closeout_review.commands.announcements import SOURCE
from closeout_review.commands.outcomes import reference_of, standing
from closeout_review.domain.recurrence import Promised, kind_of, minutes, people_paged
from closeout_review.settings import ReviewSettings
from closeout_review.store.imported import ImportedReviews
from closeout_review.store.incidents import Incidents
from closeout_review.store.postmortems import Kept, Postmortems, Promise
from closeout_review.store.recurrences import Answer, Recurrences, Source
from closeout_schemas.catalogue import POSTMORTEMS
from closeout_schemas.envelope import Event
from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.postmortems import ItemRecurred, Recurrence, RecurrenceLinked, RecurrenceUnlinked
from closeout_schemas.vocabulary import RecurrenceKind, derived_id


async def answer(
    tx: Transaction, settings: ReviewSettings, incident_id: UUID, review_id: UUID, was_it: bool, source: Source
) -> None:
    """Keep that an incident was, or was not, what an earlier review is about, and say so once the incident is over.

    Raises Refused: 404 where one of them is not there, 409 where the review can have nothing to do with the incident.
    """
    incident = await Recurrences(tx.conn).lock_incident(incident_id)
    if incident is None:
        raise Refused(404, "no-such-incident", "Nobody has told Closeout of such an incident.")
    await _unless_it_cannot_be(tx.conn, incident, review_id)
    await Recurrences(tx.conn).answer(incident_id, review_id, was_it, source)
    await say_recurrences([incident], settings, tx)


async def _unless_it_cannot_be(conn: Conn, incident: IncidentSnapshot, review_id: UUID) -> None:
    kept = await Postmortems(conn).one(review_id)
    if kept is None:
        await _unless_imported_later(conn, incident, review_id)
        return
    if kept.incident_id == incident.id:
        raise Refused(409, "own-review", "That is this incident's own review: an incident is no recurrence of itself.")
    if kept.published_at is None:
        raise Refused(409, "not-published", "That review is a draft: it has promised nothing that was to prevent this.")
    earlier = await Incidents(conn).one(kept.incident_id)
    if earlier and earlier.opened_at and incident.opened_at and earlier.opened_at > incident.opened_at:
        raise _began_before()


async def _unless_imported_later(conn: Conn, incident: IncidentSnapshot, review_id: UUID) -> None:
    review = await ImportedReviews(conn).one(review_id)
    if review is None:
        raise Refused(404, "no-such-review", "There is no such review.")
    if review.happened_on and incident.opened_at and review.happened_on > incident.opened_at.date():
        raise _began_before()


def _began_before() -> Refused:
    return Refused(409, "began-before", "This incident began before that review's: it cannot be what came back.")


async def say_recurrences(
    incidents: Iterable[IncidentSnapshot], settings: ReviewSettings, tx: Transaction, because_of: Event | None = None
) -> None:
    """Say what was answered about these locked incidents, as far as they are over and it was not said.

    Of a restricted one nothing is said: it would end as a comment on a ticket that everybody reads.
    """
    by_id = {one.id: one for one in incidents if one.resolved_at is not None and not one.restricted}
    if not by_id:
        return
    for one in await Recurrences(tx.conn).unsaid(by_id):
        # An imported review promised nothing here: there is nobody to tell.
        for kept in await Postmortems(tx.conn).lock([one.postmortem_id]):
            said = await _recurrence(one, kept, by_id[one.incident_id], settings, tx)
            tx.publish(POSTMORTEMS, _event(one, said, kept.now), because_of=because_of)
        await Recurrences(tx.conn).was_said(one)


async def _recurrence(
    one: Answer, kept: Kept, incident: IncidentSnapshot, settings: ReviewSettings, tx: Transaction
) -> Recurrence:
    began = incident.opened_at or kept.now
    promises = await Postmortems(tx.conn).promises([kept.id])
    kinds = {promise.item.id: how_it_stood(promise, began) for promise in promises}
    return Recurrence(
        postmortem=await reference_of(kept, settings, tx),
        incident_id=incident.id,
        incident_title=incident.title,
        service=incident.service.name if incident.service else None,
        severity=incident.severity,
        opened_at=began,
        resolved_at=incident.resolved_at or kept.now,
        people_paged=people_paged(incident),
        time=2 + await Recurrences(tx.conn).before(kept.id, incident.id, began),
        confirmed_by=one.source,
        items=tuple(ItemRecurred(item_id=item_id, kind=kind) for item_id, kind in kinds.items() if kind is not None),
        incident_url=f"{settings.public_url}/incidents/{incident.id}",
        revision=one.revision,
    )


def _event(one: Answer, said: Recurrence, at: datetime) -> Event:
    kind: type[RecurrenceLinked | RecurrenceUnlinked] = RecurrenceLinked if one.answer else RecurrenceUnlinked
    return kind(
        id=derived_id("recurrence", str(one.incident_id), str(one.postmortem_id), str(one.revision)),
        source=SOURCE,
        subject=str(one.postmortem_id),
        time=at,
        data=said,
    )


def how_it_stood(promise: Promise, began: datetime) -> RecurrenceKind | None:
    """How a promise stood when an incident began."""
    now = standing(promise)
    shipped_at = (now.closed_at or promise.committed_at) if now.state.is_shipped else None
    return kind_of(Promised(promise.item.id, promise.committed_at, promise.withdrawn_at, shipped_at), began)


@dataclass(frozen=True, slots=True)
class CameBack:
    """An incident that was the same again, as the earlier review shows it. `time` is 2 for the first return."""

    incident: IncidentSnapshot
    source: Source
    time: int
    minutes: int | None
    people: int
    open_items: tuple[str, ...]
    did_not_hold: tuple[str, ...]


async def came_back(conn: Conn, review_id: UUID, promises: Sequence[Promise] = ()) -> list[CameBack]:
    """What came back of an earlier review, the newest first."""
    found = await Recurrences(conn).of(review_id)
    told = []
    for place, (incident, source) in enumerate(found):
        began = incident.opened_at
        kinds = [(one.item.text, how_it_stood(one, began)) for one in promises] if began else []
        told.append(
            CameBack(
                incident,
                source,
                len(found) - place + 1,
                minutes(incident),
                people_paged(incident),
                tuple(text for text, kind in kinds if kind is RecurrenceKind.WHILE_OPEN),
                tuple(text for text, kind in kinds if kind is RecurrenceKind.DID_NOT_HOLD),
            )
        )
    return told
