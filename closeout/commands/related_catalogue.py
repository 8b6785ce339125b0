"""The earlier reviews of the catalogue that would help now, printed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closeout.reach import opened, review_settings
from closeout_judgement.why_related import Related, worth_showing
from closeout_review.api.found import related as as_answer
from closeout_review.commands.catalogue import Catalogue, earlier
from closeout_review.domain.card import Earlier, standing
from closeout_review.store.incidents import Incidents

Found = tuple[Related, Earlier]


def from_catalogue(text: str, service: str, most: int, *, unsure: bool, as_json: bool, data: Path | None) -> None:
    """Ask the catalogue, and print what it answers. Raises CloseoutError where there is no database."""
    found = asyncio.run(_ask(text, service, most, unsure, data))
    if as_json:
        print(json.dumps([as_answer(one, review).model_dump(mode="json") for one, review in found], indent=1))
    else:
        _print(found)


async def _ask(text: str, service: str, most: int, unsure: bool, data: Path | None) -> list[Found]:
    settings = review_settings(data)
    async with opened(data, "review") as db, db.reading() as conn:
        found = await Catalogue(settings).search(text, service, most, conn)
        now = await Incidents(conn).now()
        shown = found if unsure else worth_showing(found)
        told = [(one, await earlier(one, now, settings, conn)) for one in shown]
    return [(one, review) for one, review in told if review is not None]


def _print(found: Sequence[Found]) -> None:
    console = Console(highlight=False)
    if not found:
        console.print("Nothing that is sure enough. --unsure prints the rest.")
        return
    for number, (one, review) in enumerate(found):
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=not number)
        table.add_column("sure", justify="right", no_wrap=True, min_width=4)
        table.add_column("earlier review", ratio=3, overflow="fold")
        table.add_column("why", ratio=2)
        when = [review.opened_at.date().isoformat()] if review.opened_at else []
        items = [f"{standing(item)}: {item.text} ({item.owner})" for item in review.open_items]
        cells = ("\n".join([f"{review.title}{review.likewise}", *when, *items]), review.why)
        # What stands in a review is not markup.
        table.add_row(f"{one.confidence:.0%}", *map(escape, cells))
        console.print(table)
        # Whole, on a line of its own: a link that is cut or folded leads nowhere.
        console.print(f"      {escape(review.url)}\n", soft_wrap=True)
