"""Taking in what happened to incidents: the mirror, the timeline, and the draft once one is over."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from closeout_chassis.db import Transaction
from closeout_review.commands.announcements import Announcer, postmortem_id_of, reference
from closeout_review.commands.cards import say_related
from closeout_review.commands.catalogue import Catalogue
from closeout_review.commands.recurrences import say_recurrences
from closeout_review.commands.restricting import marked, restrict_by_mapping
from closeout_review.commands.timelines import append
from closeout_review.domain.earns import earns_postmortem
from closeout_review.settings import ReviewSettings
from closeout_review.store.incidents import Incidents, Seen
from closeout_review.store.postmortems import Postmortems
from closeout_schemas.envelope import Event
from closeout_schemas.incidents import IncidentEvent, IncidentOpened, IncidentResolved, IncidentSnapshot
from closeout_schemas.vocabulary import IncidentStatus


async def take_in(
    events: Sequence[IncidentEvent], settings: ReviewSettings, catalogue: Catalogue, tx: Transaction
) -> None:
    """Mirror the incidents and add to their timelines; a card for what was opened, a draft for what is over."""
    incidents = Incidents(tx.conn)
    latest: dict[UUID, Seen] = {}
    for event in events:
        incident = marked(event.data.incident, settings)
        known = latest.get(incident.id)
        if known is None or incident.revision > known.snapshot.revision:
            latest[incident.id] = Seen(incident, incident.opened_at or event.data.entry.received_at)
    kept = await incidents.take_in(latest.values())
    await restrict_by_mapping(kept, settings, tx.conn)
    await append(incidents, [(event.data.incident.id, event.data.entry) for event in events])
    opened = [event for event in events if isinstance(event, IncidentOpened)]
    if opened:
        new = {event.data.incident.id for event in opened}
        await say_related(opened, [one for one in kept if one.id in new], catalogue, settings, tx)
    over: dict[UUID, Event] = {e.data.incident.id: e for e in events if isinstance(e, IncidentResolved)}
    # One that was mild when it was resolved may be found to have been worse.
    over |= {e.data.incident.id: e for e in events if e.data.incident.status is IncidentStatus.RESOLVED}
    await say_recurrences([one for one in kept if one.id in over], settings, tx)
    mapping, mildest = settings.mapping, settings.mildest_severity
    earning = [one for one in kept if one.id in over and earns_postmortem(one, mapping, mildest)]
    if earning:
        await open_drafts(earning, over, settings, tx)


async def open_drafts(
    incidents: Sequence[IncidentSnapshot], over: dict[UUID, Event], settings: ReviewSettings, tx: Transaction
) -> None:
    """Open a draft for each of these that has none; what people wrote into one that is there stays."""
    wanted = {one.id: postmortem_id_of(one.id) for one in incidents}
    opened = await Postmortems(tx.conn).open_drafts(wanted)
    for incident in incidents:
        at = opened.get(wanted[incident.id])
        if at is not None:
            Announcer(tx, reference(incident, incident.title, settings), at, over[incident.id]).drafted()
