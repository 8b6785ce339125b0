"""The quarterly reading of published postmortems: what it finds in each organisation's quarters.

`python -m bench.meta_review_corpus FOLDER`, with the folder that holds postmortems.jsonl. The dates have no hour, so
that hours and nights are not tested there. Each organisation is read by itself, in every quarter with three incidents.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from closeout_judgement.patterns.candidate import LEAST_SUPPORT
from closeout_judgement.patterns.quarter import Quarter
from closeout_judgement.patterns.record import BadLine, IncidentRecord, record_of
from closeout_judgement.patterns.review import meta_review
from closeout_judgement.patterns.sentences import sentence


def main() -> None:
    """Read the folder and print a line for each quarter."""
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "postmortems.jsonl").is_file():
        sys.exit("usage: python -m bench.meta_review_corpus FOLDER, with the folder that holds postmortems.jsonl")
    organisations = read(Path(sys.argv[1]) / "postmortems.jsonl")
    table = Table("organisation", "quarter", "incidents", "before", "tested", "patterns", "questions", box=None)
    told: list[str] = []
    for name, records in organisations.items():
        for quarter in sorted({Quarter.of(one.opened_at) for one in records}):
            made = meta_review(records, quarter, UTC)
            if len(made.history.now) < LEAST_SUPPORT:
                continue
            counts = (len(made.history.now), len(made.history.base), made.candidates)
            table.add_row(name, str(quarter), *map(str, (*counts, len(made.patterns), len(made.questions))))
            told += [f"{name} {quarter}: pattern: {sentence(one)}" for one in made.patterns]
            told += [f"{name} {quarter}: question: {sentence(one)}" for one in made.questions]
    Console(highlight=False, width=110).print(table, *told, sep="\n")


def read(file: Path) -> Mapping[str, list[IncidentRecord]]:
    """The dated postmortems of each organisation."""
    organisations: dict[str, list[IncidentRecord]] = defaultdict(list)
    for record, organisation in _records(file):
        organisations[organisation].append(record)
    return organisations


def _records(file: Path) -> Iterator[tuple[IncidentRecord, str]]:
    for line in file.read_text().splitlines():
        fields: dict[str, Any] = json.loads(line)
        exported = {
            "id": fields["id"],
            "opened_at": fields["date"],
            "service": (fields["services"] or [fields["source"]])[0],
            "failure_modes": fields["labels"].get("failure_modes", []),
        }
        try:
            yield record_of(json.dumps(exported)), fields["source"]
        except BadLine:  # only a year, or no date at all
            continue


if __name__ == "__main__":
    main()
