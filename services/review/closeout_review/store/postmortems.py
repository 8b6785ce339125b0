"""Tables of postmortems, their drafts, their action items and the tickets. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_review.domain.change import Change
from closeout_review.domain.draft import Draft
from closeout_review.store.incidents import storable
from closeout_schemas.postmortems import ActionItem
from closeout_schemas.tickets import TicketSnapshot
from closeout_schemas.vocabulary import ItemChange, Outcome

SQL = load_queries("closeout_review")


@dataclass(frozen=True, slots=True)
class Kept:
    """A postmortem's row. What is published has its times, its facts as they were then, and an outcome."""

    id: UUID
    incident_id: UUID
    drafted_at: datetime
    revision: int
    published_at: datetime | None
    fails_at: datetime | None
    published_facts: dict[str, Any] | None
    outcome: Outcome | None
    succeeded_at: datetime | None
    failed_at: datetime | None
    closed_late_at: datetime | None
    published_by: str | None
    merged_into: UUID | None  # the draft that this one went into
    cleaned_revision: int  # the first without words that were taken out; 0 where none were
    now: datetime  # by the database's clock, at the start of the transaction


@dataclass(frozen=True, slots=True)
class Promise:
    """A committed action item as it stands now, what was changed in it, and its ticket where one was heard of."""

    item: ActionItem
    postmortem_id: UUID
    committed_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    ticket: TicketSnapshot | None
    withdrawn_by: str | None = None
    replaced_by: UUID | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Revision:
    """That a draft was saved. `saved_by` is empty where nobody said who."""

    revision: int
    saved_at: datetime
    saved_by: str


