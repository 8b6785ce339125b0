"""What is known of the trackers' projects and of the people in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from closeout_actions.domain.problems import Assigned
from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_schemas.directory import KnownParty, Project
from closeout_schemas.vocabulary import Vendor

SQL = load_queries("closeout_actions")


@dataclass(frozen=True, slots=True)
class Told:
    """What the others were told of a project."""

    digest: str
    can_create: bool
    told_at: datetime


class Projects:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self.conn = conn

    async def told(self, tracker: Vendor, project: str) -> Told | None:
        """What the others were told of a project."""
        row = await self.conn.fetchrow(SQL["told_project"], tracker.value, project)
        return Told(row["digest"], row["can_create"], row["told_at"]) if row else None

    async def save(self, project: Project, digest: str, now: datetime) -> None:
        """The others are told of a project."""
        people = sorted({one.vendor_id.casefold() for one in project.assignable}) if project.is_readable else None
        about = (project.tracker.value, project.key, digest, project.can_create, now, people, project.is_archived)
        await self.conn.execute(SQL["forget_etags"], project.tracker.value, project.key, project.is_archived)
        await self.conn.execute(SQL["save_project"], *about)
        if people is not None:
            await self.conn.execute(SQL["forget_assignable"], project.tracker.value, project.key)

    async def save_assignable(
        self, tracker: Vendor, project: str, accounts: Collection[str], assignable: Collection[str]
    ) -> bool:
        """Which of these accounts can be assigned there. Whether that is news."""
        able = [one.casefold() for one in assignable]
        return bool(await self.conn.fetch(SQL["save_assignable"], tracker.value, project, list(accounts), able))

    async def assigned(self, tracker: Vendor, project: str, accounts: Iterable[str]) -> Assigned:
        """Of these accounts, who cannot be assigned in the project any more, and who is no person."""
        row = await self.conn.fetchrow(SQL["assigned"], tracker.value, project, list(accounts))
        assert row is not None, "it is one row of two lists"
        return Assigned(frozenset(row["leavers"]), frozenset(row["groups"]))

    async def is_archived(self, tracker: Vendor, project: str) -> bool:
        """Whether the project was archived when it was last described."""
        return bool(await self.conn.fetchval(SQL["is_archived"], tracker.value, project))

    async def accounts(self, tracker: Vendor, accounts: Sequence[str]) -> dict[str, tuple[KnownParty, datetime]]:
        """What is known of these accounts, and since when."""
        rows = await self.conn.fetch(SQL["accounts"], tracker.value, list(accounts))
        return {row["account"]: (KnownParty.model_validate_json(row["party"]), row["looked_up_at"]) for row in rows}

    async def save_account(self, tracker: Vendor, party: KnownParty) -> None:
        """What the tracker told of an account."""
        await self.conn.execute(SQL["save_account"], tracker.value, party.vendor_id, party.model_dump_json())

    async def forget_accounts(self, accounts: Collection[tuple[str, str]]) -> int:
        """Nothing is known of these (tracker, account) any more; returns how many rows that were."""
        told = [tracker for tracker, _ in accounts], [account.casefold() for _, account in accounts]
        gone = [await self.conn.execute(SQL[one], *told) for one in ("forget_accounts", "forget_assignable_accounts")]
        return sum(int(status.rpartition(" ")[2]) for status in gone)

    async def nobody_is_assignable(self, stand_in: str) -> None:
        """Whoever stands in the place of a forgotten person cannot be assigned anywhere."""
        await self.conn.execute(SQL["take_out_of_assignable"], stand_in)
        await self.conn.execute(SQL["nobody_is_assignable"], stand_in)
