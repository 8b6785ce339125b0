"""What every tracker behind the port has to do, part one: one promise, one ticket, whatever becomes of the calls."""

from __future__ import annotations

import asyncio
from fnmatch import fnmatchcase
from typing import Any

import httpx
import pytest

from closeout_actions.domain.creation import Stage
from closeout_actions.store import Kept
from closeout_actions.testing import Actions, actions
from closeout_schemas.postmortems import ActionItemCommitted, Target
from closeout_schemas.vocabulary import TargetKind, TicketState

from .stands import Stand


def give_up_early(monkeypatch: pytest.MonkeyPatch, stand: Stand) -> None:
    """On the request that makes a ticket, and on no other; as soon as it was taken in, however long that takes."""
    send, (method, path) = httpx.AsyncClient.send, stand.kind.create

    async def given_up(self: httpx.AsyncClient, request: httpx.Request, **how: Any) -> httpx.Response:
        is_create = request.method == method and fnmatchcase(request.url.path, f"*{path}")
        if not is_create or stand.kind.create_body.encode() not in request.content:
            return await send(self, request, **how)
        sending = asyncio.create_task(send(self, request, **how))
        while not (stand.tickets() or sending.done()):
            await asyncio.sleep(0.01)
        sending.cancel()
        await asyncio.wait([sending])
        raise httpx.ReadTimeout("it is slow")

    monkeypatch.setattr(httpx.AsyncClient, "send", given_up)


def settling(stand: Stand, *seconds: float) -> dict[str, Any]:
    """`stand`'s settings, with looks so long after a doubt."""
    names = ["settle_seconds", *(name for name in stand.settings if name.endswith("_settle_seconds"))]
    return dict(stand.settings) | dict.fromkeys(names, seconds)


async def promised(team: Actions, stand: Stand, **fields: Any) -> ActionItemCommitted:
    return await team.promise(**stand.promise(**fields))


async def made(team: Actions, stand: Stand, **fields: Any) -> Kept:
    return await team.settled(await promised(team, stand, **fields))


def ours(stand: Stand, kept: Kept) -> list[dict[str, Any]]:
    return [one for one in stand.tickets() if one["title"] == kept.committed.item.text]


