"""Documents that are nearly the same: copies, and revisions of one text.

Each text is kept as its smallest shingle hashes, of which the share in common estimates the share of common five-word
sequences (bottom-k sketch: Broder, "On the resemblance and containment of documents", 1997).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from zlib import crc32

WORD = re.compile(r"\w+")
SHINGLE = 5  # words
SKETCH = 64  # hashes; the estimate's standard error at .7 is about .06
ALIKE = 0.7
# A hash that so many documents share is the template's text, and says nothing of any two of them.
TOO_COMMON = 60


def sketch_of(text: str) -> tuple[int, ...]:
    """The smallest hashes of the text's five-word sequences, in order."""
    words = WORD.findall(text.lower())
    shingles = {" ".join(words[start : start + SHINGLE]) for start in range(max(1, len(words) - SHINGLE + 1))}
    return tuple(sorted({crc32(shingle.encode()) for shingle in shingles})[:SKETCH]) if words else ()


def resemblance(one: Sequence[int], other: Sequence[int]) -> float:
    """The estimated share of five-word sequences that two texts have in common, 0 to 1.

    >>> one = sketch_of("the queue grew until the workers fell over")
    >>> resemblance(one, one)
    1.0
    """
    if not one or not other:
        return 0.0
    smallest = sorted(set(one) | set(other))[:SKETCH]
    both = set(one) & set(other)
    return sum(1 for value in smallest if value in both) / len(smallest)


def copies(sketches: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """Name → the earlier document (in the order given) of which it is a copy or a revision."""
    holders: dict[int, list[str]] = defaultdict(list)
    found: dict[str, str] = {}
    for name, sketch in sketches.items():
        shared: Counter[str] = Counter()
        for value in sketch:
            if len(holders[value]) < TOO_COMMON:
                shared.update(holders[value])
        likely = [other for other, count in shared.most_common(3) if count * 3 >= len(sketch)]
        like = next((other for other in likely if resemblance(sketch, sketches[other]) >= ALIKE), None)
        if like is not None:
            found[name] = like
            continue
        for value in sketch:
            holders[value].append(name)
    return found
