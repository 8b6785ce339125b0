"""What comes back over the documents: promises in other words, failure modes, dependencies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from closeout.audit.examined import Examined, Promise
from closeout_judgement.promises import groups
from closeout_judgement.taxonomy import Taxonomy, published


@dataclass(frozen=True, slots=True)
class Recurring:
    """A promise that was made in several documents, once of each, in order of time."""

    words: tuple[str, ...]
    promises: tuple[Promise, ...]

    @property
    def days(self) -> tuple[date, ...]:
        """The days of these documents, where they are known."""
        return tuple(sorted(promise.day for promise in self.promises if promise.day))


@dataclass(frozen=True, slots=True)
class Told:
    """Something that documents tell of, with those that do, in order of time."""

    name: str
    title: str
    documents: tuple[Examined, ...]

    def in_year(self, year: int) -> int:
        """How many of them are of that year."""
        return sum(document.day is not None and document.day.year == year for document in self.documents)


def promises_again(promises: Sequence[Promise]) -> list[Recurring]:
    """Promises that at least two documents make, those of most documents first."""
    found = []
    for group in groups([promise.text for promise in promises]):
        # Of one document the promise that came first stands for the others.
        each = {promises[index].document: promises[index] for index in reversed(group.members)}
        if len(each) > 1:
            ordered = sorted(each.values(), key=lambda one: (one.day or date.max, one.document, one.line))
            found.append(Recurring(group.words, tuple(ordered)))
    return sorted(found, key=lambda one: (-len(one.promises), str(one.days[:1]), one.promises[0].text))


def modes_told(documents: Sequence[Examined], taxonomy: Taxonomy | None = None) -> list[Told]:
    """The failure modes, the most frequent first."""
    titles = {name: mode.title for name, mode in (taxonomy or published()).modes.items()}
    return _told(((mode.mode, document) for document in documents for mode in document.modes), titles)


def dependencies_told(documents: Sequence[Examined]) -> list[Told]:
    """Dependencies and services in which failures lay, the most frequent first."""
    return _told(((name, document) for document in documents for name in sorted(document.subjects)), {})


def _told(pairs: Iterable[tuple[str, Examined]], titles: dict[str, str]) -> list[Told]:
    by_name: dict[str, list[Examined]] = defaultdict(list)
    for name, document in pairs:
        by_name[name].append(document)
    found = [
        Told(name, titles.get(name, name), tuple(sorted(of, key=lambda one: (str(one.day), one.name))))
        for name, of in by_name.items()
    ]
    return sorted(found, key=lambda one: (-len(one.documents), one.title))
