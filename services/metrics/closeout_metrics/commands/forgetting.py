"""Forgetting a person: the wall names owners, and what waits to be said names recipients. The numbers stay."""

from __future__ import annotations

from collections import Counter
from functools import partial

from closeout_chassis.cells import rewrite
from closeout_chassis.db import Transaction
from closeout_judgement.forgetting import cells_without_person
from closeout_judgement.people import Named

HOLDS_NOBODY = ("inbox", "forgotten", "change", "tally_basis")


async def forget(tx: Transaction, who: Named) -> Counter[str]:
    """Take a person out of everything that is kept here; returns out of how many cells of each table."""
    cells: Counter[str] = Counter()
    async for table, _, found in rewrite(tx.conn, HOLDS_NOBODY, who.traces(), partial(cells_without_person, who)):
        cells[table] += len(found)
    return cells
