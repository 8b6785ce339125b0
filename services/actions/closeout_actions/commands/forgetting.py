"""Forgetting a person: as owner, as whoever is assigned to tickets, as whoever wrote on them."""

from __future__ import annotations

from collections import Counter
from functools import partial

from closeout_actions.commands.mirroring import look_again
from closeout_actions.store import Store
from closeout_actions.store.projects import Projects
from closeout_chassis.cells import rewrite
from closeout_chassis.db import Transaction
from closeout_judgement.forgetting import cells_without_person
from closeout_judgement.people import Named

HOLDS_NOBODY = ("inbox", "forgotten", "credential")


async def forget(tx: Transaction, who: Named) -> Counter[str]:
    """Take a person out of everything that is kept here; returns out of how many cells of each table.

    Of an open ticket that was theirs it is said that its owner has left, as of anybody who cannot be assigned any more.
    """
    projects = Projects(tx.conn)
    cells = Counter({"account": await projects.forget_accounts(who.handles)})
    async for table, _, found in rewrite(tx.conn, HOLDS_NOBODY, who.traces(), partial(cells_without_person, who)):
        cells[table] += len(found)
    await projects.nobody_is_assignable(who.stand_in)
    for kept in await Store(tx.conn).lock_assigned_to(who.stand_in):
        await look_again(kept, tx)
    return +cells
