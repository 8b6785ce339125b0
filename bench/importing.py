"""`closeout import` of many files into a PostgreSQL of its own, against reading and judging them alone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
from pydantic import SecretStr

from bench.old_postmortems import Writer
from bench.related import postgres
from bench.rows import Row, rate
from closeout_chassis.migrate import migrate
from closeout_chassis.settings import DatabaseSettings

MANY, FEW, TIMES = 2000, 200, 3
# Storing and indexing may cost as much again as reading does.
TARGET = 0.5


def rows(quick: bool) -> Sequence[Row]:
    """`import`: documents a second."""
    count = FEW if quick else MANY
    with TemporaryDirectory() as name, postgres() as url:
        asyncio.run(migrate(DatabaseSettings(url=SecretStr(url), start_timeout_seconds=30), ["review"]))
        folder = Path(name) / "postmortems"
        Writer().write(folder, count)
        # In turn, the best of each: others on the machine slow down one and not the other.
        each = [(_rate(count, folder, url, "--dry-run"), _anew(count, folder, url)) for _ in range(TIMES)]
        return [rate("import", max(stored for _, stored in each), max(read for read, _ in each), TARGET)]


def _anew(count: int, folder: Path, url: str) -> float:
    """Into a database that has none of it."""
    asyncio.run(_forget(url))
    return _rate(count, folder, url)


async def _forget(url: str) -> None:
    conn = await asyncpg.connect(url)
    try:
        await conn.execute(
            "SET search_path = review; TRUNCATE imported, promise_index, catalogue_document, catalogue_segment, "
            "catalogue_posting; CHECKPOINT"
        )
    finally:
        await conn.close()


def _rate(count: int, folder: Path, url: str, *more: str) -> float:
    own = {"CLOSEOUT_DATABASE_URL": url, "CLOSEOUT_UP_DATA": str(folder / "none")}
    command = [sys.executable, "-m", "closeout", "import", str(folder), "--json", *more]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **own})
    return count / (time.perf_counter() - began)
