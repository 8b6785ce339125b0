"""When what is said of a group of alerts is about one incident: the same group fires again another day.

Decision: docs/decisions/0015-a-group-of-alerts-is-an-incident-until-it-is-quiet.md
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from closeout_ingest.domain.fact import Fact
from closeout_schemas.vocabulary import Vendor

# A group that fires again within it was never over; twelve of Alertmanager's group intervals.
QUIET = timedelta(hours=1)

Group = tuple[Vendor, str]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Episode:
    """A time in which a group was one incident, as far as it has been told."""

    vendor: Vendor
    group_id: str
    vendor_id: str  # the incident's
    began_at: datetime
    last_at: datetime

    @property
    def group(self) -> Group:
        """Whose it is."""
        return self.vendor, self.group_id

    def is_near(self, span: Span) -> bool:
        """Whether `span` is apart from it by no more than the quiet that ends an incident."""
        began, ended = span
        return began <= self.last_at + QUIET and ended >= self.began_at - QUIET

    def with_span(self, span: Span) -> Episode:
        """It, told to have lasted over `span` too."""
        return replace(self, began_at=min(self.began_at, span[0]), last_at=max(self.last_at, span[1]))


def spans_in(facts: Iterable[Fact]) -> dict[Group, set[Span]]:
    """What `facts` say of groups, and of when."""
    found: dict[Group, set[Span]] = {}
    for fact in facts:
        if fact.during is not None:
            found.setdefault((fact.vendor, fact.incident_vendor_id), set()).add(fact.during)
    return found


def place(facts: Sequence[Fact], known: Iterable[Episode]) -> tuple[list[Fact], list[Episode]]:
    """`facts`, each about the incident it belongs to, and the episodes that were begun or grew by them.

    Spans are placed in the order in which they began: what is heard in one batch is placed the same in any order.
    """
    episodes: dict[Group, list[Episode]] = {}
    for one in known:
        episodes.setdefault(one.group, []).append(one)
    changed: dict[str, Episode] = {}
    homes: dict[tuple[Group, Span], str] = {}
    for group, spans in spans_in(facts).items():
        of_group = episodes.setdefault(group, [])
        for span in sorted(spans):
            episode = _home(group, span, of_group)
            homes[group, span] = episode.vendor_id
            changed[episode.vendor_id] = episode
    return [_moved(fact, homes) for fact in facts], list(changed.values())


def _home(group: Group, span: Span, of_group: list[Episode]) -> Episode:
    """The earliest episode near `span`, grown by it; else a new one. `of_group` is kept up to date."""
    near = min((one for one in of_group if one.is_near(span)), key=lambda one: one.began_at, default=None)
    if near is not None:
        of_group.remove(near)
        episode = near.with_span(span)
    else:
        vendor, group_id = group
        episode = Episode(vendor, group_id, f"{group_id}-{span[0]:%Y%m%dT%H%M%S%fZ}", *span)
    of_group.append(episode)
    return episode


def _moved(fact: Fact, homes: dict[tuple[Group, Span], str]) -> Fact:
    if fact.during is None:
        return fact
    return replace(fact, incident_vendor_id=homes[(fact.vendor, fact.incident_vendor_id), fact.during])
