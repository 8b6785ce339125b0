"""Two that meet at one place of the database, for tests: one holds it until the other waits there."""

from __future__ import annotations

import asyncio
from typing import Any

from closeout_chassis.db import Conn

# Whoever waits for a row waits for a transaction, and that is in no database: what else the session holds is.
WAITING = """
    SELECT EXISTS (
        SELECT FROM pg_locks AS wanted JOIN pg_locks AS held USING (pid)
        JOIN pg_database AS here ON here.oid = held.database
        WHERE NOT wanted.granted AND here.datname = current_database()
    )
"""


async def until_it_waits(task: asyncio.Task[Any], conn: Conn) -> None:
    """Until `task` waits for what `conn` holds; at once where it is done, since then it never will."""
    async with asyncio.timeout(60):
        while not (task.done() or await conn.fetchval(WAITING)):
            await asyncio.sleep(0.01)
