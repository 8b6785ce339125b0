"""Ticket states: what became of the tickets that action items name, told from the evidence."""

from __future__ import annotations

from closeout_judgement.evaluate import Folder, Judgement, Score, accuracy, macro_f1, scores_of
from closeout_judgement.ticket_states import Fate, fate_of

NAME = "ticket_state"
LABELS = tuple(Fate)


def judge(folder: Folder) -> list[Score]:
    """How many rows are told rightly, and the mean F1 over the states that occur."""
    pairs = [
        (record.one_of("outcome", LABELS), fate_of(record.text("state"), record.text("evidence")))
        for record in folder["ticket_states"]
    ]
    return scores_of(NAME, pairs, {"accuracy": accuracy, "macro_f1": macro_f1})


JUDGEMENT = Judgement(NAME, ("ticket_states",), judge, {(NAME, "accuracy"): 1.0})
