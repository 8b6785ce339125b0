"""Which documents have a term, and how much it says of each: as arrays, so that many are added up at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from closeout_judgement.searchable import CONCEPT

# BM25's saturation and length terms (Robertson and Zaragoza, 2009), for words and for concepts, which are said again
# and again in other words. They saturate late: among many documents, all that a page says is said somewhere in passing,
# and what a document is about it says often.
K1, B = 2.0, 0.75
CONCEPT_K1, CONCEPT_B = 10.0, 0.75
# A document's weighted length is compared with these, not with the mean, so that what is kept never changes.
USUAL_WORDS, USUAL_CONCEPTS = 290.0, 80.0

# How a catalogue in a database keeps them: little-endian, so that the bytes of two can be put together.
NUMBERS, IMPACTS = np.dtype("<u4"), np.dtype("<f4")


@dataclass(frozen=True, slots=True)
class Postings:
    """The documents that have a term, by their numbers, each once, and how much it says of each.

    `documents`: how many have it, also where the arrays were left away because they are too long to be worth it.
    """

    numbers: NDArray[np.uint32]
    impacts: NDArray[np.float32]
    documents: int

    def below(self, size: int) -> Postings:
        """Those of documents whose number is below `size`."""
        if not len(self.numbers) or self.numbers.max() < size:
            return self
        known = self.numbers < size
        return Postings(self.numbers[known], self.impacts[known], self.documents)

    def of(self, chosen: NDArray[np.int64], room: NDArray[np.float32]) -> NDArray[np.float32]:
        """How much the term says of each of `chosen`, 0 where one does not have it.

        `room`: zeros, one for every number that a document can have; it is left as it was found.
        """
        room[self.numbers] = self.impacts
        found: NDArray[np.float32] = room[chosen]
        room[self.numbers] = 0.0
        return found


def from_bytes(numbers: bytes, impacts: bytes, documents: int) -> Postings:
    """Postings as they are kept in a database."""
    return Postings(np.frombuffer(numbers, NUMBERS), np.frombuffer(impacts, IMPACTS), documents)


def without(former: Sequence[int], numbers: bytes, impacts: bytes) -> tuple[bytes, bytes]:
    """Postings as they are kept in a database, but for those of these documents."""
    of = np.frombuffer(numbers, NUMBERS)
    stays = ~np.isin(of, np.asarray(former, NUMBERS))
    return of[stays].tobytes(), np.frombuffer(impacts, IMPACTS)[stays].tobytes()


def idf(documents: int, size: int) -> float:
    """How rare a term is that so many of `size` documents have."""
    of = max(size, documents, 1)
    return log(1 + (of - documents + 0.5) / (documents + 0.5))


def impacts_of(weights: Mapping[str, float]) -> dict[str, float]:
    """BM25's part of each term that depends on the document alone."""
    long = sum(weight for term, weight in weights.items() if not term.startswith(CONCEPT)) / USUAL_WORDS
    varied = sum(weight for term, weight in weights.items() if term.startswith(CONCEPT)) / USUAL_CONCEPTS
    impacts = {}
    for term, weight in weights.items():
        k1, b, length = (CONCEPT_K1, CONCEPT_B, varied) if term.startswith(CONCEPT) else (K1, B, long)
        impacts[term] = weight * (k1 + 1) / (weight + k1 * (1 - b + b * length))
    return impacts
