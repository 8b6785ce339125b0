"""Kafka in: what the review service hears, and what it does about it."""

from __future__ import annotations

from collections.abc import Sequence

from closeout_chassis.consume import Subscription, of_nobody_forgotten
from closeout_chassis.db import Transaction
from closeout_judgement.unnamed import unnamed
from closeout_review.commands.catalogue import Catalogue
from closeout_review.commands.incidents import take_in
from closeout_review.commands.outcomes import take_in_tickets
from closeout_review.settings import ReviewSettings
from closeout_review.store.known import Known
from closeout_schemas.catalogue import DIRECTORY, INCIDENTS, TICKETS
from closeout_schemas.directory import DirectoryEvent, PartySeen, ProjectDescribed, ServiceDescribed
from closeout_schemas.incidents import IncidentEvent
from closeout_schemas.tickets import TicketEvent


class Hearing:
    """The handlers, which need to know the settings."""

    def __init__(self, settings: ReviewSettings, catalogue: Catalogue) -> None:
        self._settings = settings
        self._catalogue = catalogue

    async def on_incidents(self, events: Sequence[IncidentEvent], tx: Transaction) -> None:
        """Mirror, timeline, a card for what was opened, a draft for what is over."""
        await take_in(events, self._settings, self._catalogue, tx)

    async def on_tickets(self, events: Sequence[TicketEvent], tx: Transaction) -> None:
        """The items' state, and what that decides."""
        await take_in_tickets(events, self._settings, tx)

    async def on_directory(self, events: Sequence[DirectoryEvent], tx: Transaction) -> None:
        """Whom and what the gate may take for real."""
        parties = {(e.data.vendor, e.data.vendor_id): (e.data, e.time) for e in events if isinstance(e, PartySeen)}
        described = sorted(
            (e.data for e in events if isinstance(e, ProjectDescribed)), key=lambda project: project.described_at
        )
        projects = {(project.tracker, project.key): project for project in described}
        services = {(e.data.vendor, e.data.vendor_id): e.data for e in events if isinstance(e, ServiceDescribed)}
        if services:
            await Known(tx.conn).take_in_services(services.values())
        if parties:
            await Known(tx.conn).take_in_parties(parties.values())
        if projects:
            await Known(tx.conn).take_in_projects(projects.values())


def subscriptions(settings: ReviewSettings, catalogue: Catalogue | None = None) -> list[Subscription]:
    """Which topic is handled by what."""
    hearing = Hearing(settings, catalogue or Catalogue(settings))
    return of_nobody_forgotten(
        unnamed,
        [
            Subscription(INCIDENTS, hearing.on_incidents),
            Subscription(TICKETS, hearing.on_tickets),
            Subscription(DIRECTORY, hearing.on_directory),
        ],
    )
