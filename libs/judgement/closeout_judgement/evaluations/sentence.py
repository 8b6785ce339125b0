"""Sentences: a deed told without whoever did it, and a person who is blamed."""

from __future__ import annotations

from collections.abc import Sequence

from closeout_judgement.evaluate import Folder, Judgement, Pair, Record, Score, found, scores_of
from closeout_judgement.lints import agentless, blame

OK, AGENTLESS, BLAMES = "ok", "agentless", "blames_person"
LABELS = (OK, AGENTLESS, BLAMES)
ELIDED = "elided_subject"


def judge(folder: Folder) -> list[Score]:
    """Both lints on the real sentences, and on those written by hand where they are there."""
    real, authored = folder["sentences"], folder.get("sentences_authored", ())
    told = [record for record in real if record.fields.get("sub") != ELIDED]
    return [
        *_agentless("agentless", told),
        *_agentless("agentless_with_elided_subject", real),
        *_agentless("agentless_authored", authored),
        *_blames("blames_person", real),
        *_blames("blames_person_authored", authored),
    ]


def _agentless(name: str, records: Sequence[Record]) -> list[Score]:
    """A sentence that blames may be agentless too: those are left out."""
    labelled = [(record.one_of("label", LABELS), record.text("text")) for record in records]
    pairs = [(label, _said(text)) for label, text in labelled if label != BLAMES]
    return scores_of(name, pairs, found(AGENTLESS))


def _said(text: str) -> str:
    return AGENTLESS if any(True for _ in agentless.spans_of(text)) else OK


def _blames(name: str, records: Sequence[Record]) -> list[Score]:
    pairs = [(record.one_of("label", LABELS), _blamed(record.text("text"))) for record in records]
    scores = scores_of(name, pairs, found(BLAMES))
    return [*scores, *scores_of(name, [pair for pair in pairs if pair[0] == OK], {"false_alarms": _false_alarms})]


def _blamed(text: str) -> str:
    return BLAMES if any(True for _ in blame.spans_of(text)) else OK


def _false_alarms(pairs: Sequence[Pair]) -> float:
    """How many of the sentences without fault are said to blame."""
    return sum(said == BLAMES for _, said in pairs) / len(pairs) if pairs else 0.0


JUDGEMENT = Judgement(
    "sentence",
    ("sentences",),
    judge,
    {
        ("agentless", "precision"): 0.90,
        ("agentless", "f1"): 0.87,
        ("blames_person", "recall"): 0.90,
        ("blames_person_authored", "recall"): 0.90,
    },
)
