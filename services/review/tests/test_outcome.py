"""What a published postmortem comes to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from closeout_review.domain.outcome import Standing, all_shipped, open_items, outcome_of
from closeout_schemas.vocabulary import Outcome, TicketState

FAILS_AT = datetime(2027, 2, 24, tzinfo=UTC)
BEFORE, AFTER = FAILS_AT - timedelta(days=1), FAILS_AT + timedelta(days=1)
OPEN = Standing(TicketState.OPEN)
SHIPPED = Standing(TicketState.COMPLETED, BEFORE)
SHIPPED_LATE = Standing(TicketState.COMPLETED, AFTER)
WITHDRAWN = Standing(TicketState.OPEN, withdrawn=True)
PENDING, SUCCEEDED, FAILED, CLOSED_LATE = Outcome.PENDING, Outcome.SUCCEEDED, Outcome.FAILED, Outcome.CLOSED_LATE

STANDINGS = st.lists(
    st.builds(Standing, st.sampled_from(TicketState), st.none() | st.sampled_from([BEFORE, AFTER]), st.booleans()),
    min_size=1,
    max_size=3,
)


def test_all_shipped_before_month_four_is_a_success() -> None:
    assert outcome_of(PENDING, [SHIPPED, SHIPPED], FAILS_AT, BEFORE) is SUCCEEDED


def test_one_open_item_is_enough_to_wait_and_then_to_fail() -> None:
    assert outcome_of(PENDING, [SHIPPED, OPEN], FAILS_AT, BEFORE) is PENDING
    assert outcome_of(PENDING, [SHIPPED, OPEN], FAILS_AT, FAILS_AT) is FAILED


def test_only_a_completed_ticket_has_shipped() -> None:
    for state in TicketState:
        shipped = outcome_of(PENDING, [Standing(state, BEFORE)], FAILS_AT, BEFORE) is SUCCEEDED
        assert shipped == (state is TicketState.COMPLETED)


def test_what_failed_stays_failed_however_late_it_is_closed() -> None:
    assert outcome_of(FAILED, [SHIPPED_LATE], FAILS_AT, AFTER) is CLOSED_LATE
    assert outcome_of(FAILED, [SHIPPED], FAILS_AT, AFTER) is CLOSED_LATE
    assert outcome_of(CLOSED_LATE, [OPEN], FAILS_AT, AFTER) is FAILED


def test_an_item_that_is_opened_again_takes_the_success_back_until_month_four() -> None:
    assert outcome_of(SUCCEEDED, [OPEN], FAILS_AT, BEFORE) is PENDING
    assert outcome_of(SUCCEEDED, [OPEN], FAILS_AT, AFTER) is SUCCEEDED


def test_what_was_closed_in_time_counts_though_we_hear_of_it_late() -> None:
    assert outcome_of(PENDING, [SHIPPED], FAILS_AT, AFTER) is SUCCEEDED
    assert outcome_of(PENDING, [SHIPPED, SHIPPED_LATE], FAILS_AT, AFTER) is CLOSED_LATE
    assert outcome_of(PENDING, [Standing(TicketState.COMPLETED)], FAILS_AT, AFTER) is CLOSED_LATE


def test_a_withdrawn_item_is_not_waited_for_but_taking_all_back_is_no_success() -> None:
    assert outcome_of(PENDING, [SHIPPED, WITHDRAWN], FAILS_AT, BEFORE) is SUCCEEDED
    assert outcome_of(PENDING, [WITHDRAWN], FAILS_AT, BEFORE) is PENDING
    assert outcome_of(PENDING, [WITHDRAWN], FAILS_AT, AFTER) is FAILED
    assert open_items([WITHDRAWN, OPEN, SHIPPED]) == 1


def test_without_items_it_is_a_journal_entry_whatever_the_time() -> None:
    assert outcome_of(Outcome.JOURNAL_ENTRY, [], FAILS_AT, BEFORE) is Outcome.JOURNAL_ENTRY
    assert outcome_of(Outcome.JOURNAL_ENTRY, [], FAILS_AT, AFTER) is Outcome.JOURNAL_ENTRY


@given(
    STANDINGS, st.sampled_from([PENDING, SUCCEEDED, FAILED, CLOSED_LATE]), st.sampled_from([BEFORE, FAILS_AT, AFTER])
)
def test_deciding_again_decides_the_same(items: list[Standing], was: Outcome, now: datetime) -> None:
    outcome = outcome_of(was, items, FAILS_AT, now)
    assert outcome_of(outcome, items, FAILS_AT, now) is outcome


@given(STANDINGS, st.sampled_from([PENDING, SUCCEEDED]))
def test_before_month_four_success_means_exactly_that_all_shipped(items: list[Standing], was: Outcome) -> None:
    assert (outcome_of(was, items, FAILS_AT, BEFORE) is SUCCEEDED) == all_shipped(items)


@given(STANDINGS, st.lists(st.tuples(STANDINGS, st.just(AFTER)), max_size=4))
def test_whether_it_failed_is_never_revised(
    first: list[Standing], later: list[tuple[list[Standing], datetime]]
) -> None:
    outcome = outcome_of(PENDING, first, FAILS_AT, AFTER)
    for items, now in later:
        after = outcome_of(outcome, items, FAILS_AT, now)
        assert (after is SUCCEEDED) == (outcome is SUCCEEDED)
        outcome = after
