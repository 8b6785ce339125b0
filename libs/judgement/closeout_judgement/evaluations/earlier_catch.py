"""Earlier catches: whether the control that a sentence names is recognised; the authored probes are reported apart."""

from __future__ import annotations

from collections.abc import Sequence

from closeout_judgement.earlier_catch import Catch, earlier_catch
from closeout_judgement.evaluate import Folder, Judgement, Record, Score, accuracy, f1, macro_f1, scores_of

NAME, AUTHORED = "earlier_catch", "earlier_catch_authored"
LABELS = tuple(Catch)


def judge(folder: Folder) -> list[Score]:
    """Six classes; the mean over those that occur, and each."""
    return [*_scores(NAME, folder[NAME]), *_scores(AUTHORED, folder.get(AUTHORED, ()))]


def _scores(name: str, records: Sequence[Record]) -> list[Score]:
    pairs = [(record.one_of("label", LABELS), earlier_catch(record.text("text"))) for record in records]
    occurring = [label for label in LABELS if any(truth == label for truth, _ in pairs)]
    each = {f"f1_{label}": lambda drawn, label=label: f1(drawn, label) for label in occurring}
    return scores_of(name, pairs, {"macro_f1": macro_f1, "accuracy": accuracy, **each})


JUDGEMENT = Judgement(NAME, (NAME,), judge, {(NAME, "macro_f1"): 0.85, (AUTHORED, "macro_f1"): 0.85})
