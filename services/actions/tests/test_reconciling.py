"""One project, ticket or comment that cannot be read keeps nothing else from being read."""

from __future__ import annotations

from typing import Any

import pytest

from closeout_actions.domain.mirror import MISSES_UNTIL_LOST
from closeout_actions.testing import Actions
from closeout_schemas.tickets import ProblemKind
from closeout_schemas.vocabulary import TicketState, Vendor

from .stands import HUMAN, KINDS, Stand
from .test_conformance_mirror import made, state_of

pytestmark = pytest.mark.integration

ISSUE = {
    "github": "/repos/*/issues/1",
    "jira_dc": "/rest/api/2/issue/{id}",
    "gitlab": "/api/v4/projects/*/issues/1",
    "gitea": "/api/v1/repos/*/issues/1",
}
LISTS = {
    "jira": {"method": "POST", "path": "/rest/api/3/search/jql", "body": "OPS"},
    "jira_dc": {"method": "POST", "path": "/rest/api/2/search", "body": "OPS"},
    "gitlab": {"method": "GET", "path": "/api/v4/projects/acme?ledger/issues"},
}
COMMENTS: dict[str, dict[str, Any]] = {
    "github": {"method": "GET", "path": "/repos/*/issues/1/comments"},
    "jira": {"method": "GET", "path": "/rest/api/3/issue/*/comment"},
    "jira_dc": {"method": "GET", "path": "/rest/api/2/issue/*/comment"},
    "linear": {"method": "POST", "path": "/graphql", "body": "query Comments("},
    "gitlab": {"method": "GET", "path": "/api/v4/projects/*/issues/1/notes"},
}


def only(systems: Any) -> Any:
    chosen = [kind for kind in KINDS if kind.system in systems]
    return pytest.mark.parametrize("stand", chosen, indirect=True, ids=[kind.system for kind in chosen])


def board(stand: Stand) -> Any:
    return stand.state.trackers[stand.kind.system].desk.board


@only(ISSUE)
async def test_a_ticket_that_cannot_be_read_keeps_no_other_from_being_read(team: Actions, stand: Stand) -> None:
    broken, other = await made(team, stand, text="Broken"), await made(team, stand, text="Whole")
    await team.reconciler.run()
    first, second = (one["id"] for one in stand.tickets())
    await stand.fault("status", method="GET", path=ISSUE[stand.kind.system].format(id=first), times=None)
    if stand.kind.system == "github":
        await stand._control("/github/issues/2/delete", by=HUMAN)
    else:
        board(stand).delete(second, by=HUMAN)
    if stand.kind.system == "gitlab":
        board(stand).delete(first, by=HUMAN)  # so that the list does not show it, and it is asked for by itself

    for _ in range(MISSES_UNTIL_LOST):
        await team.reconciler.run()

    assert (await state_of(team, other)).is_dropped
    assert await state_of(team, broken) is TicketState.OPEN


@only(["github", "gitea"])
async def test_many_tickets_that_cannot_be_read_keep_no_other_from_being_read(team: Actions, stand: Stand) -> None:
    """More than a round has patience for, and read before the others."""
    for number in range(5):
        await made(team, stand, text=f"Broken {number}")
    await team.reconciler.run()
    other = await made(team, stand, text="Whole")
    await team.reconciler.run()
    path = f"{'/api/v1' if stand.kind.system == 'gitea' else ''}/repos/*/issues/[1-5]"
    await stand.fault("status", method="GET", path=path, times=None)
    if stand.kind.system == "github":
        await stand._control("/github/issues/6/delete", by=HUMAN)
    else:
        board(stand).delete(stand.tickets()[5]["id"], by=HUMAN)

    for _ in range(MISSES_UNTIL_LOST + 2):
        await team.reconciler.run()

    assert (await state_of(team, other)).is_dropped


@only(LISTS)
async def test_a_project_that_does_not_answer_keeps_no_other_from_being_read(
    team: Actions, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Vendor] = []
    monkeypatch.setattr(team.reconciler, "_synced", read.append)
    silent = await made(team, stand, text="Silent", project=stand.kind.elsewhere)
    other = await made(team, stand, text="Spoken of")
    for one in stand.tickets():
        board(stand).close(one["id"], "completed", by=HUMAN)
    await team.reconciler.run()
    [_] = read
    for one in stand.tickets():
        board(stand).reopen(one["id"], by=HUMAN)
    await stand.fault("status", times=None, **LISTS[stand.kind.system])

    await team.reconciler.run()
    states = await state_of(team, silent), await state_of(team, other)
    during = list(read)
    await stand.mend()
    await team.reconciler.run()

    assert states == (TicketState.COMPLETED, TicketState.OPEN)
    assert len(during) == 1, "it was not read through"
    assert await state_of(team, silent) is TicketState.OPEN
    assert len(read) == 2


@only(COMMENTS)
async def test_comments_that_cannot_be_read_now_are_read_soon_and_hold_up_nothing(team: Actions, stand: Stand) -> None:
    kept, other = await made(team, stand, text="Commented on"), await made(team, stand, text="Closed")
    await team.reconciler.run()
    await stand.comment("Blocked: the proxy has to be upgraded first.", by=HUMAN, hours=1)
    if stand.kind.system == "github":
        await stand._control("/github/issues/2/close", by=HUMAN)
    else:
        board(stand).close(stand.tickets()[1]["id"], "completed", by=HUMAN)
    await stand.fault("status", times=None, **COMMENTS[stand.kind.system])

    await team.reconciler.run()
    state, said = await state_of(team, other), (await team.kept(kept.item_id)).ticket.snapshot.comments
    await stand.mend()
    await team.reconciler.read_asked_for()

    assert (state, said) == (TicketState.COMPLETED, ())
    comments = (await team.kept(kept.item_id)).ticket.snapshot.comments
    assert [one.text for one in comments] == ["Blocked: the proxy has to be upgraded first."]


@only(["gitlab"])
async def test_a_project_that_does_not_say_who_is_in_it_hides_no_other_projects_leavers(
    team: Actions, stand: Stand
) -> None:
    await made(team, stand, text="Silent", project=stand.kind.elsewhere)
    kept = await made(team, stand, text="Spoken of")
    await stand.fault("status", method="GET", path="/api/v4/projects/acme?ledger/members/all", times=None)
    await stand.leave("dana-engineer")

    await team.reconciler.run()

    problem = (await team.kept(kept.item_id)).ticket.snapshot.problem
    assert problem is not None
    assert problem.kind is ProblemKind.LEAVER_ASSIGNED


@only(["github", "gitlab"])
async def test_an_original_that_cannot_be_read_hides_no_leavers(team: Actions, stand: Stand) -> None:
    await made(team, stand, text="A duplicate")
    await stand.close("duplicate")
    kept = await made(team, stand, text="Another promise")
    await team.reconciler.run()
    original = {"github": "/repos/*/issues/2", "gitlab": "/api/v4/projects/*/issues/2"}[stand.kind.system]
    await stand.fault("status", method="GET", path=original, times=None)
    await stand.leave("dana-engineer")

    await team.reconciler.run()

    problem = (await team.kept(kept.item_id)).ticket.snapshot.problem
    assert problem is not None
    assert problem.kind is ProblemKind.LEAVER_ASSIGNED
