"""A postmortem, and a page, as the terms by which one finds the other. A catalogue in a database keeps the same terms.

A term is the stem of a word, a compound name, or a concept (`@certificate`), with a weight by where it stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from closeout_judgement.concepts import shipped_concepts
from closeout_judgement.failure_modes import Suggestion, ranking
from closeout_judgement.phrases import words_of
from closeout_judgement.prose import Part, Sentence, sentences
from closeout_judgement.stems import terms
from closeout_judgement.taxonomy import Taxonomy, published

CONCEPT = "@"
WEIGHT_OF_PART: Mapping[Part, float] = {
    Part.TITLE: 3.0,
    Part.LEAD: 1.5,
    Part.SUMMARY: 1.5,
    Part.CAUSE: 1.2,
    Part.IMPACT: 1.2,
    Part.RESOLUTION: 1.0,
    Part.BODY: 1.0,
    Part.TIMELINE: 0.8,
    Part.ACTIONS: 0.7,
    Part.LESSONS: 0.7,
    Part.CODE: 0.5,
    Part.ASIDE: 0.3,
}
WEIGHT_OF_SERVICE = 2.0
# What a page says, a concept that its words stand for, and one that they only hint at. Less for a concept: about
# organisations that the list of concepts was not made with, a word that is shared says more (decision 50). Less than
# this finds less among a hundred thousand, where every word is said somewhere in passing.
SAID, MEANT, HINT = 1.0, 0.6, 0.18
MOST_MODES = 4


@dataclass(frozen=True, slots=True)
class Document:
    """An earlier postmortem. `origin`: the organisation, team or repository it is from.

    `modes`: as confirmed by people; where there are none, they are read from the text.
    """

    id: str
    title: str
    text: str
    services: tuple[str, ...] = ()
    origin: str = ""
    modes: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What is known at night: what the page says, the service, the alert; or any words.

    `beside`: services that this one depends on or that depend on it, without case. `day`: by which recency goes.
    `until`: what happened on a later day is no answer.
    """

    text: str
    service: str = ""
    alert: str = ""
    beside: frozenset[str] = frozenset()
    day: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Searchable:
    """Terms with their weights, and how far each failure mode is spoken for, together 1 or less."""

    terms: Mapping[str, float]
    modes: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Read:
    """A text's sentences, and every failure mode for which one of them speaks, the likeliest first."""

    sentences: Sequence[Sentence]
    ranked: Sequence[Suggestion]


def read_of(text: str, title: str, taxonomy: Taxonomy) -> Read:
    """A text as it is read, once for all who judge it."""
    written = sentences(text, title)
    return Read(written, ranking(written, taxonomy))


def of_document(document: Document, taxonomy: Taxonomy | None = None, read: Read | None = None) -> Searchable:
    """What a document can be found by. `taxonomy`: of the failure modes; the published one where none is given.

    `read`: its title and text, where they have been read by this taxonomy.
    """
    written = read.sentences if read else sentences(document.text, document.title)
    weights: Counter[str] = Counter()
    for sentence in written:
        for term in terms_of(sentence.text):
            weights[term] += WEIGHT_OF_PART[sentence.part]  # type: ignore[assignment]
    for named in (*document.services, *document.alerts):
        for term in terms_of(named):
            weights[term] += WEIGHT_OF_SERVICE  # type: ignore[assignment]
    modes = _confirmed(document.modes)
    if not modes:
        modes = _shares(read.ranked) if read else _likely(written, taxonomy)
    return Searchable(weights, modes)


def modes_of(document: Document, taxonomy: Taxonomy) -> dict[str, float]:
    """How far each failure mode is spoken for: what `of_document` says of them, and nothing else."""
    return _confirmed(document.modes) or _likely(sentences(document.text, document.title), taxonomy)


def of_page(page: Page, taxonomy: Taxonomy | None = None) -> Searchable:
    """What a page asks for; the concepts that its own hint at with less weight."""
    said = " \n".join(part for part in (page.text, page.service, page.alert) if part)
    weights = {term: MEANT if term.startswith(CONCEPT) else SAID for term in terms_of(said)}
    by_name = shipped_concepts().by_name
    for term in [one for one in weights if one.startswith(CONCEPT)]:
        for hint in by_name[term.removeprefix(CONCEPT)].hints:
            weights.setdefault(CONCEPT + hint, HINT)
    return Searchable(weights, _likely([Sentence(said, 0, len(said), Part.LEAD)], taxonomy))


def terms_of(text: str) -> Iterable[str]:
    """The stems, compound names and concepts of a text, one for each time that one is said."""
    words = words_of(text)
    yield from terms(text, words)
    yield from (CONCEPT + name for name in shipped_concepts().in_words(words))


def _confirmed(modes: tuple[str, ...]) -> dict[str, float]:
    return dict.fromkeys(modes, 1 / len(modes)) if modes else {}


def _likely(written: Sequence[Sentence], taxonomy: Taxonomy | None) -> dict[str, float]:
    return _shares(ranking(written, taxonomy or published()))


def _shares(ranked: Sequence[Suggestion]) -> dict[str, float]:
    strongest = ranked[:MOST_MODES]
    together = sum(one.score for one in strongest)
    return {one.mode: one.score / together for one in strongest} if together else {}
