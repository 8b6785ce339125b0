"""What owners, reviewers and managers were told. Every query is in sql/queries.sql."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from closeout_actions.domain.nudging import Nudge, Rung
from closeout_actions.domain.ticket import Ticket
from closeout_actions.store import SQL, Kept, kept_of
from closeout_chassis.db import Conn
from closeout_schemas.mapping import NudgeMapping
from closeout_schemas.vocabulary import Vendor


@dataclass(frozen=True, slots=True)
class Standing:
    """A promise that has not shipped. `said`: the nudges that were."""

    kept: Kept
    fails_at: datetime | None
    said: frozenset[str]


@dataclass(frozen=True, slots=True)
class ToWrite:
    """A comment that is to be written on a ticket."""

    item_id: UUID
    nudge: Nudge
    text: str
    ticket: Ticket


class Nudges:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self.conn = conn

    async def save_month_four(self, postmortem_id: UUID, fails_at: datetime) -> None:
        """When month four of a postmortem begins."""
        await self.conn.execute(SQL["save_month_four"], postmortem_id, fails_at)

    async def standing(self, today: date, rules: NudgeMapping) -> Sequence[Standing]:
        """Promises of which something may have to be said."""
        days = rules.days_before_target, rules.days_before_month_four
        rows = await self.conn.fetch(SQL["to_nudge"], today, *days)
        return [Standing(kept_of(row), row["fails_at"], frozenset(row["nudged"])) for row in rows]

    async def take(self, item_id: UUID, nudge: Nudge, recipient: str, now: datetime, comment: str | None) -> bool:
        """Whether it was not said before."""
        given = (item_id, nudge.rung.value, nudge.about, recipient, now, comment)
        return await self.conn.fetchval(SQL["add_nudge"], *given) is not None

    async def take_day(self, recipient: str, day: date) -> bool:
        """Whether nothing was said to them that day."""
        return await self.conn.fetchval(SQL["add_nudged"], recipient, day) is not None

    async def to_write(self, tracker: Vendor, limit: int) -> Sequence[ToWrite]:
        """Comments that are not written yet."""
        rows = await self.conn.fetch(SQL["comments_to_write"], tracker.value, limit)
        return [
            ToWrite(
                row["item_id"],
                Nudge(Rung(row["rung"]), row["about"]),
                row["comment"],
                Ticket.model_validate_json(row["mirror"]),
            )
            for row in rows
        ]

    async def written(self, item_id: UUID, nudge: Nudge) -> None:
        """It is written, or cannot be."""
        await self.conn.execute(SQL["comment_was_written"], item_id, nudge.rung.value, nudge.about)
