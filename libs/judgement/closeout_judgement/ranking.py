"""One question to a catalogue of earlier postmortems, in steps: what to read, what was found, what to read again.

Ranking is BM25 over stems and concepts, with words weighted by where they stand, then

- what the failure modes of page and document share;
- words that tell the best one apart from the rest, taken as part of the question (pseudo-relevance feedback);
- where the best ones come from: what is from there too gains;
- the same service or one beside it, the same alert, how long ago it was, and whether people said that it came back.

Whoever keeps the catalogue, in memory or in a database, hands in the postings of the terms that are asked for and what
is kept of the documents that are named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from heapq import nlargest
from math import exp, log2

import numpy as np
from numpy.typing import NDArray

from closeout_judgement.postings import Postings, idf
from closeout_judgement.searchable import HINT, Page, of_page
from closeout_judgement.taxonomy import Taxonomy
from closeout_judgement.why_related import Related, confidence, why_related

MODE_WORTH = 0.2
FEEDBACK, FEEDBACK_DOCUMENTS, FEEDBACK_TERMS = 0.3, 1, 14
ORIGIN_WORTH, ORIGIN_DOCUMENTS = 0.45, 6
SAME_SERVICE, SERVICE_BESIDE, SAME_ALERT = 1.2, 1.1, 1.5
# These are judged, not measured: no labelled query has dates, or answers of people.
RECENT_WORTH, RECENT_DAYS = 0.1, 365.0
CAME_BACK_WORTH, CAME_BACK_MOST, NOT_IT_WORTH, NOT_IT_LEAST = 0.1, 1.3, 0.93, 0.7

# The most documents that are ordered by all that is known of them.
MOST_CANDIDATES = 300
# Terms by which a document can speak for others.
KEPT_TERMS = 48


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered of a document, beside its terms.

    `strongest`: the words that say most of it, with how much. `came_back`, `was_not_it`: how many incidents were the
    same again, and how many were not though it was shown, as people said.
    """

    id: str
    origin: str
    services: frozenset[str]
    alerts: frozenset[str]
    modes: Mapping[str, float]
    strongest: Mapping[str, float]
    day: date | None = None
    came_back: int = 0
    was_not_it: int = 0


