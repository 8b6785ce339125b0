"""Which entries were redacted, and what is kept of them. Every query is in sql/queries.sql."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial
from uuid import UUID

from closeout_chassis.cells import rewrite, said_on
from closeout_chassis.db import Conn
from closeout_chassis.queries import load_queries
from closeout_ingest.domain.incident import Incident
from closeout_judgement.forgetting import cells_without_person
from closeout_judgement.people import Named
from closeout_judgement.redaction import changed, traces_of
from closeout_schemas.incidents import TOPIC
from closeout_schemas.redactions import Redaction

SQL = load_queries("closeout_ingest")
# What says itself whose words went, and what no timeline's words are kept in.
PASSED_OVER = ("redaction", "inbox", "party", "source", "api_pause", "backfill", "history")
# What names no person.
HOLDS_NOBODY = ("inbox", "forgotten", "source", "api_pause", "backfill", "history")


class Redactions:
    """Reads and writes on one connection; never commits."""

    def __init__(self, conn: Conn) -> None:
        self._conn = conn

    async def bury(self, one: Redaction) -> bool:
        """Leave a tombstone. False where one stands."""
        values = (one.entry_id, one.incident_id, one.what, one.why, one.by, one.redacted_at)
        return bool(await self._conn.fetchval(SQL["bury"], *values))

    async def among(self, fact_ids: Collection[str]) -> set[str]:
        """Those of these facts whose words were taken out, also where the same happening was told the other way."""
        return {row["id"] for row in await self._conn.fetch(SQL["redacted_facts"], sorted(fact_ids))}

    async def known(self) -> set[str]:
        """Everybody's name and e-mail, in lower case: who somebody is, is said in many places for other reasons."""
        return {row["name"].lower() for row in await self._conn.fetch(SQL["known_by_name"])}

    async def words_of(self, one: Redaction) -> str:
        """What the entry said, as the incident's event has it; empty where nothing, or where that is gone."""
        for row in await self._conn.fetch(SQL["said_of_incident"], TOPIC, str(one.incident_id), str(one.entry_id)):
            entry = json.loads(bytes(row["value"]))["data"]["entry"]
            if entry["id"] == str(one.entry_id):
                return str(entry["text"])
        return ""

    async def take_out(self, passages: Sequence[str]) -> tuple[int, list[tuple[str, bytes]]]:
        """Take these passages out of every table.

        Returns in how many places one stood, and the records that had one, as (topic, what is left).
        """
        passages = sorted(passages, key=len, reverse=True)
        traces, places = traces_of(passages), 0
        records: list[tuple[str, bytes]] = []
        async for table, column, cells in rewrite(
            self._conn, PASSED_OVER, traces, lambda _, cells: changed(cells, passages)
        ):
            places += len(cells)
            if (table, column) == ("outbox", "value"):
                records += await said_on(self._conn, cells)
        return places, records

    async def forget(self, who: Named) -> Counter[str]:
        """Take a person out of every table; returns out of how many cells of each."""
        vendors, accounts = [vendor for vendor, _ in who.handles], [account for _, account in who.handles]
        addresses = [one.lower() for one in who.addresses]
        status = await self._conn.execute(SQL["forget_parties"], vendors, accounts, addresses)
        cells = Counter({"party": int(status.rpartition(" ")[2])})
        left = partial(cells_without_person, who)
        async for table, _, found in rewrite(self._conn, HOLDS_NOBODY, who.traces(), left):
            cells[table] += len(found)
        return +cells

    async def forget_old_cards(self) -> None:
        """The words of cards that were said, or dropped, a week ago. That they were, stays: none is said twice."""
        await self._conn.execute(SQL["forget_old_cards"])

    async def rename(self, incident_id: UUID, title: str) -> None:
        """The incident's title held such words."""
        for row in await self._conn.fetch(SQL["lock_incidents"], [incident_id]):
            state = Incident.model_validate_json(row["state"]).model_copy(update={"title": title})
            await self._conn.execute(SQL["save_incidents"], [incident_id], [state.model_dump_json()])
