"""An action item that nobody can complete: it asks for study, or names a direction without an end.

Testable is what another person can look at and say: it is there, or it is not. A threshold is welcome but not needed.
"""

from __future__ import annotations

from collections.abc import Iterator

from closeout_judgement.finding import Finding, Lint
from closeout_judgement.language.words import sentences_of
from closeout_judgement.lints.action_item_kind import KINDS, Kind, Why, kind_of, why_not
from closeout_judgement.lints.item_mends import as_a_change

INVESTIGATES, VAGUE = "action-item-investigates", "action-item-vague"
AWARE = "If that is not known yet, keep it as a thing to remain aware of."
SAID: dict[Why, tuple[str, str]] = {
    Why.STUDY: (
        "Looking into something changes nothing, and nobody can say when it is done.",
        f"What will you change, once you know? {AWARE}",
    ),
    Why.QUESTION: ("It is a question: nobody can complete it.", f"What will you change, whatever the answer? {AWARE}"),
    Why.IDEA: ("It is an idea: it does not say that anything will be done.", f"What will you change? {AWARE}"),
    Why.DIRECTION: (
        "It names a direction, not a change: nobody can complete it.",
        "Which alert, limit, check or code will be there that is not there now, and with which value?",
    ),
    Why.COMPARISON: (
        "It compares without a measure: two people can look and disagree.",
        "Which thing will be there, or which number will it reach?",
    ),
    Why.AREA: (
        "It names a field of work, in which one can always do more.",
        "Which page, test, alert or setting will be there that is not there now?",
    ),
    Why.NO_SIGNAL: (
        "It does not say what is watched: nothing would tell whether it is there.",
        "Which signal is watched, at which value does it fire, and whom does it tell?",
    ),
    Why.HABIT: (
        "It is a habit: it is never done, and it depends on everybody remembering.",
        "What would do it, or refuse to go on without it, when nobody remembers?",
    ),
    Why.HEDGE: (
        "It leaves open whether it will be done.",
        "What will be done in any case? The rest is a thing to remain aware of.",
    ),
    Why.SHORT: ("One word is no change.", "What will be different when it is done?"),
}


def find(text: str) -> Iterator[Finding]:
    """Why `text` cannot be completed, if it cannot."""
    why = why_not(text)
    if why is Why.NONE:
        return
    start, end = next(sentences_of(text), (0, len(text)))
    reason, ask = SAID[why]
    code = INVESTIGATES if KINDS.get(why) is Kind.INVESTIGATE else VAGUE
    better = as_a_change(text[start:end])
    if better is not None and kind_of(text[:start] + better + text[end:]) is not Kind.TESTABLE:
        better = None
    yield Finding(code, LINT.name, start, end, text[start:end], reason, ask, better)


LINT = Lint(
    "action_item",
    (INVESTIGATES, VAGUE),
    find,
    passing=(
        "Alert when 90 % of the pool's connections are in use for 5 minutes",
        "Remove the hard-coded address from the template",
        "The drop command should ask for the name of the table",
        "Runbook for draining a rack",
        "Raise the timeout of the importer",
        "Investigate the leak and fix it",
    ),
    failing={
        "Investigate the leak": INVESTIGATES,
        "Should we cache the token?": INVESTIGATES,
        "It might be worth adding a limit": INVESTIGATES,
        "Improve monitoring": VAGUE,
        "Be more careful with migrations": VAGUE,
        "Set up alerting for the search cluster": VAGUE,
        "Always double check the target": VAGUE,
        "Clean up old hosts where possible": VAGUE,
        "Documentation": VAGUE,
    },
)
