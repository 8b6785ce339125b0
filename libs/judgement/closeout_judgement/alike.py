"""Reviews that say the same: copies, revisions, an alert that is written up each time in the same words. They take one
place, so that three places tell of three things.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from itertools import combinations

from closeout_judgement.why_related import Related

# How much of their strongest words two have to share. Of 132 labelled reports one pair does: two outages of one service
# on two days, told by one text.
ALIKE = 0.8


def pairs_of(words: Mapping[str, Set[str]]) -> frozenset[tuple[str, str]]:
    """Which say the same as which, both ways. `words`: the strongest of each, by its id."""
    pairs = ((one, other) for one, other in combinations(words, 2) if _are_alike(words[one], words[other]))
    return frozenset(pair for one, other in pairs for pair in ((one, other), (other, one)))


def families(found: Sequence[Related], pairs: Set[tuple[str, str]]) -> list[Related]:
    """Each family in the place of its likeliest, which names the others. `pairs`: which say the same as which."""
    heads: list[Related] = []
    for one in found:
        place = next((n for n, head in enumerate(heads) if (head.id, one.id) in pairs), None)
        if place is None:
            heads.append(one)
        else:
            heads[place] = replace(heads[place], alike=(*heads[place].alike, one.id))
    return heads


def _are_alike(first: Set[str], second: Set[str]) -> bool:
    return len(first & second) >= ALIKE * max(1, len(first | second))
