"""What people write on a ticket: what is of note is kept with it, a few at most, and told once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from closeout_actions.domain.notable import LONGEST, MOST, of_note, with_comments
from closeout_actions.testing import Actions
from closeout_schemas.tickets import Comment

from . import test_mirror as m
from .stands import KINDS, Stand
from .test_conformance_mirror import hear_all, made

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
BY_READING = [kind for kind in KINDS if kind.system != "gitea"]  # its clock has whole seconds


def comment(number: int, text: str, by: str = "sam-oncall") -> Comment:
    return Comment(id=str(number), by=by, at=NOON + timedelta(minutes=number), text=text)


@pytest.mark.parametrize(
    ("text", "by", "is_of_note"),
    [
        ("Any thoughts on the name?", "dana-engineer", True),
        ("Any thoughts on the name?", "sam-oncall", False),
        ("**Blocked** by the upgrade of the proxy", "sam-oncall", True),
        ("Blockedness is a word", "sam-oncall", False),
        ("I would not say that we are blocked", "sam-oncall", False),
        ("It came back: https://closeout.example/postmortems/77", "sam-oncall", True),
    ],
)
def test_what_is_of_note(text: str, by: str, is_of_note: bool) -> None:
    found = of_note([comment(1, text, by)], m.made(), ["https://closeout.example/postmortems/77"])

    assert bool(found) is is_of_note


def test_only_the_latest_few_are_kept_and_each_is_short() -> None:
    long = [comment(number, f"Waiting for {number}. " + "x" * 500) for number in range(9, 0, -1)]

    found = of_note(long, m.made(), [])

    assert [one.id for one in found] == ["7", "8", "9"][-MOST:]
    assert all(len(one.text) <= LONGEST for one in found)


def test_a_new_one_is_told_once_and_one_that_was_taken_away_too() -> None:
    told, changes = with_comments(m.made(), (comment(1, "Blocked by the proxy"),))

    assert changes[0].reason == "sam-oncall wrote: “Blocked by the proxy”"
    assert with_comments(told, told.snapshot.comments)[1] == ()
    assert "taken away" in (with_comments(told, ())[1][0].reason or "")


@pytest.mark.integration
async def test_a_comment_of_note_comes_by_its_webhook_and_is_told_once(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    await stand.listen()

    await stand.comment("Nice.", by="sam-oncall")
    await stand.comment("Blocked: the proxy has to be upgraded first.", by="sam-oncall")
    for _ in range(2):
        await hear_all(team, stand)

    [said] = (await team.kept(kept.item_id)).ticket.snapshot.comments
    assert said.by == stand.account("sam-oncall")
    assert (said.name or "Sam Oncall") == "Sam Oncall"
    assert said.text == "Blocked: the proxy has to be upgraded first."
    assert await team.told() == ["created", "changed"]
    assert (await team.tickets())[-1].data.ticket.comments == (said,)


@pytest.mark.integration
@pytest.mark.parametrize("stand", BY_READING, indirect=True, ids=lambda kind: kind.system)
async def test_a_comment_of_the_owner_is_found_by_reading(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    await stand.comment("Half of it is in staging.", by="dana-engineer", hours=1)

    for _ in range(2):
        await team.reconciler.run()

    [said] = (await team.kept(kept.item_id)).ticket.snapshot.comments
    assert said.text == "Half of it is in staging."
    assert await team.told() == ["created", "changed"]


PULL = "https://git.example/acme/payments/pull/42"
LINKING = [kind for kind in KINDS if kind.system != "homemade"]  # which has no links but those in comments


@pytest.mark.integration
@pytest.mark.parametrize("stand", LINKING, indirect=True, ids=lambda kind: kind.system)
async def test_a_pull_request_that_is_linked_in_the_trackers_own_way_is_told_once(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    if stand.kind.system in ("github", "gitea"):
        await asyncio.sleep(1.1)  # their clocks have whole seconds

    await stand.link(PULL)
    for _ in range(2):
        await team.reconciler.run()

    assert (await team.kept(kept.item_id)).ticket.snapshot.pull_requests == (PULL,)
    assert [one.data.reason for one in await team.tickets()][1:] == [f"It links {PULL}."]


@pytest.mark.integration
async def test_a_pull_request_that_somebody_names_in_a_comment_is_told_once(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    await stand.listen()

    await stand.comment(f"Here it comes: {PULL}", by="sam-oncall")
    for _ in range(2):
        await hear_all(team, stand)

    snapshot = (await team.kept(kept.item_id)).ticket.snapshot
    assert snapshot.pull_requests == (PULL,)
    assert snapshot.comments == (), "it is no comment of note"
    assert await team.told() == ["created", "changed"]
