"""What a postmortem says its failure lay in: products, providers and protocols that systems are built on.

A technology that is merely mentioned is not a cause: it counts in the title, and in statements of cause, a summary or
an opening where the sentence itself speaks of failing or of what led to what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from closeout_judgement.failure_modes import CAUSAL
from closeout_judgement.lexicon import lexicon
from closeout_judgement.phrases import Phrases, words_of
from closeout_judgement.prose import Part, Sentence

WHERE_IT_FAILED = (Part.CAUSE, Part.SUMMARY, Part.LEAD)
FAILING = Phrases(
    (phrase, None)
    for phrase in (
        "fail*", "outage*", "down", "unavailable|unreachable|inaccessible|offline", "expired|expires|expiry", "broke*",
        "error*", "crash*", "timeout*|timed", "time* out", "exhaust*", "ran|run out", "overload*", "saturat*", "stuck",
        "lost", "corrupt*", "unable", "could|did not", "couldn't|didn't", "degraded|degradation", "slow|latency",
        "incident", "refused",
    )
)  # fmt: skip
EVIDENCE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Dependency:
    """What failed or was failed upon, and the sentence that says so."""

    name: str
    evidence: str


@cache
def known() -> Phrases[str]:
    """The names that are shipped, `knowledge/dependencies.yaml`."""
    return Phrases((phrase, name) for name, group in lexicon("dependencies").items() for phrase in group.phrases)


def dependencies(document: Sequence[Sentence]) -> list[Dependency]:
    """Each dependency once, in order of place, with the first sentence that shows it."""
    found: dict[str, Dependency] = {}
    for sentence in document:
        words = words_of(sentence.text)
        if sentence.part is Part.TITLE or (sentence.part in WHERE_IT_FAILED and _speaks_of_failing(words)):
            for hit in known().find(words):
                found.setdefault(hit.meaning, Dependency(hit.meaning, sentence.text[:EVIDENCE_CHARACTERS]))
    return list(found.values())


def _speaks_of_failing(words: Sequence[str]) -> bool:
    return any(next(phrases.find(words), None) for phrases in (FAILING, CAUSAL))
