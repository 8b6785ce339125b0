"""Tables of what says who somebody is, for forgetting them. Every query is in sql/queries.sql. Never commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from closeout_chassis.cells import SECONDS, rewrite
from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_judgement.forgetting import cells_without_person
from closeout_judgement.people import Named, stand_in_person
from closeout_review.domain.chain import Link
from closeout_review.domain.principal import LOCAL_OPERATOR
from closeout_review.store.copies import MADE_ANEW
from closeout_review.store.incidents import hexadecimal

SQL = load_queries("closeout_review")
# What is taken care of by itself, or holds no words.
PASSED_OVER = (
    "timeline_entry",
    "timeline_content",
    "attachment_content",
    *MADE_ANEW,
    "forgotten",
    "forgetting",
    "inbox",
)
# In which tables it matters which rows a person was taken out of.
WHICH = {
    "draft_revision": "postmortems_with_revision_at",
    "imported": "imported_at_places",
    "annotation": "annotations_at",
}


@dataclass
class Rows:
    """Out of how many cells of each table somebody was taken, and of which rows, by id, where that matters."""

    cells: Counter[str] = field(default_factory=Counter)
    ids: dict[str, set[UUID]] = field(default_factory=lambda: {table: set() for table in WHICH})


class Forgetting:
    """Reads and writes on one connection, which must see everything."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def begin(self, run: UUID) -> None:
        """What is kept for good may lose a person, until the transaction ends."""
        await self._conn.execute(SQL["begin_forgetting"], run)

    async def entries_naming(self, who: Named) -> dict[UUID, UUID]:
        """Entries that may name them; entry: its incident."""
        rows = await self._conn.fetch(SQL["entries_naming"], who.traces(), timeout=SECONDS)
        return {row["entry_id"]: row["incident_id"] for row in rows}

    async def write_entry(self, link: Link, *, has_new_words: bool) -> None:
        """What is left of an entry."""
        entry = link.entry
        author = entry.author and entry.author.model_dump(mode="json")
        salts, erased = hexadecimal(link.salts), hexadecimal(link.erased)
        await self._conn.execute(
            *(SQL["write_entry_without_person"], entry.id, author, dict(entry.about), entry.source_id, entry.url),
            *(salts, erased),
        )
        if has_new_words:
            await self._conn.execute(SQL["write_words_without_person"], entry.id, entry.text.encode(), link.salt)

    async def principals(
        self, addresses: Collection[str], names: Collection[str], subject: str
    ) -> list[dict[str, Any]]:
        """Whoever has signed in so, but for whoever has the machine."""
        lower = [one.lower() for one in addresses], [one.lower() for one in names]
        rows = await self._conn.fetch(SQL["principals_called"], *lower, subject)
        return [dict(row) for row in rows if row["id"] != LOCAL_OPERATOR.id]

    async def drop(self, who: Named, principals: Sequence[UUID]) -> Counter[str]:
        """The directory's and the sign-in's knowledge of them."""
        stand_in = stand_in_person(who.stand_in)
        ids = list(principals)
        await self._conn.execute(SQL["forget_principals"], ids, stand_in)
        gone = {
            "principal": await self._conn.execute(SQL["drop_principals"], ids),
            "chosen_lead": await self._conn.execute(SQL["forget_leads"], [UUID(one) for one in who.persons], stand_in),
            "party": await self._conn.execute(
                SQL["forget_parties"],
                [vendor for vendor, _ in who.handles],
                [account for _, account in who.handles],
                [one.lower() for one in who.addresses],
            ),
        }
        return Counter({table: count for table, status in gone.items() if (count := int(status.rpartition(" ")[2]))})

    async def take_out(self, who: Named) -> Rows:
        """Take them out of every other table."""
        rows = Rows()
        async for table, _, cells in rewrite(self._conn, PASSED_OVER, who.traces(), partial(cells_without_person, who)):
            rows.cells[table] += len(cells)
            if table in WHICH:
                found = await self._conn.fetch(SQL[WHICH[table]], [place for place, _ in cells])
                rows.ids[table] |= {next(iter(row.values())) for row in found}
        await self._conn.execute(SQL["rename_annotations"], list(rows.ids["annotation"]))
        return rows

    async def before(self, digests: Collection[bytes]) -> tuple[str, datetime] | None:
        """What stands in the place of whoever is known by one of these, and since when; None where nobody does."""
        row = await self._conn.fetchrow(SQL["forgotten_before"], list(digests))
        return (row["stand_in"], row["forgotten_at"]) if row else None
