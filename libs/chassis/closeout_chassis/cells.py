"""What is written in a service's tables, whichever they are, for whoever takes words or a person out of all of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence

from closeout_chassis.db import SQL, Conn, Transaction
from closeout_schemas.redactions import EntryRedacted, RecordCleaned
from closeout_schemas.vocabulary import derived_id

# A whole table is read.
SECONDS = 600

Cell = tuple[object, bytes]  # its place, and what is written there
Left = Callable[[str, Sequence[Cell]], Iterable[Cell]]  # of a column of that name: what is to stand in which cells


async def rewrite(
    conn: Conn, passed_over: Collection[str], traces: Collection[str], left: Left
) -> AsyncIterator[tuple[str, str, list[Cell]]]:
    """Write anew what stands in the cells that hold a trace; yields each table and column with those before it does.

    Tables and columns are found in the catalogue, but for those `passed_over`, so that a new table is not forgotten.
    """
    for table, column in await conn.fetch(SQL["columns_of_words"], list(passed_over)):
        rows = await conn.fetch(SQL["cells_with"], table, column, list(traces), timeout=SECONDS)
        cells = list(left(column, [(row["place"], bytes(row["written"])) for row in rows]))
        if cells:
            yield table, column, cells
        for place, written in cells:
            await conn.execute(SQL["write_cell"], table, column, place, written)


async def forgotten(conn: Conn) -> dict[bytes, str]:
    """Who was forgotten: digests of what they were known by, and what stands in their place."""
    return {bytes(row["digest"]): row["stand_in"] for row in await conn.fetch(SQL["forgotten"])}


async def said_on(conn: Conn, records: Sequence[Cell]) -> list[tuple[str, bytes]]:
    """Cells of the outbox that are not written yet: the topic of each, and what is to stand there."""
    rows = await conn.fetch(SQL["topics_at"], [place for place, _ in records])
    topics = {row["place"]: row["topic"] for row in rows}
    return [(topics[place], written) for place, written in records if place in topics]


async def on_redactions(events: Sequence[EntryRedacted | RecordCleaned], tx: Transaction) -> None:
    """Dead letters lose what was taken out: they say what is said now, or nothing where nobody can say that anew."""
    for event in events:
        if isinstance(event, RecordCleaned):
            await _clean_dead_letters(tx.conn, event.data.topic, event.data.record)
        else:
            about = str(event.data.incident_id)
            ids = [about, str(derived_id("postmortem", about))]
            await tx.conn.execute(SQL["empty_old_dead_letters"], ids, timeout=SECONDS)


async def _clean_dead_letters(conn: Conn, topic: str, record: str) -> None:
    event_id = json.loads(record)["id"]
    for row in await conn.fetch(SQL["dead_letters_like"], topic, event_id, timeout=SECONDS):
        if f'"id":"{event_id}"'.encode() in bytes(row["value"])[:300]:  # where an event says its own, others later
            await conn.execute(SQL["clean_dead_letter"], row["id"], record.encode())
