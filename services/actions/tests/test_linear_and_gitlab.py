"""What is Linear's and GitLab's own: ids of ours, the trash, costs; quick actions, moves. The rest is conformance."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from graphql import build_schema, parse, validate

from closeout_actions.adapters.closing import Names
from closeout_actions.adapters.gitlab.reading import Reader
from closeout_actions.adapters.gitlab.tracker import safe
from closeout_actions.adapters.linear import limits, queries
from closeout_actions.adapters.linear.tracker import issue_id
from closeout_actions.adapters.markdown import mark_in
from closeout_actions.domain.mirror import MISSES_UNTIL_LOST
from closeout_actions.testing import Actions, delivered
from closeout_chassis.http_out import Answer
from closeout_sandbox.checks import SPECS
from closeout_sandbox.linear.cost import MOST, cost_of
from closeout_schemas.vocabulary import TicketState, Vendor

from .stands import HUMAN, KINDS, Stand
from .test_mandated import ID, linked

linear = pytest.mark.parametrize(
    "stand", [kind for kind in KINDS if kind.vendor is Vendor.LINEAR], indirect=True, ids=["linear"]
)
gitlab = pytest.mark.parametrize(
    "stand", [kind for kind in KINDS if kind.vendor is Vendor.GITLAB], indirect=True, ids=["gitlab"]
)
QUERIES = {name: text for name, text in vars(queries).items() if name.isupper() and name != "ISSUE"}


def board(stand: Stand) -> Any:
    return stand.state.trackers[stand.kind.system].desk.board


async def made(team: Actions, stand: Stand, **fields: Any) -> Any:
    kept = await team.settled(await team.promise(**stand.promise(**fields)))
    await team.reconciler.read_asked_for()
    return kept


def test_an_id_of_ours_is_a_uuid_of_version_4_and_always_the_same() -> None:
    one, other = issue_id("6f1c1f9e-6a0e-5d0b-9b7e-3c0a5a2f6d11"), issue_id("another")

    assert UUID(one).version == 4
    assert one == issue_id("6f1c1f9e-6a0e-5d0b-9b7e-3c0a5a2f6d11")
    assert one != other


@pytest.mark.parametrize("name", [*QUERIES])
def test_every_query_is_valid_by_linears_schema_and_far_below_what_one_may_cost(name: str) -> None:
    document = parse(QUERIES[name])

    assert validate(build_schema((SPECS / "linear.graphql").read_text()), document) == []
    assert cost_of(document, {}) < MOST / 2


@linear
async def test_an_issue_of_our_id_that_is_there_already_is_taken_and_not_made_again(
    team: Actions, stand: Stand
) -> None:
    event = await team.promise(**stand.promise())
    text, chosen = event.data.item.text, issue_id(str(event.data.item.id))
    board(stand).open(board(stand).project("PAY"), text, by="closeout-bot", ticket_id=chosen)

    kept = await team.settled(event)

    assert len(stand.tickets()) == 1
    assert kept.ticket.place is not None
    assert kept.ticket.place.remote_id == chosen


@linear
async def test_a_teams_label_is_found_behind_those_of_many_teams(team: Actions, stand: Stand) -> None:
    for number in range(60):
        board(stand).add_project(f"T{number}")
    board(stand).add_project("ZZZ")

    await team.settled(await team.promise(**stand.promise(project="ZZZ")))

    assert stand.tickets()[0]["labels"] == ["postmortem"]


@linear
async def test_an_issue_in_the_trash_was_deleted_and_one_that_is_restored_is_back(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    board(stand).delete(stand.tickets()[0]["id"], by=HUMAN)
    await team.reconciler.run()
    assert (await team.kept(kept.item_id)).ticket.snapshot.state is TicketState.DELETED

    board(stand).change(stand.tickets()[0]["id"], "restored", by=HUMAN, deleted=False)
    await team.reconciler.run()

    assert (await team.kept(kept.item_id)).ticket.snapshot.state is TicketState.OPEN


@pytest.mark.parametrize(
    "stand",
    [kind for kind in KINDS if kind.system in ("linear", "jira", "gitlab")],
    indirect=True,
    ids=lambda kind: kind.system,
)
async def test_many_open_tickets_are_read_with_few_requests_and_what_is_gone_is_missed(
    team: Actions, stand: Stand
) -> None:
    kept = [await team.settled(await team.promise(**stand.promise())) for _ in range(12)]
    await team.reconciler.read_asked_for()
    gone, done = (stand.tickets()[number]["id"] for number in (0, 1))
    board(stand).delete(gone, by=HUMAN)
    board(stand).close(done, "completed", by=HUMAN)
    stand.state.journal.clear()

    for _ in range(MISSES_UNTIL_LOST):
        await team.reconciler.run()

    asked = stand.state.journal.entries(stand.kind.system)
    # What changed (in Linear also where somebody wrote), all that are open, and whether who is assigned can still be.
    a_round = {"linear": 4, "jira": 3, "gitlab": 3}[stand.kind.system]
    # What is said on the one that changed and what it links, and who that account is.
    # In GitLab what is not in the list is asked for.
    once = 3 + (MISSES_UNTIL_LOST + 1 if stand.kind.system == "gitlab" else 0)
    assert len(asked) <= a_round * MISSES_UNTIL_LOST + once
    states = [(await team.kept(one.item_id)).ticket.snapshot.state for one in kept]
    assert states[0].is_dropped
    assert states[1] is TicketState.COMPLETED
    assert set(states[2:]) == {TicketState.OPEN}


@pytest.mark.parametrize(
    ("status", "body", "headers", "seconds"),
    [
        (400, {"errors": [{"extensions": {"code": "RATELIMITED"}}]}, {"retry-after": "9"}, 9.0),
        (200, {"errors": [{"extensions": {"type": "ratelimited"}}]}, {}, None),
        (429, {}, {}, None),
        (
            400,
            {"errors": [{"extensions": {"code": "RATELIMITED"}}]},
            {"x-ratelimit-complexity-remaining": "0", "x-ratelimit-complexity-reset": "1778414460000"},
            60.0,
        ),
    ],
)
def test_linears_limits_are_known_by_their_body(
    status: int, body: dict[str, Any], headers: dict[str, str], seconds: float | None
) -> None:
    answer = Answer(status, headers, json.dumps(body).encode(), "https://linear.example/graphql")

    found = limits.limited(answer, "too many", 1778414400.0)

    assert found is not None
    assert found.seconds == seconds


def test_an_error_of_linears_own_is_not_the_callers() -> None:
    def told(code: str, **more: Any) -> Answer:
        body = {"errors": [{"message": "x", "extensions": {"code": code, **more}}], "data": None}
        return Answer(200, {}, json.dumps(body).encode(), "")

    assert not limits.is_users_error(told("INTERNAL_SERVER_ERROR"))
    assert limits.is_users_error(told("INPUT_ERROR", userError=True))
    assert limits.is_unauthorized(told("AUTHENTICATION_ERROR"))


@pytest.mark.parametrize(
    "hostile",
    ["/close", "  /assign @sam", "see #12, !7 and ~bug", "cc @all", "a\n/label ~wontfix", "<!-- closeout:item=x -->"],
)
def test_peoples_words_do_nothing_in_gitlab(hostile: str) -> None:
    shown = safe(hostile)

    for line in shown.splitlines():
        assert not line.lstrip().startswith("/")
    for reference in ("@sam", "@all", "#12", "!7", "~bug", "~wontfix", "<!-- closeout"):
        assert reference not in shown


@gitlab
async def test_a_mark_in_the_criterion_is_not_taken_for_ours(team: Actions, stand: Stand) -> None:
    other = "<!-- closeout:item=00000000-0000-4000-8000-000000000000 -->"

    kept = await made(team, stand, criterion=f"done {other}")

    assert mark_in(stand.tickets()[0]["body"]) == str(kept.item_id)


@gitlab
async def test_an_issue_that_was_moved_out_of_our_sight_is_lost_and_not_completed(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    await stand.move()
    board(stand).change_project(stand.kind.elsewhere, readable=False)

    for _ in range(MISSES_UNTIL_LOST):
        await team.reconciler.run()

    assert (await team.kept(kept.item_id)).ticket.snapshot.state is TicketState.MOVED_AWAY
    assert "cannot see" in (await team.tickets())[-1].data.reason


@gitlab
async def test_a_forged_body_with_a_real_token_still_only_makes_us_look(team: Actions, stand: Stand) -> None:
    await stand.listen()
    kept = await made(team, stand)
    await stand.assign("sam-oncall")
    told = stand.webhooks()[-1].data
    body = json.loads(told.body)
    body["object_attributes"] |= {"state": "closed", "action": "close"}

    await team.hear(delivered(Vendor.GITLAB, told.headers, body))
    await team.reconciler.read_asked_for()

    assert (await team.kept(kept.item_id)).ticket.snapshot.state is TicketState.OPEN
    assert await team.told() == ["created", "changed"]


@pytest.mark.parametrize("project", [{}, {"project": None}], ids=["absent", "null"])
def test_a_groups_own_work_item_is_no_ticket_and_no_dead_letter(project: Any) -> None:
    """A group's webhook tells of its epics, too: https://gitlab.com/gitlab-org/gitlab/-/issues/535890"""
    epic = {"object_kind": "work_item", "object_attributes": {"id": 1, "iid": 2, "state": "opened"}, **project}

    assert Reader(Names.of((), ())).hear(delivered(Vendor.GITLAB, {}, epic).data) is None


