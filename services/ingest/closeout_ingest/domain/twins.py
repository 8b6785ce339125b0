"""One happening told twice: by a webhook as it was, and by the pager's log when it was asked later.

The two have ids of their own, so they are known by what they say: the same incident, the same kind, the same person and
the same moment. Each is the twin of one other at most. Decision: docs/decisions/0013-one-happening-two-ways.md
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from closeout_ingest.domain.fact import Fact, FactKind

# A log has whole seconds and a webhook thousandths, and the two are written one after the other.
APART_AT_MOST = timedelta(seconds=5)

# What both ways tell; the rest is told by one of them only. What has an id that both ways tell needs no twin.
TOLD_TWICE = frozenset(
    {
        FactKind.OPENED,
        FactKind.ACKNOWLEDGED,
        FactKind.UNACKNOWLEDGED,
        FactKind.REASSIGNED,
        FactKind.ESCALATED,
        FactKind.PRIORITY_CHANGED,
        FactKind.SERVICE_CHANGED,
        FactKind.RESOLVED,
        FactKind.REOPENED,
        FactKind.NOTE,
        FactKind.CARD,
    }
)


@dataclass(frozen=True, slots=True)
class Told:
    """A fact, as far as its twin is known by it. `author`: the vendor's id of who did it; None: nobody, or not told."""

    id: str
    incident_id: str
    kind: FactKind
    at: datetime
    author: str | None
    fetched: bool

    def is_twin_of(self, other: Told) -> bool:
        """Whether both can be the same happening."""
        return (
            self.fetched is not other.fetched
            and (self.incident_id, self.kind) == (other.incident_id, other.kind)
            and abs(self.at - other.at) <= APART_AT_MOST
            and (self.author is None or other.author is None or self.author == other.author)
        )


def told(fact: Fact) -> Told:
    """`fact` as its twin would know it."""
    author = fact.author.vendor_id if fact.author else None
    return Told(fact.id, fact.incident_id, fact.kind, fact.occurred_at, author, fact.fetched)


def twins(new: Sequence[Fact], known: Iterable[Told]) -> dict[str, str]:
    """Which of `new` were told the other way before, and by which fact: those are to be left out.

    `known`: facts that have no twin yet. The nearest in time is taken, and no fact twice.
    """
    single = list(known)
    found: dict[str, str] = {}
    for fact in new:
        if fact.kind not in TOLD_TWICE or fact.known_as:
            continue
        one = told(fact)
        candidates = [other for other in single if one.is_twin_of(other)]
        if candidates:
            nearest = min(candidates, key=lambda other: (abs(other.at - one.at), other.id))
            single.remove(nearest)
            found[fact.id] = nearest.id
        else:
            single.append(one)
    return found
