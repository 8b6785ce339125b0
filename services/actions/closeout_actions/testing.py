"""A service without a broker, for the tests: its handlers, its loops' rounds, its database, a tracker to talk to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr

from closeout_actions.app import connect, hearing
from closeout_actions.commands.creating import Creator
from closeout_actions.commands.describing import Describer
from closeout_actions.commands.mandated import Mandated
from closeout_actions.commands.reconciling import Reconciler
from closeout_actions.commands.recurrences import Recurrences
from closeout_actions.domain.creation import Stage
from closeout_actions.handlers import Handlers
from closeout_actions.settings import ActionsSettings
from closeout_actions.store import Kept, Store
from closeout_chassis.db import Database
from closeout_chassis.testing import deliver, migrated, said
from closeout_schemas.catalogue import DIRECTORY, POSTMORTEMS, TICKETS, TRACKER_DELIVERIES
from closeout_schemas.deliveries import Delivery, DeliveryReceived
from closeout_schemas.envelope import Event
from closeout_schemas.postmortems import (
    ActionItem,
    ActionItemChanged,
    ActionItemCleaned,
    ActionItemCommitted,
    ActionItemWithdrawn,
    ItemChanged,
    ItemCleaned,
    ItemCommitted,
    ItemWithdrawn,
    Owner,
    PostmortemRef,
    Target,
    TicketWanted,
    TicketWantedAgain,
)
from closeout_schemas.vocabulary import ItemChange, Severity, TargetKind, Vendor, derived_id

NIGHT = datetime(2026, 3, 3, 3, 14, tzinfo=UTC)
TOKEN = "sandbox-github-token"
PERSON = Owner(person_id=derived_id("person", "dana"), name="Dana Engineer", handles={Vendor.GITHUB: "dana-engineer"})
WEEK = Target(kind=TargetKind.WEEK, value="2026-W50", due_on=date(2026, 12, 13))


def item(**fields: Any) -> ActionItem:
    """An action item that the gate would let through."""
    given: dict[str, Any] = {
        "id": uuid4(),
        "position": 1,
        "text": "Refuse deploys to payments while its error budget is spent",
        "criterion": "A deploy with a spent error budget ends with exit code 1 in staging.",
        "owner": PERSON,
        "target": WEEK,
        "tracker": Vendor.GITHUB,
        "project": "acme/payments",
    }
    return ActionItem(**given | fields)


def committed(promise: ActionItem, **fields: Any) -> ActionItemCommitted:
    """`promise` was made in a published postmortem."""
    postmortem = PostmortemRef(
        postmortem_id=derived_id("postmortem", "1"),
        incident_id=derived_id("incident", "1"),
        title="Checkout p99 above 2 s",
        service="Checkout API",
        severity=Severity.SEV1,
        opened_at=NIGHT,
        url="https://closeout.example/postmortems/1",
    )
    return ActionItemCommitted(
        id=derived_id("committed", str(promise.id)),
        source="/closeout/review",
        subject=str(postmortem.postmortem_id),
        time=NIGHT,
        data=ItemCommitted(postmortem=postmortem.model_copy(update=fields), item=promise, committed_at=NIGHT),
    )


def withdrawn(promise: ActionItemCommitted, reason: str) -> ActionItemWithdrawn:
    """A promise was taken back."""
    return ActionItemWithdrawn(
        id=derived_id("withdrawn", str(promise.data.item.id)),
        source="/closeout/review",
        subject=promise.subject,
        time=NIGHT,
        data=ItemWithdrawn(postmortem=promise.data.postmortem, item_id=promise.data.item.id, reason=reason),
    )


def wanted_again(promise: ActionItemCommitted, by: str) -> TicketWantedAgain:
    """Somebody wants another ticket for a promise."""
    item_id = promise.data.item.id
    return TicketWantedAgain(
        id=derived_id("wanted_again", str(item_id), uuid4().hex),
        source="/closeout/review",
        subject=promise.subject,
        time=NIGHT,
        data=TicketWanted(postmortem=promise.data.postmortem, item_id=item_id, asked_by=by, asked_at=NIGHT),
    )


def reassigned(promise: ActionItemCommitted, number: int, **fields: Any) -> ActionItemChanged:
    """A promise has another owner or target."""
    item = promise.data.item
    return ActionItemChanged(
        id=derived_id("changed", str(item.id), str(number)),
        source="/closeout/review",
        subject=promise.subject,
        time=NIGHT,
        data=ItemChanged(
            postmortem=promise.data.postmortem,
            item=item.model_copy(update=fields),
            change=ItemChange.REASSIGNED,
            number=number,
            was_owner=item.owner,
            was_target=item.target,
            reason="They are at it already.",
            changed_at=NIGHT,
        ),
    )


def cleaned(promise: ActionItemCommitted, title: str | None = None, **fields: Any) -> ActionItemCleaned:
    """Words were taken out of a promise, or of its postmortem's title."""
    about = promise.data.postmortem
    return ActionItemCleaned(
        id=derived_id("cleaned", str(promise.data.item.id), str(sorted(fields))),
        source="/closeout/review",
        subject=promise.subject,
        time=NIGHT,
        data=ItemCleaned(
            postmortem=about if title is None else about.model_copy(update={"title": title}),
            item=promise.data.item.model_copy(update=fields),
            cleaned_at=NIGHT,
        ),
    )


