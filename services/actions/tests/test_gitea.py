"""What is Gitea's own: its pages, its days. The rest is in the conformance suite."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from closeout_actions.testing import Actions, reassigned
from closeout_schemas.postmortems import Target
from closeout_schemas.vocabulary import TargetKind, TicketState

from .stands import KINDS, Stand
from .test_conformance_mirror import made, state_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.parametrize("stand", [kind for kind in KINDS if kind.system == "gitea"], indirect=True, ids=["gitea"]),
]


def board(stand: Stand) -> Any:
    return stand.state.trackers["gitea"].desk.board


async def test_a_label_is_found_behind_a_page_of_others_and_closing_says_that_it_was_not_done(
    team: Actions, stand: Stand
) -> None:
    """That there is a next page Gitea says only of issues."""
    board(stand).change_project("acme/payments", labels=[*(f"area/{n}" for n in range(70)), "postmortem", "wontfix"])
    kept = await made(team, stand)
    [tracker] = team.reconciler._trackers

    assert kept.ticket.place is not None
    await tracker.close_as_not_planned(kept.ticket.place)
    await team.reconciler.run()

    assert stand.tickets()[0]["labels"] == ["postmortem", "wontfix"]
    assert await state_of(team, kept) is TicketState.WONT_DO


async def test_what_mentions_an_issue_is_found_in_all_of_its_timeline(team: Actions, stand: Stand) -> None:
    links = [f"https://git.example/acme/payments/pulls/{number}" for number in range(1, 61)]
    kept = await made(team, stand)
    [tracker] = team.reconciler._trackers
    assert kept.ticket.place is not None

    nothing = await tracker.pull_requests(kept.ticket.place)
    board(stand).change(stand.tickets()[0]["id"], "linked", by="sam-oncall", links=links)

    assert nothing == []
    assert await tracker.pull_requests(kept.ticket.place) == links


async def test_a_ticket_is_due_on_the_promised_day_wherever_gitea_runs(team: Actions, stand: Stand) -> None:
    event = await team.promise(**stand.promise())
    first = (await team.settled(event)).ticket.snapshot.due_on
    later = Target(kind=TargetKind.WEEK, value="2026-W51", due_on=date(2026, 12, 20))

    await team.hear(reassigned(event, 1, target=later))
    for _ in range(3):
        await team.creator.run()
    await team.reconciler.run()

    snapshot = (await team.kept(event)).ticket.snapshot
    assert first == date(2026, 12, 13)
    assert (snapshot.due_on, snapshot.slips) == (later.due_on, 1)
