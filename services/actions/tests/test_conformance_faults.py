"""What every tracker behind the port has to do, part six: each fault, and what comes of it.

For people: docs/howto/tracker-trouble.md.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from closeout_actions.domain.creation import Stage
from closeout_actions.domain.mirror import MISSES_UNTIL_LOST
from closeout_actions.testing import Actions, actions, withdrawn
from closeout_sandbox import clock
from closeout_schemas.postmortems import Target
from closeout_schemas.vocabulary import TargetKind, TicketState, Vendor

from .stands import KINDS, Stand
from .test_conformance import made as ticket
from .test_conformance import ours, promised
from .test_conformance_mirror import hear_all, made, state_of

pytestmark = pytest.mark.integration

NOT_NOW = [409, 429]
TROUBLE = [500, 502, 503, 504]
# Behind or ahead of ours by so much, trackers are still understood.
SKEW = timedelta(minutes=9)


async def pause_is_over(team: Actions) -> None:
    """The tracker asked to be left alone, longer each time."""
    async with team.db.transaction() as tx:
        await tx.conn.execute("UPDATE credential SET blocked_until = NULL, reads_blocked_until = NULL")


async def test_a_field_that_became_required_is_refused_with_what_to_do_and_tried_again_when_asked(
    team: Actions, stand: Stand
) -> None:
    await stand.fault("status", status=400)
    event = await promised(team, stand)
    refused = await team.settled(event, Stage.REFUSED)
    await team.hear(event)
    await team.creator.run()
    again = await team.kept(event)

    assert "The sandbox was told to fail" in (refused.creation.why or ""), "the tracker's own words"
    assert "mend" in (refused.creation.why or "")
    assert again.creation.stage is Stage.REFUSED, "heard again it is not asked for again"
    assert stand.tickets() == []
    assert await team.told() == ["creation_refused"]


@pytest.mark.parametrize("status", NOT_NOW)
async def test_what_is_not_taken_now_is_made_later_and_once(team: Actions, stand: Stand, status: int) -> None:
    await stand.fault("status", status=status)

    kept = await ticket(team, stand)

    assert len(ours(stand, kept)) == 1
    assert kept.creation.attempt == 2
    assert "unknown" not in team.counted, "such an answer has done nothing"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", TROUBLE)
async def test_trouble_of_the_trackers_own_leaves_a_doubt_that_is_settled_by_looking(
    team: Actions, stand: Stand, status: int, when: str
) -> None:
    await stand.fault("status", status=status, when=when)

    kept = await ticket(team, stand)

    assert len(ours(stand, kept)) == 1
    assert kept.creation.attempt == (1 if when == "after" else 2)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", [200, 201])
async def test_a_page_instead_of_an_answer_is_a_doubt_and_no_ticket(
    team: Actions, stand: Stand, status: int, when: str
) -> None:
    await stand.fault("html", status=status, when=when)

    kept = await ticket(team, stand)

    assert len(ours(stand, kept)) == 1
    assert kept.creation.attempt == (1 if when == "after" else 2)


@pytest.mark.parametrize("status", [400, 401, 409, 422, 429, 500, 502, 504])
async def test_a_ticket_that_cannot_be_read_for_a_while_stays_what_it_was_and_catches_up(
    team: Actions, stand: Stand, status: int
) -> None:
    kept = await made(team, stand)
    await stand.close("completed")
    for _ in range(MISSES_UNTIL_LOST + 1):
        await stand.fault("status", method="*", path="*", times=None, status=status)
        await team.reconciler.run()
        await stand.mend()
    assert await state_of(team, kept) is TicketState.OPEN
    assert await team.told() == ["created"]

    await pause_is_over(team)
    await team.reconciler.run()

    assert await state_of(team, kept) is TicketState.COMPLETED
    assert await team.told() == ["created", "completed"]


async def test_a_token_that_ran_out_is_renewed_and_everything_goes_on_from_where_it_was(
    database: str, stand: Stand
) -> None:
    """Closed while nobody could look, and promised while nobody could write."""
    async with actions(database, "", **stand.settings) as before:
        kept = await made(before, stand)
        await stand.fault("status", method="*", path="*", times=None, status=401)
        event = await promised(before, stand, text="Promised while the token had run out")
        await before.creator.run()
        await before.reconciler.run()
        paused = await before.kept(event)
    await stand.close("completed")
    await stand.mend()

    async with actions(database, "", **stand.settings, pause_seconds=0.01) as after:
        renewed = await after.settled(event)
        await after.reconciler.run()

        assert paused.creation.stage is Stage.WANTED
        assert "_TOKEN" in (paused.creation.why or "")
        assert len(ours(stand, renewed)) == 1
        assert await state_of(after, kept) is TicketState.COMPLETED


async def test_a_sprint_that_was_closed_since_it_was_promised_is_named_and_no_ticket_is_made(
    team: Actions, stand: Stand
) -> None:
    await stand.close_milestone("Sprint 2")
    target = Target(kind=TargetKind.MILESTONE, value="Sprint 2", due_on="2026-12-13")

    kept = await team.settled(await promised(team, stand, target=target), Stage.REFUSED)

    assert "Sprint 2" in (kept.creation.why or "")
    assert "choose another target" in (kept.creation.why or "") or "no open milestone" in (kept.creation.why or "")
    assert stand.tickets() == []


@pytest.mark.parametrize("by_webhook", [True, False], ids=["webhook", "reading"])
async def test_a_sprint_that_the_team_changes_comes_back_with_its_day_and_each_slip_counts(
    team: Actions, stand: Stand, by_webhook: bool
) -> None:
    await team.describer.run()
    described = [one.data for one in await team.directory() if one.type.startswith("closeout.directory.project")]
    days = {one.title: one.due_on for one in described[-1].milestones}
    await stand.listen()
    target = Target(kind=TargetKind.MILESTONE, value="Sprint 2", due_on=days["Sprint 2"])
    kept = await made(team, stand, target=target)

    snapshots = []
    for title in ("Sprint 3", None):
        await stand.plan(title)
        await (hear_all(team, stand) if by_webhook else team.reconciler.run())
        snapshots.append((await team.kept(kept.item_id)).ticket.snapshot)

    later, nowhere = snapshots
    assert (later.milestone, later.due_on, later.slips) == ("Sprint 3", days["Sprint 3"], 1)
    assert nowhere.milestone is None
    assert await team.told() == ["created", "changed", "changed"]
    reasons = [one.data.reason for one in await team.tickets()]
    assert reasons[1] == f"It was put off from {days['Sprint 2']} to {days['Sprint 3']} (Sprint 3)."
    assert reasons[2] == "It is in no milestone any more; it was in Sprint 3."


async def test_webhooks_of_a_project_that_is_gone_take_nothing_away_by_themselves(team: Actions, stand: Stand) -> None:
    await stand.listen()
    kept = await made(team, stand)
    await stand.assign("sam-oncall")
    await stand.hide()

    await hear_all(team, stand)

    assert await state_of(team, kept) is TicketState.OPEN
    for _ in range(MISSES_UNTIL_LOST):
        await team.reconciler.run()
    assert await state_of(team, kept) is TicketState.PROJECT_GONE
    assert (await team.kept(kept.item_id)).ticket.snapshot.title == kept.committed.item.text


@pytest.mark.parametrize("skew", [-SKEW, SKEW], ids=["behind", "ahead"])
async def test_a_trackers_clock_that_goes_wrong_loses_and_doubles_nothing(
    team: Actions, stand: Stand, skew: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = clock.now
    monkeypatch.setattr(clock, "now", lambda: right() + skew)
    await stand.fault("disconnect", when="after")

    kept = await made(team, stand)
    one = ours(stand, kept)
    await stand.close("completed")
    await team.reconciler.run()
    closed = await state_of(team, kept)
    await stand.reopen()
    await team.reconciler.run()

    assert len(one) == 1
    assert kept.creation.attempt == 1
    assert closed is TicketState.COMPLETED
    assert await state_of(team, kept) is TicketState.OPEN
    assert await team.told() == ["created", "completed", "reopened"]


async def test_a_trackers_clock_that_ran_days_ahead_and_was_set_right_hides_nothing_that_happens_now(
    team: Actions, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        right = clock.now
        patched.setattr(clock, "now", lambda: right() + timedelta(days=2))
        kept = await made(team, stand)
    await stand.listen()

    await stand.close("completed")
    await hear_all(team, stand)
    by_webhook = await state_of(team, kept)
    await stand.reopen()
    await team.reconciler.run()

    assert by_webhook is TicketState.COMPLETED
    assert await state_of(team, kept) is TicketState.OPEN


async def test_a_page_that_says_that_all_is_well_closes_no_withdrawn_ticket(team: Actions, stand: Stand) -> None:
    event = await promised(team, stand)
    kept = await team.settled(event)
    await team.hear(withdrawn(event, "The service is switched off in May."))
    close = {"linear": "issueUpdate", "homemade": "ticket.close"}.get(stand.kind.system, "")
    for method in ["POST"] if close else ["PATCH", "PUT"]:
        await stand.fault("html", method=method, path="*", body=close, status=200)

    for _ in range(8):
        await team.creator.run()
        await asyncio.sleep(0.05)
    await team.reconciler.run()

    assert await state_of(team, kept) is stand.kind.not_planned


@pytest.mark.parametrize(
    "stand", [one for one in KINDS if one.vendor is Vendor.JIRA], indirect=True, ids=lambda one: one.system
)
async def test_a_token_that_runs_out_right_after_the_ticket_was_made_makes_no_second(
    team: Actions, stand: Stand
) -> None:
    """Jira's answer names the ticket and no more: it is read right after."""
    await stand.fault("status", method="GET", path="/rest/api/?/issue/1*", status=401)

    kept = await ticket(team, stand)

    assert len(stand.tickets()) == 1
    assert kept.ticket.place is not None
    assert kept.ticket.place.remote_id == str(stand.tickets()[0]["id"])
