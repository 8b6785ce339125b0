"""Scolding with what was known only afterwards: “should have”, “could have”, “if only”."""

from __future__ import annotations

import re
from collections.abc import Iterator

from closeout_judgement.finding import Finding, Lint

CODE = "language-should-have"
REASON = "It judges with what was known only afterwards."
ASK = "What did they know at that minute, and what would have told them?"

_ADVERBS = (
    r"(?:\s+(?:not|never|really|probably|clearly|obviously|certainly|definitely|also|all|at\s+least|easily|"
    r"have\s+never))*"
)
PATTERN = re.compile(
    rf"\b(?:should|ought\s+to)(?:n['’]t)?{_ADVERBS}\s+have(?:\s+\w+ly)?\s+\w+(?:\s+\w+ed\b)?|\bshould['’]ve\s+\w+|"
    rf"\bcould(?:n['’]t)?{_ADVERBS}\s+(?:have\s+)(?:been\s+)?(?:\w+ly\s+)?(?:known|checked|noticed|caught|prevented|"
    rf"avoided|asked|detected|seen|done|tested)\b|"
    r"\b(?:failed|neglected)\s+to\s+(?:notice|check|realise|realize|follow|consider|anticipate|communicate|verify|"
    r"ask|read)\b|"
    r"\bif\s+only\b",
    re.IGNORECASE,
)


def find(text: str) -> Iterator[Finding]:
    """Each place where the past is scolded."""
    for match in PATTERN.finditer(text):
        yield Finding(CODE, LINT.name, match.start(), match.end(), match[0], REASON, ASK)


LINT = Lint(
    "counterfactual",
    (CODE,),
    find,
    passing=(
        "At 10:02 nobody could see the lag: the page does not show it.",
        "An alert on replication lag would have fired at 09:40.",
        "The limit should be 200.",
    ),
    failing={
        "We should have seen this coming.": CODE,
        "It shouldn't have been merged on a Friday.": CODE,
        "The review could easily have caught it.": CODE,
        "If only somebody had looked.": CODE,
    },
)
