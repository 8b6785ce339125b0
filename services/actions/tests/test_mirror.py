"""What becomes of a ticket: webhooks and readings in any order, each change told once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeout_actions.domain import mirror
from closeout_actions.domain.mirror import MISSES_UNTIL_LOST, Kind
from closeout_actions.domain.seen import Gone, Missing, Moved, Place, Seen, SeenTicket
from closeout_actions.domain.ticket import Ticket, wanted
from closeout_actions.testing import PERSON, committed, item
from closeout_schemas.postmortems import Owner, Target
from closeout_schemas.vocabulary import TargetKind, TicketState, Vendor

NOW = datetime(2026, 3, 4, tzinfo=UTC)
MADE = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
OPEN, COMPLETED, WONT_DO, DUPLICATE = (
    TicketState.OPEN,
    TicketState.COMPLETED,
    TicketState.WONT_DO,
    TicketState.DUPLICATE,
)


def place(number: int = 1, project: str = "acme/payments", remote_id: str | None = None) -> Place:
    return Place(
        remote_id=remote_id or f"9{number}",
        project=project,
        number=number,
        key=f"{project}#{number}",
        url=f"https://tracker.example/{project}/issues/{number}",
    )


def seen(after: float = 0, **fields: Any) -> SeenTicket:
    """The ticket as the tracker showed it `after` seconds from when it was made."""
    given: dict[str, Any] = {
        "place": place(),
        "title": "Limit the pool",
        "state": OPEN,
        "assignees": ("dana-engineer",),
        "labels": ("postmortem",),
        "created_at": MADE,
        "updated_at": MADE + timedelta(seconds=after),
    }
    return SeenTicket(**given | fields)


def promised(**fields: Any) -> Ticket:
    return wanted(committed(item(text="Limit the pool", **fields)).data)


def made(**fields: Any) -> Ticket:
    return mirror.created(promised(**fields), seen(), "postmortem", NOW).ticket


def heard(ticket: Ticket, one: Seen) -> mirror.Next:
    return mirror.next(ticket, one, NOW, is_reading=False)


def read(ticket: Ticket, one: Seen) -> mirror.Next:
    return mirror.next(ticket, one, NOW, is_reading=True)


def kinds(following: mirror.Next) -> list[Kind]:
    return [change.kind for change in following.changes]


def test_a_ticket_that_was_made_as_asked_is_created_and_nothing_else() -> None:
    following = mirror.created(promised(), seen(), "postmortem", NOW)

    assert kinds(following) == [Kind.CREATED]
    assert following.ticket.snapshot.key == "acme/payments#1"
    assert following.ticket.snapshot.assignee == "dana-engineer"
    assert following.ticket.snapshot.due_on == date(2026, 12, 13)
    assert following.ticket.snapshot.revision == 1


def test_an_assignee_that_was_dropped_without_a_word_is_said_out_loud() -> None:
    following = mirror.created(promised(), seen(assignees=()), "postmortem", NOW)

    assert kinds(following) == [Kind.CREATED, Kind.CHANGED]
    assert "dana-engineer cannot be assigned in acme/payments" in (following.changes[1].reason or "")
    assert following.ticket.snapshot.assignee is None


def test_an_owner_without_an_account_a_label_and_a_milestone_that_are_missing_are_said_too() -> None:
    target = Target(kind=TargetKind.MILESTONE, value="Sprint 9", due_on=date(2026, 4, 1))
    nobody = Owner(person_id=PERSON.person_id, name="Dana Engineer")
    ticket = promised(target=target, owner=nobody)

    reason = mirror.created(ticket, seen(assignees=(), labels=()), "postmortem", NOW).changes[1].reason or ""

    assert "Dana Engineer has no account" in reason
    assert "no milestone" in reason
    assert "label “postmortem”" in reason


def test_an_account_or_a_label_in_another_case_is_the_same() -> None:
    owner = PERSON.model_copy(update={"handles": {Vendor.GITHUB: "Dana-Engineer"}})

    assert kinds(mirror.created(promised(owner=owner), seen(), "Postmortem", NOW)) == [Kind.CREATED]


def test_a_ticket_that_was_closed_before_it_was_found_is_created_and_completed() -> None:
    following = mirror.created(promised(), seen(state=COMPLETED, closed_at=MADE), "postmortem", NOW)

    assert kinds(following) == [Kind.CREATED, Kind.COMPLETED]
    assert following.ticket.snapshot.revision == 2


@pytest.mark.parametrize(
    ("state", "kind", "reason"),
    [
        (COMPLETED, Kind.COMPLETED, None),
        (WONT_DO, Kind.DROPPED, "It was closed as not planned."),
        (DUPLICATE, Kind.DROPPED, "It was closed as a duplicate."),
    ],
)
def test_closed_is_told_for_what_it_is(state: TicketState, kind: Kind, reason: str | None) -> None:
    following = heard(made(), seen(9, state=state, closed_at=MADE))

    assert kinds(following) == [kind]
    assert following.changes[0].reason == reason
    assert following.ticket.snapshot.state is state
    assert following.ticket.snapshot.closed_at == MADE


def test_reopened_is_reopened_and_completed_again_is_completed_again() -> None:
    closed = heard(made(), seen(1, state=COMPLETED)).ticket
    reopened = heard(closed, seen(2))
    again = heard(reopened.ticket, seen(3, state=COMPLETED))

    assert kinds(reopened) == [Kind.REOPENED]
    assert reopened.ticket.snapshot.closed_at is None
    assert kinds(again) == [Kind.COMPLETED]
    assert again.ticket.snapshot.revision == 4


def test_a_completed_ticket_that_is_closed_as_not_planned_after_all_is_dropped() -> None:
    assert kinds(heard(heard(made(), seen(1, state=COMPLETED)).ticket, seen(2, state=WONT_DO))) == [Kind.DROPPED]


def test_what_is_older_than_what_is_known_changes_nothing() -> None:
    closed = heard(made(), seen(9, state=COMPLETED)).ticket

    assert heard(closed, seen(5, title="older")) == mirror.Next(closed)
    assert read(closed, seen(5, title="from a replica that lags")) == mirror.Next(closed)


def test_a_webhook_of_the_same_second_makes_us_look_and_a_reading_decides() -> None:
    ticket = made()

    assert heard(ticket, seen(0, state=COMPLETED)) == mirror.Next(ticket, look_again=True)
    assert kinds(read(ticket, seen(0, state=COMPLETED))) == [Kind.COMPLETED]


def test_the_same_news_twice_is_told_once() -> None:
    once = heard(made(), seen(1, state=COMPLETED)).ticket

    assert heard(once, seen(1, state=COMPLETED)).changes == ()
    assert read(once, seen(1, state=COMPLETED)).changes == ()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"title": "Limit both pools"}, "Its title is now “Limit both pools”."),
        ({"assignees": ()}, "Nobody is assigned any more; it was dana-engineer."),
        ({"assignees": ("sam",)}, "It is assigned to sam now, and not to Dana Engineer, who promised it."),
        ({"assignees": ("sam", "dana-engineer")}, "It is assigned to sam, dana-engineer now."),
        ({"labels": ("bug",)}, "The label “postmortem” was taken away."),
        ({"milestone": "Sprint 9"}, "It is in the milestone Sprint 9 now."),
        (
            {"milestone": "Sprint 9", "milestone_due_on": date(2027, 1, 1)},
            "It was put off from 2026-12-13 to 2027-01-01 (Sprint 9).",
        ),
        (
            {"milestone": "Sprint 2", "milestone_due_on": date(2026, 4, 1)},
            "It was brought forward from 2026-12-13 to 2026-04-01 (Sprint 2).",
        ),
    ],
)
def test_a_change_says_what_changed(fields: dict[str, Any], reason: str) -> None:
    following = heard(made(), seen(1, **fields))

    assert [(change.kind, change.reason) for change in following.changes] == [(Kind.CHANGED, reason)]
    assert heard(following.ticket, seen(2, **fields)).changes == ()


def test_a_milestone_that_is_taken_away_leaves_no_target_in_the_tracker() -> None:
    target = Target(kind=TargetKind.MILESTONE, value="Sprint 2", due_on=date(2026, 4, 1))
    shown = seen(milestone="Sprint 2", milestone_due_on=date(2026, 4, 1))
    ticket = mirror.created(promised(target=target), shown, "postmortem", NOW).ticket

    following = heard(ticket, seen(1))

    assert following.changes[0].reason == "It is in no milestone any more; it was in Sprint 2."
    assert following.ticket.snapshot.due_on is None


def test_other_labels_of_the_team_are_its_own_matter() -> None:
    more = heard(made(), seen(1, labels=("postmortem", "triage"))).ticket

    assert heard(more, seen(2, labels=("postmortem",))).changes == ()


def test_a_change_and_a_close_at_once_are_two_facts_in_that_order() -> None:
    following = heard(made(), seen(1, title="Done", state=COMPLETED))

    assert kinds(following) == [Kind.CHANGED, Kind.COMPLETED]
    assert [change.snapshot.revision for change in following.changes] == [2, 3]
    assert following.changes[0].snapshot.state is OPEN


def test_a_deleted_ticket_is_dropped_once_and_late_webhooks_do_not_bring_it_back() -> None:
    deleted = heard(made(), Gone("It was deleted by sam."))

    assert kinds(deleted) == [Kind.DROPPED]
    assert deleted.ticket.snapshot.state is TicketState.DELETED
    assert heard(deleted.ticket, Gone("again")).changes == ()
    assert heard(deleted.ticket, seen(99)).changes == ()
    assert kinds(read(deleted.ticket, seen(99))) == [Kind.REOPENED]


def test_a_ticket_is_lost_only_after_it_was_not_found_again_and_again() -> None:
    ticket, told = made(), []
    for _ in range(MISSES_UNTIL_LOST + 2):
        following = read(ticket, Missing("not found"))
        ticket = following.ticket
        told.append(kinds(following))

    assert told == [[], [], [Kind.LOST], [], []]
    assert ticket.snapshot.state is TicketState.LOST


def test_a_ticket_that_is_found_in_between_is_not_nearer_to_being_lost() -> None:
    ticket = made()
    for _ in range(10):
        ticket = read(ticket, Missing("not found")).ticket
        ticket = read(ticket, seen()).ticket

    assert ticket.misses == 0
    assert ticket.snapshot.state is OPEN


def test_a_lost_ticket_that_can_be_read_again_is_as_it_is() -> None:
    ticket = made()
    for _ in range(MISSES_UNTIL_LOST):
        ticket = read(ticket, Missing("not found")).ticket

    assert kinds(read(ticket, seen())) == [Kind.REOPENED]
    assert kinds(read(ticket, seen(1, state=COMPLETED))) == [Kind.COMPLETED]


def test_a_completed_ticket_that_vanishes_stays_completed() -> None:
    ticket = heard(made(), seen(1, state=COMPLETED)).ticket
    for _ in range(MISSES_UNTIL_LOST + 1):
        ticket = read(ticket, Missing("not found")).ticket

    assert ticket.snapshot.state is COMPLETED


def test_a_moved_ticket_is_followed_and_told_once() -> None:
    there = seen(5, place=place(7, "acme/ledger"))
    moved = heard(made(), Moved(there))

    assert kinds(moved) == [Kind.MOVED]
    assert moved.changes[0].reason == "It was moved from acme/payments#1 to acme/ledger#7, and is followed there."
    assert moved.ticket.snapshot.key == "acme/ledger#7"
    assert heard(moved.ticket, Moved(there)).changes == ()
    assert kinds(heard(moved.ticket, seen(9, place=place(7, "acme/ledger"), state=COMPLETED))) == [Kind.COMPLETED]


def test_a_renamed_project_is_another_place_of_the_same_ticket() -> None:
    renamed = read(made(), seen(place=place(1, "acme/billing", remote_id="91")))

    assert kinds(renamed) == [Kind.MOVED]
    assert "acme/payments#1 is acme/billing#1" in (renamed.changes[0].reason or "")
    assert renamed.ticket.snapshot.project == "acme/billing"


STATES = st.sampled_from([OPEN, COMPLETED, WONT_DO, DUPLICATE])
ASSIGNEES = st.sampled_from([(), ("dana-engineer",), ("sam",), ("sam", "dana-engineer")])
HISTORY = st.lists(
    st.builds(
        lambda state, who, title: {"state": state, "assignees": who, "title": title},
        STATES,
        ASSIGNEES,
        st.sampled_from("ab"),
    ),
    min_size=1,
    max_size=8,
)


@given(history=HISTORY, data=st.data())
@settings(max_examples=300)
def test_in_whatever_order_and_however_often_it_is_told_the_end_is_what_the_tracker_shows(
    history: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Webhooks lost, repeated, reordered, of the same second; a reading of the present in the end."""
    # Two changes share a second: the tracker's clock has no finer one.
    shown = [seen(1 + number // 2, **one) for number, one in enumerate(history)]
    order = data.draw(st.lists(st.sampled_from(shown), max_size=20))
    ticket, revisions = made(), [1]
    for one in order:
        following = heard(ticket, one)
        revisions += [change.snapshot.revision for change in following.changes]
        ticket = following.ticket
    last = read(ticket, shown[-1])
    revisions += [change.snapshot.revision for change in last.changes]

    assert revisions == list(range(1, len(revisions) + 1)), "each change has a revision of its own, none is skipped"
    assert last.ticket.snapshot.revision == revisions[-1]
    assert last.ticket.snapshot.state is shown[-1].state
    assert set(last.ticket.assignees) == set(shown[-1].assignees)
    assert last.ticket.snapshot.title == shown[-1].title
    assert read(last.ticket, shown[-1]).changes == (), "nothing is told twice"


@given(history=HISTORY)
@settings(max_examples=100)
def test_what_is_told_in_order_adds_up_to_what_was_shown(history: list[dict[str, Any]]) -> None:
    ticket = made()
    for number, one in enumerate(history):
        following = heard(ticket, seen(number + 1, **one))
        before, after = ticket.snapshot.state, following.ticket.snapshot.state
        assert len([kind for kind in kinds(following) if kind is not Kind.CHANGED]) == (before is not after)
        ticket = following.ticket
