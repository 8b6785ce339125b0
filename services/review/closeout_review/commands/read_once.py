"""What the words of a timeline suggest, read once: an open draft is saved and shown many times, its words stay."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from closeout_judgement.taxonomy import Taxonomy
from closeout_review.domain.guard_questions import Said, signs_said
from closeout_review.domain.suggestions import Suggestions, suggestions_from
from closeout_schemas.incidents import TimelineEntry

# Timelines that are kept read, those that were asked for last. What is kept of one are a few sentences.
MOST_KEPT = 128


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in the words of a timeline."""

    suggestions: Suggestions
    signs: tuple[Said, ...]


_KEPT: OrderedDict[tuple[Taxonomy | None, bytes], Reading] = OrderedDict()


def reading_of(entries: Sequence[TimelineEntry], taxonomy: Taxonomy | None) -> Reading:
    """What these entries say. Other words, other entries or another taxonomy are another reading.

    Whoever asks has the entries before them, so nobody is told of what they may not see.
    """
    key = (taxonomy, _digest(entries))
    kept = _KEPT.get(key)
    if kept is None:
        kept = _KEPT[key] = Reading(suggestions_from(entries, taxonomy), signs_said(entries))
    _KEPT.move_to_end(key)
    while len(_KEPT) > MOST_KEPT:
        _KEPT.popitem(last=False)
    return kept


def _digest(entries: Sequence[TimelineEntry]) -> bytes:
    digest = blake2b(digest_size=32)
    for entry in entries:
        # All that the reading looks at; each part's length keeps two from running into one.
        author = "" if entry.author is None else entry.author.kind.value
        for part in (str(entry.id), entry.kind, author, entry.text):
            told = part.encode(errors="surrogatepass")
            digest.update(len(told).to_bytes(8, "big") + told)
    return digest.digest()
