"""Kafka in: what the metrics service hears, and what it does about it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from closeout_chassis.cells import on_redactions
from closeout_chassis.consume import Subscription, of_nobody_forgotten
from closeout_chassis.db import Transaction
from closeout_judgement.unnamed import unnamed
from closeout_metrics.commands.meta_reviews import MetaReviews
from closeout_metrics.commands.projection import Change, Projection
from closeout_metrics.domain import action_item, postmortem
from closeout_metrics.domain.action_item import ActionItem
from closeout_metrics.domain.postmortem import Postmortem
from closeout_metrics.store import Store
from closeout_schemas.catalogue import INCIDENTS, META_REVIEWS, POSTMORTEMS, REDACTIONS, TICKETS
from closeout_schemas.incidents import IncidentEvent, IncidentFact
from closeout_schemas.mapping import Mapping
from closeout_schemas.metareviews import MetaReviewEvent
from closeout_schemas.postmortems import (
    ItemChanged,
    ItemCleaned,
    ItemCommitted,
    ItemWithdrawn,
    PostmortemEvent,
    Recurrence,
    RecurrenceLinked,
    RecurrenceUnlinked,
)
from closeout_schemas.tickets import TicketEvent


def subscriptions(zone: ZoneInfo, mapping: Mapping | None = None) -> list[Subscription]:
    """The topics that are counted, with the time zone that decides in which quarter, and what is restricted."""
    rules = mapping or Mapping()

    async def on_incidents(events: Sequence[IncidentEvent], tx: Transaction) -> None:
        await Projection(Store(tx.conn), zone).take_in_incidents([_marked(event.data, rules) for event in events])

    async def on_postmortems(events: Sequence[PostmortemEvent], tx: Transaction) -> None:
        await take_in_postmortems(events, Projection(Store(tx.conn), zone))

    async def on_tickets(events: Sequence[TicketEvent], tx: Transaction) -> None:
        await Projection(Store(tx.conn), zone).follow_tickets(events)

    async def on_meta_reviews(events: Sequence[MetaReviewEvent], tx: Transaction) -> None:
        await MetaReviews(tx.conn).take_in(events)

    return of_nobody_forgotten(
        unnamed,
        [
            Subscription(INCIDENTS, on_incidents),
            Subscription(POSTMORTEMS, on_postmortems),
            Subscription(TICKETS, on_tickets),
            Subscription(META_REVIEWS, on_meta_reviews),
            Subscription(REDACTIONS, on_redactions),
        ],
    )


def _marked(fact: IncidentFact, mapping: Mapping) -> IncidentFact:
    """`fact`, marked where the mapping restricts its incident: who scrapes must not have seen the service before."""
    if fact.incident.restricted or mapping.restricts(fact.incident) is None:
        return fact
    return fact.model_copy(update={"incident": fact.incident.model_copy(update={"restricted": True})})


async def take_in_postmortems(events: Sequence[PostmortemEvent], projection: Projection) -> None:
    """Drafts, publications and verdicts change the postmortem; promises, their changes and withdrawals its items."""
    postmortems: list[Change[Postmortem]] = []
    items: list[Change[ActionItem]] = []
    parents: set[UUID] = set()
    incidents: set[UUID] = set()
    returns = [event for event in events if isinstance(event, RecurrenceLinked | RecurrenceUnlinked)]
    for event in events:
        about = event.data.postmortem.postmortem_id
        parents.add(about)
        match event.data:
            case ItemCommitted():
                items.append((event.data.item.id, partial(action_item.commit, fact=event.data)))
                incidents.add(event.data.postmortem.incident_id)
            case ItemChanged():
                items.append((event.data.item.id, partial(action_item.change, fact=event.data)))
            case ItemCleaned():
                items.append((event.data.item.id, partial(action_item.clean, fact=event.data)))
                postmortems.append((about, partial(postmortem.take_in, fact=event.data)))
            case ItemWithdrawn():
                items.append(
                    (event.data.item_id, partial(action_item.withdraw, postmortem_id=about, said_at=event.time))
                )
            case Recurrence():
                continue
            case _:
                postmortems.append((about, partial(postmortem.take_in, fact=event.data)))
    await projection.change(postmortems, items, parents, incidents)
    await projection.confirm([(event.data, isinstance(event, RecurrenceLinked)) for event in returns])
