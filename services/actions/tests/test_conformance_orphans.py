"""What every tracker behind the port has to do, part three: nobody is at it any more, and what is done about that."""

from __future__ import annotations

from datetime import date

import pytest

from closeout_actions.adapters.port import TakesChanges
from closeout_actions.domain.problems import OF_WITHDRAWN
from closeout_actions.store import Kept
from closeout_actions.testing import Actions, reassigned, wanted_again, withdrawn
from closeout_schemas.postmortems import Target
from closeout_schemas.tickets import Problem, ProblemKind
from closeout_schemas.vocabulary import TargetKind, TicketState

from .stands import Stand
from .test_conformance_mirror import hear_all


async def problem_of(team: Actions, kept: Kept) -> Problem | None:
    """What the others were told last."""
    told: Problem | None = (await team.tickets())[-1].data.ticket.problem
    assert told == (await team.kept(kept.item_id)).ticket.snapshot.problem
    return told


async def test_a_ticket_of_nobody_or_of_a_leaver_is_a_problem_within_one_reconciliation(
    team: Actions, stand: Stand
) -> None:
    await team.describer.run()
    kept = await team.settled(await team.promise(**stand.promise()))
    assert await problem_of(team, kept) is None

    await stand.assign()
    await team.reconciler.run()
    alone = await problem_of(team, kept)
    await stand.assign("sam-oncall")
    await team.reconciler.run()
    mended = await problem_of(team, kept)
    await stand.leave("sam-oncall")
    await team.reconciler.run()
    left = await problem_of(team, kept)

    assert alone is not None
    assert alone.kind is ProblemKind.UNASSIGNED
    assert "assign Dana Engineer" in alone.text
    assert mended is None
    assert left is not None
    assert left.kind is ProblemKind.LEAVER_ASSIGNED
    assert stand.account("sam-oncall") in left.text


async def test_a_promise_that_is_withdrawn_has_no_problem_from_then_on(team: Actions, stand: Stand) -> None:
    event = await team.promise(**stand.promise())
    kept = await team.settled(event)
    await stand.assign()
    await team.reconciler.run()
    alone = await problem_of(team, kept)

    await team.hear(withdrawn(event, "Replaced by another promise."))

    assert alone is not None
    assert await problem_of(team, kept) is None
    assert (await team.tickets())[-1].data.reason == OF_WITHDRAWN


async def test_a_leaver_who_is_back_is_no_problem_and_nothing_is_told_twice(team: Actions, stand: Stand) -> None:
    kept = await team.settled(await team.promise(**stand.promise()))
    await stand.leave("dana-engineer")
    for _ in range(2):
        await team.reconciler.run()
    left = await problem_of(team, kept)

    await stand.come_back("dana-engineer")
    for _ in range(2):
        await team.reconciler.run()

    assert left is not None
    assert left.kind is ProblemKind.LEAVER_ASSIGNED
    assert await problem_of(team, kept) is None
    assert await team.told() == ["created", "changed", "changed"]


async def test_a_ticket_of_a_robot_is_a_problem_within_one_reconciliation(team: Actions, stand: Stand) -> None:
    if stand.kind.system in ("gitea", "jira_dc"):
        pytest.skip("it does not tell people and robots apart")
    kept = await team.settled(await team.promise(**stand.promise()))
    await stand.add_robot("nightly-bot")

    await stand.assign("nightly-bot")
    await team.reconciler.run()

    found = await problem_of(team, kept)
    assert found is not None
    assert found.kind is ProblemKind.GROUP_ASSIGNED


async def test_a_ticket_that_is_gone_is_a_problem_at_once_and_is_made_again_in_one_step(
    team: Actions, stand: Stand
) -> None:
    event = await team.promise(**stand.promise())
    kept = await team.settled(event)
    await stand.delete()
    await team.reconciler.run()
    gone = await problem_of(team, kept)
    assert gone is not None
    assert gone.kind in (ProblemKind.NOT_FOUND, ProblemKind.DELETED)
    assert kept.ticket.snapshot.key is not None
    assert kept.ticket.snapshot.key in gone.text

    await team.hear(wanted_again(event, "Robin Reviewer"), wanted_again(event, "Robin Reviewer"))
    again = await team.settled(event)
    await team.reconciler.read_asked_for()

    assert len(stand.tickets()) == 2
    assert again.ticket.snapshot.state is TicketState.OPEN
    assert again.ticket.snapshot.former == (kept.ticket.snapshot.key,)
    assert again.ticket.snapshot.problem is None
    told = await team.tickets()
    assert [one.type.split(".")[2] for one in told][-2:] == ["changed", "created"]
    assert "Robin Reviewer asked for it" in told[-2].data.reason
    text = str(stand.tickets()[1]["body"]).replace("\\", "")
    assert kept.ticket.snapshot.key in text, "it names the one that is gone"


async def test_who_wrote_last_is_known_and_a_promise_that_changed_is_taken_over_into_its_ticket(
    team: Actions, stand: Stand
) -> None:
    await stand.listen()
    event = await team.promise(**stand.promise())
    kept = await team.settled(event)
    await team.reconciler.read_asked_for()
    await stand.assign("sam-oncall")
    await hear_all(team, stand)

    written_last = str((await team.tickets())[-1].data.ticket.changed_by).lower()

    later = Target(kind=TargetKind.WEEK, value="2027-W02", due_on=date(2027, 1, 17))
    await stand.assign("dana-engineer")
    await team.hear(reassigned(event, 1, owner=stand.owner("sam-oncall"), target=later))
    for _ in range(3):
        await team.creator.run()
    await team.reconciler.run()

    assert "sam" in written_last, "by account or by name"
    (ticket,) = stand.tickets()
    assert "The promise was changed" in str([one["body"] for one in ticket["comments"]])
    after = (await team.kept(kept.item_id)).ticket
    assert after.owner_handle == stand.account("sam-oncall")
    assert isinstance(team.reconciler._trackers[0], TakesChanges)
    assert ticket["assignees"] == ["sam-oncall"]
    assert "Please assign" not in str(ticket["comments"])
    if stand.kind.system != "github":
        assert str(ticket["due_on"])[:10] == "2027-01-17"
        assert after.snapshot.slips == 1


async def test_a_promise_that_is_due_with_a_milestone_now_has_no_day_of_its_own(team: Actions, stand: Stand) -> None:
    await team.describer.run()
    described = [one.data for one in await team.directory() if one.type.startswith("closeout.directory.project")]
    ahead = next(one for one in described[-1].milestones if one.title == "Sprint 3")
    event = await team.promise(**stand.promise())
    kept = await team.settled(event)
    await team.reconciler.read_asked_for()

    target = Target(kind=TargetKind.MILESTONE, value=ahead.title, due_on=ahead.due_on)
    await team.hear(reassigned(event, 1, target=target))
    for _ in range(3):
        await team.creator.run()
    await team.reconciler.run()

    after = (await team.kept(kept.item_id)).ticket
    assert after.milestone == "Sprint 3"
    assert after.due_on is None
    assert after.snapshot.due_on == ahead.due_on
