"""When alerts of two pagers are one incident: while a team moves from Opsgenie to its successor, both may send.

Decision: docs/decisions/0012-opsgenie-and-jsm-are-one-pager.md
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from closeout_ingest.domain.fact import Fact, FactKind
from closeout_schemas.vocabulary import Vendor

ONE_PAGER = frozenset({Vendor.OPSGENIE, Vendor.JSM})
# A monitor that writes to both makes the two alerts within moments, even if one is closed before the other is made.
TOGETHER = timedelta(minutes=1)
# An alert that nobody closed in the pager that a team has left must not catch its alias for ever.
OPEN_AT_MOST = timedelta(days=7)

Key = tuple[Vendor, str]


@dataclass(frozen=True, slots=True)
class Alert:
    """One pager's alert. `alias` is what it is not made twice by while it is open; `incident` where it belongs."""

    vendor: Vendor
    vendor_id: str
    alias: str
    created_at: datetime
    ended_at: datetime | None
    incident: Key

    @property
    def key(self) -> Key:
        """What facts name it by."""
        return self.vendor, self.vendor_id


def alerts_in(facts: Iterable[Fact]) -> dict[Key, Alert]:
    """The alerts that `facts` describe well enough to be joined with others, each as an incident of its own."""
    found: dict[Key, Alert] = {}
    endings = ends(facts)
    for fact in facts:
        key = (fact.vendor, fact.incident_vendor_id)
        if fact.vendor in ONE_PAGER and fact.alias and fact.told.opened_at is not None and key not in found:
            found[key] = Alert(*key, fact.alias, fact.told.opened_at, endings.get(key), incident=key)
    return found


def ends(facts: Iterable[Fact]) -> dict[Key, datetime]:
    """When alerts were closed, as far as `facts` tell; the last time of each."""
    found: dict[Key, datetime] = {}
    for fact in facts:
        key = (fact.vendor, fact.incident_vendor_id)
        if fact.vendor in ONE_PAGER and fact.kind is FactKind.RESOLVED:
            found[key] = max(fact.occurred_at, found.get(key, fact.occurred_at))
    return found


def ended(alerts: Iterable[Alert], endings: Mapping[Key, datetime]) -> list[Alert]:
    """`alerts`, with what `endings` add to it."""
    return [
        replace(one, ended_at=max(endings[one.key], one.ended_at or endings[one.key])) if one.key in endings else one
        for one in alerts
    ]


def place(new: Iterable[Alert], known: Iterable[Alert]) -> list[Alert]:
    """`new`, each in the incident of the other pager's alert that it is the same as; else in one of its own."""
    others = list(known)
    placed = []
    for alert in sorted(new, key=lambda one: (one.created_at, one.key)):
        same = _same_as(alert, others)
        alert = replace(alert, incident=same.incident) if same else alert
        placed.append(alert)
        others.append(alert)
    return placed


def in_their_incidents(facts: Sequence[Fact], alerts: Mapping[Key, Alert]) -> list[Fact]:
    """`facts`, each about the incident in which its alert was placed."""
    return [_moved(fact, alerts.get((fact.vendor, fact.incident_vendor_id))) for fact in facts]


def _moved(fact: Fact, alert: Alert | None) -> Fact:
    if alert is None or alert.incident == alert.key:
        return fact
    vendor, vendor_id = alert.incident
    return replace(fact, incident_vendor=vendor, incident_vendor_id=vendor_id)


def _same_as(alert: Alert, others: Sequence[Alert]) -> Alert | None:
    """The other pager's alert about the same thing: the one made nearest in time."""
    # A pager makes the next alert of an alias only when the last is closed: then it is about another incident.
    taken = {one.incident for one in others if one.vendor is alert.vendor}
    same = [one for one in others if one.vendor is not alert.vendor and _is_same(alert, one, taken)]
    return min(same, key=lambda one: (abs(one.created_at - alert.created_at), one.key), default=None)


def _is_same(alert: Alert, other: Alert, taken: set[Key]) -> bool:
    if alert.alias != other.alias:
        return False
    if alert.vendor_id == other.vendor_id:
        return True  # the vendor itself moved it over
    if other.incident in taken:
        return False
    earlier, later = sorted((alert, other), key=lambda one: one.created_at)
    apart = later.created_at - earlier.created_at
    is_open = earlier.ended_at is None or earlier.ended_at > later.created_at
    return apart <= TOGETHER or (is_open and apart <= OPEN_AT_MOST)
