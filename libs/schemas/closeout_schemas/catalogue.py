"""Every topic and its events. Topic creation, decoding, the JSON Schemas and the AsyncAPI document read this."""

from __future__ import annotations

import typing
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from closeout_schemas import (
    cards,
    deliveries,
    directory,
    incidents,
    metareviews,
    notices,
    postmortems,
    redactions,
    tickets,
)
from closeout_schemas.envelope import Event

# One day more than PagerDuty retries a webhook (48 h), rounded up to a week.
WEEK_MS = 7 * 24 * 3600 * 1000


def group_of(service: str) -> str:
    """A service's consumer group."""
    return f"closeout.{service}"


def dead_letter_topic(topic: str, group: str) -> str:
    """Where a group puts what it could not process of a topic."""
    return f"{topic}.{group}.dlq"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: who writes it, who hears it, what its key is, and which events it may hold.

    `partitions` is a starting point for one cluster; more can be added while nothing is in flight.
    `compacted` topics keep the last event of each key, others are deleted after a week: Postgres keeps the truth.
    """

    name: str
    written_by: tuple[str, ...]
    heard_by: tuple[str, ...]
    key: str
    about: str
    events: Any
    partitions: int = 6
    compacted: bool = False
    adapter: TypeAdapter[Event] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "adapter", TypeAdapter(self.events))

    def event_classes(self) -> tuple[type[Event], ...]:
        """The classes of the union, in the order in which they are written down."""
        union = typing.get_args(self.events)[0] if typing.get_origin(self.events) else self.events
        return typing.get_args(union) or (union,)

    def dead_letter_names(self) -> tuple[str, ...]:
        """The topics of what its hearers could not process."""
        return tuple(dead_letter_topic(self.name, group_of(service)) for service in self.heard_by)

    def settings(self) -> dict[str, str]:
        """The topic's configuration at the broker."""
        kept_a_week = {"cleanup.policy": "delete", "retention.ms": str(WEEK_MS)}
        retention = {"cleanup.policy": "compact"} if self.compacted else kept_a_week
        return {"max.message.bytes": str(MAX_RECORD_BYTES), **retention}


def dead_letter_settings() -> dict[str, str]:
    """The configuration of a topic of dead letters: the database keeps them too."""
    return {"max.message.bytes": str(MAX_RECORD_BYTES), "retention.ms": str(4 * WEEK_MS)}


# A body of 1 MiB at the door is at most six times as long once JSON has escaped it.
MAX_RECORD_BYTES = 8 * 1024 * 1024

PAGER_DELIVERIES = Topic(
    deliveries.PAGER_TOPIC,
    written_by=("ingest",),
    heard_by=("ingest",),
    key="vendor and incident",
    about="Verified webhooks of pagers, as received.",
    events=deliveries.DeliveryEvent,
)
TRACKER_DELIVERIES = Topic(
    deliveries.TRACKER_TOPIC,
    written_by=("ingest",),
    heard_by=("actions",),
    key="vendor and ticket",
    about="Verified webhooks of trackers, as received.",
    events=deliveries.DeliveryEvent,
)
INCIDENTS = Topic(
    incidents.TOPIC,
    written_by=("ingest",),
    heard_by=("review", "metrics"),
    key="incident id",
    about="What happened to an incident, with the verbatim words.",
    events=incidents.IncidentEvent,
)
POSTMORTEMS = Topic(
    postmortems.TOPIC,
    written_by=("review",),
    heard_by=("actions", "metrics"),
    key="postmortem id",
    about="Drafted, published, promised, and what it came to.",
    events=postmortems.PostmortemEvent,
)
TICKETS = Topic(
    tickets.TOPIC,
    written_by=("actions",),
    heard_by=("review", "metrics"),
    key="action item id",
    about="What became of an action item in the tracker.",
    events=tickets.TicketEvent,
)
DIRECTORY = Topic(
    directory.TOPIC,
    written_by=("ingest", "actions"),
    heard_by=("review",),
    key="vendor and id",
    about="People and tracker projects that the outside systems know.",
    events=directory.DirectoryEvent,
    partitions=1,
    compacted=True,
)

CARDS = Topic(
    cards.TOPIC,
    written_by=("review",),
    heard_by=("ingest",),
    key="incident id",
    about="What is to be said where the on-call already looks.",
    events=cards.CardEvent,
)

NOTICES = Topic(
    notices.TOPIC,
    written_by=("review", "actions", "metrics"),
    heard_by=("ingest",),
    key="recipient",
    about="What is to be said to a person or in a team's channel.",
    events=notices.NoticeEvent,
)

META_REVIEWS = Topic(
    metareviews.TOPIC,
    written_by=("review",),
    heard_by=("metrics",),
    key="quarter",
    about="What the reader of a quarter confirmed, and which structural changes were promised.",
    events=metareviews.MetaReviewEvent,
    partitions=1,
)

REDACTIONS = Topic(
    redactions.TOPIC,
    written_by=("review", "ingest"),
    heard_by=("ingest", "actions", "metrics"),
    key="incident id",
    about="Whose words were taken out of a timeline, for who keeps a copy; without the words.",
    events=redactions.RedactionEvent,
    partitions=1,
)

TOPICS: tuple[Topic, ...] = (
    PAGER_DELIVERIES,
    TRACKER_DELIVERIES,
    INCIDENTS,
    POSTMORTEMS,
    TICKETS,
    DIRECTORY,
    CARDS,
    NOTICES,
    META_REVIEWS,
    REDACTIONS,
)
SERVICES: tuple[str, ...] = ("ingest", "review", "actions", "metrics")
