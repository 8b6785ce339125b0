"""What is wrong with a ticket, as a sentence that says what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeout_actions.adapters.markdown import pull_requests_in
from closeout_actions.domain import mirror
from closeout_actions.domain.mirror import MISSES_UNTIL_LOST, Kind
from closeout_actions.domain.problems import NOBODY, OF_STATE, Assigned, judged
from closeout_actions.domain.seen import Gone, Missing
from closeout_actions.domain.ticket import Ticket
from closeout_schemas.checks import Check, CheckKind
from closeout_schemas.tickets import ProblemKind
from closeout_schemas.vocabulary import TicketState

from .test_mirror import NOW, heard, made, read, seen


def problem(ticket: Ticket, assigned: Assigned = NOBODY) -> tuple[Ticket, tuple[mirror.Change, ...]]:
    following = judged(mirror.Next(ticket), assigned, NOW)
    return following.ticket, following.changes


def test_every_state_that_is_over_and_not_done_says_what_to_do() -> None:
    not_shipped = {state for state in TicketState if state.is_dropped}

    assert not_shipped <= OF_STATE.keys()
    assert {ProblemKind(state.value) for state in OF_STATE}


def test_a_team_in_place_of_a_person_is_a_problem_that_is_told_once_and_keeps_its_beginning() -> None:
    payments = read(made(), seen(60, assignees=("payments-team",))).ticket
    assigned = Assigned(groups=frozenset({"payments-team"}))

    first, told = problem(payments, assigned)
    later = judged(mirror.Next(first), assigned, NOW + timedelta(days=3))

    assert first.snapshot.problem is not None
    assert first.snapshot.problem.kind is ProblemKind.GROUP_ASSIGNED
    assert [change.reason for change in told] == [
        "acme/payments#1 is assigned to payments-team, which is no person: assign one."
    ]
    assert later.changes == ()


def test_one_person_beside_a_team_is_enough() -> None:
    both = read(made(), seen(60, assignees=("payments-team", "dana-engineer"))).ticket

    assert problem(both, Assigned(groups=frozenset({"payments-team"})))[1] == ()


def test_a_problem_rides_with_the_last_of_what_happened() -> None:
    following = judged(read(made(), Gone("It was deleted by sam.")), NOBODY, NOW)

    (dropped,) = following.changes
    assert dropped.kind is Kind.DROPPED
    assert dropped.snapshot.problem is not None
    assert dropped.snapshot.problem.kind is ProblemKind.DELETED
    assert dropped.snapshot == following.ticket.snapshot


@pytest.mark.parametrize("state", [TicketState.NO_ACCESS, TicketState.PROJECT_GONE, TicketState.MOVED_AWAY])
def test_what_is_out_of_sight_is_held_for_what_the_tracker_says(state: TicketState) -> None:
    ticket = made()
    for _ in range(MISSES_UNTIL_LOST):
        ticket = read(ticket, Missing("It is not there.", state)).ticket

    assert ticket.snapshot.state is state
    assert read(ticket, seen(60)).ticket.snapshot.state is TicketState.OPEN


def test_an_issue_that_a_discussion_took_along_is_converted_and_not_lost() -> None:
    ticket = made().model_copy(update={"converted_to": "a discussion, https://tracker.example/d/1"})

    following = read(ticket, Missing("It is not there."))

    assert following.ticket.snapshot.state is TicketState.CONVERTED
    assert following.changes[0].reason == "It was made into a discussion, https://tracker.example/d/1."


def test_every_time_that_the_target_is_put_off_is_counted_and_bringing_it_forward_is_not() -> None:
    ticket = made()
    for day, due in enumerate(["2026-12-20", "2026-12-16", "2026-12-20", "2026-12-20"], 1):
        ticket = read(ticket, seen(60 * day, due_on=due)).ticket

    assert ticket.snapshot.slips == 2


def test_with_a_check_closed_as_completed_is_a_claim() -> None:
    ticket = made().model_copy(update={"has_check": True})

    following = read(ticket, seen(60, state=TicketState.COMPLETED, closed_at=NOW))
    again = heard(following.ticket, seen(60, state=TicketState.COMPLETED, closed_at=NOW))

    assert following.ticket.snapshot.state is TicketState.CLAIMED
    assert [change.kind for change in following.changes] == [Kind.CHANGED]
    assert again.changes == ()
    assert read(following.ticket, seen(90)).ticket.snapshot.state is TicketState.OPEN
    assert str(Check(kind=CheckKind.ALERT, what="X")) == "alert: X"


def test_pull_requests_that_a_text_links_are_told_once_and_stay() -> None:
    body = "Done by https://github.com/acme/payments/pull/42 (see https://git.acme.example/a/b/-/merge_requests/7)."
    found = pull_requests_in(f"{body} {body} https://github.com/acme/payments/issues/9")

    linked = read(made(), seen(60, pull_requests=found))
    later = read(linked.ticket, seen(90))

    assert found == (
        "https://github.com/acme/payments/pull/42",
        "https://git.acme.example/a/b/-/merge_requests/7",
    )
    assert "It links https://github.com/acme/payments/pull/42" in (linked.changes[0].reason or "")
    assert later.ticket.snapshot.pull_requests == found
    assert later.changes == ()
