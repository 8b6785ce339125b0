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
from closeout_judgement.phrases import Hit, Phrases, words_of


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

GENERAL = VERDICTS[Placeholder.GENERAL]

GROUPS = lexicon("placeholder_cause")
# What only one incident has: how it came about, or which check was missing.
MECHANISMS = Phrases(
    (phrase, GROUPS[name].weight) for name in ("mechanism", "consequence", "deed") for phrase in GROUPS[name].phrases
)
PARTICULAR_CHECKS = Phrases((phrase, None) for phrase in GROUPS["particular_check"].phrases)
# A kind may be said in several groups, as “unknown” and “unknown.cause”.
SAYINGS = Phrases(
    (phrase, (Placeholder(kind), group.weight))
    for kind, group in ((name.partition(".")[0], group) for name, group in GROUPS.items())
    if kind in list(Placeholder)
    for phrase in group.phrases
)

NAMES = re.compile(
    r"`[^`]+`"  # as code
    r"|\b(?!(?:e\.g|i\.e)\b)\w+(?:[._/:]\w+)+\b"  # a path, a host, a dotted name
    r"|\b[a-z0-9]+_\w+|\b[a-z]\w*(?:-\w+){0,4}-\d+\b"  # snake_case, a numbered host
    r"|\b[a-z]+[A-Z]\w*|\b[A-Z][a-z0-9]+[A-Z]\w*"  # camelCase
    r"|\b[A-Z]{2,}[a-z]?\b"  # an acronym
    r"|\bv?\d+(?:[.,]\d+)*\s?(?:%|[kMG]i?B|ms|s\b|min|hours?|seconds?)?"  # a number
)
PROPER = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}")
EMPTY_NAMES = frozenset({"PR", "MR", "OK", "US", "IT", "UTC", "MS", "HTTP", "AM", "PM", "URL", "24/7", "I"})
# “The root cause of this outage was that …”, “This was triggered by …”, “… because …” as the answer to a why: the words
# by which a cause is introduced say nothing of it.
TROUBLE = r"(?:incident|outage|event|issue|problem|downtime|disruption|failure|degradation|interruption)s?"
FRAME = re.compile(
    rf"""^\W*(?:(?:the|this|that|our|it)\s+)?
    (?:(?:(?:main|root|primary|underlying|direct|immediate|ultimate|initial|likely|actual)\s+)*
       (?:cause|reason|trigger|{TROUBLE})\s+(?:(?:of|for|behind)\s+(?:the|this|that|our)\s+(?:\w+\s+){{0,2}}?{TROUBLE}\s+)?)?
    (?:was|is|were|has\s+been)\s+(?:likely\s+|probably\s+|simply\s+|identified\s+as\s+)?
    (?:(?:caused|triggered)\s+by|due\s+to|the\s+result\s+of|that)?
    |^\W*(?:because|due\s+to|since)\b(?!.*,)
    |\((?:e\.g|such\s+as|for\s+example|like)\b[^)]*\)""",
    re.IGNORECASE | re.VERBOSE,
)
# A sentence with a verb says what something did, be it in words that no lexicon has.
VERB = re.compile(
    r"\b(?:was|were|is|are|be|been|being|had|has|have|did|does|do|could|would|can|will|\w+n['’]t|\w+ed|ran|runs|sent"
    r"|kept|held|hit|lost|took|made|wrote|left|fell|began|grew|let|cut|got|came|uses?|requires|expects"
    r"|allows|holds|keeps|sends|returns|assumes)\b"
    r"|\b\w+[^su\W]s\s+(?!(?:of|in|on|for|with|and|or|to|from|by|at)\b)\w",
    re.IGNORECASE,
)
MOST_SAYINGS = 2
# “No test for this” does not tell what for.
POINTERS = frozenset({"it", "this", "that", "these", "them", "such", "us"})
# So few words that say nothing known are a name for a cause, not the cause; more are given the benefit of the doubt.
FEW_WORDS = 5
# A long text tends to hold its mechanism; a few words tend not to.
WORDS_THAT_SAY = 12
MOST_OF_NAMES = 2.0


def check(text: str) -> Verdict | None:
    """What is wrong with a cause; None where it says something."""
    words = words_of(text)
    if not words:
        return None
    sayings = _sayings(words)
    if not sayings:
        return None if len(words) > FEW_WORDS or VERB.search(text) or _substance(text) >= 0 else GENERAL
    if sum(weight for _, weight in sayings) <= _substance(FRAME.sub("", text)):
        return None
    return VERDICTS[sayings[0][0]]


def _sayings(words: list[str]) -> list[tuple[Placeholder, float]]:
    """The two that weigh most; what is said in the same words is said once."""
    particular = _particular_check(words)
    told: list[Hit[tuple[Placeholder, float]]] = []
    for hit in sorted(SAYINGS.find(words), key=lambda hit: -hit.meaning[1]):
        kind = hit.meaning[0]
        if kind is Placeholder.ABSENCE and not particular.isdisjoint(range(hit.start, hit.end)):
            continue
        # A mechanism leads to one symptom after another; a second does not make the text say less.
        if kind is Placeholder.SYMPTOM and any(one.meaning[0] is kind for one in told):
            continue
        if all(hit.end <= one.start or one.end <= hit.start for one in told):
            told.append(hit)
        if len(told) == MOST_SAYINGS:
            break
    return [hit.meaning for hit in told]


def _particular_check(words: list[str]) -> set[int]:
    """The places of the words that name a check that was missing, and what it should have looked at."""
    return {
        place
        for hit in PARTICULAR_CHECKS.find(words)
        if hit.end < len(words) and words[hit.end] not in POINTERS
        for place in range(hit.start, hit.end)
    }


def _substance(text: str) -> float:
    words = words_of(text)
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
