"""Words as a search compares them: without their endings, and with compound names both whole and in parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from closeout_judgement.phrases import words_of

STOP_WORDS = frozenset(
    """
    a about above after again all also am an and any are as at be because been before being below between both
    but by can could did do does doing down during each few for from further had has have having he her here
    hers him his how i if in into is it its itself just like me more most my no nor not now of off on once only
    or other our ours out over own same she should so some such than that the their theirs them then there these
    they this those through to too under until up us very was we were what when where which while who whom why
    will with would you your since ever via per may might must one two upon get gets got still yet s t re ve ll
    d m don didn't doesn't isn't wasn't weren't can't couldn't won't that's it's we're
    """.split()  # noqa: SIM905 (a list of a hundred strings is hard to read)
)

# A host, a path, a dotted or dashed name; CamelCase.
COMPOUND = re.compile(r"\b[A-Za-z0-9]+(?:[._/-][A-Za-z0-9]+)+\b")
CAMEL = re.compile(r"\b[A-Za-z]*[a-z][A-Z][A-Za-z]*\b")
HUMP = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

# (ending, what stands for it), the first that fits; what is left keeps at least SHORTEST letters.
ENDINGS: tuple[tuple[str, str], ...] = (
    ("isations", "ize"), ("izations", "ize"), ("isation", "ize"), ("ization", "ize"), ("ations", "ate"),
    ("ation", "ate"), ("ments", ""), ("ment", ""), ("ingly", ""), ("ings", ""), ("ing", ""), ("edly", ""),
    ("ied", "y"), ("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("ions", ""),
    ("ion", ""), ("ised", "ize"), ("ises", "ize"), ("ise", "ize"), ("ers", ""), ("er", ""), ("ors", ""),
    ("or", ""), ("ed", ""), ("es", ""), ("ly", ""), ("s", ""), ("e", ""),
)  # fmt: skip
SHORTEST = 3
LONGEST_WORD = 40


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The word without its ending. Words with digits stay as they are.

    >>> stem("restarting") == stem("restarted") == stem("restarts")
    True
    """
    if len(word) <= SHORTEST or not word.isalpha() or word.endswith(("ss", "us", "is")):
        return word
    for ending, instead in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            return _tidied(word[: -len(ending)] + instead)
    return word


def _tidied(word: str) -> str:
    """“stopp” is “stop”, “queue” is “queu”: so that stopped meets stop."""
    if len(word) > SHORTEST and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > SHORTEST and word.endswith("e") else word


def terms(text: str, words: Sequence[str] | None = None) -> Iterator[str]:
    """The stems of the words that say something, and each compound name whole. `words`: of the text, where known."""
    for word in words_of(text) if words is None else words:
        if word not in STOP_WORDS and len(word) <= LONGEST_WORD and (len(word) > 1 or word.isdigit()):
            yield stem(word)
    yield from compounds(text)


def compounds(text: str) -> Iterator[str]:
    """Names made of parts, whole: “ci.example.org”, “no-space”; and the parts of “ImagePullBackOff”."""
    for match in COMPOUND.finditer(text):
        if len(match[0]) <= LONGEST_WORD and any(letter.isalpha() for letter in match[0]):
            yield match[0].lower()
    for match in CAMEL.finditer(text):
        yield from (stem(part.lower()) for part in HUMP.findall(match[0]) if len(part) > 1)
