"""The words that all services share."""

from __future__ import annotations

from uuid import UUID

import pytest

from closeout_schemas.tickets import TicketSnapshot
from closeout_schemas.vocabulary import TicketState, Vendor, derived_id, derived_id_text


def test_the_same_cause_has_the_same_id_for_ever() -> None:
    # Written down: an id that changed would make a second ticket for each open promise.
    assert str(derived_id("incident", "pagerduty", "Q1")) == "7b893747-9e92-5c56-bc22-df71ae11ba06"


def test_causes_that_only_run_together_alike_are_told_apart() -> None:
    ids = {derived_id("x", "a", "b"), derived_id("x", "ab"), derived_id("xa", "b"), derived_id("x", "a", "b", "")}

    assert len(ids) == 4


@pytest.mark.parametrize("state", TicketState)
def test_no_ticket_is_both_shipped_and_dropped(state: TicketState) -> None:
    assert not (state.is_shipped and state.is_dropped)


def test_only_a_completed_ticket_is_shipped() -> None:
    assert [state for state in TicketState if state.is_shipped] == [TicketState.COMPLETED]


def test_a_ticket_that_still_has_a_future_is_not_dropped() -> None:
    claimed = {TicketState.COMPLETED, TicketState.CLAIMED, TicketState.NOT_VERIFIED, TicketState.REGRESSED}
    alive = {TicketState.WANTED, TicketState.REFUSED, TicketState.OPEN} | claimed

    assert {state for state in TicketState if not state.is_dropped} == alive


def test_an_id_as_text_is_the_id() -> None:
    for number in range(300):
        cause = (str(number), "x" * number)
        assert derived_id_text("delivery", *cause) == str(derived_id("delivery", *cause))


def test_an_event_of_a_tracker_that_another_package_brings_is_read_by_everybody() -> None:
    said = {"item_id": UUID(int=1), "postmortem_id": UUID(int=2), "tracker": "x-folder", "project": "PAY"}

    ticket = TicketSnapshot.model_validate_json(TicketSnapshot.model_validate(said).model_dump_json())

    assert ticket.tracker is Vendor("x-folder")
    assert ticket.tracker.value == "x-folder"
