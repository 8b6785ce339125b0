"""What every tracker behind the port has to do, part two: what becomes of a ticket, by webhooks and by reading."""

from __future__ import annotations

import random
from typing import Any

import pytest

from closeout_actions.domain.mirror import MISSES_UNTIL_LOST
from closeout_actions.store import Kept
from closeout_actions.testing import Actions, delivered, withdrawn
from closeout_chassis.errors import Retryable
from closeout_schemas.vocabulary import TicketState, Vendor

from .stands import HUMAN, Stand

OUTCOMES = [
    ("completed", TicketState.COMPLETED, "completed"),
    ("not_planned", TicketState.WONT_DO, "dropped"),
    ("duplicate", TicketState.DUPLICATE, "dropped"),
]


async def made(team: Actions, stand: Stand, **fields: Any) -> Kept:
    """A ticket, with everything read that was waiting to be."""
    kept = await team.settled(await team.promise(**stand.promise(**fields)))
    await team.reconciler.read_asked_for()
    return kept


async def hear_all(team: Actions, stand: Stand) -> None:
    for one in stand.webhooks():
        await team.hear(one)
    await team.reconciler.read_asked_for()


async def state_of(team: Actions, kept: Kept) -> TicketState:
    return (await team.kept(kept.item_id)).ticket.snapshot.state


@pytest.mark.parametrize(("outcome", "state", "told"), OUTCOMES)
@pytest.mark.parametrize("by_webhook", [True, False], ids=["webhook", "reading"])
async def test_closed_is_told_for_what_it_is(
    team: Actions, stand: Stand, outcome: str, state: TicketState, told: str, by_webhook: bool
) -> None:
    await stand.listen()
    kept = await made(team, stand)

    await stand.close(outcome)
    await (hear_all(team, stand) if by_webhook else team.reconciler.run())

    assert await state_of(team, kept) is (stand.kind.not_planned if outcome == "not_planned" else state)
    # What becomes of a duplicate's original is told besides, where it can be followed.
    more = ["changed"] if (await team.told())[2:] and outcome == "duplicate" else []
    assert await team.told() == ["created", told, *more]
    closed = (await team.tickets())[1].data
    assert closed.ticket.closed_at is not None
    if outcome == "duplicate":
        assert "duplicate of " in closed.reason


@pytest.mark.parametrize("by_webhook", [True, False], ids=["webhook", "reading"])
async def test_reopened_is_reopened(team: Actions, stand: Stand, by_webhook: bool) -> None:
    await stand.listen()
    kept = await made(team, stand)
    await stand.close("completed")
    await team.reconciler.run()

    await stand.reopen()
    # A reading goes over what changed, also of what was closed.
    await (hear_all(team, stand) if by_webhook else team.reconciler.run())

    assert await state_of(team, kept) is TicketState.OPEN
    assert await team.told() == ["created", "completed", "reopened"]


@pytest.mark.parametrize("by_webhook", [True, False], ids=["webhook", "reading"])
async def test_a_ticket_that_was_given_to_nobody_is_said(team: Actions, stand: Stand, by_webhook: bool) -> None:
    await stand.listen()
    await made(team, stand)

    await stand.assign()
    await (hear_all(team, stand) if by_webhook else team.reconciler.run())

    changed = (await team.tickets())[-1].data
    assert changed.reason == f"Nobody is assigned any more; it was {stand.account('dana-engineer')}."
    assert changed.ticket.assignee is None


async def test_a_ticket_that_was_given_to_another_says_who_promised_it(team: Actions, stand: Stand) -> None:
    await made(team, stand)

    await stand.assign("sam-oncall")
    await team.reconciler.run()

    assert "not to Dana Engineer, who promised it" in (await team.tickets())[-1].data.reason


async def test_a_deleted_ticket_is_dropped_when_the_tracker_says_so(team: Actions, stand: Stand) -> None:
    if not stand.kind.tells_deleted:
        pytest.skip("this tracker sends no webhook about a deleted ticket")
    await stand.listen()
    kept = await made(team, stand)

    await stand.delete()
    await hear_all(team, stand)

    assert await state_of(team, kept) is TicketState.DELETED
    assert await team.told() == ["created", "dropped"]
    assert "deleted" in (await team.tickets())[-1].data.reason


async def test_a_ticket_that_is_gone_without_a_word_is_said_within_three_rounds(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)

    await stand.delete()
    for _ in range(MISSES_UNTIL_LOST):
        await team.reconciler.run()

    assert (await state_of(team, kept)).is_dropped
    assert len(await team.told()) <= 3, "the first miss, and what it came to"
    assert (await team.kept(kept.item_id)).ticket.snapshot.title == kept.committed.item.text, "its content is kept"


