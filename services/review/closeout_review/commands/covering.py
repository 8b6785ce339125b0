"""What a postmortem is about: adding an incident, with its draft; splitting one off; teams; opening one by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Refused
from closeout_review.commands.announcements import Announcer, postmortem_id_of, reference
from closeout_review.commands.beside import entry_by_hand, refuse_mistyped_year
from closeout_review.commands.restricting import marked, restrict_by_mapping
from closeout_review.commands.timelines import append
from closeout_review.domain.earns import earns_postmortem
from closeout_review.domain.text import comparable
from closeout_review.settings import ReviewSettings
from closeout_review.store.asking import quietly
from closeout_review.store.covers import Covers
from closeout_review.store.incidents import Incidents, Seen
from closeout_review.store.postmortems import Kept, Postmortems
from closeout_review.store.recurrences import Recurrences
from closeout_review.store.restrictions import seeing_all
from closeout_schemas.incidents import IncidentSnapshot, Party, Service
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Severity, Vendor, derived_id

OPENED_BY_HAND = "opened_by_hand"


class Occasion(StrEnum):
    """Why a postmortem is opened with no page at all."""

    NEAR_MISS = "near_miss"
    CUSTOMER_REPORT = "customer_report"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ByHand:
    """What is known of something that no pager told. `key` makes the same request the same postmortem."""

    title: str
    what_happened: str
    occasion: Occasion
    opened_at: datetime
    resolved_at: datetime | None = None
    service: str = ""
    teams: tuple[str, ...] = ()
    severity: Severity = Severity.UNKNOWN
    key: str = ""


async def open_by_hand(db: Database, settings: ReviewSettings, told: ByHand, by: str) -> UUID:
    """A postmortem with no page: what happened is the first entry of its timeline. Again: the same postmortem.

    Raises Refused(422) for what has not happened yet, was before 1970, or ended before it began.
    """
    # Whoever opens it need not be among those who see it afterwards.
    async with db.transaction() as tx, seeing_all(tx.conn):
        incident = marked(incident_by_hand(told, by), settings)
        return await begin_by_hand(tx, settings, incident, told, by, {"occasion": told.occasion.value})


async def begin_by_hand(
    tx: Transaction, settings: ReviewSettings, incident: IncidentSnapshot, told: ByHand, by: str, about: dict[str, str]
) -> UUID:
    """The same within a transaction. `about`: what the first entry names besides words. Raises Refused as above."""
    incidents = Incidents(tx.conn)
    now = await incidents.now()
    refuse_mistyped_year(told.opened_at)
    if max(told.opened_at, told.resolved_at or told.opened_at) > now:
        raise Refused(422, "not-yet", "A postmortem is about what has happened; that moment is still to come.")
    if told.resolved_at is not None and told.resolved_at < told.opened_at:
        raise Refused(422, "ends-before-it-begins", "It was over before it began; one of the two times is wrong.")
    await incidents.take_in([Seen(incident, told.opened_at)])
    if incident.restricted:
        await restrict_by_mapping([incident], settings, tx.conn)
    entry_id = derived_id("entry", OPENED_BY_HAND, str(incident.id))
    said = entry_by_hand(entry_id, OPENED_BY_HAND, told.what_happened, told.opened_at, now, by, about)
    await append(incidents, [(incident.id, said)])
    return await _opened(tx, settings, incident)


def incident_by_hand(told: ByHand, by: str) -> IncidentSnapshot:
    """The incident that such a postmortem is about."""
    key = told.key or "\x1f".join((told.title, told.opened_at.isoformat(), by))
    incident_id = derived_id("incident", Vendor.CLOSEOUT, key)
    return IncidentSnapshot(
        id=incident_id,
        vendor=Vendor.CLOSEOUT,
        vendor_id=str(incident_id),
        title=told.title,
        status=IncidentStatus.RESOLVED,
        severity=told.severity,
        service=Service(vendor_id=told.service, name=told.service) if told.service else None,
        teams=tuple(
            Party(vendor=Vendor.CLOSEOUT, vendor_id=name, name=name, kind=PartyKind.TEAM) for name in told.teams
        ),
        opened_at=told.opened_at,
        resolved_at=told.resolved_at,
        revision=1,
    )


async def open_for(db: Database, settings: ReviewSettings, incident_id: UUID) -> UUID:
    """The postmortem of an incident, made where it has none, also for one that earned none or is not over.

    Raises Refused(404) where there is no such incident.
    """
    async with db.transaction() as tx:
        incident = await _locked_incident(tx, incident_id)
        there = await Postmortems(tx.conn).of_incident(incident_id)
        if there is not None:
            quietly()
            return there
        return await _opened(tx, settings, incident)


async def _opened(tx: Transaction, settings: ReviewSettings, incident: IncidentSnapshot) -> UUID:
    postmortem_id = postmortem_id_of(incident.id)
    at = (await Postmortems(tx.conn).open_drafts({incident.id: postmortem_id})).get(postmortem_id)
    if at is not None:
        Announcer(tx, reference(incident, incident.title, settings), at, None).drafted()
    return postmortem_id


async def _locked_incident(tx: Transaction, incident_id: UUID) -> IncidentSnapshot:
    """In which postmortem it is written about changes here alone. Before the postmortem, as everywhere."""
    incident = await Recurrences(tx.conn).lock_incident(incident_id)
    if incident is None:
        raise Refused(404, "no-such-incident", "Nobody has told Closeout of such an incident.")
    return incident


async def cover(db: Database, settings: ReviewSettings, postmortem_id: UUID, incident_id: UUID, by: str) -> None:
    """Have a postmortem cover another incident too. A draft of that one goes into it, with all that it covered.

    Raises Refused: 404; 409 where either is published, or this one has gone into another itself.
    """
    async with db.transaction() as tx:
        added = await _locked_incident(tx, incident_id)
        postmortems = Postmortems(tx.conn)
        theirs = await postmortems.of_incident(incident_id)
        locked = {one.id: one for one in await postmortems.lock({postmortem_id, *([theirs] if theirs else [])})}
        _changeable(locked.get(postmortem_id))
        if theirs == postmortem_id:
            return
        if theirs is not None:
            _changeable(locked.get(theirs), "It has a postmortem that is published; that one stays what it is.")
            # A draft that covers it, but did not begin with it, keeps the rest.
            await Covers(tx.conn).uncover(theirs, incident_id)
        now = await Incidents(tx.conn).now()
        for merged in await Covers(tx.conn).cover(postmortem_id, [incident_id], by):
            about = added if merged == incident_id else await Incidents(tx.conn).one(merged)
            assert about is not None
            Announcer(tx, reference(about, about.title, settings), now, None).merged(postmortem_id, by)


def _changeable(kept: Kept | None, why: str = "It is published, and stays as it was published.") -> None:
    if kept is None:
        raise Refused(404, "no-such-postmortem", "There is no such postmortem.")
    if kept.published_at is not None:
        raise Refused(409, "already-published", why)
    if kept.merged_into is not None:
        raise Refused(409, "merged-meanwhile", "This draft has gone into another one; write there.")


async def choose_teams(db: Database, postmortem_id: UUID, teams: Sequence[str], by: str) -> None:
    """Say which teams a review is about; one person leads it all the same. None: no team, whatever the pager says.

    A team that is named twice is there once. Raises Refused: 404, 409 published or merged.
    """
    async with db.transaction() as tx:
        locked = await Postmortems(tx.conn).lock([postmortem_id])
        _changeable(locked[0] if locked else None)
        once: dict[str, str] = {}
        for name in teams:
            once.setdefault(comparable(name), name)
        await Covers(tx.conn).choose_teams(postmortem_id, [name for key, name in once.items() if key], by)


async def split_off(db: Database, settings: ReviewSettings, postmortem_id: UUID, incident_id: UUID, by: str) -> None:
    """A postmortem covers that incident no longer; the incident's own draft is back, with what people wrote into it.

    One that was resolved meanwhile gets its draft now.

    Raises Refused: 404 where it did not cover it, 409 published, or where it is the incident that it began with.
    """
    async with db.transaction() as tx:
        incident = await _locked_incident(tx, incident_id)
        locked = await Postmortems(tx.conn).lock([postmortem_id])
        _changeable(locked[0] if locked else None)
        if locked[0].incident_id == incident_id:
            raise Refused(409, "its-first-incident", "It began with that incident; split the others off instead.")
        if not await Covers(tx.conn).uncover(postmortem_id, incident_id):
            raise Refused(404, "not-covered", "That postmortem does not cover such an incident.")
        drafted_at = await Covers(tx.conn).split_off(incident_id)
        if drafted_at is not None:
            now = await Incidents(tx.conn).now()
            Announcer(tx, reference(incident, incident.title, settings), now, None).split_off(drafted_at, by)
        elif incident.status is IncidentStatus.RESOLVED and earns_postmortem(
            incident, settings.mapping, settings.mildest_severity
        ):
            # It was over while it was covered, and got none of its own.
            await _opened(tx, settings, incident)