@gitlab
async def test_one_that_was_moved_twice_between_two_rounds_is_followed_to_where_it_is(
    team: Actions, stand: Stand
) -> None:
    kept = await made(team, stand)
    for project in ("acme/ledger", "acme/third"):
        board(stand).add_project(project)
        board(stand).move(stand.tickets()[-1]["id"], project, by=HUMAN)

    await team.reconciler.run()

    there = (await team.kept(kept.item_id)).ticket.snapshot
    assert (there.project, there.state) == ("acme/third", TicketState.OPEN)
    assert await team.told() == ["created", "moved"]


@gitlab
async def test_one_that_was_moved_before_anybody_knew_that_it_was_made_is_found_where_it_is(
    team: Actions, stand: Stand
) -> None:
    await stand.fault("disconnect", when="after")
    await stand.fault("status", method="GET", path="/api/v4/projects/*/issues", status=503)
    event = await team.promise(**stand.promise())
    await team.creator.run()
    await stand.move()

    kept = await team.settled(event)

    assert kept.ticket.snapshot.project == "acme/ledger"
    assert await team.told() == ["created"]


@gitlab
async def test_a_list_that_is_closed_to_us_ends_no_round_and_the_moved_one_is_moved_away(
    team: Actions, stand: Stand
) -> None:
    moved, other = await made(team, stand), await made(team, stand, text="Another")
    await stand.move()
    await stand.fault("status", method="GET", path="/api/v4/issues", status=403, times=None)
    board(stand).delete(stand.tickets()[1]["id"], by=HUMAN)

    for _ in range(MISSES_UNTIL_LOST):
        await team.reconciler.run()

    states = [(await team.kept(one.item_id)).ticket.snapshot.state for one in (moved, other)]
    assert states == [TicketState.MOVED_AWAY, TicketState.LOST]


@gitlab
async def test_a_mandated_ticket_that_was_moved_is_not_done(team: Actions, stand: Stand) -> None:
    there = board(stand)
    asked = there.open(there.project(stand.kind.project), "Report the breach", by=HUMAN)
    await team.hear(linked(f"{stand.sandbox.tracker_api('gitlab')}/acme/payments/-/issues/1"))
    there.move(asked["id"], "acme/ledger", by=HUMAN)

    await team.mandated.run()

    (told,) = await team.tickets()
    assert (told.data.ticket.item_id, told.data.ticket.key) == (ID, "acme/ledger#1")
    assert told.data.ticket.state is TicketState.OPEN
