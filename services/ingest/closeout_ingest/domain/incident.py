"""An incident's state is a function of the set of its facts, whatever the order in which they arrive.

Each field is a register that keeps the value told last by the source's clock; between equal times the status that is
further along decides, and else the fact's id. Taking in a fact is therefore commutative and, since each fact is taken
in once, so is the whole.
(Last-writer-wins register: Shapiro et al., "A comprehensive study of CRDTs", INRIA RR-7506, 3.2.1.)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict
from pydantic_core import to_json

from closeout_ingest.domain.fact import NOTHING, Fact, FactKind
from closeout_schemas.incidents import OnCall, Party, Service
from closeout_schemas.vocabulary import IncidentStatus, Severity, Vendor


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Stamp(_Value):
    """When a field was told, and by which fact."""

    at: AwareDatetime
    by: str

    def beats(self, other: Stamp | None) -> bool:
        """Whether this was told later than `other`."""
        return other is None or (self.at, self.by) > (other.at, other.by)


class Involved(_Value):
    """Somebody, and when they first appeared."""

    party: Party
    since: AwareDatetime


# Those fields that every fact changes.
COUNTED = frozenset({"facts", "backfilled"})


class Incident(_Value):
    """All that the facts so far have told. `told_by` holds a stamp for each field that one of them told."""

    id: str
    vendor: Vendor
    vendor_id: str
    title: str = ""
    number: int | None = None
    url: str | None = None
    status: IncidentStatus = IncidentStatus.TRIGGERED
    severity: Severity = Severity.UNKNOWN
    urgency: str | None = None
    service: Service | None = None
    teams: tuple[Party, ...] = ()
    assignees: tuple[Party, ...] = ()
    opened_at: AwareDatetime | None = None
    acknowledged_at: AwareDatetime | None = None
    on_call: tuple[OnCall, ...] = ()
    involved: tuple[Involved, ...] = ()
    told_by: dict[str, Stamp] = {}
    facts: int = 0
    # No fact has come but from before Closeout was there.
    backfilled: bool = True

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy. It keeps what is told of it only where that stays true."""
        copied = super().model_copy(update=update, deep=deep)
        if update and not update.keys() <= COUNTED:
            copied.__dict__.pop("as_told", None)
        return copied

    @cached_property
    def as_told(self) -> bytes:
        """What the others are told of it, as JSON, but for the two fields that a fact of words alone changes."""
        return to_json(
            {
                "id": self.id,
                "vendor": str(self.vendor),
                "vendor_id": self.vendor_id,
                "number": self.number,
                "title": self.title,
                "status": str(self.status),
                "severity": str(self.severity),
                "urgency": self.urgency,
                "service": self.service,
                "teams": [as_party(one) for one in self.teams],
                "assignees": [as_party(one) for one in self.assignees],
                "on_call": self.on_call,
                "responders": [as_party(one.party) for one in self.involved],
                "opened_at": self.opened_at,
                "acknowledged_at": self.acknowledged_at,
                "resolved_at": self.told_by["status"].at if self.status is IncidentStatus.RESOLVED else None,
                "url": self.url,
                "restricted": False,
            }
        )


def as_party(party: Party) -> dict[str, str]:
    """As a Party is written. Names of enumerations are made text: it takes `to_json` five times as long to do that."""
    return {
        "vendor": str(party.vendor),
        "vendor_id": party.vendor_id,
        "name": party.name,
        "kind": str(party.kind),
    }


# Fields that the latest fact decides. opened_at is the earliest instead: it can only have begun once.
REGISTERS = ("title", "number", "url", "status", "severity", "urgency", "service", "teams", "assignees", "on_call")
WORST_FIRST = tuple(Severity)
# An alert that joins others renames nothing: of these the first counts.
NAMED_BY_FIRST_ALERT = frozenset({"title", "url", "service", "teams"})
# A log counts in whole seconds: what was acknowledged and resolved within one is resolved.
FURTHER_ALONG = tuple(IncidentStatus)


def begin(fact: Fact) -> Incident:
    """An incident of which nothing is known but that `fact` is about it."""
    vendor = fact.incident_vendor or fact.vendor
    return Incident(id=fact.incident_id, vendor=vendor, vendor_id=fact.incident_vendor_id)


def take_in(incident: Incident, fact: Fact) -> Incident:
    """The incident with `fact` taken in, which must be new to it."""
    changes: dict[str, Any] = {"facts": incident.facts + 1, "backfilled": incident.backfilled and fact.backfilled}
    # Most facts are words, and tell no field.
    if fact.told is not NOTHING:
        changes |= _told_fields(incident, fact)
    if fact.kind is FactKind.ACKNOWLEDGED:
        changes["acknowledged_at"] = _earliest(incident.acknowledged_at, fact.occurred_at)
    if fact.people:
        involved = _with_people(incident.involved, fact)
        if involved is not incident.involved:
            changes["involved"] = involved
    return incident.model_copy(update=changes)


def _told_fields(incident: Incident, fact: Fact) -> dict[str, Any]:
    """The fields that `fact` changes, and their stamps."""
    stamp = Stamp(at=fact.occurred_at, by=fact.id)
    changes: dict[str, Any] = {}
    told_by = dict(incident.told_by)
    for field in REGISTERS:
        value = getattr(fact.told, field)
        if value is not None and _wins(fact, field, stamp, incident):
            changes[field] = value
            told_by[field] = stamp
    changes["told_by"] = told_by
    if fact.told.worst_severity is not None:
        changes["severity"] = min(incident.severity, fact.told.worst_severity, key=WORST_FIRST.index)
    changes["opened_at"] = _earliest(incident.opened_at, fact.told.opened_at)
    return changes


def _wins(fact: Fact, field: str, stamp: Stamp, incident: Incident) -> bool:
    known = incident.told_by.get(field)
    if fact.kind is FactKind.ALERT_FIRED and field in NAMED_BY_FIRST_ALERT:
        return known is None or known.beats(stamp)
    status = fact.told.status
    # Of a group of alerts one may begin as another ends.
    if field == "status" and status is not None and known is not None and known.at == stamp.at and fact.during is None:
        along, before = FURTHER_ALONG.index(status), FURTHER_ALONG.index(incident.status)
        return (along, stamp.by) > (before, known.by)
    return stamp.beats(known)


def _earliest(known: datetime | None, told: datetime | None) -> datetime | None:
    return min((at for at in (known, told) if at is not None), default=None)


def _with_people(involved: tuple[Involved, ...], fact: Fact) -> tuple[Involved, ...]:
    """Everybody once, by when they first appeared; the name is the one of that time."""
    changed = involved
    for party in fact.people:
        known = _place_of(party, changed)
        if known is None:
            changed = (*changed, Involved(party=party, since=fact.occurred_at))
        elif (fact.occurred_at, party.name) < (changed[known].since, changed[known].party.name):
            changed = (*changed[:known], Involved(party=party, since=fact.occurred_at), *changed[known + 1 :])
    if changed is involved:
        return involved
    return tuple(sorted(changed, key=lambda one: (one.since, one.party.vendor_id)))


def _place_of(party: Party, involved: tuple[Involved, ...]) -> int | None:
    for place, one in enumerate(involved):
        if one.party.vendor_id == party.vendor_id and one.party.vendor is party.vendor:
            return place
    return None
