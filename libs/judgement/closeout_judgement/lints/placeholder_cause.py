"""A cause that would fit a hundred incidents: an absence, an attitude, “human error”, “unknown”, a bare symptom.

Two things are weighed against each other: words that are said of any incident, and what only this one has — a
mechanism, a setting, a limit, a name, a number, the particular check that was missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from closeout_judgement.finding import Finding, Lint
from closeout_judgement.lexicon import lexicon
from closeout_judgement.phrases import Phrases, words_of


class Placeholder(StrEnum):
    """In which way a cause says nothing."""

    UNKNOWN = "unknown"
    PERSON = "person"
    ABSENCE = "absence"
    ATTITUDE = "attitude"
    SYMPTOM = "symptom"
    GENERAL = "general"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a cause is a placeholder, and the question that goes further."""

    kind: Placeholder
    reason: str
    question: str


VERDICTS: Mapping[Placeholder, Verdict] = {
    verdict.kind: verdict
    for verdict in (
        Verdict(
            Placeholder.UNKNOWN,
            "It says that the cause is not known.",
            "What has been ruled out, and what would have to be recorded next time to tell?",
        ),
        Verdict(
            Placeholder.PERSON,
            "It stops at a person's mistake; anybody could have made it.",
            "What made the wrong action as easy as the right one, and what let it through?",
        ),
        Verdict(
            Placeholder.ABSENCE,
            "It names something that was not there; that is true of most incidents.",
            "Which particular check, limit or step was missing, and what exactly did it let through?",
        ),
        Verdict(
            Placeholder.ATTITUDE,
            "It asks people to be different.",
            "What did people see at that moment that made their decision look right?",
        ),
        Verdict(
            Placeholder.SYMPTOM,
            "It says what was seen, not what made it possible.",
            "Which mechanism, setting or limit led from the trigger to this?",
        ),
        Verdict(
            Placeholder.GENERAL,
            "It would fit a hundred incidents.",
            "Which component did what, under which condition, that it had not done the day before?",
        ),
    )
}

GROUPS = lexicon("placeholder_cause")
SAYINGS = Phrases(
    (phrase, (kind, GROUPS[kind].weight)) for kind in Placeholder if kind in GROUPS for phrase in GROUPS[kind].phrases
)
# What only one incident has: how it came about, or which check was missing.
MECHANISMS = Phrases(
    (phrase, GROUPS[name].weight) for name in ("mechanism", "particular_check") for phrase in GROUPS[name].phrases
)

NAMES = re.compile(
    r"`[^`]+`"  # as code
    r"|\b\w+(?:[._/:]\w+)+\b"  # a path, a host, a dotted name
    r"|\b[a-z]+[A-Z]\w*|\b[A-Z][a-z0-9]+[A-Z]\w*"  # camelCase
    r"|\b[A-Z]{2,}[a-z]?\b"  # an acronym
    r"|\bv?\d+(?:[.,]\d+)*\s?(?:%|[kMG]i?B|ms|s\b|min|hours?|seconds?)?"  # a number
)
PROPER = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}")
EMPTY_NAMES = frozenset({"PR", "MR", "OK", "US", "IT", "UTC", "MS", "HTTP", "AM", "PM", "URL", "24/7", "I"})
# A long text tends to hold its mechanism; a few words tend not to.
WORDS_THAT_SAY = 12
MOST_OF_NAMES = 2.0


def check(text: str) -> Verdict | None:
    """What is wrong with a cause; None where it says something."""
    words = words_of(text)
    if not words:
        return None
    sayings = [hit.meaning for hit in SAYINGS.find(words)]
    said = sum(sorted((weight for _, weight in sayings), reverse=True)[:2])
    score = said - _substance(text, words)
    if score <= 0:
        return None
    kind = max(sayings, key=lambda one: one[1])[0] if sayings else Placeholder.GENERAL
    return VERDICTS[kind]


def _substance(text: str, words: list[str]) -> float:
    names = {name for name in NAMES.findall(text) if name not in EMPTY_NAMES} | set(PROPER.findall(text))
    mechanisms = {hit.phrase: hit.meaning for hit in MECHANISMS.find(words)}
    length = min(len(words) / WORDS_THAT_SAY - 1, 1.0)
    return min(0.5 * len(names), MOST_OF_NAMES) + min(sum(mechanisms.values()), 3.0) * 0.6 + length


def find(text: str) -> Iterator[Finding]:
    """The cause as a whole, if it says nothing."""
    verdict = check(text)
    if verdict is not None:
        yield Finding(_code(verdict.kind), LINT.name, 0, len(text), text, verdict.reason, verdict.question)


def _code(kind: Placeholder) -> str:
    return f"cause-is-{kind}"


LINT = Lint(
    "placeholder_cause",
    tuple(_code(kind) for kind in Placeholder),
    find,
    passing=(
        "The job that renews certificates runs as the user `deploy`, whose account was removed in May.",
        "The pool holds 20 connections, and each worker keeps two open during a retry.",
        "maxSurge was 0, so the last healthy pod was stopped before the new one had started.",
    ),
    failing={
        "The root cause is unknown.": "cause-is-unknown",
        "Human error.": "cause-is-person",
        "We had no process.": "cause-is-absence",
        "Lack of training.": "cause-is-absence",
        "We should be more careful with releases.": "cause-is-attitude",
        "Instability of the platform": "cause-is-symptom",
        "Old server": "cause-is-general",
    },
)
