"""What became of a ticket, from its state and the text around it. A closed ticket is not a done action."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from closeout_judgement.lexicon import lexicon
from closeout_judgement.phrases import Phrases, words_of


class Fate(StrEnum):
    """What became of a ticket. Only `DONE` counts as done; `DONE_BUT_OPEN` is done, and nobody said so."""

    DONE = "done"
    CLOSED_NOT_DONE = "closed_not_done"
    CLOSED_SUPERSEDED = "closed_superseded"
    CLOSED_UNCLEAR = "closed_unclear"
    STILL_OPEN = "still_open"
    DONE_BUT_OPEN = "done_but_open"


class Sign(StrEnum):
    """What a text says of the work itself."""

    MERGED = "merged"
    NOT_MERGED = "not_merged"
    DONE = "done"
    NOT_DONE = "not_done"
    # By another change that took its place; and otherwise.
    SUPERSEDED = "superseded"
    NEEDLESS = "needless"


# What a tracker calls a ticket that is over.
OVER = frozenset(
    {"closed", "merged", "done", "resolved", "completed", "complete", "cancelled", "canceled", "duplicate"}
)
MERGED = "merged"


@cache
def _phrases() -> Phrases[Sign]:
    return Phrases((phrase, Sign(name)) for name, group in lexicon("ticket_states").items() for phrase in group.phrases)


def fate_of(state: str, evidence: str) -> Fate:
    """What became of a ticket in this `state`, of which comments, labels and changes say `evidence`.

    A merged change counts over a stale label; words such as “fixed” do not.
    """
    signs = {hit.meaning for hit in _phrases().find(words_of(evidence))}
    merged = Sign.MERGED in signs and Sign.NOT_MERGED not in signs
    state = state.strip().casefold()
    if state not in OVER:
        done = merged or (Sign.DONE in signs and signs.isdisjoint({Sign.NOT_DONE, Sign.NOT_MERGED}))
        return Fate.DONE_BUT_OPEN if done else Fate.STILL_OPEN
    if Sign.SUPERSEDED in signs:
        return Fate.CLOSED_SUPERSEDED
    if merged or state == MERGED:
        return Fate.DONE
    if not signs.isdisjoint({Sign.NOT_DONE, Sign.NOT_MERGED}):
        return Fate.CLOSED_NOT_DONE
    if Sign.NEEDLESS in signs:
        return Fate.CLOSED_SUPERSEDED
    return Fate.DONE if Sign.DONE in signs else Fate.CLOSED_UNCLEAR
