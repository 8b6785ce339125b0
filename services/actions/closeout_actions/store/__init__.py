"""The actions service's tables. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from closeout_actions.domain.creation import Creation
from closeout_actions.domain.ticket import Ticket
from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_schemas.postmortems import ItemCommitted
from closeout_schemas.vocabulary import TicketState, Vendor

SQL = load_queries("closeout_actions")


@dataclass(frozen=True, slots=True)
class Kept:
    """A ticket as it is kept: the promise, how it comes to exist, how it looks."""

    item_id: UUID
    tracker: Vendor
    committed: ItemCommitted
    committed_at: datetime
    traceparent: str | None
    creation: Creation
    ticket: Ticket
    etag: str | None
    read_at: datetime | None
    read_due_at: datetime | None
    farewell: str | None
    farewell_failures: int
    change_failures: int
    clean_failures: int
    clean_number: int
    withdrawn_because: str | None


@dataclass(frozen=True, slots=True)
class Credential:
    """What a credential may do: seconds to wait, 0 where nothing is to be waited for."""

    blocked: float
    reads_blocked: float
    next_write: float
    pen: float
    why: str | None
    strikes: int
    is_unauthorized: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """Up to where a project's changes were taken in."""

    project: str
    since: datetime
    etag: str | None


class Store:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self.conn = conn

    async def now(self) -> datetime:
        """The time, by the database's clock."""
        now: datetime = await self.conn.fetchval(SQL["now"])
        return now

    # Tickets

    async def add(self, committed: ItemCommitted, ticket: Ticket, creation: Creation, traceparent: str | None) -> bool:
        """Keep the intent. Whether it was new."""
        status = await self.conn.execute(
            SQL["add_ticket"],
            committed.item.id,
            committed.item.tracker.value,
            committed.item.project,
            committed.model_dump_json(),
            traceparent,
            creation.stage.value,
            creation.due_at,
            creation.model_dump_json(),
            ticket.snapshot.state.value,
            ticket.model_dump_json(),
        )
        return status.endswith(" 1")

    async def lock(self, item_id: UUID) -> Kept | None:
        """A ticket for changing."""
        return _kept(await self.conn.fetchrow(SQL["lock_ticket"], item_id))

    async def lock_by_remote_id(self, tracker: Vendor, remote_ids: Iterable[str]) -> dict[str, Kept]:
        """Tickets for changing, by the tracker's ids. What is not ours is left out."""
        rows = await self.conn.fetch(SQL["lock_tickets_by_remote_id"], tracker.value, sorted(set(remote_ids)))
        return {row["remote_id"]: kept_of(row) for row in rows}

    async def by_remote_id(self, tracker: Vendor, remote_ids: Iterable[str]) -> dict[str, Kept]:
        """Tickets for reading, by the tracker's ids. What is not ours is left out."""
        rows = await self.conn.fetch(SQL["tickets_by_remote_id"], tracker.value, sorted(set(remote_ids)))
        return {row["remote_id"]: kept_of(row) for row in rows}

    async def get(self, item_id: UUID) -> Kept | None:
        """A ticket for reading."""
        return _kept(await self.conn.fetchrow(SQL["ticket"], item_id))

    async def list(self, state: TicketState | None, postmortem_id: UUID | None, limit: int) -> Sequence[Kept]:
        """Tickets, the latest promise first."""
        rows = await self.conn.fetch(SQL["tickets"], state and state.value, postmortem_id, limit)
        return [kept_of(row) for row in rows]

    async def count(self) -> Sequence[tuple[str, str, int]]:
        """(stage, state, tickets)."""
        return [(row["stage"], row["state"], row["tickets"]) for row in await self.conn.fetch(SQL["count_tickets"])]

    async def save_creation(self, item_id: UUID, creation: Creation) -> None:
        """Where the creation of a ticket stands now."""
        await self.conn.execute(
            SQL["save_creation"], item_id, creation.stage.value, creation.due_at, creation.model_dump_json()
        )

    async def save_ticket(self, ticket: Ticket) -> None:
        """How a ticket looks now."""
        snapshot = ticket.snapshot
        remote_id = ticket.place.remote_id if ticket.place else None
        await self.conn.execute(
            SQL["save_mirror"],
            snapshot.item_id,
            snapshot.state.value,
            ticket.model_dump_json(),
            remote_id,
            snapshot.project,
        )

    # Work that is due: each is claimed by one replica

    async def claim_look(self, tracker: Vendor) -> Kept | None:
        """A ticket in doubt that is due, locked."""
        return _kept(await self.conn.fetchrow(SQL["claim_look"], tracker.value))

    async def claim_creation(self, tracker: Vendor) -> Kept | None:
        """A ticket that is wanted and due, locked."""
        return _kept(await self.conn.fetchrow(SQL["claim_creation"], tracker.value))

    async def claim_farewell(self, tracker: Vendor) -> Kept | None:
        """A ticket whose promise was withdrawn and that does not know it yet, locked."""
        return _kept(await self.conn.fetchrow(SQL["claim_farewell"], tracker.value))

    async def set_farewell(self, item_id: UUID, stage: str, due_at: datetime | None, failures: int = 0) -> None:
        """How far the farewell is: comment, close, done."""
        await self.conn.execute(SQL["set_farewell"], item_id, stage, due_at, failures)

    async def set_withdrawn(self, item_id: UUID, reason: str) -> None:
        """Remember why a promise was taken back."""
        await self.conn.execute(SQL["set_withdrawn"], item_id, reason)

    async def save_promise(self, committed: ItemCommitted, ticket: Ticket) -> None:
        """The promise, and what its ticket is compared with."""
        await self.conn.execute(
            SQL["save_promise"], committed.item.id, committed.model_dump_json(), ticket.model_dump_json()
        )

    async def claim_change(self, tracker: Vendor) -> Kept | None:
        """A ticket that does not know yet that its promise was changed, locked."""
        return _kept(await self.conn.fetchrow(SQL["claim_change"], tracker.value))

    async def set_change(self, item_id: UUID, due_at: datetime | None, failures: int = 0) -> None:
        """When to tell the ticket; None: it knows."""
        await self.conn.execute(SQL["set_change"], item_id, due_at, failures)

    async def claim_check(self, lease: timedelta) -> Kept | None:
        """A ticket whose check is due, for as long as `lease`."""
        return _kept(await self.conn.fetchrow(SQL["claim_check"], lease))

    async def set_check(self, item_id: UUID, pause: timedelta) -> None:
        """When to run its check again."""
        await self.conn.execute(SQL["set_check"], item_id, pause)

    async def claim_reading(self, tracker: Vendor, lease: timedelta) -> Kept | None:
        """A ticket that is to be read out of turn, for as long as `lease`."""
        return _kept(await self.conn.fetchrow(SQL["claim_reading"], tracker.value, lease))

    async def ask_for_reading(self, item_id: UUID) -> None:
        """Read this ticket out of turn."""
        await self.conn.execute(SQL["ask_for_reading"], item_id)

    async def was_read(self, before: Kept, etag: str | None) -> None:
        """A ticket was read just now; `before`: as it was kept when the reading began."""
        await self.conn.execute(SQL["was_read"], before.item_id, etag, before.read_due_at)

    async def to_read(self, tracker: Vendor, limit: int) -> Sequence[Kept]:
        """Tickets that may change, those not read for longest first."""
        return [kept_of(row) for row in await self.conn.fetch(SQL["tickets_to_read"], tracker.value, limit)]

    async def to_plan(self, tracker: Vendor, limit: int) -> Sequence[Kept]:
        """Open tickets that are to be in a milestone and show none; none that is still to be put there."""
        return [kept_of(row) for row in await self.conn.fetch(SQL["tickets_to_plan"], tracker.value, limit)]

    async def assigned(self, tracker: Vendor) -> dict[str, tuple[str, ...]]:
        """Who is assigned to open tickets, by their projects."""
        return {
            row["project"]: tuple(row["accounts"]) for row in await self.conn.fetch(SQL["all_assigned"], tracker.value)
        }

    async def lock_open(self, tracker: Vendor, project: str) -> Sequence[Kept]:
        """Open tickets of a project, for changing."""
        return [kept_of(row) for row in await self.conn.fetch(SQL["open_in_project"], tracker.value, project)]

    async def lock_assigned_to(self, account: str) -> Sequence[Kept]:
        """Open tickets to which that account is assigned, for changing."""
        return [kept_of(row) for row in await self.conn.fetch(SQL["open_assigned_to"], account)]

    async def lock_refused(self, tracker: Vendor, project: str) -> Sequence[Kept]:
        """Tickets that the tracker would not have in a project, for changing."""
        return [kept_of(row) for row in await self.conn.fetch(SQL["refused_in_project"], tracker.value, project)]

    # Progress of reading

    async def progress(self, tracker: Vendor) -> Sequence[Progress]:
        """The projects that hold tickets of ours."""
        rows = await self.conn.fetch(SQL["projects_with_tickets"], tracker.value)
        return [Progress(row["project"], row["since"], row["etag"]) for row in rows]

    async def save_progress(self, tracker: Vendor, progress: Progress) -> None:
        """Everything up to then was taken in."""
        await self.conn.execute(SQL["save_progress"], tracker.value, progress.project, progress.since, progress.etag)

    # Credentials

    async def add_credential(self, name: str) -> None:
        """Begin to keep account of a credential."""
        await self.conn.execute(SQL["add_credential"], name)

    async def credential(self, name: str) -> Credential | None:
        """What a credential may do now."""
        row = await self.conn.fetchrow(SQL["credential"], name)
        if row is None:
            return None
        waits = {key: max(0.0, row[key] or 0.0) for key in ("blocked", "reads_blocked", "next_write", "pen")}
        return Credential(**waits, why=row["why"], strikes=row["strikes"], is_unauthorized=row["is_unauthorized"])

    async def block_credential(
        self, name: str, seconds: float, why: str, *, strikes: int, is_unauthorized: bool
    ) -> None:
        """The tracker wants to be left alone."""
        await self.conn.execute(
            SQL["block_credential"], name, timedelta(seconds=seconds), why, strikes, is_unauthorized
        )

    async def block_reads(self, name: str, seconds: float) -> None:
        """Few requests are left: they are kept for writing."""
        await self.conn.execute(SQL["block_reads"], name, timedelta(seconds=seconds))

    async def unblock_credential(self, name: str) -> None:
        """The tracker answers again."""
        await self.conn.execute(SQL["unblock_credential"], name)

    async def take_pen(self, name: str, pen: UUID, lease: timedelta, pause: timedelta) -> bool:
        """Whether we may write now; the next write may begin after `pause`."""
        return await self.conn.fetchval(SQL["take_pen"], name, pen, lease, pause) is not None

    async def give_pen_back(self, name: str, pen: UUID) -> None:
        """The write is over."""
        await self.conn.execute(SQL["give_pen_back"], name, pen)


def _kept(row: Any) -> Kept | None:
    return None if row is None else kept_of(row)


def kept_of(row: Any) -> Kept:
    """A row of the table."""
    same = (
        "item_id",
        "committed_at",
        "traceparent",
        "etag",
        "read_at",
        "read_due_at",
        "farewell",
        "farewell_failures",
        "change_failures",
        "clean_failures",
        "clean_number",
    )
    return Kept(
        tracker=Vendor(row["tracker"]),
        committed=ItemCommitted.model_validate_json(row["committed"]),
        creation=Creation.model_validate_json(row["creation"]),
        ticket=Ticket.model_validate_json(row["mirror"]),
        withdrawn_because=row["withdrawn_because"],
        **{name: row[name] for name in same},
    )
