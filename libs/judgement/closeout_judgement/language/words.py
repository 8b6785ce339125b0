"""A text as tokens and sentences that know where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

TOKEN = re.compile(
    r"""
    https?://\S+ | <[A-Z]+> | @[\w.-]*\w | \#\d+            # addresses, placeholders, people, tickets
    | \d+(?:[.,:/]\d+)*(?:\s?%)? | \w++(?:['’]\w+)+              # numbers, contractions
    | \w+(?:[-./_]\w+)* | [^\w\s]                            # words and identifiers, punctuation
    """,
    re.VERBOSE,
)
# After a full stop a sentence ends, unless it stands in an abbreviation, or what follows goes on in lower case.
ABBREVIATIONS = frozenset({"e.g", "i.e", "etc", "vs", "approx", "cf", "incl", "resp", "no", "st", "dr", "mr", "ms"})
# Each place is looked at from its own line's beginning, and a row of stops from its first: else a text of nothing but
# line ends or exclamation marks takes the square of its length.
SENTENCE_END = re.compile(r"(?:(?<![.!?])[.!?]+[\"”’')\]}]*(?=\s|$))|\n[ \t]*\n|\n(?=[^\S\n]*(?:[-*+]|\d+[.)])\s)")


class Token(NamedTuple):
    """A word, number or mark, from `start` to `end` of the text."""

    text: str
    low: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether it begins with a letter."""
        return self.text[0].isalpha()


def word_set(text: str) -> frozenset[str]:
    """The words of `text`, for a class of words that is written as a list."""
    return frozenset(text.split())


def tokens_of(text: str, offset: int = 0) -> list[Token]:
    """The tokens of `text`, as if it stood at `offset`. Typographic apostrophes are plain in `low`."""
    return [
        Token(word := found.group(), word.lower().replace("’", "'"), found.start() + offset, found.end() + offset)
        for found in TOKEN.finditer(text)
    ]


def sentences_of(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence begins and ends, without the space around it."""
    start = 0
    for found in SENTENCE_END.finditer(text):
        before = text[start : found.start()].rpartition(" ")[2].lower().lstrip("(")
        follows = text[found.end() : found.end() + 2].strip()
        if follows[:1].islower() or (found[0].startswith(".") and before in ABBREVIATIONS):
            continue
        yield from _trimmed(text, start, found.end())
        start = found.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    inner = text[start:end]
    left = len(inner) - len(inner.lstrip())
    if inner.strip():
        yield start + left, start + left + len(inner.strip())


def lows(tokens: Sequence[Token]) -> list[str]:
    """The tokens in lower case."""
    return [token.low for token in tokens]
