"""A channel's history as Slack gives it when it is asked: the same facts as the events that told it.

Contract: https://docs.slack.dev/reference/methods/conversations.history
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from closeout_chassis.errors import Poison, Reason
from closeout_ingest.adapters.reading import Json, dict_of, dicts_of, text_of
from closeout_ingest.adapters.slack import READERS, edit_fact, message_fact
from closeout_ingest.domain.fact import Fact, FactKind
from closeout_schemas.deliveries import Delivery

MESSAGES = "messages"


def interpret(delivery: Delivery) -> Sequence[Fact]:
    """What one page of a channel's history tells. Raises Poison when it is none."""
    page = delivery.json_object
    channel_id = text_of(page, "channel")
    if not channel_id:
        raise Poison(Reason.UNINTERPRETABLE, "a page of history that names no channel")
    return [replace(fact, fetched=True) for fact in _facts(channel_id, page, delivery)]


def _facts(channel_id: str, page: Json, delivery: Delivery) -> Iterator[Fact]:
    for message in dicts_of(page.get(MESSAGES)):
        subtype = text_of(message, "subtype")
        kind, _ = READERS.get(f"message.{subtype}" if subtype else "message", (None, None))
        # Joining and leaving is noise; a stone where a message was tells nothing but its time.
        if kind is not FactKind.MESSAGE:
            continue
        yield message_fact(channel_id, message, delivery.received_at)
        if dict_of(message, "edited"):
            yield edit_fact(channel_id, message, delivery.received_at)
