"""Promises that say the same in other words: which action items are one."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from math import log, sqrt

WORD = re.compile(r"[^\W_]+")
_EMPTY_TEXT = """
a an the and or of to in on for from by with at as is are be it its that this we our us i so then
when if into up out should must shall will would can could need needs have has do does not no all
any every each more than there add put make create set get use ensure introduce implement build
write update improve fix new front around before after via per about
"""
EMPTY = frozenset(_EMPTY_TEXT.split())
ENDINGS = ("ations", "ation", "ings", "ing", "ers", "ies", "ied", "er", "ed", "es", "s", "e")
SHORTEST_STEM = 3
# The cosine of two texts' words, each weighed by how rare it is among all promises: from here on they are one promise.
ALIKE = 0.60
# The same control named with both is a reason to think so.
ALIKE_WITH_CONTROL = 0.52
# One shared word is a topic; two are a promise.
WORDS_IN_COMMON = 2
# A promise is compared by so many of its wordings, and looked up by so many of its rarest words.
MOST_WORDINGS = 6
TELLING_WORDS = 3

Item = tuple[str, str | None]  # text, control


def words_of(text: str) -> frozenset[str]:
    """The words that carry meaning, without their endings.

    >>> sorted(words_of("Add alerts for the disk usage"))
    ['alert', 'disk', 'usag']
    """
    return frozenset(_stem(word) for word in WORD.findall(text.lower()) if word not in EMPTY)


def _stem(word: str) -> str:
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def alike(items: Iterable[Item]) -> dict[Item, int]:
    """The number of the promise that each item is. An item joins the promise whose items it is most like on average."""
    distinct = list(dict.fromkeys(items))
    promises = _Promises({item: words_of(item[0]) for item in distinct})
    return {item: promises.take(item) for item in distinct}


class _Promises:
    """The promises so far; each is known by its first few wordings."""

    def __init__(self, words: Mapping[Item, frozenset[str]]) -> None:
        among = Counter(word for text in words.values() for word in text)
        self._words = words
        # The square of each word's rarity, as the cosine needs it.
        self._weight = {word: log(1 + len(words) / count) ** 2 for word, count in among.items()}
        self._length = {item: sum(self._weight[word] for word in text) for item, text in words.items()}
        self._wordings: list[list[Item]] = []
        self._holding: dict[str, set[int]] = defaultdict(set)

    def take(self, item: Item) -> int:
        """The number of the promise that it joins, or begins."""
        number = self._nearest(item)
        if number is None:
            number = len(self._wordings)
            self._wordings.append([])
        if len(self._wordings[number]) < MOST_WORDINGS:
            self._wordings[number].append(item)
            for word in self._words[item]:
                self._holding[word].add(number)
        return number

    def _nearest(self, item: Item) -> int | None:
        rarest = sorted(self._words[item], key=lambda word: (-self._weight[word], word))[:TELLING_WORDS]
        near = {number for word in rarest for number in self._holding.get(word, ())}
        likeness = {number: self._mean_likeness(item, number) for number in sorted(near)}
        best = max(likeness, key=lambda number: likeness[number], default=None)
        return best if best is not None and likeness[best] >= 1 else None

    def _mean_likeness(self, item: Item, number: int) -> float:
        wordings = self._wordings[number]
        return sum(self._likeness(item, other) for other in wordings) / len(wordings)

    def _likeness(self, one: Item, other: Item) -> float:
        """1 at the threshold, more when more alike."""
        common = self._words[one] & self._words[other]
        if len(common) < min(WORDS_IN_COMMON, len(self._words[one]), len(self._words[other])):
            return 0.0
        cosine = sum(self._weight[word] for word in common) / sqrt(self._length[one] * self._length[other])
        same_control = one[1] is not None and one[1] == other[1]
        return cosine / (ALIKE_WITH_CONTROL if same_control else ALIKE)
