"""Action items: whether somebody can say “done”, and if not, why not."""

from __future__ import annotations

from collections.abc import Sequence

from closeout_judgement.evaluate import Folder, Judgement, Pair, Record, Score, f1, found, macro_f1, scores_of
from closeout_judgement.lints.action_item_kind import Kind, kind_of

LABELS = tuple(Kind)
NOT_TESTABLE = "not testable"


def judge(folder: Folder) -> list[Score]:
    """Testable or not, and the three kinds; first without the items on which careful readers may differ."""
    records = folder["action_items"]
    clear = [record for record in records if record.fields.get("hard") is not True]
    return [
        *_two_way("action_item_not_testable", clear),
        *_two_way("action_item_not_testable_with_hard", records),
        *_three_way("action_item", clear),
        *_three_way("action_item_with_hard", records),
    ]


def _two_way(name: str, records: Sequence[Record]) -> list[Score]:
    return scores_of(name, [(_merged(truth), _merged(said)) for truth, said in _pairs(records)], found(NOT_TESTABLE))


def _merged(kind: str) -> str:
    return kind if kind == Kind.TESTABLE else NOT_TESTABLE


def _three_way(name: str, records: Sequence[Record]) -> list[Score]:
    each = {f"f1_{kind}": lambda pairs, kind=kind: f1(pairs, kind) for kind in LABELS}
    return scores_of(name, _pairs(records), {"macro_f1": macro_f1, **each})


def _pairs(records: Sequence[Record]) -> list[Pair]:
    return [(record.one_of("label", LABELS), kind_of(record.text("text"))) for record in records]


JUDGEMENT = Judgement(
    "action_item",
    ("action_items",),
    judge,
    {
        ("action_item_not_testable", "precision"): 0.92,
        ("action_item_not_testable", "f1"): 0.88,
        ("action_item", "macro_f1"): 0.85,
        ("action_item", "f1_vague"): 0.80,
    },
)
