"""The same action item promised again, in the same or in other words, and not shipped.

Counted over the base line and the quarter together, since a promise comes back after months. Null: every promise that
is known, or likely to exist though unseen, is made as often as every other; where the others are spread unevenly, the
null is as uneven. A pattern needs an incident of this quarter in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from closeout_judgement.patterns.candidate import Candidate, Kind
from closeout_judgement.patterns.exact import Tail
from closeout_judgement.patterns.expectation import as_uneven_as, richness
from closeout_judgement.patterns.history import History
from closeout_judgement.patterns.occurrence import Occurrence
from closeout_judgement.patterns.record import Promise
from closeout_judgement.patterns.wording import Item, alike

# Promises that resemble each other come in families: an even share is never worth more than so many incidents.
UNEVEN_BY_NATURE = 80.0


def unshipped(occurrence: Occurrence) -> list[Promise]:
    """What was promised here, can be read, and was not completed."""
    return [one for one in occurrence.promises if one.is_unshipped and one.text]


def candidates(history: History) -> Iterator[Candidate]:
    """Each promise that was made for an incident of this quarter: how often in the quarter, and how often in all."""
    promised = [one for one in history.everything if unshipped(one)]
    numbers = alike(_item(item) for one in promised for item in unshipped(one))
    having: dict[int, list[Occurrence]] = defaultdict(list)
    for occurrence in promised:
        for number in {numbers[_item(item)] for item in unshipped(occurrence)}:
            having[number].append(occurrence)
    counts = {str(number): len(hits) for number, hits in having.items()}
    quarter_of = sum(one.opened_at in history.quarter for one in promised)
    nulls = _Nulls(counts, len(promised))
    for number, hits in having.items():
        now = [one for one in hits if one.opened_at in history.quarter]
        if not now:
            continue
        items = [item for one in hits for item in unshipped(one) if numbers[_item(item)] == number]
        yield _candidate(now, hits, items, nulls.of(str(number), quarter_of), quarter_of)
        if len(now) < len(hits):
            yield _candidate(hits, hits, items, nulls.of(str(number), len(promised)), len(promised))


class _Nulls:
    """Many promises were made equally often: the same null is worked out once."""

    def __init__(self, counts: Mapping[str, int], of: int) -> None:
        self._counts, self._of = counts, of
        self._known: dict[tuple[int, int], Tail] = {}

    def of(self, name: str, trials: int) -> Tail:
        """How often a promise is made among so many incidents, from how often all the others were made."""
        key = self._counts[name], trials
        if key not in self._known:
            others = {other: count for other, count in self._counts.items() if other != name}
            share = min(1.0, 1 / (1 + richness(others)))
            self._known[key] = as_uneven_as(others, self._of, share, trials, UNEVEN_BY_NATURE)
        return self._known[key]


def _candidate(
    hits: Sequence[Occurrence], ever: Sequence[Occurrence], items: Sequence[Promise], tail: Tail, of: int
) -> Candidate:
    controls = Counter(item.control for item in items if item.control)
    texts = list(dict.fromkeys(item.text for item in items))
    control = controls.most_common(1)[0][0] if controls else None
    counted = {one.id for one in hits}
    earlier = [one.id for one in ever if one.id not in counted]
    details = {"text": texts[0], "texts": texts, "control": control, "earlier_incidents": earlier}
    against = "a promise that is made no more often than the others"
    return Candidate(Kind.REPEATED_PROMISE, control or texts[0], hits, of, tail.mean, tail, against, details=details)


def _item(promise: Promise) -> Item:
    return promise.text, promise.control
