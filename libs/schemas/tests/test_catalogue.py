"""Topics and events keep to the rules by which they are named."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from closeout_schemas.catalogue import SERVICES, TOPICS, Topic
from closeout_schemas.deliveries import Delivery
from closeout_schemas.envelope import Event
from closeout_schemas.tickets import TicketSnapshot
from closeout_schemas.vocabulary import TicketState, Vendor, derived_id

each_topic = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)


@each_topic
def test_a_topic_is_named_for_its_aggregate_and_version(topic: Topic) -> None:
    assert re.fullmatch(r"closeout(\.[a-z]+){1,2}\.v[1-9]", topic.name)


@each_topic
def test_an_event_is_a_past_fact_about_its_topics_aggregate(topic: Topic) -> None:
    aggregate = topic.name.split(".")[1]
    for event in topic.event_classes():
        kind = event.model_fields["type"].default
        assert re.fullmatch(rf"closeout\.{aggregate}\.[a-z_]+\.v[1-9]", kind), kind
        assert event.__doc__, f"{event.__name__} does not say what it says"


@each_topic
def test_only_our_services_write(topic: Topic) -> None:
    assert topic.written_by
    assert set(topic.written_by) <= set(SERVICES)


def test_an_event_type_means_one_class() -> None:
    classes: dict[str, set[type[Event]]] = {}
    for topic in TOPICS:
        for event in topic.event_classes():
            classes.setdefault(event.model_fields["type"].default, set()).add(event)

    assert [kind for kind, several in classes.items() if len(several) > 1] == []


def test_a_compacted_topic_is_not_deleted_by_age() -> None:
    for topic in TOPICS:
        assert ("retention.ms" in topic.settings()) != (topic.settings().get("cleanup.policy") == "compact")


def test_a_body_comes_back_byte_for_byte_also_when_it_is_no_text() -> None:
    at = datetime(2026, 11, 3, tzinfo=UTC)
    text = Delivery(vendor=Vendor.GITHUB, headers={}, body="ü", received_at=at)
    binary = Delivery(vendor=Vendor.GITHUB, headers={}, body="/wA=", body_encoding="base64", received_at=at)

    assert (text.raw_body(), binary.raw_body()) == ("ü".encode(), b"\xff\x00")


def test_a_fact_cannot_be_changed_once_it_is_said() -> None:
    one = derived_id("x", "1")
    ticket = TicketSnapshot(item_id=one, postmortem_id=one, tracker=Vendor.GITHUB, project="acme/payments")

    with pytest.raises(ValidationError, match="frozen"):
        ticket.state = TicketState.COMPLETED  # type: ignore[misc]
