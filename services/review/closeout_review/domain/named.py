"""Which of the services that the pagers know a text names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import normalize

WORDS = re.compile(r"[^\W_]+")
# Shorter names are words of every text: “api”, “web”.
SHORTEST = 4
MOST = 5


def named_in(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """The services that are named as whole words, however they are joined: “checkout-api” is “Checkout API”.

    >>> named_in("Checkout API answered 502", ["checkout-api", "search"])
    ('checkout-api',)
    """
    said = f" {_plain(text)} "
    found = [name for name in known if len(plain := _plain(name)) >= SHORTEST and f" {plain} " in said]
    # Of “checkout” and “checkout-api” the longer one says more.
    found.sort(key=lambda name: (-len(name), name))
    return tuple(found[:MOST])


def _plain(text: str) -> str:
    return " ".join(WORDS.findall(normalize("NFKC", text).casefold()))