def delivery(body: Mapping[str, Any] | str, event: str = "issues", guid: str | None = None) -> DeliveryReceived:
    """A webhook of GitHub as the door hands it on."""
    return delivered(Vendor.GITHUB, {"x-github-event": event, "x-github-delivery": guid or "1"}, body, guid)


def delivered(
    vendor: Vendor, headers: Mapping[str, str], body: Mapping[str, Any] | str, guid: str | None = None
) -> DeliveryReceived:
    """A webhook as the door hands it on; `guid` makes it the same one when it comes again."""
    return DeliveryReceived(
        id=derived_id("delivery", guid or uuid4().hex),
        source=f"/closeout/ingest/{vendor.value}",
        subject=f"{vendor.value}:1",
        time=NIGHT,
        data=Delivery(
            vendor=vendor,
            headers={name.lower(): value for name, value in headers.items()},
            body=body if isinstance(body, str) else json.dumps(body),
            received_at=NIGHT,
        ),
    )


@dataclass
class Actions:
    """The service's parts, to be run round by round."""

    db: Database
    settings: ActionsSettings
    creator: Creator
    reconciler: Reconciler
    describer: Describer
    handlers: Handlers
    counted: list[str]
    tellers: Sequence[Recurrences]
    mandated: Mandated

    async def hear(self, *events: Event) -> None:
        """Events of the topics that the service listens to, in one batch a topic."""
        for topic, kind in (
            (POSTMORTEMS, POSTMORTEMS.event_classes()),
            (TRACKER_DELIVERIES, DeliveryReceived),
        ):
            batch = [event for event in events if isinstance(event, kind)]
            if batch:
                await deliver(self.db, self.handlers.subscriptions(), topic.name, batch)

    async def promise(self, **fields: Any) -> ActionItemCommitted:
        """An action item is committed."""
        event = committed(item(**fields))
        await self.hear(event)
        return event

    async def tell(self) -> None:
        """Tickets are told what came back."""
        for teller in self.tellers:
            await teller.run()

    async def made(self, **fields: Any) -> Kept:
        """An action item is committed and its ticket made."""
        event = await self.promise(**fields)
        await self.creator.run()
        return await self.kept(event)

    async def settled(self, event: ActionItemCommitted, *stages: Stage, within: float = 120) -> Kept:
        """Run the worker until the ticket is at one of `stages`."""
        async with asyncio.timeout(within):
            while (kept := await self.kept(event)).creation.stage not in (stages or (Stage.CREATED,)):
                await self.creator.run()
                await asyncio.sleep(0.02)
        return kept

    async def kept(self, event: ActionItemCommitted | UUID) -> Kept:
        """The row."""
        async with self.db.reading() as conn:
            kept = await Store(conn).get(event if isinstance(event, UUID) else event.data.item.id)
        assert kept is not None
        return kept

    async def tickets(self) -> list[Any]:
        """What was said of tickets."""
        return await said(self.db, TICKETS.name)

    async def told(self) -> list[str]:
        """The names of what was said of tickets: created, completed …"""
        return [event.type.split(".")[2] for event in await self.tickets()]

    async def directory(self) -> list[Any]:
        """What was said of projects and people."""
        return await said(self.db, DIRECTORY.name)


@asynccontextmanager
async def actions(database_url: str, api_url: str, **fields: Any) -> AsyncIterator[Actions]:
    """The service over a migrated database, with short pauses and all the patience that it can be given: at a busy
    machine a good call may take long. Nothing runs by itself."""
    given: dict[str, Any] = {
        "github_token": SecretStr(TOKEN),
        "github_api_url": api_url,
        "github_projects": ("acme/payments",),
        "settle_seconds": (0.0, 0.1, 0.3),
        "write_interval_seconds": 0.0,
        "retry_seconds": 0.05,
        "pause_seconds": 0.1,
        "request_timeout_seconds": 60.0,
    }
    settings = ActionsSettings(**given | fields)
    async with migrated(database_url, "actions") as db:
        trackers = connect(settings, db)
        counted: list[str] = []
        every: Sequence[Any] = [one.tracker for one in trackers.values()]
        yield Actions(
            db,
            settings,
            Creator(db, trackers, settings, counted.append),
            Reconciler(db, every, settings.lease),
            Describer(db, every, settings),
            Handlers(hearing(settings), [asyncio.Event()], counted.append, settings),
            counted,
            [Recurrences(db, one, settings) for one in trackers.values()],
            Mandated(db, every),
        )
        for tracker in every:
            await tracker.close()
