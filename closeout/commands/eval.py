"""`closeout eval`: how well the judgements agree with a folder of labelled texts."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from closeout_judgement.evaluate import BadRecord, Judgement, Record, Score
from closeout_judgement.evaluations.table import JUDGEMENTS

NAMES = ", ".join(judgement.name for judgement in JUDGEMENTS)
FAILED, BAD_USAGE = 1, 2


def evaluate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder with the labels, one JSON object a line in each *.jsonl file.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a list of scores.")] = False,
    only: Annotated[list[str] | None, typer.Option("--only", metavar="NAME", help=f"Only this one: {NAMES}.")] = None,
) -> None:
    """Score each judgement against labelled texts, with a 95 % bootstrap interval."""
    judgements = _chosen(only or [])
    if not folder.is_dir():
        _give_up(f"{folder} is not a folder. Name one that holds files such as action_items.jsonl.", BAD_USAGE)
    try:
        scores = _score(judgements, read_folder(folder))
    except BadRecord as error:
        _give_up(f"{folder}/{error}. Mend it, or take it out.", FAILED)
    if as_json:
        print(json.dumps([asdict(score) for score in scores]))
    else:
        _print(scores, judgements)
    if not scores:
        _give_up(f"nothing was scored: {folder} has none of the files that are asked for.", FAILED)


def read_folder(folder: Path) -> dict[str, list[Record]]:
    """Every labelled record, by the name of its file. Raises BadRecord, naming file and line."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.jsonl"))}


def _read(path: Path) -> list[Record]:
    records = []
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadRecord(f"{path.name}: cannot be read: {error.strerror}") from error
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadRecord(f"{path.name}:{number}: not JSON: {error}") from error
        if not isinstance(fields, dict):
            raise BadRecord(f"{path.name}:{number}: a JSON object is wanted, with fields such as “text” and “label”")
        records.append(Record(path.name, number, fields))
    return records


def _chosen(names: Sequence[str]) -> list[Judgement]:
    known = {judgement.name: judgement for judgement in JUDGEMENTS}
    for name in names:
        if name not in known:
            _give_up(f"there is no judgement “{name}”; there are {NAMES}.", BAD_USAGE)
    return [judgement for judgement in JUDGEMENTS if not names or judgement.name in names]


def _score(judgements: Sequence[Judgement], folder: dict[str, list[Record]]) -> list[Score]:
    scores: list[Score] = []
    progress = Console(stderr=True, highlight=False)
    for judgement in judgements:
        missing = [f"{name}.jsonl" for name in judgement.files if name not in folder]
        if missing:
            progress.print(f"{judgement.name}: not scored, {' and '.join(missing)} not there", markup=False)
            continue
        with progress.status(f"scoring {judgement.name} …"):
            scores += judgement.judge(folder)
    return scores


def _print(scores: Sequence[Score], judgements: Sequence[Judgement]) -> None:
    targets = {key: value for judgement in judgements for key, value in judgement.targets.items()}
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("judgement")
    table.add_column("metric")
    for column in ("value", "95 % interval", "n", "to reach"):
        table.add_column(column, justify="right", no_wrap=True)
    last = ""
    for score in scores:
        target = targets.get((score.judgement, score.metric))
        table.add_row(score.judgement if score.judgement != last else "", *_cells(score, target))
        last = score.judgement
    Console(highlight=False).print(table)


def _cells(score: Score, target: float | None) -> tuple[str, ...]:
    value, interval = f"{score.value:.2f}", f"{score.low:.2f} – {score.high:.2f}"
    if target is None:
        return score.metric, value, interval, str(score.n), ""
    colour = "green" if score.value >= target else "red"
    return score.metric, f"[{colour}]{value}[/]", interval, str(score.n), f"{target:.2f}"


def _give_up(why: str, code: int) -> NoReturn:
    print(f"closeout: {why}", file=sys.stderr)
    raise typer.Exit(code)
