"""The timeline's other half: what webhooks do not carry, and what they lost, is asked for, once.

Each page goes the way of a webhook, through the outbox to the deliveries' topic: what it tells is interpreted, told
and kept as anything else is, and a page that makes no sense is a dead letter that can be replayed.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

from closeout_chassis.cells import forgotten
from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Retryable
from closeout_ingest.adapters.history import BACKFILLED, FETCHED, Listed, Page, Pager
from closeout_ingest.domain.channel import Channel
from closeout_ingest.rounds import Round
from closeout_ingest.store.history import Histories
from closeout_ingest.store.incidents import Store
from closeout_judgement.people import Known
from closeout_judgement.unnamed import of_nobody
from closeout_schemas.catalogue import DIRECTORY, PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery, DeliveryReceived
from closeout_schemas.directory import ServiceDescribed
from closeout_schemas.vocabulary import Vendor, derived_id

log = logging.getLogger(__name__)

SOURCE = "/closeout/ingest"
DUE_A_ROUND = 20
# A pager's clock and ours, and incidents that are listed some moments after they were opened.
OVERLAP = timedelta(hours=2)
# Where the pager was never asked: what was there before is brought in by `closeout backfill`.
FIRST_LOOK_BACK = timedelta(days=1)
WINDOW = timedelta(days=7)
SHORTEST_WINDOW = timedelta(minutes=5)


async def fetch_due(db: Database, pager: Pager) -> None:
    """Ask for the history of incidents that were resolved now, or some minutes ago. Raises Retryable."""

    async def ask(vendor_id: str) -> None:
        listed = await pager.one(vendor_id)
        if listed is not None:
            # A note that was written since need not change the incident: it is asked for whatever its version.
            await fetch(db, pager, listed)

    await _each_due(db, pager.vendor, ask)


async def _each_due(db: Database, vendor: Vendor, ask: Callable[[str], Awaitable[None]]) -> None:
    async with db.reading() as conn:
        due = await Histories(conn).history_due(vendor, DUE_A_ROUND)
    asking = Round()
    for which, due_at in due:
        with asking.one():
            await ask(which)
            async with db.transaction() as tx:
                await Histories(tx.conn).history_asked(vendor, which, due_at)
    asking.end()


class Chat(Protocol):
    """A chat that can be asked what was said in a channel. Raises Retryable."""

    @property
    def vendor(self) -> Vendor:
        """Which."""

    def history(self, channel_id: str, since: datetime | None) -> AsyncIterator[Page]:
        """Everything since then, threads too."""


async def fetch_due_channels(db: Database, chat: Chat) -> None:
    """Ask what was said in the channels of incidents that were resolved now, or some minutes ago. Raises Retryable."""

    async def ask(channel_id: str) -> None:
        async with db.reading() as conn:
            opened_at = await Histories(conn).opened_at_of_channel(chat.vendor, channel_id)
        since = opened_at - OVERLAP if opened_at else None
        async for page in chat.history(channel_id, since):
            async with db.transaction() as tx:
                await _say(tx, chat.vendor, channel_id, page, backfilled=False)

    await _each_due(db, chat.vendor, ask)


class Named(Protocol):
    """A chat that can be asked what a channel is called. Raises Retryable."""

    @property
    def vendor(self) -> Vendor:
        """Which."""

    async def channel(self, channel_id: str) -> tuple[str, datetime] | None:
        """Its name and when it was made; None where it cannot be seen."""


async def name_channels(db: Database, chat: Named) -> None:
    """Ask what the channels are called in which something waits for an incident. Raises Retryable.

    No event told of them: they were there before Closeout, or the app was invited later.
    """
    async with db.reading() as conn:
        unnamed = await Store(conn).unnamed_channels(chat.vendor, DUE_A_ROUND)
    asking = Round()
    for channel_id in unnamed:
        with asking.one():
            # One that cannot be seen has no name, and is not asked for again.
            name, made = await chat.channel(channel_id) or ("", datetime.now(UTC))
            async with db.transaction() as tx:
                await Store(tx.conn).name_channel(Channel(chat.vendor, channel_id, name, made))
    asking.end()


async def fetch(db: Database, pager: Pager, listed: Listed, *, backfilled: bool = False) -> None:
    """Put the whole history of one incident on its way, page by page. Raises Retryable."""
    async for page in pager.history(listed):
        async with db.transaction() as tx:
            await _say(tx, pager.vendor, listed.vendor_id, page, backfilled=backfilled)
    async with db.transaction() as tx:
        await Histories(tx.conn).save_version(pager.vendor, listed.vendor_id, listed.version)


async def _say(tx: Transaction, vendor: Vendor, vendor_id: str, page: Page, *, backfilled: bool) -> None:
    now = datetime.now(UTC)
    headers = {FETCHED: page.kind} | ({BACKFILLED: "true"} if backfilled else {})
    told = Delivery(vendor=vendor, headers=headers, body=page.body, received_at=now)
    # What is asked for names also who was forgotten since: the vendor still knows them.
    told = of_nobody(told, Known(await forgotten(tx.conn)))
    tx.publish(
        PAGER_DELIVERIES,
        DeliveryReceived(
            id=_delivery_id(vendor, page),
            source=f"{SOURCE}/{vendor.value}",
            subject=f"{vendor.value}:{vendor_id}",
            time=now,
            data=told,
        ),
    )


def _delivery_id(vendor: Vendor, page: Page) -> UUID:
    # The same page asked for again is the same delivery: nobody handles it twice.
    return derived_id("delivery", vendor.value, "fetched", page.kind, hashlib.sha256(page.body.encode()).hexdigest())


async def describe_services(db: Database, pager: Pager) -> None:
    """Tell the others which services the pager knows, whose they are and what they depend on. Raises Retryable."""
    now = datetime.now(UTC)
    async for service in pager.services(now):
        subject = f"{service.vendor.value}:service:{service.vendor_id}"
        told = service.model_dump_json(exclude={"described_at"})
        event = ServiceDescribed(
            id=derived_id("service_described", subject, told, now.isoformat()),
            source=SOURCE,
            subject=subject,
            time=now,
            data=service,
        )
        async with db.transaction() as tx:
            if await Histories(tx.conn).is_news(subject, hashlib.sha256(told.encode()).hexdigest()):
                tx.publish(DIRECTORY, event)


async def reconcile(db: Database, pager: Pager) -> None:
    """Ask for all incidents since the last time, and for all that are open: what no webhook told comes now.

    Raises Retryable; what was asked for until then is kept, and is not asked for again.
    """
    began = datetime.now(UTC)
    async with db.reading() as conn:
        last = await Histories(conn).reconciled_from(pager.vendor)
    since = (last or began - FIRST_LOOK_BACK) - OVERLAP
    try:
        incidents = await _fetch_changed(db, pager, since, began)
    except Retryable as error:
        async with db.transaction() as tx:
            await Histories(tx.conn).not_reconciled(pager.vendor, str(error))
        raise
    async with db.transaction() as tx:
        await Histories(tx.conn).reconciled(pager.vendor, began, incidents)


async def _fetch_changed(db: Database, pager: Pager, since: datetime, until: datetime) -> int:
    seen: set[str] = set()
    asking = Round()
    fetched = 0
    for listing in (_windows(pager, since, until), pager.unresolved()):
        async for listed in listing:
            if listed.vendor_id not in seen:
                seen.add(listed.vendor_id)
                with asking.one():
                    fetched += await fetch_if_new(db, pager, listed)
    async with db.reading() as conn:
        ours = await Histories(conn).open_incidents(pager.vendor)
    for vendor_id in set(ours) - seen:
        # Open as far as we know, and not so for the pager: its end was lost.
        with asking.one():
            gone = await pager.one(vendor_id)
            if gone is not None:
                fetched += await fetch_if_new(db, pager, gone)
    asking.end()
    return fetched


async def fetch_if_new(db: Database, pager: Pager, listed: Listed, *, backfilled: bool = False) -> bool:
    """Ask for the history of `listed`, unless this version of it was asked for before. Whether it was."""
    async with db.reading() as conn:
        known = await Histories(conn).known_version(pager.vendor, listed.vendor_id)
    if known == listed.version:
        return False
    await fetch(db, pager, listed, backfilled=backfilled)
    return True


async def _windows(pager: Pager, since: datetime, until: datetime) -> AsyncIterator[Listed]:
    """Everything that was opened then, in windows that the pager can list."""
    async for _, listed in windows(pager, since, until):
        if listed is not None:
            yield listed


async def windows(pager: Pager, since: datetime, until: datetime) -> AsyncIterator[tuple[datetime, Listed | None]]:
    """(until when the window goes, an incident of it); at the window's end (its end, None).

    A window that holds more than a pager lists is halved. Where five minutes hold more, what is listed has to do.
    """
    begin, width = since, WINDOW
    while begin < until:
        end = min(begin + width, until)
        try:
            async for listed in pager.created(begin, end):
                yield end, listed
        except OverflowError as error:
            if width > SHORTEST_WINDOW:
                width /= 2
                continue
            log.warning("the pager lists no more of it", extra={"because": str(error), "since": begin, "until": end})
        yield end, None
        begin, width = end, min(width * 2, WINDOW)


async def backfill(
    db: Database, pager: Pager, since: datetime, until: datetime, tell: Callable[[datetime, int], None]
) -> int:
    """Bring in the history since then; how many incidents were new. Goes on where it was broken off.

    `tell(at, incidents)`: how far it has come. Raises Retryable; an incident that cannot be read is asked for again the
    next time, and all behind it are in.
    """
    async with db.reading() as conn:
        done = await Histories(conn).backfilled_until(pager.vendor, since)
    brought = 0
    asking = Round()
    async for end, listed in windows(pager, done or since, until):
        if listed is not None:
            with asking.one():
                brought += await fetch_if_new(db, pager, listed, backfilled=True)
            tell(_created(listed) or end, brought)
            continue
        if asking.is_whole:
            async with db.transaction() as tx:
                await Histories(tx.conn).save_backfill(pager.vendor, since, end)
        tell(end, brought)
    asking.end()
    return brought


def _created(listed: Listed) -> datetime | None:
    try:
        return datetime.fromisoformat(listed.created_at)
    except ValueError:
        return None
