"""Phrases with endings, alternatives and gaps, found in words. One small language for every lexicon.

`word` is that word; `word*` any ending; `a|b*` either; `..` up to five words between; `word?` may be missing.

All phrases of a set are looked for in one pass: what each word can begin is looked up once a word, whatever the number
of phrases.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")

GAP = ".."
LONGEST_GAP = 5
# Words are remembered with what they match; a text can bring any number of new ones.
MOST_REMEMBERED = 50_000

WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?")
POSSESSIVE = re.compile(r"'s\b")


@dataclass(frozen=True, slots=True)
class Element:
    """One place of a phrase: the numbers of the word forms that fit, or a gap."""

    forms: frozenset[int]
    is_gap: bool = False
    may_be_missing: bool = False


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """A phrase found: what it stands for, and its words, from `start` to before `end`."""

    meaning: T
    phrase: str
    start: int
    end: int


# As it is written, what it stands for, its elements, and the forms of a last word that may not be missing.
_Phrase: TypeAlias = tuple[str, T, tuple[Element, ...], frozenset[int] | None]


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    """What a word fits: the numbers of word forms, and the phrases that it can begin."""

    forms: frozenset[int]
    begins: tuple[_Phrase[T], ...]


def words_of(text: str) -> list[str]:
    """The words, in lower case. Hyphens, dots and underscores part words, a possessive's ending is dropped.

    >>> words_of("Let's Encrypt's x509: no-space")
    ['let', 'encrypt', 'x509', 'no', 'space']
    """
    return WORD.findall(POSSESSIVE.sub("", text.lower().replace("’", "'")))


class Phrases(Generic[T]):
    """Phrases, each with what it stands for."""

    def __init__(self, phrases: Iterable[tuple[str, T]]) -> None:
        self._exact: dict[str, int] = {}
        self._beginnings: dict[str, int] = {}
        self._starts: dict[int, list[int]] = defaultdict(list)
        self._phrases: list[_Phrase[T]] = []
        self._known: dict[str, _Known[T]] = {}
        for phrase, meaning in phrases:
            self._add(phrase, meaning)

    def find(self, words: Sequence[str]) -> Iterator[Hit[T]]:
        """Every phrase found, once for each place where it begins."""
        remembered = self._known
        known = [remembered.get(word) or self._look_up(word) for word in words]
        forms: list[frozenset[int]] = []
        present: frozenset[int] = frozenset()
        for start, word in enumerate(known):
            if not word.begins:
                continue
            if not forms:
                forms = [one.forms for one in known]
                present = frozenset().union(*forms)
            for phrase, meaning, elements, needed in word.begins:
                # Most phrases that begin here end with a word that is nowhere in the sentence.
                if needed is not None and needed.isdisjoint(present):
                    continue
                end = _end(elements, 1, forms, start + 1)
                if end:
                    yield Hit(meaning, phrase, start, end)

    def _add(self, phrase: str, meaning: T) -> None:
        elements = tuple(self._element(part) for part in phrase.lower().split())
        if not elements or elements[0].is_gap or elements[0].may_be_missing or elements[-1].is_gap:
            raise ValueError(f"“{phrase}” has to begin with a word, and to end with one")
        for form in elements[0].forms:
            self._starts[form].append(len(self._phrases))
        last = elements[-1]
        needed = None if len(elements) == 1 or last.may_be_missing else last.forms
        self._phrases.append((phrase, meaning, elements, needed))

    def _element(self, part: str) -> Element:
        if part == GAP:
            return Element(frozenset(), is_gap=True)
        missing = part.endswith("?")
        return Element(frozenset(self._form(one) for one in part.removesuffix("?").split("|")), may_be_missing=missing)

    def _form(self, written: str) -> int:
        table, key = (self._beginnings, written[:-1]) if written.endswith("*") else (self._exact, written)
        if key not in table:
            table[key] = len(self._exact) + len(self._beginnings)
        return table[key]

    def _look_up(self, word: str) -> _Known[T]:
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        found = [self._beginnings[word[:n]] for n in range(1, len(word) + 1) if word[:n] in self._beginnings]
        if word in self._exact:
            found.append(self._exact[word])
        begins = sorted({number for form in found for number in self._starts.get(form, ())})
        known = self._known[word] = _Known(frozenset(found), tuple(self._phrases[number] for number in begins))
        return known


def _end(elements: Sequence[Element], place: int, forms: Sequence[frozenset[int]], at: int) -> int:
    """Where the phrase ends whose `place`-th element is to fit at word `at`; 0 where it does not fit."""
    if place == len(elements):
        return at
    element = elements[place]
    if element.is_gap:
        furthest = min(at + LONGEST_GAP, len(forms) - 1)
        return next((end for n in range(at, furthest + 1) if (end := _end(elements, place + 1, forms, n))), 0)
    if at < len(forms) and not element.forms.isdisjoint(forms[at]):
        end = _end(elements, place + 1, forms, at + 1)
        if end:
            return end
    return _end(elements, place + 1, forms, at) if element.may_be_missing else 0
