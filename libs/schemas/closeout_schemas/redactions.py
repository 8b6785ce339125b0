"""Redactions: that the words of an entry were taken out, for who keeps a copy. The words themselves are not said."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from closeout_schemas import deliveries, incidents, metareviews, postmortems
from closeout_schemas.envelope import Event, Fact
from closeout_schemas.vocabulary import derived_id

TOPIC = "closeout.redaction.v1"
# Whose records others keep where they cannot process them; the dead letters of who redacts are searched by themselves.
SAID_ANEW = (incidents.TOPIC, postmortems.TOPIC, metareviews.TOPIC, deliveries.TRACKER_TOPIC)


class Redaction(Fact):
    """Whose words are gone, by whom, when and why. `entry_id` is that of the incident's event that told of the entry.

    `title`: what the incident is called from now on, where its title held such words; else None.
    """

    incident_id: UUID
    entry_id: UUID
    what: str  # secret, personal_data
    why: str
    by: str
    redacted_at: AwareDatetime
    title: str | None = None


class EntryRedacted(Event):
    """Whoever keeps the words of this entry, or a delivery that holds them, takes them out. Subject: the incident."""

    type: Literal["closeout.redaction.entry_redacted.v1"] = "closeout.redaction.entry_redacted.v1"
    data: Redaction


class Cleaned(Fact):
    """A record that was said before, as it is kept now: without the words. `record` is the whole event, as JSON."""

    topic: str
    record: str


class RecordCleaned(Event):
    """Whoever keeps that record because it could not be processed keeps this one instead. Subject: the incident."""

    type: Literal["closeout.redaction.record_cleaned.v1"] = "closeout.redaction.record_cleaned.v1"
    data: Cleaned


def cleaned_of(
    records: Iterable[tuple[str, bytes]], entry_id: UUID, incident_id: UUID, source: str, now: datetime
) -> list[RecordCleaned]:
    """What whoever could not process these records (topic, what is left of it) has to know, said by `source`."""
    return [
        RecordCleaned(
            id=derived_id("record_cleaned", source, str(entry_id), str(json.loads(record)["id"])),
            source=source,
            subject=str(incident_id),
            time=now,
            data=Cleaned(topic=topic, record=record.decode()),
        )
        for topic, record in records
        if topic in SAID_ANEW
    ]


RedactionEvent = Annotated[EntryRedacted | RecordCleaned, Field(discriminator="type")]
