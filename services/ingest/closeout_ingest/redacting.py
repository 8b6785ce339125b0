"""Taking words, and people, out of raw deliveries and of whatever else is kept here."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

from closeout_chassis.db import Transaction
from closeout_ingest.domain.events import SOURCE
from closeout_ingest.domain.fact import Fact
from closeout_ingest.store.redactions import Redactions
from closeout_judgement.people import Named
from closeout_judgement.redaction import passages_of
from closeout_schemas.catalogue import REDACTIONS
from closeout_schemas.deliveries import DeliveryReceived
from closeout_schemas.redactions import EntryRedacted, RecordCleaned, cleaned_of

log = logging.getLogger(__name__)


async def on_redactions(events: Sequence[EntryRedacted | RecordCleaned], tx: Transaction) -> None:
    """Leave a tombstone, and take the words out of everything that is kept here.

    They are found by the incident's own event, as long as the outbox has it: nobody says them again. Raw deliveries are
    kept as long. Cards are kept longer, and may quote what was said: of old ones the words are not needed any more.
    """
    redactions = Redactions(tx.conn)
    for event in events:
        if isinstance(event, RecordCleaned):
            continue  # the dead letters here are searched by the words themselves
        told = event.data
        if not await redactions.bury(told):
            continue
        words = await redactions.words_of(told)
        if words.strip():
            cells, records = await redactions.take_out(passages_of(words, known=await redactions.known()))
            for cleaned in cleaned_of(records, told.entry_id, told.incident_id, SOURCE, told.redacted_at):
                tx.publish(REDACTIONS, cleaned)
            log.info("took the words of an entry out", extra={"entry_id": str(told.entry_id), "cells": cells})
        await redactions.forget_old_cards()
        if told.title is not None:
            await redactions.rename(told.incident_id, told.title)


async def forget(tx: Transaction, who: Named) -> Counter[str]:
    """Take a person out of everything that is kept here; returns out of how many cells of each table."""
    return await Redactions(tx.conn).forget(who)


async def take_out_again(told: Sequence[tuple[Fact, DeliveryReceived]], tx: Transaction) -> None:
    """A pager that was asked tells words again that were taken out: out of that delivery, too."""
    if not told:
        return
    redactions = Redactions(tx.conn)
    gone = await redactions.among({fact.id for fact, _ in told})
    words = {fact.text for fact, _ in told if fact.id in gone and fact.text.strip()}
    if words:
        known = await redactions.known()
        await redactions.take_out([passage for one in sorted(words) for passage in passages_of(one, known=known)])
