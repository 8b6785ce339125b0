"""Two things at once, and what comes between a question and its answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from closeout_actions.adapters.markdown import mark_of
from closeout_actions.adapters.port import Changes, Reading
from closeout_actions.commands import forgetting
from closeout_actions.commands.budget import LONGEST_BLOCK_SECONDS, SharedBudget
from closeout_actions.commands.promises import synchronize
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import Place, SeenTicket
from closeout_actions.store import Store
from closeout_actions.testing import Actions, delivery, reassigned
from closeout_chassis.db import SQL
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Unknown
from closeout_judgement.people import Named
from closeout_sandbox.testing import RunningSandbox
from closeout_schemas.directory import KnownParty
from closeout_schemas.postmortems import Owner
from closeout_schemas.vocabulary import TicketState, Vendor, derived_id

SAM = Owner(person_id=derived_id("person", "sam"), name="Sam Oncall", handles={Vendor.GITHUB: "sam-oncall"})
YEARS = (1.7e12, 1e20)  # a moment in milliseconds, taken for one in seconds; and what no calendar holds


async def assignees(sandbox: RunningSandbox) -> list[str]:
    (issue,) = sandbox.state.store.all("github.issue")
    return [str(one) for one in issue["assignees"]]


@pytest.mark.parametrize("is_answered", [True, False], ids=["answered", "the answer is lost"])
async def test_a_promise_that_changes_while_its_ticket_is_made_is_taken_over_once_it_is_there(
    service: Actions, sandbox: RunningSandbox, is_answered: bool
) -> None:
    event = await service.promise()
    tracker: Any = service.creator._trackers[Vendor.GITHUB].tracker
    create = tracker.create

    async def slow(draft: Draft, give_up_at: float) -> SeenTicket:
        seen: SeenTicket = await create(draft, give_up_at)
        await service.hear(reassigned(event, 1, owner=SAM))
        if not is_answered:
            raise Unknown("nobody knows")
        return seen

    tracker.create = slow
    await service.settled(event)
    await service.creator.run()

    assert await assignees(sandbox) == ["sam-oncall"]


async def test_what_is_made_as_the_promise_is_now_is_told_of_no_change(
    service: Actions, sandbox: RunningSandbox
) -> None:
    event = await service.promise()
    tracker: Any = service.creator._trackers[Vendor.GITHUB].tracker
    create = tracker.create

    async def away(draft: Draft, give_up_at: float) -> SeenTicket:
        tracker.create = create
        await service.hear(reassigned(event, 1, owner=SAM))
        raise Retryable("it was never sent")

    tracker.create = away
    await service.settled(event)
    await service.creator.run()

    assert await assignees(sandbox) == ["sam-oncall"]
    assert not sandbox.state.store.all("github.comment")


async def test_what_is_asked_for_while_the_ticket_is_being_read_is_read_again(service: Actions) -> None:
    kept = await service.made()
    await service.reconciler.read_asked_for()
    tracker: Any = service.reconciler._trackers[0]
    read, reads = tracker.read, 0

    async def slow(place: Place, etag: str | None = None) -> Reading:
        nonlocal reads
        reads += 1
        reading: Reading = await read(place, etag)
        if reads == 1:
            await synchronize(kept.item_id, service.db)
        return reading

    tracker.read = slow
    await synchronize(kept.item_id, service.db)
    await service.reconciler.read_asked_for()

    assert reads == 2


async def test_webhooks_of_one_batch_each_begin_where_the_one_before_ended(
    service: Actions, sandbox: RunningSandbox
) -> None:
    kept = await service.made()
    assert kept.ticket.place is not None
    where = "https://github.com/acme/payments/discussions/4"
    discussion = {"html_url": where, "body": f"x {mark_of(str(kept.item_id))}"}
    issue = {"id": int(kept.ticket.place.remote_id), "number": kept.ticket.place.number}

    await service.hear(
        delivery({"action": "created", "discussion": discussion}, "discussion", "1"),
        delivery({"action": "deleted", "issue": issue, "repository": {}, "sender": {"login": "dana"}}, "issues", "2"),
    )

    assert (await service.kept(kept.item_id)).ticket.snapshot.state is TicketState.CONVERTED


async def test_after_a_trackers_clock_ran_ahead_what_changes_is_found_all_the_same(
    service: Actions, sandbox: RunningSandbox
) -> None:
    kept = await service.made()
    place = kept.ticket.place
    assert place is not None
    seen = (await service.reconciler._trackers[0].read(place)).seen
    assert isinstance(seen, SeenTicket)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    ahead = seen.model_copy(update={"place": place.model_copy(update={"remote_id": "1"}), "updated_at": tomorrow})
    async with service.db.reading() as conn:
        (progress,) = await Store(conn).progress(Vendor.GITHUB)
    tracker = service.reconciler._trackers[0]
    await service.reconciler._take_in_all(tracker, progress, [ahead], Changes([ahead], None))

    assert (await sandbox.control.post(f"/github/issues/{place.number}/close", json={"by": "sam-oncall"})).is_success
    await service.reconciler._catch_up(tracker)

    assert (await service.kept(kept.item_id)).ticket.snapshot.state is TicketState.COMPLETED


async def test_somebody_who_is_forgotten_while_the_tracker_is_asked_is_told_of_to_nobody(service: Actions) -> None:
    dana = Named(("Dana Engineer",), handles=(("github", "dana-engineer"),), stand_in="forgotten-1")
    tracker: Any = service.describer._trackers[0]
    party, asked = tracker.party, 0

    async def slow(account: str) -> KnownParty:
        nonlocal asked
        asked += 1
        if asked == 1:
            async with service.db.transaction() as tx:
                await tx.conn.execute(SQL["keep_forgotten"], list(dana.digests()), dana.stand_in)
                await forgetting.forget(tx, dana)
        found: KnownParty = await party(account)
        return found

    tracker.party = slow
    await service.describer.run()

    told = str(await service.directory())
    assert "sam-oncall" in told
    assert "dana-engineer" not in told


async def test_a_tracker_that_wants_to_be_left_alone_for_years_is_asked_again_in_about_an_hour(
    service: Actions,
) -> None:
    for seconds in YEARS:
        budget = SharedBudget(service.db, f"github:{seconds}", pause_seconds=1, write_interval_seconds=0)
        waits = await budget.blocked(seconds, "a limit")
        await budget.answered(1, seconds)
        async with service.db.reading() as conn:
            credential = await Store(conn).credential(f"github:{seconds}")

        assert credential is not None
        assert max(waits, credential.blocked, credential.reads_blocked) <= LONGEST_BLOCK_SECONDS * 1.1
        assert credential.reads_blocked > 0
