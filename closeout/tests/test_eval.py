"""`closeout eval` on folders of labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from closeout.cli import app_of

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
ITEMS = [
    {"text": "Add an alert on disk usage above 80 %", "label": "testable"},
    {"text": "Delete the old ingress", "label": "testable"},
    {"text": "Improve monitoring", "label": "vague"},
    {"text": "Investigate the timeouts", "label": "investigate"},
]


def run(*words: str) -> Result:
    return CliRunner().invoke(app_of(["eval"]), ["eval", *words])


def write(folder: Path, name: str, records: list[dict[str, Any]]) -> None:
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records))


def test_scores_are_printed_as_json_with_interval_and_count(tmp_path: Path) -> None:
    write(tmp_path, "action_items.jsonl", ITEMS)

    answer = run(str(tmp_path), "--json")

    assert answer.exit_code == 0
    scores = json.loads(answer.stdout)
    assert {tuple(sorted(score)) for score in scores} == {("high", "judgement", "low", "metric", "n", "value")}
    [f1] = [one for one in scores if (one["judgement"], one["metric"]) == ("action_item_not_testable", "f1")]
    assert (f1["value"], f1["n"]) == (1.0, 4)


def test_the_table_shows_what_is_to_be_reached(tmp_path: Path) -> None:
    write(tmp_path, "action_items.jsonl", ITEMS)

    answer = run(str(tmp_path), "--only", "action_item")

    assert "macro_f1" in answer.stdout
    assert "0.85" in answer.stdout


def test_a_judgement_whose_file_is_missing_is_named(tmp_path: Path) -> None:
    answer = run(str(tmp_path), "--json")

    assert answer.exit_code == 1
    assert json.loads(answer.stdout) == []
    assert "action_item: not scored, action_items.jsonl not there" in answer.stderr


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{not json", "action_items.jsonl:5: not JSON"),
        ("[]", "action_items.jsonl:5: a JSON object is wanted"),
        ('{"label": "vague"}', "action_items.jsonl:5: needs “text”"),
        ('{"text": "x", "label": "fine"}', "action_items.jsonl:5: “label” is “fine”"),
    ],
)
def test_a_broken_line_is_named_with_its_number(tmp_path: Path, line: str, why: str) -> None:
    write(tmp_path, "action_items.jsonl", ITEMS)
    with (tmp_path / "action_items.jsonl").open("a") as file:
        file.write(line + "\n")

    answer = run(str(tmp_path))

    assert answer.exit_code == 1
    assert why in answer.stderr
    assert "Traceback" not in answer.output


def test_bad_usage_is_exit_code_2(tmp_path: Path) -> None:
    assert run(str(tmp_path / "nowhere")).exit_code == 2
    unknown = run(str(tmp_path), "--only", "weather")
    assert unknown.exit_code == 2
    assert "there is no judgement “weather”" in unknown.stderr


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real postmortems is not beside this repository")
def test_the_corpus_is_scored() -> None:
    scores = json.loads(run(str(CORPUS), "--json").stdout)

    assert {"action_item", "action_item_not_testable"} <= {score["judgement"] for score in scores}


def test_what_is_no_file_or_too_deep_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.jsonl").mkdir()
    no_file = run(str(tmp_path))
    (tmp_path / "notes.jsonl").rmdir()
    (tmp_path / "action_items.jsonl").write_text("[" * 100_000)
    too_deep = run(str(tmp_path))

    assert (no_file.exit_code, too_deep.exit_code) == (1, 1)
    assert no_file.stderr.startswith(f"closeout: {tmp_path}/notes.jsonl: cannot be read: Is a directory")
    assert "action_items.jsonl:1: not JSON" in too_deep.stderr
