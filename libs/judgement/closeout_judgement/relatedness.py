"""Which earlier postmortems are related to a page, and why: an index in memory that is built from values and asked.

A catalogue that is kept in a database asks the same questions of the same terms: see `ranking`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from heapq import nlargest

import numpy as np

from closeout_judgement.postings import Postings, impacts_of
from closeout_judgement.ranking import KEPT_TERMS, Kept, Question
from closeout_judgement.searchable import CONCEPT, Document, Page, Searchable, of_document
from closeout_judgement.taxonomy import Taxonomy
from closeout_judgement.why_related import Related


class Index:
    """Earlier postmortems that can be asked for. A document added again replaces its former self.

    `taxonomy`: of the failure modes; the published one where none is given.
    """

    def __init__(self, documents: Iterable[Document] = (), taxonomy: Taxonomy | None = None) -> None:
        self._taxonomy = taxonomy
        self._numbers: dict[str, array[int]] = {}
        self._impacts: dict[str, array[float]] = {}
        self._kept: list[Kept | None] = []
        self._number: dict[str, int] = {}
        for document in documents:
            self.add(document)

    def __len__(self) -> int:
        return len(self._number)

    def add(self, document: Document) -> None:
        """Take in a document."""
        self.discard(document.id)
        found = of_document(document, self._taxonomy)
        impacts = impacts_of(found.terms)
        number = len(self._kept)
        for term, impact in impacts.items():
            self._numbers.setdefault(term, array("I")).append(number)
            self._impacts.setdefault(term, array("f")).append(impact)
        self._number[document.id] = number
        self._kept.append(kept_of(document, found, impacts))

    def discard(self, id: str) -> None:
        """Forget a document, if it is known. Its entries stay until the index is built anew."""
        number = self._number.pop(id, None)
        if number is not None:
            self._kept[number] = None

    def related(self, page: Page, most: int = 10, origin: str | None = None) -> list[Related]:
        """The documents that say something of what the page says, the likeliest first; only of `origin`, if given."""
        if not self._number:
            return []
        allowed = np.array([one is not None and origin in (None, one.origin) for one in self._kept], np.bool_)
        question = Question(page, len(self._kept), len(self._kept), allowed, self._taxonomy)
        self._read(question)
        speaking = {number: one.strongest for number, one in self._existing(question.speaking()).items()}
        documents = {term: len(self._numbers[term]) for one in speaking.values() for term in one}
        question.widen(speaking, documents)
        self._read(question)
        return question.answers(most)

    def words_of(self, id: str) -> frozenset[str]:
        """The words that say most of a document; none of one that is not known."""
        kept = self._kept[self._number[id]] if id in self._number else None
        return frozenset(kept.strongest) if kept else frozenset()

    def _read(self, question: Question) -> None:
        question.read({term: self._postings(term) for term in question.terms if term in self._numbers})
        question.told(self._existing(question.candidates()))

    def _existing(self, numbers: Iterable[int]) -> Mapping[int, Kept]:
        return {number: one for number in numbers if (one := self._kept[number]) is not None}

    def _postings(self, term: str) -> Postings:
        numbers = np.frombuffer(self._numbers[term], np.uint32)
        return Postings(numbers, np.frombuffer(self._impacts[term], np.float32), len(numbers))


def kept_of(document: Document, found: Searchable, impacts: Mapping[str, float]) -> Kept:
    """What is remembered of a document, beside its terms."""
    words = [term for term in impacts if not term.startswith(CONCEPT)]
    strongest = nlargest(KEPT_TERMS, words, key=lambda term: (impacts[term], len(term), term))
    return Kept(
        document.id,
        document.origin,
        frozenset(map(str.casefold, document.services)),
        frozenset(map(str.casefold, document.alerts)),
        found.modes,
        {term: impacts[term] for term in strongest},
        document.day,
    )
