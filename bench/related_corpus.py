"""Earlier reviews by the hundred thousand, as the terms that the catalogue's index keeps.

The questions are asked in two parts, by organisation. Half of the others are mixtures of sentences of those labelled
documents that no question of the part asks for: real language, in which what is asked for is said in passing. Half are
invented postmortems. Where there is no labelled folder, all are.

That catalogue has few neighbours of what is asked for, and none whose label says that it is one. `Kin` makes reviews
that take after one labelled document each, so that the labels say of every one whether it would help.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid5

from bench.old_postmortems import Writer
from closeout_judgement.failure_modes import ranking
from closeout_judgement.postings import impacts_of
from closeout_judgement.prose import Part, Sentence
from closeout_judgement.ranking import KEPT_TERMS, Kept
from closeout_judgement.relatedness import kept_of
from closeout_judgement.searchable import CONCEPT, MOST_MODES, Document, of_document, terms_of
from closeout_judgement.taxonomy import published
from closeout_schemas.vocabulary import CLOSEOUT_IDS

LABELLED = Path("../shared/corpus")
TEAMS = 400
SENTENCES, TITLE_TIMES = 14, 3.0
# Of a review that takes after a labelled document, and how many lines such a document has at least.
OWN_SENTENCES, FEWEST_LINES = 8, 3
INVENTED = 1500


@dataclass(frozen=True, slots=True)
class Made:
    """A review: its id, what is kept of it, and how much each term says of it."""

    id: UUID
    kept: Kept
    impacts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Question:
    """What a page says, and the reviews that would help."""

    text: str
    relevant: frozenset[str]
    service: str = ""


def id_of(name: str) -> UUID:
    """The id of a labelled document."""
    return uuid5(CLOSEOUT_IDS, f"bench-related-{name}")


def records(name: str) -> list[dict[str, Any]]:
    """The lines of a labelled file; none where there is no such folder."""
    path = LABELLED / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def questions() -> list[list[Question]]:
    """The labelled questions in two parts of about one size, each organisation's in one; without a folder, what
    invented pages say."""
    labelled = [
        Question(one["query_text"], frozenset(str(id_of(wanted)) for wanted in one["relevant_ids"]), one["org"])
        for one in records("related")
    ]
    if labelled:
        return _in_two(labelled)
    writer = Writer(11)
    writer.service, writer.part, writer.failed = "checkout", "order queue", "timed out"
    return [[Question(f"{writer.title()} {n}", frozenset()) for n in range(50)]]


def _in_two(asked: Sequence[Question]) -> list[list[Question]]:
    parts: list[list[Question]] = [[], []]
    sizes = Counter(one.service for one in asked)
    for service in sorted(sizes, key=lambda one: (-sizes[one], one)):
        min(parts, key=len).extend(one for one in asked if one.service == service)
    return parts


def labelled() -> list[Made]:
    """The labelled documents, as they are."""
    return [
        _made(id_of(one["id"]), Document(one["id"], one["title"], one["text"], (one["source"],), one["source"]))
        for one in records("postmortems")
    ]


@dataclass(frozen=True, slots=True)
class _Sentence:
    """What a sentence can be found by, and how far it speaks for each failure mode."""

    terms: Mapping[str, int]
    modes: Mapping[str, float]


class Others:
    """Reviews that none of these questions asks for; the same seed makes the same."""

    def __init__(self, asked: Sequence[Question], seed: int = 3) -> None:
        self._random = Random(seed)
        asked_for = {wanted for one in asked for wanted in one.relevant}
        others = [one["text"] for one in records("postmortems") if str(id_of(one["id"])) not in asked_for]
        self._sentences = [_sentence(line) for text in others for line in _lines(text)]
        writer = Writer(seed)
        writer.styles = [("md", writer.google), ("md", writer.plain_markdown), ("txt", writer.text)]
        self._invented = [
            _made(id_of(f"i{n}"), Document(f"i{n}", "", text)) for n, text in enumerate(writer.texts(INVENTED))
        ]

    def __call__(self, count: int, first: int) -> Iterator[Made]:
        """So many, from the `first`-th on."""
        for number in range(first, first + count):
            mixed = self._sentences and number % 2
            yield self._mixture(number) if mixed else self._invention(number)

    def _mixture(self, number: int) -> Made:
        return self._of_sentences(number, self._random.choices(self._sentences, k=SENTENCES))

    def _of_sentences(self, number: int, sentences: Sequence[_Sentence]) -> Made:
        """A review that says these, the first as its title."""
        weights: Counter[str] = Counter()
        modes: Counter[str] = Counter()
        for place, sentence in enumerate(sentences):
            times = TITLE_TIMES if place == 0 else 1.0
            weights.update({term: said * times for term, said in sentence.terms.items()})
            modes.update({mode: said * times for mode, said in sentence.modes.items()})
        weights[f"ref{number}"] += 1
        strongest = dict(modes.most_common(MOST_MODES))
        together = sum(strongest.values())
        return self._as(number, impacts_of(weights), {mode: said / together for mode, said in strongest.items()})

    def _invention(self, number: int) -> Made:
        one, other = self._random.choices(self._invented, k=2)
        impacts = {**other.impacts, **one.impacts, f"ref{number}": 1.0}
        return self._as(number, impacts, one.kept.modes)

    def _as(self, number: int, impacts: Mapping[str, float], modes: Mapping[str, float]) -> Made:
        words = [term for term in impacts if not term.startswith(CONCEPT)]
        words.sort(key=lambda term: -impacts[term])
        strongest = {term: impacts[term] for term in words[:KEPT_TERMS]}
        team = f"team{number % TEAMS}"
        review = id_of(f"o{number}")
        return Made(review, Kept(str(review), team, frozenset({team}), frozenset(), modes, strongest), impacts)


class Kin(Others):
    """Reviews that take after a labelled document each: their title and most of their sentences are its own, the others
    anybody's. They would help where it would. The same seed makes the same."""

    def __init__(self, seed: int = 5) -> None:
        super().__init__((), seed)
        written = {str(id_of(one["id"])): _lines(one["text"]) for one in records("postmortems")}
        self._of = {name: list(map(_sentence, lines)) for name, lines in written.items() if len(lines) >= FEWEST_LINES}
        self._origin = {str(id_of(one["id"])): one["source"] for one in records("postmortems")}
        self.after: dict[str, str] = {}  # which labelled document each takes after

    def _mixture(self, number: int) -> Made:
        parent = self._random.choice(list(self._of))
        own = self._random.choices(self._of[parent], k=OWN_SENTENCES)
        made = self._of_sentences(number, own + self._random.choices(self._sentences, k=SENTENCES - OWN_SENTENCES))
        self.after[str(made.id)] = parent
        origin = self._origin[parent]
        return replace(made, kept=replace(made.kept, origin=origin, services=frozenset({origin})))


def _lines(text: str) -> list[str]:
    return [line for line in text.replace(". ", ".\n").splitlines() if 4 < len(line.split()) < 60]


def _sentence(text: str) -> _Sentence:
    found = ranking([Sentence(text, 0, len(text), Part.BODY)], published())
    return _Sentence(Counter(terms_of(text)), {one.mode: one.score for one in found})


def _made(review: UUID, document: Document) -> Made:
    found = of_document(document)
    impacts = impacts_of(found.terms)
    return Made(review, kept_of(document, found, impacts), impacts)


def in_batches(made: Sequence[Made] | Iterator[Made], size: int) -> Iterator[list[Made]]:
    """So many at once."""
    batch: list[Made] = []
    for one in made:
        batch.append(one)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
