"""Failure modes: whether the modes suggested for a postmortem are those that a reader gave it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from closeout_judgement.evaluate import BadRecord, Folder, Judgement, Record, Score, macro_f1, mean, scores_of
from closeout_judgement.failure_modes import failure_modes

NAME = "failure_mode"
NOTHING = "(nothing)"
OFFERED = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """The labels, the primary one first, and what was offered."""

    labels: tuple[str, ...]
    offered: tuple[str, ...]

    @property
    def first(self) -> str:
        """What was offered first."""
        return self.offered[0] if self.offered else NOTHING


METRICS: Mapping[str, Callable[[Sequence[Answer]], float]] = {
    "first_is_a_label": lambda answers: mean([one.first in one.labels for one in answers]),
    "first_is_primary": lambda answers: mean([one.first == one.labels[0] for one in answers]),
    "primary_in_two": lambda answers: mean([one.labels[0] in one.offered for one in answers]),
    "a_label_in_two": lambda answers: mean([bool(set(one.labels) & set(one.offered)) for one in answers]),
    "macro_f1": lambda answers: macro_f1([(one.labels[0], one.first) for one in answers]),
}


def judge(folder: Folder) -> list[Score]:
    """Documents whose cause is not stated have no labels, and are left out."""
    return scores_of(NAME, [_answer(record) for record in folder["postmortems"] if labels_of(record)], METRICS)


def labels_of(record: Record) -> tuple[str, ...]:
    """The failure modes that a reader gave the document, the primary one first."""
    labels = record.fields.get("labels")
    modes = labels.get("failure_modes") if isinstance(labels, Mapping) else None
    if not isinstance(modes, list):
        raise BadRecord(f"{record.file}:{record.line}: needs “labels.failure_modes”, as a list of texts")
    return tuple(str(mode) for mode in modes)


def _answer(record: Record) -> Answer:
    suggested = failure_modes(record.text("text"), record.text("title"), most=OFFERED)
    return Answer(labels_of(record), tuple(one.mode for one in suggested))


JUDGEMENT = Judgement(
    NAME,
    ("postmortems",),
    judge,
    {
        (NAME, "first_is_a_label"): 0.70,
        (NAME, "primary_in_two"): 0.85,
        (NAME, "macro_f1"): 0.55,
    },
)