async def test_a_tracker_that_was_read_through_is_told_of_and_one_that_is_away_is_not(
    team: Actions, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Retryable("it does not answer")

    read: list[Vendor] = []
    [tracker] = team.reconciler._trackers
    monkeypatch.setattr(team.reconciler, "_synced", read.append)
    await made(team, stand)
    await team.reconciler.run()
    assert read == [tracker.vendor]

    monkeypatch.setattr(tracker, "changed_since", away)
    await team.reconciler.run()

    assert read == [tracker.vendor]


async def test_a_project_taken_out_of_our_sight_loses_its_tickets_and_gives_them_back(
    team: Actions, stand: Stand
) -> None:
    kept = await made(team, stand)
    await stand.hide()
    for _ in range(MISSES_UNTIL_LOST):
        await team.reconciler.run()
    assert await state_of(team, kept) is TicketState.PROJECT_GONE

    await stand.hide(is_readable=True)
    await team.reconciler.run()

    assert await state_of(team, kept) is TicketState.OPEN
    assert await team.told() == ["created", "changed", "lost", "reopened"]


@pytest.mark.parametrize("by_webhook", [True, False], ids=["webhook", "reading"])
async def test_a_moved_ticket_is_followed(team: Actions, stand: Stand, by_webhook: bool) -> None:
    await stand.listen()
    kept = await made(team, stand)
    by_webhook = by_webhook and stand.kind.tells_moved

    await stand.move()
    await (hear_all(team, stand) if by_webhook else team.reconciler.run())

    assert await team.told() == ["created", "moved"]
    there = (await team.kept(kept.item_id)).ticket
    assert there.snapshot.project == stand.kind.elsewhere
    assert there.snapshot.state is TicketState.OPEN
    await team.reconciler.run()
    assert await team.told() == ["created", "moved"]


async def test_webhooks_that_come_again_and_in_any_order_tell_each_thing_once(team: Actions, stand: Stand) -> None:
    await stand.listen()
    kept = await made(team, stand)
    await stand.assign("sam-oncall")
    await stand.close("completed")
    await stand.reopen()
    await stand.close("not_planned")

    shuffled = stand.webhooks() * 3
    random.Random(7).shuffle(shuffled)
    for one in shuffled:
        await team.hear(one)
    await team.reconciler.read_asked_for()
    await team.reconciler.run()

    assert await state_of(team, kept) is stand.kind.not_planned
    revisions = [one.data.ticket.revision for one in await team.tickets()]
    assert revisions == list(range(1, len(revisions) + 1))
    assert len(await team.told()) <= 5


async def test_a_webhook_about_somebody_elses_ticket_is_nobodys(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    await stand.listen()
    await stand.close("completed")
    foreign = stand.webhooks()[-1].data
    body = foreign.body.replace(str(kept.ticket.place and kept.ticket.place.remote_id), "77777")

    await team.hear(delivered(stand.kind.vendor, foreign.headers, body))

    assert await state_of(team, kept) is TicketState.OPEN
    assert "not_ours" in team.counted


async def test_a_webhook_that_nobody_can_read_ends_as_a_dead_letter_and_the_rest_flows(
    team: Actions, stand: Stand
) -> None:
    await stand.listen()
    kept = await made(team, stand)
    await stand.close("completed")
    last = stand.webhooks()[-1]
    broken = delivered(stand.kind.vendor, last.data.headers, "{}" if stand.kind.system != "github" else '{"action": 1}')

    await team.hear(broken, last)
    await team.reconciler.read_asked_for()

    assert await state_of(team, kept) is TicketState.COMPLETED


@pytest.mark.parametrize("kind", ["html", "half_body", "disconnect", "status"])
async def test_a_reading_that_goes_wrong_changes_nothing(team: Actions, stand: Stand, kind: str) -> None:
    kept = await made(team, stand)
    for _ in range(MISSES_UNTIL_LOST + 1):
        await stand.fault(kind, method="*", path="*", times=None, status=200 if kind == "html" else 503)
        await team.reconciler.run()
        await stand.mend()

    assert await state_of(team, kept) is TicketState.OPEN
    assert await team.told() == ["created"]
    await stand.close("completed")
    await team.reconciler.run()
    assert await state_of(team, kept) is TicketState.COMPLETED


async def test_a_withdrawn_promise_is_told_once_and_closed_as_not_planned(team: Actions, stand: Stand) -> None:
    event = await team.promise(**stand.promise())
    kept = await team.settled(event)
    await team.hear(withdrawn(event, "The service is switched off in May."))

    for _ in range(4):
        await team.creator.run()
    await team.reconciler.run()

    (ticket,) = stand.tickets()
    assert len(ticket["comments"]) == 1
    assert "switched off in May" in str(ticket["comments"][0]["body"])
    assert await state_of(team, kept) is stand.kind.not_planned
    assert (await team.kept(kept.item_id)).ticket.snapshot.problem is None, "nobody wants it: it asks for nothing"


async def test_a_ticket_that_its_team_closed_keeps_its_own_reason(team: Actions, stand: Stand) -> None:
    event = await team.promise(**stand.promise())
    kept = await team.settled(event)
    await stand.close("completed")
    await team.hear(withdrawn(event, "It was done already."))

    for _ in range(4):
        await team.creator.run()
    await team.reconciler.run()

    assert await state_of(team, kept) is TicketState.COMPLETED


async def test_what_we_did_ourselves_comes_back_and_tells_nothing(team: Actions, stand: Stand) -> None:
    await stand.listen()
    await made(team, stand)

    await hear_all(team, stand)
    await team.reconciler.run()

    assert await team.told() == ["created"]


async def test_somebody_who_writes_our_mark_into_a_ticket_of_their_own_gets_nothing(
    team: Actions, stand: Stand
) -> None:
    kept = await made(team, stand)
    await stand.listen()
    stand.forge(kept, by=HUMAN)

    await hear_all(team, stand)
    await team.reconciler.run()

    again = await team.kept(kept.item_id)
    assert again.ticket.place == kept.ticket.place
    assert await team.told() == ["created"]
