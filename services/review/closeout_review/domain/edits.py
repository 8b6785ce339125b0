"""Which stretches of one list of words, or of lines, become which of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher

# Of so many pairs of equal words, the time grows with their square: such a text says one thing again and again.
MOST_PAIRS = 100_000

# `before[i:j]` becomes `after[k:n]`.
Edit = tuple[int, int, int, int]


def edits(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Edit]:
    """The stretches that differ, in their order; where too much is alike, one: all between the equal ends.

    >>> edits("abcd", "aXcdY")
    [(1, 2, 1, 2), (4, 4, 4, 5)]
    """
    begin = _alike(before, after)
    end = _alike(before[begin:][::-1], after[begin:][::-1])
    old, new = before[begin : len(before) - end], after[begin : len(after) - end]
    there = Counter(new)
    if sum(count * there[one] for one, count in Counter(old).items()) > MOST_PAIRS:
        return [(begin, begin + len(old), begin, begin + len(new))]
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(begin + i, begin + j, begin + k, begin + n) for tag, i, j, k, n in codes if tag != "equal"]


def _alike(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """How many they begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
