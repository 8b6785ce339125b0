"""A criterion that is neither true nor false when the work is done: an activity, an opinion, or only “done”."""

from __future__ import annotations

import re
from collections.abc import Iterator

from closeout_judgement.finding import Finding, Lint
from closeout_judgement.language import nouns
from closeout_judgement.language.words import tokens_of
from closeout_judgement.lints.action_item_kind import Why, why_not

CODE = "criterion-not-testable"

OVER = re.compile(
    r"^\W*(?:(?:it(?:['’]s|\s+is)?|all|everything|this|that|the\s+(?:work|task|item|ticket|issue|change|problem|"
    r"bug))\s+)?"
    r"(?:(?:is|are|has\s+been|have\s+been|was)\s+)?(?:all\s+)?"
    r"(?:done|works?(?:\s+(?:well|fine|again|as\s+(?:expected|intended|designed)))?|working(?:\s+\w+)?|fixed|"
    r"complete[d]?|finished|ok(?:ay)?|resolved|closed|"
    r"implemented|solved|good|fine|ready|shipped|in\s+place|tbd|yes|n/?a|merged|deployed)\W*$",
    re.IGNORECASE,
)
OPINION = re.compile(
    r"\b(?:better|improved?|enhanced|stronger|clearer|faster|easier|smoother|safer|fewer|less|more\s+\w+|"
    r"as\s+(?:needed|appropriate|necessary|expected)|"
    r"where\s+(?:possible|appropriate)|enough|good|robust|resilient|reliable|stable|scalable|adequate(?:ly)?|"
    r"sufficient(?:ly)?|appropriate(?:ly)?|"
    r"acceptable|reasonable|satisf\w+|properly|correctly|well|smoothly|gracefully|quickly|user-friendly|intuitive|"
    r"happy|confident|comfortable|aware|"
    r"understands?|knows?|feels?|agrees?|careful|minimal|optimal|healthy|sane|significant(?:ly)?|noticeabl[ey]|"
    r"high-quality|up\s+to\s+date)\b",
    re.IGNORECASE,
)
# A number, a name, a quotation: something that can be looked at.
OBSERVED = re.compile(
    r"\d|[a-z]\w*_\w+|[a-z][a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*|`[^`]+`|\"[^\"]{2,}\"|“[^”]{2,}”|'[^']{3,}'|"
    r"\b(?:exactly|no|zero|every|each|all|only|none)\b"
)
WEAK = re.compile(
    r"\b(?:(?:is|are|has\s+been|have\s+been|gets?)\s+(?:in\s+place|available|set\s+up|there|present|implemented|"
    r"added|done|updated|reviewed))\b",
    re.I,
)

ACTIVITY = (
    "It is an activity: it is neither true nor false when the work is done.",
    "What will somebody see who looks, when it is done?",
)
SAYS_OVER = ("It says only that the work is over.", "What will somebody see who looks, when it is done?")
NO_MEASURE = (
    "It has no measure: two people can look and disagree.",
    "Which number, name or observation makes it true?",
)
NO_THING = (
    "It names a field, not a thing: there is always some of it.",
    "Which alert, page, test or setting will be there, and where?",
)


def find(text: str) -> Iterator[Finding]:
    """Why two people could disagree whether `text` is true. The first rule that applies."""
    told = _why(text)
    if told is not None:
        yield Finding(CODE, LINT.name, 0, len(text), text, *told)


def _why(text: str) -> tuple[str, str] | None:
    if OVER.match(text):
        return SAYS_OVER
    why = why_not(text)
    if why in (Why.STUDY, Why.QUESTION, Why.IDEA):
        return ACTIVITY
    if OBSERVED.search(text):
        return None
    if OPINION.search(text) or why in (Why.DIRECTION, Why.COMPARISON, Why.HEDGE, Why.HABIT):
        return NO_MEASURE
    return NO_THING if _is_field(text) else None


def _is_field(text: str) -> bool:
    """“Monitoring is in place.”"""
    weak = WEAK.search(text)
    words = [token.low for token in tokens_of(text[: weak.start()] if weak else text) if token.is_word]
    content = [
        word for word in words if word not in ("the", "a", "an", "our", "all", "of", "for", "and", "new", "is", "are")
    ]
    return (weak is not None or len(content) < 3) and bool(content) and content[-1] in nouns.AREA and len(content) < 3


LINT = Lint(
    "criterion",
    (CODE,),
    find,
    passing=(
        "The alert PoolNearlyFull fires in staging when 180 of 200 connections are held.",
        "A release with TIMEOUT=30 fails in CI with a message that names the limit.",
        "`kubectl get pdb` lists a budget for every service of the payment path.",
        "The page “Restore a snapshot” has been followed by somebody who did not write it.",
        "Nobody can delete a bucket from a laptop.",
        "The dashboard shows one line per region.",
        "The flag is gone, and nothing refers to it any more.",
    ),
    failing={
        "Monitoring is better": CODE,
        "Explore caching options": CODE,
        "Done": CODE,
        "It works as expected": CODE,
        "The system is stable": CODE,
        "Monitoring is in place": CODE,
        "Everyone is aware of the new process": CODE,
        "Improved documentation": CODE,
        "Should we cache this?": CODE,
    },
)
