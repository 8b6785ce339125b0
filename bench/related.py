"""The back catalogue in the database: how long a question takes, and how much of what it should find it finds, as the
catalogue grows. Writes into a PostgreSQL of its own."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from bench.related_corpus import Kin, Made, Others, Question, in_batches, labelled, questions
from bench.rows import Row, latency, quantile
from closeout.postgres import EmbeddedPostgres
from closeout_chassis.db import Database
from closeout_chassis.migrate import migrate
from closeout_chassis.settings import DatabaseSettings
from closeout_judgement.evaluate import mean
from closeout_judgement.taxonomy import published
from closeout_judgement.why_related import Related
from closeout_review.commands.catalogue import Catalogue, id_of
from closeout_review.commands.indexing import postings_of
from closeout_review.settings import ReviewSettings
from closeout_review.store.catalogue import CatalogueIndex, Entry

SIZES, QUICK_SIZES = (1_000, 10_000, 100_000), (1_000, 10_000)
SLOWEST_MS = 50.0
BATCH = 2_000
TIMES = 8  # each question
# How much of the recall among a thousand may be lost among more: labels are as sure as that.
LOST = 0.03
PLACES = 5


def rows(quick: bool) -> list[Row]:
    """`related`: milliseconds of a question, p99, at each size, and of that what was waited for the database;
    `recall@5` beside what it is at the first size; and how many of the first five help, where labels tell."""
    with postgres() as url:
        return asyncio.run(_measure(url, QUICK_SIZES if quick else SIZES))


@contextmanager
def postgres() -> Iterator[str]:
    """A server of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="closeout-bench-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder)
    try:
        server.start()
        yield server.url()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Asked:
    """What the questions took at one size, all of it and the part that was waited for the database, in milliseconds;
    and the recall of each, with a service and without."""

    took: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    recalls: list[float] = field(default_factory=list)
    recalls_without: list[float] = field(default_factory=list)
    helpful: list[float] = field(default_factory=list)


async def _measure(url: str, sizes: Sequence[int]) -> list[Row]:
    settings = DatabaseSettings(url=SecretStr(url), start_timeout_seconds=30)
    await migrate(settings, ["review"])
    db = Database(settings, "review")
    await db.open()
    by_size = {size: Asked() for size in sizes}
    try:
        for part in questions():
            await _ask_part(db, part, by_size)
        await _ask_kin(db, by_size)
    finally:
        await db.close()
    first = by_size[sizes[0]]
    return [row for size, asked in by_size.items() for row in _rows(size, asked, first, size == SIZES[-1])]


async def _ask_part(db: Database, part: Sequence[Question], by_size: Mapping[int, Asked]) -> None:
    """A catalogue of its own for these questions, as it grows."""
    async for size in _growing(db, Others(part), by_size):
        await _ask(db, part, by_size[size])


async def _ask_kin(db: Database, by_size: Mapping[int, Asked]) -> None:
    """All questions of a catalogue in which each review takes after a labelled document."""
    kin = Kin()
    asked = [question for part in questions() for question in part if question.relevant]
    async for size in _growing(db, kin, by_size if asked else ()):
        for question in asked:
            async with db.reading() as conn:
                answers = await Catalogue(ReviewSettings()).search(question.text, "", PLACES, conn)
            found = [str(id_of(one)) for one in answers]
            helps = sum(kin.after.get(one, one) in question.relevant for one in found)
            by_size[size].helpful.append(helps / max(1, len(found)))


async def _growing(db: Database, others: Others, sizes: Iterable[int]) -> AsyncIterator[int]:
    """Each of these sizes, once the catalogue has it: the labelled documents among others."""
    await db.pool.execute("TRUNCATE catalogue_document, catalogue_segment, catalogue_posting RESTART IDENTITY")
    kept = 0
    wanted = labelled()
    await _add(db, wanted)
    for size in sizes:
        more = max(0, size - len(wanted) - kept)
        for batch in in_batches(others(more, kept), BATCH):
            await _add(db, batch)
        kept += more
        await db.pool.execute("ANALYZE catalogue_posting, catalogue_document", timeout=600)
        yield size


def _rows(size: int, asked: Asked, first: Asked, is_largest: bool) -> list[Row]:
    """At this size; the base lines are those of the first size."""
    target = SLOWEST_MS if is_largest else None
    name = f"related among {size:,}"
    made = [
        latency(f"{name}, p99", quantile(asked.took, 0.99), quantile(first.took, 0.99)),
        latency(f"{name}, p50 in the database", quantile(asked.waited, 0.5), quantile(first.waited, 0.5)),
        latency(f"{name}, p99 in the database", quantile(asked.waited, 0.99), quantile(first.waited, 0.99), target),
    ]
    if asked.recalls:
        made.append(_recall(f"{name}, recall@5", asked.recalls, first.recalls, at_least=-LOST))
        # Where not even the service is known, what ten thousand others say in passing weighs in.
        made.append(_recall(f"{name}, recall@5, no service", asked.recalls_without, first.recalls_without))
    if asked.helpful:
        made.append(_recall(f"{name}, helpful of five, no service", asked.helpful, first.helpful, at_least=-LOST))
    return made


def _recall(name: str, recalls: Sequence[float], first: Sequence[float], at_least: float | None = None) -> Row:
    value, before = mean(recalls), mean(first)
    met = None if at_least is None else value >= before + at_least
    return Row(name, value, "", before, value / before, None, met)


async def _add(db: Database, batch: Sequence[Made]) -> None:
    async with db.transaction() as tx:
        index = CatalogueIndex(tx.conn)
        numbers = await index.number([Entry(one.id, True, one.kept) for one in batch], published().fingerprint)
        postings = postings_of({numbers[one.id]: one.impacts for one in batch})
        # As large as what merging would have made of it.
        await index.add_segment(3, postings)
        if len(batch) == BATCH:
            await index.merge(10)


async def _ask(db: Database, part: Sequence[Question], asked: Asked) -> None:
    settings = ReviewSettings()
    for time_ in range(TIMES):
        for question in part:
            # A new one each time: one that was asked before would answer from memory.
            catalogue = Catalogue(settings)
            waited: list[float] = []
            began = time.perf_counter()
            async with db.reading() as conn:
                with conn.query_logger(lambda query, waited=waited: waited.append(query.elapsed)):
                    answers = await catalogue.search(question.text, question.service, PLACES, conn)
            # The first questions of a process load what later ones find there.
            if time_:
                asked.took.append((time.perf_counter() - began) * 1000)
                asked.waited.append(sum(waited) * 1000)
            elif question.relevant:
                asked.recalls.append(_recall_of(answers, question))
                async with db.reading() as conn:
                    answers = await catalogue.search(question.text, "", PLACES, conn)
                asked.recalls_without.append(_recall_of(answers, question))


def _recall_of(answers: Sequence[Related], question: Question) -> float:
    # One that says the same as another shares its place, and is named there.
    found = {str(id_of(each)) for one in answers for each in (one.id, *one.alike)}
    return min(1.0, len(found & question.relevant) / min(PLACES, len(question.relevant)))


if __name__ == "__main__":
    import sys

    from rich.console import Console

    from bench.rows import table

    Console().print(table([row.as_dict() for row in rows(quick="--full" not in sys.argv)]))
