"""`make bench`: what Closeout costs, as ratios taken in one run. Writes build/bench.json, prints a table.

`python -m bench [--quick] [--only SECTION …]`
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from bench import (
    audit,
    card,
    door,
    importing,
    lint,
    meta_review,
    pages,
    pipeline,
    related,
    scrape,
    start,
    storm,
    trackers,
    waits,
)
from bench.rows import Row, table
from bench.running import Running, running

RESULTS = Path("build/bench.json")

# Each is measured on one running system, in this order: the quiet ones before those that leave work behind.
ON_A_SYSTEM: dict[str, Callable[[Running, bool], Sequence[Row]]] = {
    "waits": waits.rows,
    "pipeline": pipeline.rows,
    "storm": storm.rows,
    "door": door.rows,
}

# These start what they need by themselves.
# A quick run, which is to end within a minute, leaves them out unless they are named.
ALONE: dict[str, Callable[[bool], Sequence[Row]]] = {
    "audit": audit.rows,
    "card": card.rows,
    "import": importing.rows,
    "related": related.rows,
    "trackers": trackers.rows,
    "scrape": scrape.rows,
    "meta-review": meta_review.rows,
    "lint": lint.rows,
    "start": start.rows,
    "pages": pages.rows,
}


def main() -> None:
    """Parse, measure, print, write."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="end within a minute; the figures are rougher")
    parser.add_argument(
        "--only", nargs="+", choices=[*ALONE, *ON_A_SYSTEM], help="measure these sections, and no others"
    )
    given = parser.parse_args()
    console = Console(highlight=False)
    measured = measure(given.only or [*(() if given.quick else ALONE), *ON_A_SYSTEM], given.quick, console)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(measured, indent=2) + "\n")
    console.print(table(measured))
    console.print(f"[dim]{RESULTS}[/]")


def measure(sections: Sequence[str], quick: bool, console: Console) -> list[dict[str, object]]:
    """The rows of these sections; says which one is under way."""
    began = time.monotonic()

    def say(what: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.1f} s  {what} …[/]")

    rows: list[Row] = []
    for name in (section for section in sections if section in ALONE):
        say(name)
        rows += ALONE[name](quick)
    with ExitStack() as stack:
        wanting = [section for section in sections if section in ON_A_SYSTEM]
        if wanting:
            say("starting Closeout")
            system = stack.enter_context(running())
        for name in wanting:
            say(name)
            rows += ON_A_SYSTEM[name](system, quick)
    return [row.as_dict() for row in rows]


if __name__ == "__main__":
    main()
