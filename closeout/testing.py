"""The conformance kit for trackers: what every adapter behind the port has to do. For the author of one.

Make a class of `TrackerConformance` in your tests, give it a fixture `stand`, and run pytest with pytest-asyncio in its
mode auto: docs/howto/tracker-adapter.md. Nothing here needs a database, a broker or the rest of Closeout running.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

from closeout_actions.adapters.port import (
    KnowsAssignable,
    KnowsByKey,
    ReadsComments,
    ReadsMany,
    TakesChanges,
    Tracker,
)
from closeout_actions.domain.draft import Draft
from closeout_actions.domain.seen import Gone, Missing, Moved, SeenTicket
from closeout_schemas.postmortems import ActionItem, Owner, PostmortemRef, Target
from closeout_schemas.vocabulary import TargetKind, TicketState, Vendor, derived_id

__all__ = ["Budget", "Stand", "TrackerConformance", "draft"]


@dataclass
class Budget:
    """A budget without limits, which remembers what it was told: give it to your tracker in tests."""

    told: list[tuple[str, Any]] = field(default_factory=list)

    async def admit(self, *, is_write: bool) -> None:
        """Anything may be asked."""
        self.told.append(("admit", is_write))

    async def blocked(self, seconds: float | None, why: str) -> float:
        """The tracker wants to be left alone."""
        self.told.append(("blocked", seconds))
        return seconds or 0.0

    async def unauthorized(self, why: str) -> None:
        """The tracker does not know the credential."""
        self.told.append(("unauthorized", why))

    async def answered(self, remaining: int | None, resets_in: float | None) -> None:
        """The tracker answered."""
        self.told.append(("answered", remaining))


class Stand(Protocol):
    """Your tracker with something behind it, in which a test can do what people do. Tickets are named by their ids."""

    tracker: Tracker
    project: str
    account: str  # somebody who can be assigned
    label: str | None

    async def titles(self) -> Sequence[str]:
        """Of all tickets that are there."""

    async def comments(self, remote_id: str) -> Sequence[str]:
        """Of one ticket."""

    async def close(self, remote_id: str, state: TicketState) -> None:
        """Somebody closes it as that: completed, wont_do or duplicate."""

    async def reopen(self, remote_id: str) -> None:
        """Somebody opens it again."""

    async def assign(self, remote_id: str, *accounts: str) -> None:
        """Somebody assigns them, or nobody."""

    async def delete(self, remote_id: str) -> None:
        """Somebody deletes it."""


def draft(stand: Stand, **fields: Any) -> Draft:
    """A ticket to be made for a promise that the gate let through."""
    vendor: Vendor = stand.tracker.vendor
    owner = Owner(person_id=derived_id("person", "dana"), name="Dana Engineer", handles={vendor: stand.account})
    given: dict[str, Any] = {
        "id": uuid4(),
        "position": 1,
        "text": "Refuse deploys to payments while its error budget is spent",
        "criterion": "A deploy with a spent error budget ends with exit code 1 in staging.",
        "owner": owner,
        "target": Target(kind=TargetKind.WEEK, value="2026-W50", due_on=date(2026, 12, 13)),
        "tracker": vendor,
        "project": stand.project,
    }
    about = PostmortemRef(
        postmortem_id=derived_id("postmortem", "1"),
        incident_id=derived_id("incident", "1"),
        title="Checkout p99 above 2 s",
    )
    return Draft(
        item=ActionItem(**given | fields),
        postmortem=about,
        postmortem_url="https://closeout.example/postmortems/1",
        label=stand.label,
        wanted_since=datetime.now(UTC),
    )


class TrackerConformance:
    """Inherit, and give a fixture `stand`. Each test is one thing that Closeout relies on."""

    async def _made(self, stand: Stand, **fields: Any) -> tuple[Draft, SeenTicket]:
        wanted = draft(stand, **fields)
        give_up_at = asyncio.get_running_loop().time() + 60
        return wanted, await stand.tracker.create(wanted, give_up_at)

    async def _read(self, stand: Stand, seen: SeenTicket) -> Any:
        return (await stand.tracker.read(seen.place)).seen

    async def test_a_ticket_is_made_as_it_was_asked_for(self, stand: Stand) -> None:
        wanted, made = await self._made(stand)

        assert made.title == wanted.item.text
        assert made.state is TicketState.OPEN
        assert made.assignees == (stand.account,)
        assert stand.label is None or stand.label in made.labels
        assert made.place.project == stand.project
        assert made.place.key
        assert list(await stand.titles()) == [wanted.item.text]

    async def test_it_is_found_by_its_mark_and_another_is_not(self, stand: Stand) -> None:
        wanted, made = await self._made(stand)
        found = await stand.tracker.find(wanted)

        assert found is not None
        assert found.place.remote_id == made.place.remote_id
        assert await stand.tracker.find(draft(stand)) is None

    async def test_an_owner_whom_the_tracker_does_not_know_costs_no_ticket(self, stand: Stand) -> None:
        nobody = Owner(
            person_id=derived_id("person", "x"), name="Nobody", handles={stand.tracker.vendor: "nobody-there"}
        )
        _, made = await self._made(stand, owner=nobody)

        assert made.assignees == ()

    async def test_a_title_that_is_too_long_is_cut_and_not_refused(self, stand: Stand) -> None:
        _, made = await self._made(stand, text="Refuse deploys " * 60)

        assert made.title.startswith("Refuse deploys")

    async def test_closed_is_read_for_what_it_is(self, stand: Stand) -> None:
        for state in (TicketState.COMPLETED, TicketState.WONT_DO, TicketState.DUPLICATE):
            _, made = await self._made(stand)
            await stand.close(made.place.remote_id, state)
            seen = await self._read(stand, made)

            assert isinstance(seen, SeenTicket)
            assert seen.state is state
            assert seen.closed_at is not None
            assert seen.updated_at >= made.updated_at

    async def test_reopened_is_open(self, stand: Stand) -> None:
        _, made = await self._made(stand)
        await stand.close(made.place.remote_id, TicketState.COMPLETED)
        await stand.reopen(made.place.remote_id)

        assert (await self._read(stand, made)).state is TicketState.OPEN

    async def test_nobody_assigned_is_seen(self, stand: Stand) -> None:
        _, made = await self._made(stand)
        await stand.assign(made.place.remote_id)

        assert (await self._read(stand, made)).assignees == ()

    async def test_a_deleted_ticket_is_gone_or_missing_and_no_failure(self, stand: Stand) -> None:
        _, made = await self._made(stand)
        await stand.delete(made.place.remote_id)

        assert isinstance(await self._read(stand, made), Gone | Missing)

    async def test_what_changed_since_is_told_and_nothing_of_it_is_left_out(self, stand: Stand) -> None:
        made = [(await self._made(stand))[1] for _ in range(3)]
        await stand.close(made[1].place.remote_id, TicketState.COMPLETED)
        changes = await stand.tracker.changed_since(stand.project, datetime.now(UTC) - timedelta(minutes=5))

        seen = {one.place.remote_id: one.state for one in changes.seen or ()}
        assert seen.keys() >= {one.place.remote_id for one in made}
        assert seen[made[1].place.remote_id] is TicketState.COMPLETED

    async def test_a_comment_is_written_once_for_its_mark(self, stand: Stand) -> None:
        _, made = await self._made(stand)
        for mark in ("1", "1", "2"):
            await stand.tracker.say(made.place, f"Said {mark}.", str(derived_id("mark", mark)))

        assert len(await stand.comments(made.place.remote_id)) == 2

    async def test_closing_as_not_planned_leaves_what_is_closed_alone(self, stand: Stand) -> None:
        _, open_ = await self._made(stand)
        _, done = await self._made(stand)
        await stand.close(done.place.remote_id, TicketState.COMPLETED)
        for _ in range(2):
            await stand.tracker.close_as_not_planned(open_.place)
            await stand.tracker.close_as_not_planned(done.place)

        assert (await self._read(stand, open_)).state in (TicketState.WONT_DO, TicketState.CANCELLED)
        assert (await self._read(stand, done)).state is TicketState.COMPLETED

    async def test_a_project_is_described_and_one_that_is_not_there_says_so(self, stand: Stand) -> None:
        now = datetime.now(UTC)
        project = await stand.tracker.describe(stand.project, now)
        nowhere = await stand.tracker.describe("NOWHERE", now)

        assert (project.tracker, project.key, project.can_create) == (stand.tracker.vendor, stand.project, True)
        assert stand.account in {one.vendor_id for one in project.assignable}
        assert (nowhere.can_create, nowhere.is_readable) == (False, False)
        assert nowhere.why_not

    async def test_somebody_is_known_by_their_account_also_who_is_not_there(self, stand: Stand) -> None:
        found = await stand.tracker.party(stand.account)
        nobody = await stand.tracker.party("nobody-there")

        assert (found.vendor, found.vendor_id) == (stand.tracker.vendor, stand.account)
        assert nobody.vendor_id == "nobody-there"

    async def test_a_moved_ticket_says_where_it_is(self, stand: Stand) -> None:
        """Only where your stand can `move(remote_id)`."""
        move = getattr(stand, "move", None)
        if move is None:
            return
        _, made = await self._made(stand)
        await move(made.place.remote_id)
        seen = await self._read(stand, made)

        place = seen.to.place if isinstance(seen, Moved) else seen.place
        assert place.key != made.place.key

    # What an adapter may do besides: each counts only where its protocol is there

    async def test_many_tickets_are_read_at_once_and_what_is_gone_is_told(self, stand: Stand) -> None:
        tracker = stand.tracker
        if not isinstance(tracker, ReadsMany):
            return
        made = [(await self._made(stand))[1].place for _ in range(3)]
        await stand.delete(made[0].remote_id)
        found = await tracker.read_many(made)

        assert isinstance(found[made[0].remote_id], Gone | Missing)
        assert all(isinstance(found[one.remote_id], SeenTicket) for one in made[1:])

    async def test_a_ticket_is_read_by_the_key_that_people_use(self, stand: Stand) -> None:
        tracker = stand.tracker
        if not isinstance(tracker, KnowsByKey):
            return
        _, made = await self._made(stand)
        seen = await tracker.read_key(made.place.key)

        assert isinstance(seen, SeenTicket)
        assert seen.place.remote_id == made.place.remote_id

    async def test_a_changed_promise_is_taken_over_and_can_be_said_twice(self, stand: Stand) -> None:
        tracker = stand.tracker
        if not isinstance(tracker, TakesChanges):
            return
        wanted, made = await self._made(stand)
        later = Target(kind=TargetKind.WEEK, value="2027-W02", due_on=date(2027, 1, 17))
        changed = replace(wanted, item=wanted.item.model_copy(update={"target": later}))
        for _ in range(2):
            await tracker.change(made.place, changed)
        seen = await self._read(stand, made)

        assert seen.assignees == (stand.account,)
        assert seen.due_on in (None, later.due_on), "None where the tracker's tickets have no day"

    async def test_what_we_wrote_is_no_comment_of_anybodys(self, stand: Stand) -> None:
        tracker = stand.tracker
        if not isinstance(tracker, ReadsComments):
            return
        _, made = await self._made(stand)
        await tracker.say(made.place, "Said by us.", str(derived_id("mark", "1")))

        assert list(await tracker.comments(made.place)) == []

    async def test_who_can_be_assigned_is_told_and_who_is_not_there_cannot(self, stand: Stand) -> None:
        tracker = stand.tracker
        if not isinstance(tracker, KnowsAssignable):
            return

        assert list(await tracker.assignable(stand.project, [stand.account, "nobody-there"])) == [stand.account]
