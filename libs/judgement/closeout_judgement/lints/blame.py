"""A person who is blamed: one person or role, and a fault. What somebody did is told; that it was a fault is not.

What made the step likely can be mended; the person cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from closeout_judgement.finding import Finding, Lint
from closeout_judgement.language import deeds
from closeout_judgement.language.accusations import (
    OF_A_NAME,
    OF_SOMEBODY,
    PATTERNS,
    SOMEBODY,
    SOMEBODYS_WORDS,
    TRIGGERS,
)
from closeout_judgement.language.faults import NO_NAMES
from closeout_judgement.language.words import sentences_of

CODE = "language-blames-person"
REASON = "It looks for the fault in a person. The process let it happen."
ASK = "What made this possible: which confirmation, right, hour or second pair of eyes was missing?"

# What of a role stands before its noun.
ITS_ARTICLE = re.compile(r"(?:\b(?:the|an?|our|one\s+of\s+(?:the|our))\s+)(?:[\w-]+\s+){0,2}$", re.IGNORECASE)
# “if somebody forgot to …”: nobody is said to have.
SUPPOSED = re.compile(r"\b(?:if|in\s+case|whenever|unless|whether|event|lest)\s+(?:\w+\s+){0,3}$", re.IGNORECASE)
NO_ENDINGS = ("tion", "ment", "ing", "ware", "base", "script", "bot", "server", "service", "ly", "db", "sql")
# Of Kubernetes: a program that is called an operator.
OPERATOR_IS_SOFTWARE = re.compile(
    r"kubernetes|k8s|reconcil|\bcrds?\b|\bpods?\b|custom\s+resource|annotation|"
    r"namespace|helm",
    re.IGNORECASE,
)


def spans_of(text: str) -> Iterator[tuple[int, int]]:
    """Where a person is blamed, one place a sentence."""
    low = text.lower()
    # Most of the words stand nowhere in a text: what is left of them is looked for in each sentence.
    said = {triggers: tuple(word for word in triggers if word in low) for triggers in TRIGGERS}
    for start, end in sentences_of(text):
        sentence = text[start:end]
        found = _first(sentence, said)
        if found and not ("perator" in found[0] and OPERATOR_IS_SOFTWARE.search(sentence)):
            article = ITS_ARTICLE.search(sentence, 0, found.start())
            yield start + (article or found).start(), start + found.end()


def _first(sentence: str, words: dict[frozenset[str], tuple[str, ...]]) -> re.Match[str] | None:
    low = f" {sentence.lower()}"
    said = {triggers for triggers, present in words.items() if any(word in low for word in present)}
    if not said:
        return None
    somebody = any(word in low for word in SOMEBODYS_WORDS) and SOMEBODY.search(sentence) is not None
    searched = (
        match
        for of_whom, triggers, pattern in PATTERNS
        if triggers in said and (somebody or of_whom != OF_SOMEBODY)
        for match in pattern.finditer(sentence)
        if (of_whom != OF_A_NAME or _is_name(match)) and not SUPPOSED.search(sentence, 0, match.start())
    )
    return next(searched, None)


def _is_name(match: re.Match[str]) -> bool:
    """Whether it is a person's, and not a program's, a firm's or the first word of a sentence."""
    words = re.split(r"\s", match[0].lower(), maxsplit=2)[:2]
    return not (NO_NAMES & set(words)) and not deeds.is_deed_noun(words[0]) and not words[0].endswith(NO_ENDINGS)


def find(text: str) -> Iterator[Finding]:
    """Each person who is blamed."""
    for start, end in spans_of(text):
        yield Finding(CODE, LINT.name, start, end, text[start:end], REASON, ASK)


LINT = Lint(
    "blame",
    (CODE,),
    find,
    passing=(
        "Kim ran the cleanup at 10:02; the script asks for no confirmation.",
        "The on-call engineer restarted the replica, whose lag the page does not show.",
        "The scheduler ignored the taint.",
        "They merged it themselves after a few hours.",
    ),
    failing={
        "Kim forgot to run the cleanup.": CODE,
        "The operator restarted the wrong host.": CODE,
        "It was a careless mistake by the administrator.": CODE,
        "If Kim had read the page, nothing would have happened.": CODE,
    },
)
