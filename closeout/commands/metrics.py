"""`closeout metrics`: the projections that the numbers are read from."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from closeout.commands.up import Data
from closeout.reach import broker_of, opened, review_settings
from closeout.replay import Reader, reading
from closeout_chassis.consume import Subscription
from closeout_chassis.settings import read
from closeout_metrics.commands.rebuilding import Rebuilding, Rebuilt, rebuilding
from closeout_metrics.handlers import subscriptions
from closeout_metrics.settings import MetricsSettings
from closeout_review.commands.telling_again import told_again
from closeout_schemas.catalogue import TOPICS
from closeout_schemas.envelope import Event

app = typer.Typer(help="The projections that the numbers are read from.", no_args_is_help=True)
DIFFERS = 3
AT_ONCE = 500
TOPIC_OF = {kind: topic.name for topic in TOPICS for kind in topic.event_classes()}


@app.command()
def rebuild(
    keep: Annotated[
        bool, typer.Option("--keep", help="Begin with what is known: topics keep their records for a week only.")
    ] = False,
    exports: Annotated[
        bool,
        typer.Option(
            "--exports", help="After the topics, take in what review knows: where the topics do not reach back."
        ),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 3 when the numbers would be others.")
    ] = False,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Take in again what the topics tell, beside what is read, and swap. Safe while the services run.

    Topics keep their records for a week. --exports tells of all that is older as it stands now; --keep begins with what
    is known, and so keeps what happened in between.
    """
    seen, rebuilt = asyncio.run(_rebuild(data, _progress(quiet=as_json), keep=keep, exports=exports, check=check))
    if as_json:
        print(json.dumps({"events": seen, **asdict(rebuilt)}))
    else:
        _tell(seen, rebuilt)
    if check and rebuilt.differing:
        raise typer.Exit(DIFFERS)


def _tell(seen: int, rebuilt: Rebuilt) -> None:
    console = Console(highlight=False)
    console.print(
        f"{seen} events: {rebuilt.incidents} incidents, {rebuilt.postmortems} postmortems, "
        f"{rebuilt.action_items} action items."
    )
    if not rebuilt.differing:
        console.print("The numbers are what they were.")
    else:
        are = "are others now" if rebuilt.swapped else "would be others; nothing was changed"
        console.print(f"{rebuilt.differing} of the numbers {are}.")


def _progress(*, quiet: bool) -> Callable[[int], None]:
    console = Console(stderr=True, highlight=False)
    shown = 0

    def tell(seen: int) -> None:
        nonlocal shown
        if not quiet and seen - shown >= 10_000:
            shown = seen
            console.print(f"· {seen} events …")

    return tell


async def _rebuild(
    data: Path | None, tell: Callable[[int], None], *, keep: bool, exports: bool, check: bool
) -> tuple[int, Rebuilt]:
    settings = read(MetricsSettings)
    handlers = {one.topic.name: one for one in subscriptions(settings.zone, settings.mapping)}
    async with (
        opened(data, "metrics") as db,
        reading(broker_of(data), list(handlers)) as reader,
        rebuilding(db, settings.zone, keep=keep) as work,
    ):

        async def take_in_the_rest() -> None:
            await _take_in(reader, work, handlers, tell)

        await take_in_the_rest()
        if exports:
            await _take_in_exports(data, work, handlers)
        return reader.seen, await work.finish(take_in_the_rest, swap=not check)


async def _take_in_exports(data: Path | None, work: Rebuilding, handlers: dict[str, Subscription]) -> None:
    """Review heard of every incident and every ticket, too: what it knows is all that there is."""
    async with (
        opened(data, "review") as db,
        db.reading() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        batch: list[Event] = []
        async for event in told_again(conn, review_settings(data)):
            batch.append(event)
            if len(batch) == AT_ONCE:
                await _take_in_batch(batch, work, handlers)
                batch = []
        await _take_in_batch(batch, work, handlers)


async def _take_in_batch(batch: Sequence[Event], work: Rebuilding, handlers: dict[str, Subscription]) -> None:
    by_topic: dict[str, list[Event]] = {}
    for event in batch:
        by_topic.setdefault(TOPIC_OF[type(event)], []).append(event)
    for topic, events in by_topic.items():
        await work.take_in(handlers[topic].handler, events)


async def _take_in(
    reader: Reader, work: Rebuilding, handlers: dict[str, Subscription], tell: Callable[[int], None]
) -> None:
    async for by_topic in reader.to_the_end():
        for topic, values in by_topic.items():
            events = []
            for value in values:
                # What is of an unknown type, or does not parse, was a dead letter at best: it is in no number.
                with suppress(ValidationError):
                    events.append(handlers[topic].topic.adapter.validate_json(value))
            if events:
                await work.take_in(handlers[topic].handler, events)
        tell(reader.seen)
