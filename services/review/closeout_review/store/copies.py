"""Whatever was made from the words of a timeline and is kept in a table, for a redaction. Never commits."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from uuid import UUID

from closeout_chassis.cells import SECONDS, rewrite, said_on
from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_judgement.postings import without
from closeout_judgement.redaction import changed, says, traces_of

SQL = load_queries("closeout_review")
# What is made anew from what is left.
MADE_ANEW = ("catalogue_document", "catalogue_posting", "promise_index")
# What redacts itself, is indexed anew, holds no words of a timeline, or was written before Closeout was there.
PASSED_OVER = (
    *("timeline_entry", "timeline_content", "redaction", "attachment_content", *MADE_ANEW, "imported"),
    *("party", "project", "service", "principal", "session", "one_time_link", "sign_in", "api_token", "inbox"),
)
# What people wrote into a postmortem, and by which query it is found whose it is.
OF_POSTMORTEMS = {"draft_revision": "postmortems_with_revision_at", "action_item": "postmortems_with_item_at"}


class Copies:
    """Every copy but the words of the timeline itself. It must see everything: `outside_of_requests`."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def known(self) -> set[str]:
        """Everybody's name and e-mail, in lower case: who somebody is, is said in many places for other reasons."""
        return {row["name"].lower() for row in await self._conn.fetch(SQL["known_by_name"])}

    async def words_of(self, entry_id: UUID) -> str:
        """What an entry says; empty where nothing, or where it is gone."""
        found: bytes | None = await self._conn.fetchval(SQL["words_of_entry"], entry_id)
        return (found or b"").decode(errors="replace")

    async def saying(self, incident_id: UUID, entry_id: UUID, words: Sequence[str]) -> dict[UUID, UUID]:
        """Other entries of the incident, and cards of any, that say one of these words; entry: its incident."""
        rows = await self._conn.fetch(SQL["entries_saying"], incident_id, entry_id, traces_of(words), timeout=SECONDS)
        told = [(row, bytes(row["text"]).decode(errors="replace")) for row in rows]
        return {row["entry_id"]: row["incident_id"] for row, text in told if any(says(text, one) for one in words)}

    async def take_out(self, entry_id: UUID, passages: Sequence[str]) -> tuple[set[UUID], list[tuple[str, bytes]]]:
        """Take these passages out of every table. The entry has its tombstone.

        Returns whose drafts or promises had one, and the records that had, as (topic, what is left).
        """
        await self._conn.execute(SQL["begin_taking_words_out"], entry_id)
        postmortems: set[UUID] = set()
        records: list[tuple[str, bytes]] = []
        async for table, column, cells in rewrite(
            self._conn, PASSED_OVER, traces_of(passages), lambda _, cells: changed(cells, passages)
        ):
            if table in OF_POSTMORTEMS:
                found = await self._conn.fetch(SQL[OF_POSTMORTEMS[table]], [place for place, _ in cells])
                postmortems |= {row["postmortem_id"] for row in found}
            if (table, column) == ("outbox", "value"):
                records += await said_on(self._conn, cells)
        return postmortems, records

    async def published(self, ids: Collection[UUID]) -> list[UUID]:
        """Those of these postmortems that are published."""
        return [row["id"] for row in await self._conn.fetch(SQL["published_of_revisions"], sorted(ids))]

    async def out_of_the_catalogue(self, review_ids: Collection[UUID]) -> None:
        """Take every trace of these reviews out of the index, words that nothing else says included."""
        ids = sorted(review_ids)
        await self._conn.execute(SQL["hold_catalogue_long"])
        numbers = [row["number"] for row in await self._conn.fetch(SQL["numbers_of_reviews"], ids)]
        as_bytes = [array("I", [number]).tobytes() for number in numbers]
        for row in await self._conn.fetch(SQL["postings_with"], as_bytes, timeout=SECONDS):
            left, impacts = without(numbers, row["numbers"], row["impacts"])
            if left:
                await self._conn.execute(SQL["write_posting"], row["term"], row["segment"], left, impacts)
            else:
                await self._conn.execute(SQL["drop_posting"], row["term"], row["segment"])
        await self._conn.execute(SQL["drop_documents"], ids)
        await self._conn.execute(SQL["drop_promises_of"], ids)
