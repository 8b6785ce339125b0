"""Placeholder causes: whether the lint points out the causes that say nothing, and only those."""

from __future__ import annotations

from closeout_judgement.evaluate import Folder, Judgement, Pair, Record, Score, found, scores_of
from closeout_judgement.lints.placeholder_cause import check

NAME = "placeholder_cause"
PLACEHOLDER, SUBSTANTIVE = "placeholder", "substantive"


def judge(folder: Folder) -> list[Score]:
    """Precision, recall and F1 of what is pointed out."""
    return scores_of(NAME, [_pair(record) for record in folder["root_causes"]], found(PLACEHOLDER))


def _pair(record: Record) -> Pair:
    said = PLACEHOLDER if check(record.text("text")) else SUBSTANTIVE
    return record.one_of("label", (PLACEHOLDER, SUBSTANTIVE)), said


JUDGEMENT = Judgement(NAME, ("root_causes",), judge, {(NAME, "precision"): 0.85, (NAME, "f1"): 0.80})
