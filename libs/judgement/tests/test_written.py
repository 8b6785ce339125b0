"""The lints on sentences written for them: what holds today is held."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from closeout_judgement.evaluate import Record, Score
from closeout_judgement.evaluations import action_item, sentence

WRITTEN = Path(__file__).parent / "written"


def records(name: str) -> list[Record]:
    lines = (WRITTEN / f"{name}.jsonl").read_text().splitlines()
    return [Record(f"{name}.jsonl", number, json.loads(line)) for number, line in enumerate(lines, 1)]


def by_name(scores: list[Score]) -> dict[tuple[str, str], float]:
    return {(score.judgement, score.metric): score.value for score in scores}


@pytest.mark.parametrize(
    ("metric", "least"), [(("action_item_not_testable", "f1"), 0.97), (("action_item", "macro_f1"), 0.97)]
)
def test_action_items_are_told_apart(metric: tuple[str, str], least: float) -> None:
    assert by_name(action_item.judge({"action_items": records("action_items")}))[metric] >= least


def test_sentences_are_told_apart() -> None:
    scores = by_name(sentence.judge({"sentences": records("sentences")}))

    assert scores["agentless", "f1"] >= 0.95
    assert scores["blames_person", "recall"] >= 0.9
    assert scores["blames_person", "false_alarms"] == 0.0
