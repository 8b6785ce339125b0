"""Which failure modes a postmortem tells of, ranked, each with the sentence that shows it.

A technology that is merely mentioned is not a cause: a word counts by where it stands. The title, the summary and
statements of cause weigh most, entries of the timeline and promises little.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from closeout_judgement.phrases import Phrases, words_of
from closeout_judgement.prose import Part, Sentence, sentences
from closeout_judgement.taxonomy import Strength, Taxonomy, published

WEIGHT_OF_PART: Mapping[Part, float] = {
    Part.TITLE: 2.5,
    Part.LEAD: 1.6,
    Part.SUMMARY: 1.8,
    Part.CAUSE: 1.6,
    Part.RESOLUTION: 0.7,
    Part.BODY: 0.6,
    Part.IMPACT: 0.4,
    Part.LESSONS: 0.4,
    Part.TIMELINE: 0.3,
    Part.ACTIONS: 0.25,
    Part.ASIDE: 0.1,
    Part.CODE: 0.0,
}
WEIGHT_OF_STRENGTH: Mapping[Strength, float] = {Strength.STRONG: 3.0, Strength.PLAIN: 1.0, Strength.HINT: 0.3}

# A sentence that says what led to what.
CAUSAL: Phrases[None] = Phrases(
    (phrase, None)
    for phrase in (
        "root cause*", "because", "caused", "cause was|is", "due to", "as a? result of", "result of", "resulted in",
        "led to", "leading to", "triggered by", "turned out", "turns out", "the reason", "reason was|is|for",
        "problem was|is", "issue was|is", "culprit", "underlying", "stemmed from", "responsible for", "blame*",
        "determined|found|discovered|realized|identified that", "trigger was|for", "prevented", "resulting in",
    )
)  # fmt: skip
CAUSAL_TIMES = 1.6
# Each further place where the same words stand counts so much of the first.
REPEATED = 0.15
MOST_REPEATS = 4
# Below it nothing is said: no statement of a cause was found.
ENOUGH = 1.75
# A further mode needs so much of what speaks for the first.
SHARE = 0.2
MOST_MODES = 2
EVIDENCE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A failure mode, how strongly the text speaks for it, and the sentence that does so most.

    `start` and `end` are the sentence's place in the text; both 0 for the title.
    """

    mode: str
    score: float
    evidence: str
    start: int
    end: int


@dataclass(slots=True)
class _Found:
    by_phrase: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    by_sentence: dict[int, float] = field(default_factory=lambda: defaultdict(float))


def failure_modes(
    text: str, title: str = "", taxonomy: Taxonomy | None = None, most: int = MOST_MODES
) -> list[Suggestion]:
    """At most `most` modes, the likeliest first; none where no cause is stated."""
    return stated(ranking(sentences(text, title), taxonomy or published()), most)


def stated(ranked: Sequence[Suggestion], most: int = MOST_MODES) -> list[Suggestion]:
    """Of all for which anything speaks, at most `most` that are worth suggesting; none where no cause is stated."""
    if not ranked or ranked[0].score < ENOUGH:
        return []
    least = max(ENOUGH, SHARE * ranked[0].score)
    return [one for one in ranked if one.score >= least][:most]


def ranking(document: Sequence[Sentence], taxonomy: Taxonomy) -> list[Suggestion]:
    """Every mode for which anything speaks, the likeliest first."""
    found: dict[str, _Found] = defaultdict(_Found)
    for place, sentence in enumerate(document):
        weight = WEIGHT_OF_PART[sentence.part]
        words = words_of(sentence.text) if weight else []
        if words and next(iter(CAUSAL.find(words)), None) is not None:
            weight *= CAUSAL_TIMES
        for hit in taxonomy.phrases.find(words):
            worth = weight * WEIGHT_OF_STRENGTH[hit.meaning.strength]
            of_mode = found[hit.meaning.mode]
            of_mode.by_phrase[hit.phrase].append(worth)
            of_mode.by_sentence[place] += worth
    suggestions = [_suggestion(mode, one, document) for mode, one in found.items()]
    suggestions.sort(key=lambda one: (-one.score, one.mode))
    return _first_may_lead(suggestions, taxonomy)


def _suggestion(mode: str, found: _Found, document: Sequence[Sentence]) -> Suggestion:
    best = document[max(found.by_sentence, key=lambda place: (found.by_sentence[place], -document[place].start))]
    score = sum(_worth(places) for places in found.by_phrase.values())
    return Suggestion(mode, score, best.text[:EVIDENCE_CHARACTERS], best.start, best.end)


def _worth(places: list[float]) -> float:
    first, *others = sorted(places, reverse=True)
    return first + REPEATED * sum(others[:MOST_REPEATS])


def _first_may_lead(suggestions: list[Suggestion], taxonomy: Taxonomy) -> list[Suggestion]:
    lead = next((n for n, one in enumerate(suggestions) if not taxonomy.modes[one.mode].second_only), None)
    if lead is None:
        return []
    return [suggestions[lead], *suggestions[:lead], *suggestions[lead + 1 :]]
