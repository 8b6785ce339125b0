"""Every query is prepared against the migrated schema, and those of a scrape go by an index."""

from __future__ import annotations

import pytest

from closeout_chassis.db import Database
from closeout_metrics import testing as e
from closeout_metrics.domain.moment import Asked
from closeout_metrics.store import SQL, Shadow
from closeout_metrics.testing import BERLIN

INDEXES = {
    "incident_opened",
    "postmortem_draft",
    "action_item_open",
    "tally_cohort",
    "recurrence_opened",
    "confirmed_recurrence_opened",
    "postmortem_at_stake",
    "postmortem_failed",
}


@pytest.mark.integration
async def test_every_query_fits_the_schema(db: Database) -> None:
    async with db.reading() as conn:
        async with conn.transaction():
            await Shadow(conn).make(keep=False)
            for name, query in SQL.items():
                if not query.partition("\n")[2].startswith("LOCK") and ";\n" not in query:  # which cannot be prepared
                    assert await conn.prepare(query), name
        await Shadow(conn).forget()


@pytest.mark.integration
async def test_a_scrape_reads_by_indexes(db: Database) -> None:
    async with db.transaction() as tx:
        # Over empty tables the planner would read them whole.
        await tx.conn.execute("SET LOCAL enable_seqscan = off")
        reading, standing = [await tx.conn.prepare(SQL[name]) for name in ("reading", "by_clock")]
        plan = str(await reading.explain(*Asked.at(e.NIGHT, BERLIN, 8), 100, 100, 5))
        plan += str(await standing.explain(e.NIGHT, e.FAILS, 5))

    assert [index for index in sorted(INDEXES) if index not in plan] == [], plan
