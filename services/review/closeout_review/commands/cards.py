"""Finding the earlier reviews that are related to an incident, and having them said to whoever was woken up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from closeout_chassis.db import Transaction
from closeout_judgement.why_related import Related
from closeout_review.commands.catalogue import Catalogue, earlier, id_of
from closeout_review.domain.card import Earlier, card
from closeout_review.domain.link import signed
from closeout_review.settings import ReviewSettings
from closeout_review.store.incidents import Incidents
from closeout_review.store.restrictions import seen_by_all
from closeout_schemas.cards import Card, RelatedFound
from closeout_schemas.catalogue import CARDS
from closeout_schemas.envelope import Event
from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.vocabulary import derived_id

SOURCE = "/closeout/review"
# Who was woken so long ago has looked elsewhere by now.
WORTH_FOR = timedelta(minutes=10)


async def say_related(
    opened: Sequence[Event],
    incidents: Sequence[IncidentSnapshot],
    catalogue: Catalogue,
    settings: ReviewSettings,
    tx: Transaction,
) -> None:
    """Have a card said for each of these incidents, once an incident, where something is really related."""
    now = await Incidents(tx.conn).now()
    because = {event.subject: event for event in opened}
    for incident in incidents:
        if incident.backfilled or now - (incident.opened_at or now) > WORTH_FOR:
            continue
        found, told = await _for_everybody(incident, catalogue, now, settings, tx)
        if found and await Incidents(tx.conn).take_card(incident.id, [id_of(one) for one in found]):
            ids = tuple(id_of(one) for one in found)
            tx.publish(CARDS, _event(incident, told, ids, now), because_of=because.get(str(incident.id)))


async def _for_everybody(
    incident: IncidentSnapshot, catalogue: Catalogue, now: datetime, settings: ReviewSettings, tx: Transaction
) -> tuple[list[Related], list[Earlier]]:
    """What is related, and how it is told: nothing restricted, since everybody at the pager reads it."""
    async with seen_by_all(tx.conn):
        found = await catalogue.related(incident, tx.conn)
        told = [(one, await earlier(one, now, settings, tx.conn)) for one in found]
    there = [(one, review) for one, review in told if review is not None]
    return [one for one, _ in there], [_asking(review, incident.id, one, settings) for one, review in there]


def _event(incident: IncidentSnapshot, told: Sequence[Earlier], ids: tuple[UUID, ...], now: datetime) -> RelatedFound:
    return RelatedFound(
        id=derived_id("related_found", str(incident.id)),
        source=SOURCE,
        subject=str(incident.id),
        time=now,
        data=Card(
            incident_id=incident.id,
            vendor=incident.vendor,
            vendor_id=incident.vendor_id,
            text=card(told, now),
            postmortem_ids=ids,
            worth_until=now + WORTH_FOR,
        ),
    )


def _asking(told: Earlier, incident_id: UUID, found: Related, settings: ReviewSettings) -> Earlier:
    """With the question whether it was this, where links can be signed."""
    if settings.link_secret is None:
        return told
    token = signed(incident_id, id_of(found), settings.link_secret.get_secret_value().encode())
    return replace(told, was_it=f"{settings.public_url}/was-it/{token}")