class Question:
    """What a page asks.

    `size`: one more than the highest number of a document. `documents`: how many there are. `taxonomy`: of its failure
    modes.
    """

    def __init__(
        self,
        page: Page,
        size: int,
        documents: int,
        allowed: NDArray[np.bool_] | None = None,
        taxonomy: Taxonomy | None = None,
    ) -> None:
        self._page = page
        self._size = size
        self._documents = documents
        self._allowed = allowed
        self._asked = of_page(page, taxonomy)
        self._terms: dict[str, float] = dict(self._asked.terms)
        self._postings: dict[str, Postings] = {}
        self._kept: dict[int, Kept] = {}
        self._scores: dict[int, float] = {}
        self._speaking: Sequence[tuple[int, float]] = ()
        self._room = np.zeros(size, np.float32)

    @property
    def terms(self) -> Sequence[str]:
        """The terms whose postings are to be read."""
        return [term for term in self._terms if term not in self._postings]

    def read(self, postings: Mapping[str, Postings]) -> None:
        """Take in the postings of terms that any document has, but for what came after the question."""
        self._postings |= {term: one.below(self._size) for term, one in postings.items()}

    def candidates(self) -> list[int]:
        """The documents of which the terms say most. What is kept of those that are still there is to be told."""
        scores = np.zeros(self._size, np.float32)
        for term, weight in self._terms.items():
            one = self._postings.get(term)
            if one is not None and len(one.numbers):
                scores[one.numbers] += np.float32(weight * idf(one.documents, self._documents)) * one.impacts
        if self._allowed is not None:
            scores[~self._allowed] = 0.0
        most = min(MOST_CANDIDATES, self._size)
        best = np.argpartition(scores, -most)[-most:] if most else np.empty(0, np.int64)
        best = best[scores[best] > 0]
        self._scores = {int(number): float(scores[number]) for number in best}
        return [number for number in self._scores if number not in self._kept]

    def told(self, kept: Mapping[int, Kept]) -> None:
        """Take in what is kept of candidates; one that is not there any more is left out."""
        self._kept |= kept

    def speaking(self) -> Sequence[int]:
        """The documents that speak for others: their strongest words may become part of the question."""
        self._speaking = self._ordered()[:FEEDBACK_DOCUMENTS]
        return [number for number, _ in self._speaking]

    def widen(self, strongest_of: Mapping[int, Mapping[str, float]], documents: Mapping[str, int]) -> None:
        """Ask for the strongest words of those that speak, too, as far as they are still there.

        `documents`: how many documents have each word.
        """
        more: Counter[str] = Counter()
        for number, score in self._speaking:
            for term, impact in strongest_of.get(number, {}).items():
                more[term] += score * idf(documents.get(term, 0), self._documents) * impact  # type: ignore[assignment]
        # In one order for all, whoever keeps the words in which order.
        strongest = nlargest(FEEDBACK_TERMS, more.items(), key=lambda one: (one[1], one[0]))
        for term, worth in strongest:
            if worth > 0:
                self._terms[term] = self._terms.get(term, 0.0) + FEEDBACK * worth / strongest[0][1]

    def answers(self, most: int) -> list[Related]:
        """The likeliest first. Show those whose confidence is high enough; see `worth_showing`."""
        own = self._own()
        full = sum(own.values())
        best = self._ordered()[:most]
        chosen = np.array([number for number, _ in best], np.int64)
        said = {term: self._postings[term].of(chosen, self._room) for term in own if term in self._postings}
        return [
            self._answer(number, score, own, full, {term: float(of[place]) for term, of in said.items() if of[place]})
            for place, (number, score) in enumerate(best)
        ]

    def likeliest(self, most: int) -> list[int]:
        """The numbers of what `answers` gives, in its order."""
        return [number for number, _ in self._ordered()[:most]]

    def _ordered(self) -> list[tuple[int, float]]:
        # By how much the page says in all: what a failure mode is worth must not shrink as the catalogue grows.
        mode_worth = MODE_WORTH * sum(self._own().values())
        adjusted = [
            (number, self._adjusted(number, score, mode_worth))
            for number, score in self._scores.items()
            if number in self._kept and not self._is_later(self._kept[number])
        ]
        worth = self._worth_of_origins(nlargest(ORIGIN_DOCUMENTS, adjusted, key=_by_score))
        found = [(number, score + worth.get(self._kept[number].origin, 0.0)) for number, score in adjusted]
        return sorted(found, key=_by_score, reverse=True)

    def _is_later(self, kept: Kept) -> bool:
        return self._page.until is not None and kept.day is not None and kept.day > self._page.until

    def _own(self) -> dict[str, float]:
        """What the page itself says, each term with how rare it is."""
        return {term: self._idf(term) for term, weight in self._asked.terms.items() if weight > HINT}

    def _adjusted(self, number: int, score: float, mode_worth: float) -> float:
        kept, page = self._kept[number], self._page
        score += mode_worth * sum(share * kept.modes.get(mode, 0.0) for mode, share in self._asked.modes.items())
        if page.service.casefold() in kept.services:
            score *= SAME_SERVICE
        elif kept.services & page.beside:
            score *= SERVICE_BESIDE
        if page.alert.casefold() in kept.alerts:
            score *= SAME_ALERT
        if page.day is not None and kept.day is not None:
            score *= 1 + RECENT_WORTH * exp(-max(0, (page.day - kept.day).days) / RECENT_DAYS)
        score *= min(CAME_BACK_MOST, 1 + CAME_BACK_WORTH * log2(1 + kept.came_back))
        return score * max(NOT_IT_LEAST, NOT_IT_WORTH**kept.was_not_it)

    def _worth_of_origins(self, best: Sequence[tuple[int, float]]) -> dict[str, float]:
        if not best or best[0][1] <= 0:
            return {}
        highest = best[0][1]
        shares: Counter[str] = Counter()
        for number, score in best:
            shares[self._kept[number].origin] += (score / highest) ** 2  # type: ignore[assignment]
        together = sum(shares.values())
        return {origin: ORIGIN_WORTH * highest * share / together for origin, share in shares.items() if origin}

    def _answer(
        self, number: int, score: float, own: Mapping[str, float], full: float, impacts: Mapping[str, float]
    ) -> Related:
        kept = self._kept[number]
        shared = {term: own[term] for term in impacts}
        why = why_related(self._page, self._asked, shared, kept.modes, kept.services, kept.alerts)
        why = replace(why, came_back=kept.came_back)
        said = sum(own[term] * impact for term, impact in impacts.items())
        return Related(kept.id, score, confidence(said / full if full else 0.0, why), why)

    def _idf(self, term: str) -> float:
        one = self._postings.get(term)
        return idf(one.documents if one else 0, self._documents)


def _by_score(one: tuple[int, float]) -> tuple[float, int]:
    return one[1], -one[0]