class Postmortems:
    """What is written about incidents, what was promised, and what it came to."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def open_drafts(self, ids: dict[UUID, UUID]) -> dict[UUID, datetime]:
        """Make a draft for each incident (id by id) that has none. Returns the ids of the new ones, and when."""
        rows = await self._conn.fetch(SQL["open_drafts"], list(ids.values()), list(ids))
        return {row["id"]: row["drafted_at"] for row in rows}

    async def one(self, postmortem_id: UUID) -> Kept | None:
        """The postmortem, None where there is none."""
        row = await self._conn.fetchrow(SQL["postmortem"], postmortem_id)
        return kept_of(row) if row else None

    async def of_incident(self, incident_id: UUID) -> UUID | None:
        """The id of the postmortem that the incident is written about in, None while there is none."""
        found: UUID | None = await self._conn.fetchval(SQL["postmortem_of_incident"], incident_id)
        return found

    async def begun_after(self, postmortem_ids: Iterable[UUID], moment: datetime) -> set[UUID]:
        """Which of these are about an incident that was opened after this moment."""
        rows = await self._conn.fetch(SQL["postmortems_begun_after"], list(postmortem_ids), moment)
        return {row["id"] for row in rows}

    async def lock(self, postmortem_ids: Iterable[UUID]) -> list[Kept]:
        """These postmortems, which nobody else changes until the transaction ends."""
        rows = await self._conn.fetch(SQL["lock_postmortems"], list(postmortem_ids))
        return [kept_of(row) for row in rows]

    async def lock_due(self, limit: int) -> list[Kept]:
        """Pending postmortems whose month four has begun, as far as no other replica has them at hand."""
        return [kept_of(row) for row in await self._conn.fetch(SQL["lock_due_postmortems"], limit)]

    async def listed(self, state: str | None, before: tuple[datetime, UUID] | None, limit: int) -> list[dict[str, Any]]:
        """A page of postmortems, the newest draft first. `state`: draft, published, or an outcome."""
        at, postmortem_id = before or (None, None)
        rows = await self._conn.fetch(SQL["newest_postmortems"], state, at, postmortem_id, limit)
        return [dict(row) for row in rows]

    async def draft(self, postmortem_id: UUID, revision: int) -> Draft | None:
        """What people had written by that revision; None for revision 0."""
        row = await self._conn.fetchrow(SQL["draft"], postmortem_id, revision)
        return Draft.model_validate(row["content"]) if row else None

    async def save_draft(self, postmortem_id: UUID, revision: int, draft: Draft, by: str = "") -> None:
        """Add a revision, and make it the draft. `by`: the name of whoever saved it."""
        content = storable(draft.model_dump(mode="json"))
        await self._conn.execute(SQL["save_draft"], postmortem_id, revision, content, by)

    async def save_cleaned(self, postmortem_id: UUID, revision: int, draft: Draft, by: str) -> None:
        """Add a revision without words that were taken out; what was typed into an earlier one may still say them."""
        await self.save_draft(postmortem_id, revision, draft, by)
        await self._conn.execute(SQL["save_cleaned"], postmortem_id, revision)

    async def revisions(self, postmortem_id: UUID, before: int | None, limit: int) -> list[Revision]:
        """A page of the saved revisions, the newest first; `before`: the last of the page before."""
        return [Revision(**row) for row in await self._conn.fetch(SQL["revisions"], postmortem_id, before, limit)]

    async def publish(
        self, postmortem: Kept, fails_at: datetime, facts: dict[str, Any], outcome: Outcome, by: str = ""
    ) -> None:
        """Freeze it as it stands, at the transaction's time."""
        await self._conn.execute(SQL["publish"], postmortem.id, fails_at, storable(facts), outcome.value, by)

    async def commit_items(self, postmortem_id: UUID, items: Sequence[ActionItem]) -> None:
        """Keep what was promised."""
        await self._conn.execute(
            SQL["commit_items"],
            postmortem_id,
            [item.id for item in items],
            [item.position for item in items],
            [item.model_dump(mode="json") for item in items],
        )

    async def promises(self, postmortem_ids: Iterable[UUID]) -> list[Promise]:
        """All action items of these postmortems, in their order, with their tickets."""
        return [promise_of(row) for row in await self._conn.fetch(SQL["promises"], list(postmortem_ids))]

    async def withdraw(self, item_id: UUID, reason: str, by: str, replaced_by: UUID | None = None) -> None:
        """Take a promise back; the first reason stays."""
        await self._conn.execute(SQL["withdraw_item"], item_id, reason, by, replaced_by)

    async def change_item(self, item_id: UUID, change: Change) -> None:
        """Keep a change of a promise, at the transaction's time; from now on the promise is what it became."""
        was, becomes = change.was.model_dump(mode="json"), change.becomes.model_dump(mode="json")
        kind, told = change.change.value, (change.reason, change.by)
        await self._conn.execute(SQL["change_item"], item_id, change.number, kind, change.slipped, was, becomes, *told)

    async def take_in_tickets(self, tickets: Iterable[TicketSnapshot]) -> None:
        """Keep each ticket that is later than the one that is there."""
        rows = sorted(tickets, key=lambda ticket: ticket.item_id)
        await self._conn.execute(
            SQL["take_in_tickets"],
            [ticket.item_id for ticket in rows],
            [ticket.revision for ticket in rows],
            [storable(ticket.model_dump(mode="json")) for ticket in rows],
        )

    async def with_items(self, item_ids: Iterable[UUID]) -> list[UUID]:
        """The postmortems that promised these items."""
        rows = await self._conn.fetch(SQL["postmortems_with_items"], list(item_ids))
        return [row["postmortem_id"] for row in rows]

    async def conclude(self, postmortem_id: UUID, outcome: Outcome, said: Iterable[Outcome]) -> None:
        """Set the outcome, and remember which verdicts were said for the first time."""
        await self._conn.execute(SQL["conclude"], postmortem_id, outcome.value, [one.value for one in said])


def kept_of(row: Any) -> Kept:
    """A row of the table."""
    outcome = row["outcome"]
    return Kept(**{**row, "outcome": Outcome(outcome) if outcome else None})


def promise_of(row: Any) -> Promise:
    """A row of an action item with its ticket."""
    ticket = row["ticket"]
    return Promise(
        ActionItem.model_validate(row["item"]),
        row["postmortem_id"],
        row["committed_at"],
        row["withdrawn_at"],
        row["withdrawn_reason"],
        TicketSnapshot.model_validate(ticket) if ticket else None,
        row["withdrawn_by"],
        row["replaced_by"],
        tuple(_change(one) for one in row["changes"] or ()),
    )


def _change(one: dict[str, Any]) -> Change:
    return Change(
        change=ItemChange(one["change"]),
        number=one["number"],
        was=ActionItem.model_validate(one["was"]),
        becomes=ActionItem.model_validate(one["becomes"]),
        reason=one["reason"],
        by=one["changed_by"],
        at=datetime.fromisoformat(one["changed_at"]),
        slipped=one["slipped"],
    )
