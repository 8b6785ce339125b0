"""Services, failure modes, controls, alerts, types of change, vendors: one has more of the incidents than its share.

Null, with a base line: the share that exposure and the year before predict together (`expectation`). Without: an even
share, one service of all that are known. All but services are not equally common by nature, so that without
a base line only more than twice an even share counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from closeout_judgement.patterns.candidate import Candidate, Kind
from closeout_judgement.patterns.exact import Tail
from closeout_judgement.patterns.expectation import (
    as_uneven_as,
    by_exposure,
    predicted,
    richness,
    weight_of_exposure,
)
from closeout_judgement.patterns.history import History
from closeout_judgement.patterns.occurrence import Occurrence
from closeout_judgement.patterns.record import NO_CHANGE
from closeout_schemas.vocabulary import ChangeType, Control, FailureMode

UNEVEN_BY_NATURE = 2.0
MOST_ALLOWED = 0.5


@dataclass(frozen=True)
class Category:
    """A thing that an occurrence has none, one or several of. `vocabulary`: all there are, where that is known."""

    kind: Kind
    names: Callable[[Occurrence], Collection[str]]
    plural: str
    vocabulary: frozenset[str] = frozenset()
    allowance: float = 1.0
    tells: Callable[[Occurrence], bool] | None = None  # where “none of them” can be told, too

    def is_told(self, one: Occurrence) -> bool:
        """Whether it is known which of them an occurrence has."""
        return self.tells(one) if self.tells else bool(self.names(one))


SERVICE = Category(Kind.SERVICE, lambda one: one.services, "services")
FAILURE_MODE = Category(
    Kind.FAILURE_MODE, lambda one: one.failure_modes, "failure modes", frozenset(FailureMode), UNEVEN_BY_NATURE
)
CONTROL = Category(Kind.CONTROL, lambda one: one.controls, "controls", frozenset(Control), UNEVEN_BY_NATURE)
ALERT = Category(Kind.ALERT, lambda one: one.alerts, "alerts", allowance=UNEVEN_BY_NATURE)
CHANGE_TYPE = Category(
    Kind.CHANGE_TYPE,
    lambda one: one.changes,
    "types of change",
    frozenset(ChangeType) - {NO_CHANGE},
    UNEVEN_BY_NATURE,
    lambda one: one.tells_change,
)
VENDOR = Category(
    Kind.VENDOR, lambda one: one.vendors, "vendors", allowance=UNEVEN_BY_NATURE, tells=lambda one: one.tells_vendors
)
ALL = (SERVICE, FAILURE_MODE, CONTROL, ALERT, CHANGE_TYPE, VENDOR)


def candidates(history: History, category: Category) -> Iterator[Candidate]:
    """Each name that is known in the file; a name that has no incident in the quarter was tested too."""
    now, base = history.told(category.is_told)
    if not now:
        return
    hits = _having(now, category)
    before = {name: len(having) for name, having in _having(base, category).items()}
    known = {name: len(having) for name, having in _having(history.everything, category).items()}
    exposure = _even_shares(category, known, base or now)
    weight = weight_of_exposure(before, len(base), exposure)
    for name in sorted(known):
        chronic, details = None, _promised(history, name) if category is CONTROL else {}
        if base:
            chronic = by_exposure(len(now), exposure[name]).of(len(hits[name]))
            tail = predicted(len(now), exposure[name], weight, before.get(name, 0), len(base))
            against = f"{before.get(name, 0)} of {len(base)} in the year before"
        else:
            others = {other: count for other, count in known.items() if other != name}
            tail, against = _without_base(category, len(now), exposure[name], others)
        yield Candidate(
            category.kind, name, hits[name], len(now), tail.mean, tail, against, chronic=chronic, details=details
        )


def _having(occurrences: Sequence[Occurrence], category: Category) -> Mapping[str, list[Occurrence]]:
    having: dict[str, list[Occurrence]] = defaultdict(list)
    for occurrence in occurrences:
        for name in category.names(occurrence):
            having[name].append(occurrence)
    return having


def _even_shares(category: Category, known: Mapping[str, int], among: Sequence[Occurrence]) -> dict[str, float]:
    """The share of each name, if all had the same; an occurrence may have several names."""
    # Where none has any, half an incident: rare is not impossible.
    each = max(0.5, sum(len(category.names(one)) for one in among)) / len(among)
    if category.vocabulary and known.keys() <= category.vocabulary:
        return dict.fromkeys(known, min(1.0, each / len(category.vocabulary)))
    # Removing one that was seen three times leaves the same estimate as removing one that was seen ten times.
    kinds: dict[int, float] = {}
    for name, count in known.items():
        if min(count, 3) not in kinds:
            kinds[min(count, 3)] = 1 + richness({other: n for other, n in known.items() if other != name})
    return {name: min(1.0, each / kinds[min(count, 3)]) for name, count in known.items()}


def _promised(history: History, control: str) -> dict[str, object]:
    """How often this control was promised in the five quarters, and how often it was shipped."""
    items = [item for one in history.everything for item in one.promises if item.control == control and item.state]
    return {"promised": len(items), "shipped": sum(not item.is_unshipped for item in items)}


def _without_base(category: Category, trials: int, share: float, others: Mapping[str, int]) -> tuple[Tail, str]:
    allowed = max(share, min(MOST_ALLOWED, share * category.allowance))
    even = f"an even share among the {len(others) + 1} {category.plural} that are known"
    return as_uneven_as(others, trials, allowed, trials), even if allowed == share else f"twice {even}"
