"""Iterations of GitHub's Projects as targets: told to the gate, set once the ticket is there."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from closeout_actions.domain import mirror
from closeout_actions.domain.creation import Stage
from closeout_actions.testing import Actions, actions
from closeout_sandbox.testing import RunningSandbox
from closeout_schemas.directory import Milestone
from closeout_schemas.postmortems import Target
from closeout_schemas.vocabulary import TargetKind

from .test_mirror import made as made_ticket

pytestmark = pytest.mark.integration

FOUR = {"title": "Iteration 4", "start": "2026-12-07", "days": 14}
TARGET = Target(kind=TargetKind.MILESTONE, value="Iteration 4", due_on=date(2026, 12, 20))


async def board(sandbox: RunningSandbox, **more: Any) -> None:
    given = {"title": "Payments board", "iterations": [FOUR], **more}
    assert (await sandbox.control.post("/github/projects", json=given)).is_success


def items(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    return sandbox.state.store.all("github.project_item")


def issues(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    return sandbox.state.store.all("github.issue")


async def test_iterations_are_told_among_what_is_ahead_with_their_last_day(
    service: Actions, sandbox: RunningSandbox
) -> None:
    await board(sandbox)

    await service.describer.run()

    described = [one.data for one in await service.directory() if one.type.startswith("closeout.directory.project")]
    assert {one.title: one.due_on for one in described[-1].milestones}["Iteration 4"] == date(2026, 12, 20)
    assert "Sprint 2" in {one.title for one in described[-1].milestones}


async def test_a_ticket_is_put_into_the_iteration_that_was_promised_and_keeps_its_day(
    service: Actions, sandbox: RunningSandbox
) -> None:
    await board(sandbox)

    kept = await service.made(target=TARGET)
    await made_and_read(service)

    [item] = items(sandbox)
    [issue] = issues(sandbox)
    assert item["content"] == f"I_{issue['id']}"
    assert item["iteration"] is not None
    assert (await service.kept(kept.item_id)).ticket.snapshot.due_on == date(2026, 12, 20)
    assert await service.told() == ["created"]
    assert sandbox.state.store.all("github.comment") == []


@pytest.mark.parametrize("kind", ["status", "html", "disconnect"])
async def test_an_iteration_that_cannot_be_set_now_is_set_later_and_the_ticket_is_made_once(
    service: Actions, sandbox: RunningSandbox, kind: str
) -> None:
    await board(sandbox)
    fault = {"system": "github", "method": "POST", "path": "/graphql", "body": "mutation Set", "kind": kind}
    status = {} if kind == "disconnect" else {"status": 502}
    assert (await sandbox.control.post("/faults", json={**fault, **status, "when": "after"})).is_success

    await service.made(target=TARGET)
    async with asyncio.timeout(60):
        await service.creator.run()
        while items(sandbox)[0]["iteration"] is None:
            await service.creator.run()
            await asyncio.sleep(0.02)

    assert len(items(sandbox)) == 1
    assert len(issues(sandbox)) == 1


async def test_a_ticket_that_was_found_after_a_doubt_is_put_into_its_iteration_too(
    service: Actions, sandbox: RunningSandbox
) -> None:
    await board(sandbox)
    fault = {"system": "github", "method": "POST", "path": "/repos/*/issues", "kind": "disconnect", "when": "after"}
    assert (await sandbox.control.post("/faults", json=fault)).is_success

    await service.settled(await service.promise(target=TARGET))
    await service.creator.run()

    assert len(issues(sandbox)) == 1
    assert [one["iteration"] is not None for one in items(sandbox)] == [True]


async def test_a_project_that_our_account_may_only_read_is_said_and_the_ticket_stays(
    service: Actions, sandbox: RunningSandbox
) -> None:
    await board(sandbox, writable=False)

    await service.made(target=TARGET)
    for _ in range(2):
        await service.creator.run()

    assert len(issues(sandbox)) == 1
    assert await service.told() == ["created", "changed"]
    assert "permission to write" in (await service.tickets())[-1].data.reason


async def test_an_iteration_that_nobody_knows_is_refused_before_anything_is_made(
    service: Actions, sandbox: RunningSandbox
) -> None:
    await board(sandbox, iterations=[])

    kept = await service.settled(await service.promise(target=TARGET), Stage.REFUSED)

    assert "Iteration 4" in (kept.creation.why or "")
    assert issues(sandbox) == []


FIVE = {"title": "Iteration 5", "start": "2026-12-21", "days": 14}


async def made_and_read(service: Actions) -> None:
    """What is wanted is made, and what became of it is read."""
    for _ in range(2):
        await service.creator.run()
        await service.reconciler.run()


async def test_what_the_team_changes_in_the_project_afterwards_comes_back(
    service: Actions, sandbox: RunningSandbox
) -> None:
    await board(sandbox, iterations=[FOUR, FIVE])
    kept = await service.made(target=TARGET)
    await made_and_read(service)

    sandbox.state.github.projects.move("Payments board", "Iteration 5")
    for _ in range(2):
        await service.reconciler.run()
    later = (await service.kept(kept.item_id)).ticket.snapshot
    sandbox.state.github.projects.move("Payments board", None)
    for _ in range(2):
        await service.reconciler.run()
    nowhere = (await service.kept(kept.item_id)).ticket.snapshot

    assert (later.milestone, later.due_on, later.slips) == ("Iteration 5", date(2027, 1, 3), 1)
    assert (nowhere.milestone, nowhere.due_on) == (None, date(2027, 1, 3))
    assert await service.told() == ["created", "changed", "changed"]
    reasons = [one.data.reason for one in await service.tickets()]
    assert reasons[1] == "It was put off from 2026-12-20 to 2027-01-03 (Iteration 5)."
    assert "in no iteration any more; it was to be in Iteration 5" in reasons[2]


async def test_an_iteration_is_read_behind_the_values_of_all_the_fields_that_a_project_can_have(
    service: Actions, sandbox: RunningSandbox
) -> None:
    await board(sandbox, iterations=[FOUR, FIVE], other_fields=48)
    kept = await service.made(target=TARGET)
    await made_and_read(service)

    sandbox.state.github.projects.move("Payments board", "Iteration 5")
    for _ in range(2):
        await service.reconciler.run()

    assert (await service.kept(kept.item_id)).ticket.snapshot.milestone == "Iteration 5"


async def test_an_iteration_is_read_behind_other_projects_that_the_ticket_was_put_into(
    service: Actions, sandbox: RunningSandbox
) -> None:
    for number in range(15):
        await board(sandbox, title=f"Old board {number}", iterations=[])
    await board(sandbox)
    kept = await service.made(target=TARGET)
    await service.creator.run()
    projects, [issue] = sandbox.state.github.projects, issues(sandbox)
    for number in range(15):
        projects.add_item(f"PVT_{number + 1}", f"I_{issue['id']}")

    for _ in range(2):
        await service.reconciler.run()

    assert (await service.kept(kept.item_id)).ticket.snapshot.milestone == "Iteration 4"
    assert await service.told() == ["created"]


async def test_iterations_of_many_tickets_are_one_question_a_round(service: Actions, sandbox: RunningSandbox) -> None:
    await board(sandbox)
    for number in range(4):
        await service.made(target=TARGET, text=f"Promise {number}")
    await service.creator.run()
    sandbox.state.journal.clear()

    await service.reconciler.run()

    asked = [one for one in sandbox.state.journal.entries("github") if one["path"] == "/graphql"]
    assert len(asked) == 1


async def test_a_team_names_its_project_in_the_mapping_whatever_the_repository_is_linked_with(
    database: str, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    await board(sandbox, title="Linked", iterations=[{**FOUR, "title": "Other 4"}])
    assert (await sandbox.control.post("/github/repositories", json={"full_name": "acme/planning"})).is_success
    await board(sandbox, repository="acme/planning")
    file = tmp_path / "closeout.yaml"
    file.write_text("projects:\n  github:acme/payments:\n    board: acme/2\n")

    async with actions(database, sandbox.github_api, mapping_file=file) as service:
        await service.describer.run()
        await service.made(target=TARGET)
        await service.creator.run()
        await service.reconciler.run()

        described = [one.data for one in await service.directory() if one.type.startswith("closeout.directory.project")]
        ahead = {one.title for one in described[-1].milestones}
        assert "Iteration 4" in ahead
        assert "Other 4" not in ahead
        assert [one["iteration"] is not None for one in items(sandbox)] == [True]
        assert await service.told() == ["created"]


def test_an_iteration_whose_days_changed_is_put_off_and_the_same_again_is_no_news() -> None:
    ticket = made_ticket()
    snapshot = ticket.snapshot.model_copy(update={"milestone": "Iteration 4", "due_on": date(2026, 12, 20)})
    ticket = ticket.model_copy(update={"iteration": "Iteration 4", "snapshot": snapshot})
    longer = [
        Milestone(title="Other", due_on=date(2026, 12, 1)),
        Milestone(title="Iteration 4", due_on=date(2026, 12, 27)),
    ]

    following = mirror.replanned(ticket, longer, "Iteration 4")
    again = mirror.replanned(following.ticket, longer, "Iteration 4")

    assert [one.reason for one in following.changes] == ["It was put off from 2026-12-20 to 2026-12-27 (Iteration 4)."]
    assert again == mirror.Next(following.ticket)
