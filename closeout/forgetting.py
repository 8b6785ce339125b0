"""Forgetting a person in all services: each in its own schema, as its own role, in a transaction of its own.

It can be broken off anywhere and begun again. Review comes last: until it is done, the directory knows who is meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aiokafka.errors import KafkaError

from closeout.reach import opened
from closeout_actions.commands import forgetting as actions
from closeout_chassis.bus import Publisher
from closeout_chassis.db import SQL, Database, Outgoing, Transaction
from closeout_chassis.errors import CloseoutError, StartError
from closeout_chassis.settings import KafkaSettings
from closeout_chassis.topics import no_broker
from closeout_ingest import redacting as ingest
from closeout_metrics.commands import forgetting as metrics
from closeout_review.commands import forgetting as review
from closeout_review.commands.forgetting import Somebody
from closeout_schemas.catalogue import DIRECTORY

# What was under way while it was looked for may be written behind it.
MOST_PASSES = 5

Databases = Mapping[str, Database]
Found = dict[str, Counter[str]]  # by service, out of how many cells of each table
TAKES_OUT: Mapping[str, Callable[[Transaction, Somebody], Awaitable[Counter[str]]]] = {
    "ingest": lambda tx, one: ingest.forget(tx, one.named),
    "actions": lambda tx, one: actions.forget(tx, one.named),
    "metrics": lambda tx, one: metrics.forget(tx, one.named),
}


@dataclass
class Taken:
    """What was found, by service and table, and how many entries of chain version 1 keep what names them."""

    cells: Found
    kept_by_chain: int = 0

    @property
    def places(self) -> int:
        """In how many cells."""
        return sum(count.total() for count in self.cells.values())


class _NotYet(Exception):
    """It was only to be counted."""


@asynccontextmanager
async def databases(data: Path | None) -> AsyncIterator[Databases]:
    """Every service's own schema. Raises as `opened` does."""
    async with AsyncExitStack() as all_of_them:
        yield {name: await all_of_them.enter_async_context(opened(data, name)) for name in (*TAKES_OUT, "review")}


async def one_of(dbs: Databases, words: str) -> Somebody | None:
    """Who is meant; None where that address or id was forgotten before, and nothing of it is left.

    Raises CloseoutError where nobody is called so, or several are.
    """
    async with dbs["review"].reading() as conn:
        found = await review.who_is_meant(conn, words)
        was_forgotten = await review.forgotten_already(conn, words)
    if len(found) > 1:
        told = "\n".join(f"  {one.described}" for one in found)
        raise CloseoutError(
            f"“{words}” may be any of {len(found)}:\n{told}\nName one by an address, or as vendor:id (pagerduty:PALEX)."
        )
    if found:
        return found[0]
    alone = review.by_words_alone(words)
    if (await counted(dbs, alone, "")).places:
        return alone
    if was_forgotten:
        return None
    raise CloseoutError(
        f"Nobody is called “{words}”: neither pager, tracker nor sign-in knows them, and they are named nowhere. "
        "Give the full name, the address, or vendor:id. Whoever was forgotten already is called nothing any more."
    )


async def counted(dbs: Databases, somebody: Somebody, why: str) -> Taken:
    """Where they are named. Nothing is changed."""
    taken = Taken({})
    for service, db in dbs.items():
        with suppress(_NotYet):
            async with db.transaction() as tx:
                await _take_out(service, tx, somebody, why, taken)
                raise _NotYet
    return taken


async def forget(dbs: Databases, kafka: KafkaSettings, somebody: Somebody, why: str) -> Taken:
    """Take them out everywhere, until nothing is found; what is heard of them from now on is told of nobody.

    Raises StartError where the broker does not answer, CloseoutError where there is no end of what is found.
    """
    for db in dbs.values():
        async with db.transaction() as tx:
            await tx.conn.execute(SQL["keep_forgotten"], list(somebody.named.digests()), somebody.named.stand_in)
    await _out_of_the_directory_topic(kafka, somebody)
    taken = Taken({})
    for _ in range(MOST_PASSES):
        before = taken.places
        for service in dbs:
            async with dbs[service].transaction() as tx:
                await _take_out(service, tx, somebody, why, taken)
        if taken.places == before:
            return taken
    raise CloseoutError(f"After {MOST_PASSES} rounds they are still named by what is written meanwhile. Run it again.")


async def _out_of_the_directory_topic(kafka: KafkaSettings, somebody: Somebody) -> None:
    """It is compacted: what it holds of a key stays until something else is said of that key."""
    publisher = Publisher(kafka, "closeout.forget")
    try:
        await publisher.start()
        gone = [f"{vendor}:{account}" for vendor, account in somebody.named.handles]
        await publisher.publish([Outgoing(DIRECTORY.name, key, b"", None) for key in gone])
    except (KafkaError, OSError) as error:
        raise StartError(no_broker(kafka, error)) from None
    finally:
        await publisher.stop()


async def _take_out(service: str, tx: Transaction, somebody: Somebody, why: str, taken: Taken) -> None:
    cells = taken.cells.setdefault(service, Counter())
    if service == "review":
        one = await review.forget(tx, somebody, why)
        cells += one.cells
        taken.kept_by_chain = one.kept_by_chain
    else:
        cells += await TAKES_OUT[service](tx, somebody)
    taken.cells[service] = cells
