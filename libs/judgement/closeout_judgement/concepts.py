"""What operations people call by many names: recognised in words, so that a page meets the report about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from closeout_judgement.lexicon import shipped
from closeout_judgement.phrases import Phrases


class Kind(StrEnum):
    """How a concept is told: as something a service is made of, something seen, or a cause."""

    COMPONENT = "component"
    SYMPTOM = "symptom"
    CAUSE = "cause"


@dataclass(frozen=True, slots=True)
class Concept:
    """One of many names. `hints`: what is often found with it."""

    name: str
    kind: Kind
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Concepts:
    """All of them, and their phrases."""

    by_name: dict[str, Concept]
    phrases: Phrases[str]

    def in_words(self, words: Sequence[str]) -> list[str]:
        """The names of the concepts in the words, one for each time that one is said."""
        return [hit.meaning for hit in self.phrases.find(words)]


@cache
def shipped_concepts() -> Concepts:
    """The concepts of `knowledge/concepts.yaml`."""
    written = shipped("concepts")["concepts"]
    return Concepts(
        {name: Concept(name, Kind(fields["kind"]), tuple(fields.get("hints", ()))) for name, fields in written.items()},
        Phrases((str(phrase), name) for name, fields in written.items() for phrase in fields["phrases"]),
    )