async def test_a_promise_becomes_one_ticket_as_it_was_asked_for(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    await team.creator.run()

    (ticket,) = stand.tickets()
    assert ticket["title"] == kept.committed.item.text
    assert ticket["assignees"] == ["dana-engineer"]
    assert "postmortem" in ticket["labels"]
    assert await team.told() == ["created"]
    created = (await team.tickets())[0].data.ticket
    assert created.assignee == stand.account("dana-engineer")
    assert created.project == stand.kind.project
    assert created.url.startswith("http")
    assert created.state is TicketState.OPEN


@pytest.mark.parametrize("kind", ["disconnect", "half_body", "html", "status", "slow"])
async def test_a_ticket_whose_making_was_never_confirmed_is_found_and_not_made_again(
    team: Actions, stand: Stand, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "slow":
        give_up_early(monkeypatch, stand)
    await stand.fault(kind, when="after", seconds=1)

    kept = await made(team, stand)

    assert len(ours(stand, kept)) == 1
    assert kept.creation.attempt == 1, "looked for, not called for again"
    assert "unknown" in team.counted


async def test_a_ticket_that_the_search_shows_late_is_not_made_again(database: str, stand: Stand) -> None:
    await stand.behave(search_lag_seconds=0.3, list_lag_seconds=0.3)
    await stand.fault("disconnect", when="after")
    async with actions(database, "", **settling(stand, 0.0, 0.2, 1.0)) as team:
        kept = await made(team, stand)

    assert len(ours(stand, kept)) == 1


async def test_a_ticket_that_was_never_made_is_made_in_the_end_and_once(team: Actions, stand: Stand) -> None:
    await stand.fault("disconnect", when="before")

    kept = await made(team, stand)

    assert len(ours(stand, kept)) == 1
    assert kept.creation.attempt == 2


async def test_a_tracker_that_fails_for_a_while_loses_nothing(team: Actions, stand: Stand) -> None:
    await stand.fault("status", status=503, times=2)

    kept = await made(team, stand)

    assert len(ours(stand, kept)) == 1


@pytest.mark.parametrize("status", [403, 404, 410, 422])
async def test_a_refusal_waits_for_somebody_and_says_why(team: Actions, stand: Stand, status: int) -> None:
    await stand.fault("status", status=status)
    event = await promised(team, stand)

    kept = await team.settled(event, Stage.REFUSED)

    assert stand.tickets() == []
    assert await team.told() == ["creation_refused"]
    reason = (await team.tickets())[0].data.reason
    assert reason == kept.creation.why
    assert len(reason) > 40, "a sentence, with what to do"


@pytest.mark.parametrize("seconds", [1, None])
async def test_too_many_requests_are_waited_for(team: Actions, stand: Stand, seconds: int | None) -> None:
    await stand.too_many(seconds)

    kept = await made(team, stand)

    assert kept.creation.attempt == 2
    assert len(ours(stand, kept)) == 1
    assert "put_off" in team.counted


async def test_a_token_that_ran_out_pauses_everything_and_loses_nothing(
    team: Actions, stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    await stand.fault("status", method="*", path="*", status=401, times=None)
    event = await promised(team, stand)
    await team.creator.run()

    waiting = await team.kept(event)
    assert waiting.creation.stage is Stage.WANTED
    assert f"CLOSEOUT_ACTIONS_{stand.kind.vendor.value.upper()}_TOKEN" in (waiting.creation.why or "")
    assert "does not accept the credential" in caplog.text

    await stand.mend()
    kept = await team.settled(event)
    assert len(ours(stand, kept)) == 1


async def test_no_secret_is_ever_told(team: Actions, stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await stand.fault("status", method="*", path="*", status=401)
    await made(team, stand)

    for name, value in stand.settings.items():
        if name.endswith("_token") and value is not None:
            assert value.get_secret_value() not in caplog.text


async def test_a_title_that_is_too_long_is_cut(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand, text="Refuse deploys " * 60)

    (ticket,) = stand.tickets()
    assert len(ticket["title"]) <= stand.kind.longest_title
    assert ticket["title"].endswith("…")
    assert kept.creation.attempt == 1


async def test_an_owner_who_cannot_be_assigned_is_said_and_the_ticket_is_made(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand, owner=stand.owner("robin-guest"))

    assert stand.tickets()[0]["assignees"] == []
    assert await team.told() == ["created", "changed"]
    assert f"{stand.account('robin-guest')} cannot be assigned" in (await team.tickets())[1].data.reason
    assert kept.ticket.snapshot.assignee is None


async def test_a_milestone_goes_along_with_its_day(team: Actions, stand: Stand) -> None:
    await team.describer.run()
    described = [one.data for one in await team.directory() if one.type.startswith("closeout.directory.project")]
    milestone = described[-1].milestones[-1]

    kept = await made(
        team,
        stand,
        target=Target(kind=TargetKind.MILESTONE, value=milestone.title, due_on=milestone.due_on),
    )

    assert stand.tickets()[0]["milestone"] is not None
    assert kept.ticket.milestone == milestone.title
    assert kept.ticket.snapshot.due_on == milestone.due_on
    assert await team.told() == ["created"]


async def test_a_milestone_that_is_over_is_refused_before_anything_is_made(team: Actions, stand: Stand) -> None:
    target = Target(kind=TargetKind.MILESTONE, value="Sprint 77", due_on="2026-12-13")
    event = await promised(team, stand, target=target)

    kept = await team.settled(event, Stage.REFUSED)

    assert "Sprint 77" in (kept.creation.why or "")
    assert stand.tickets() == []


async def test_a_project_is_described_with_its_people_and_what_is_ahead(team: Actions, stand: Stand) -> None:
    await team.describer.run()

    told = await team.directory()
    project = next(one.data for one in told if one.type.startswith("closeout.directory.project"))
    people = {one.data.vendor_id: one.data.email for one in told if one.type.startswith("closeout.directory.party")}
    assert project.can_create
    assert project.why_not is None
    assert stand.account("dana-engineer") in {one.vendor_id for one in project.assignable}
    assert people[stand.account("dana-engineer")] == "dana.engineer@example.com"
    assert {"Sprint 2", "Sprint 3"} <= {one.title for one in project.milestones if one.due_on}


async def test_a_project_that_cannot_be_seen_says_why_no_ticket_can_be_made(team: Actions, stand: Stand) -> None:
    await stand.hide()

    await team.describer.run()

    project = (await team.directory())[-1].data
    assert not project.can_create
    assert "access" in project.why_not
