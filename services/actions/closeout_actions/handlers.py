"""Kafka in: what the actions service hears, and what it does about it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

from closeout_actions.adapters.port import Hear
from closeout_actions.commands.cleaning import clean
from closeout_actions.commands.mandated import follow, unfollow
from closeout_actions.commands.mirroring import Count, on_webhooks
from closeout_actions.commands.promises import change, make_again, want, withdraw
from closeout_actions.commands.recurrences import take_back, tell_of_recurrence
from closeout_actions.settings import ActionsSettings
from closeout_actions.store.nudges import Nudges
from closeout_chassis.cells import on_redactions
from closeout_chassis.consume import Subscription, of_nobody_forgotten
from closeout_chassis.db import Transaction
from closeout_judgement.unnamed import unnamed
from closeout_schemas.catalogue import POSTMORTEMS, REDACTIONS, TRACKER_DELIVERIES
from closeout_schemas.deliveries import DeliveryReceived
from closeout_schemas.postmortems import (
    ActionItemChanged,
    ActionItemCleaned,
    ActionItemCommitted,
    ActionItemWithdrawn,
    MandatedTicketLinked,
    MandatedTicketUnlinked,
    PostmortemEvent,
    PostmortemPublished,
    RecurrenceLinked,
    RecurrenceUnlinked,
    TicketWantedAgain,
)
from closeout_schemas.vocabulary import Vendor

# The worker sees what was written only after the commit, which comes right after the handler.
COMMITTED_AFTER_SECONDS = 0.02


class Handlers:
    """What is heard on each topic. `wakes` start the workers."""

    def __init__(
        self,
        hearing: Mapping[Vendor, Hear],
        wakes: Collection[asyncio.Event],
        count: Count,
        settings: ActionsSettings,
    ) -> None:
        self._settings = settings
        self._hearing = hearing
        self._wakes = wakes
        self._count = count

    async def on_postmortems(self, events: Sequence[PostmortemEvent], tx: Transaction) -> None:
        """A promise wants its ticket; one that is taken back wants it closed; what came back is told."""
        for event in events:
            match event:
                case ActionItemCommitted():
                    await want(event, tx)
                case ActionItemWithdrawn():
                    await withdraw(event, tx)
                case PostmortemPublished():
                    data = event.data
                    await Nudges(tx.conn).save_month_four(data.postmortem.postmortem_id, data.fails_at)
                case RecurrenceLinked():
                    await tell_of_recurrence(event, tx)
                case RecurrenceUnlinked():
                    await take_back(event, tx)
                case ActionItemChanged():
                    await change(event, tx)
                case ActionItemCleaned():
                    await clean(event, tx)
                case TicketWantedAgain():
                    await make_again(event, tx)
                case MandatedTicketLinked():
                    await follow(event, self._settings, tx)
                case MandatedTicketUnlinked():
                    await unfollow(event, tx)
                case _:
                    continue
            self._wake_soon()

    async def on_tracker_deliveries(self, deliveries: Sequence[DeliveryReceived], tx: Transaction) -> None:
        """What trackers say of tickets; of ours it is kept."""
        await on_webhooks(deliveries, self._hearing, tx, self._count)
        self._wake_soon()

    def _wake_soon(self) -> None:
        for wake in self._wakes:
            asyncio.get_running_loop().call_later(COMMITTED_AFTER_SECONDS, wake.set)

    def subscriptions(self) -> list[Subscription]:
        """What this service listens to."""
        return of_nobody_forgotten(
            unnamed,
            [
                Subscription(POSTMORTEMS, self.on_postmortems),
                Subscription(TRACKER_DELIVERIES, self.on_tracker_deliveries),
                Subscription(REDACTIONS, on_redactions),
            ],
        )
