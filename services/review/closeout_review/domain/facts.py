"""What a postmortem says of its incident without anybody having written it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from closeout_schemas.envelope import Fact
from closeout_schemas.incidents import IncidentSnapshot, Party, TimelineEntry
from closeout_schemas.vocabulary import PartyKind, Severity, Vendor


class Involved(Fact):
    """Somebody who took part. `joined_at`: the first thing they did, None where the timeline shows nothing of them.

    `joined_after`: seconds from the opening to that.
    """

    vendor: Vendor
    vendor_id: str
    name: str
    joined_at: datetime | None = None
    first_entry_id: UUID | None = None
    joined_after: int | None = None


class CoveredIncident(Fact):
    """One of the incidents that a postmortem covers."""

    id: UUID
    title: str
    number: int | None
    url: str | None
    severity: Severity
    opened_at: datetime | None
    resolved_at: datetime | None


class Facts(Fact):
    """Times in seconds from the opening; None where one of the two moments is not known.

    Of several incidents: the first's title, the worst severity, from the first opening to the last resolution.
    """

    title: str
    number: int | None
    url: str | None
    services: tuple[str, ...]
    severity: Severity
    opened_at: datetime | None
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    seconds_to_acknowledge: int | None
    seconds_to_resolve: int | None
    people: tuple[Involved, ...]
    teams: tuple[str, ...] = ()
    incidents: tuple[CoveredIncident, ...] = ()


def about_teams(incidents: Sequence[IncidentSnapshot], chosen: Sequence[str] | None) -> list[IncidentSnapshot]:
    """The incidents, with the teams that somebody chose in place of those that the pagers name; None: with theirs."""
    if chosen is None:
        return list(incidents)
    teams = tuple(Party(vendor=Vendor.CLOSEOUT, vendor_id=name, name=name, kind=PartyKind.TEAM) for name in chosen)
    return [one.model_copy(update={"teams": teams}) for one in incidents]


def facts_of(incidents: Sequence[IncidentSnapshot], entries: Sequence[TimelineEntry]) -> Facts:
    """The facts of `incidents`, of which there is at least one; `entries` as they are read."""
    first = incidents[0]
    opened_at = min((one.opened_at for one in incidents if one.opened_at), default=None)
    acknowledged_at = min((one.acknowledged_at for one in incidents if one.acknowledged_at), default=None)
    over = [one.resolved_at for one in incidents if one.resolved_at]
    resolved_at = max(over) if len(over) == len(incidents) else None
    return Facts(
        title=first.title,
        number=first.number,
        url=first.url,
        services=tuple(dict.fromkeys(one.service.name for one in incidents if one.service)),
        severity=min((one.severity for one in incidents), key=list(Severity).index),
        opened_at=opened_at,
        acknowledged_at=acknowledged_at,
        resolved_at=resolved_at,
        seconds_to_acknowledge=_seconds(opened_at, acknowledged_at),
        seconds_to_resolve=_seconds(opened_at, resolved_at),
        people=_people(incidents, opened_at, entries),
        teams=tuple(dict.fromkeys(team.name for one in incidents for team in one.teams)),
        incidents=tuple(
            CoveredIncident.model_validate(one.model_dump(include=set(CoveredIncident.model_fields)))
            for one in incidents
        ),
    )


def _seconds(begin: datetime | None, end: datetime | None) -> int | None:
    return int((end - begin).total_seconds()) if begin and end else None


def _people(
    incidents: Sequence[IncidentSnapshot], opened_at: datetime | None, entries: Sequence[TimelineEntry]
) -> tuple[Involved, ...]:
    joined: dict[tuple[Vendor, str], Involved] = {}
    for entry in entries:
        # What was written by hand afterwards says who wrote it, not who was there; a card has our account's name.
        who = None if entry.kind == "card" else entry.author
        if who is not None and who.kind is PartyKind.PERSON and who.vendor is not Vendor.CLOSEOUT:
            joined.setdefault(
                (who.vendor, who.vendor_id),
                Involved(
                    vendor=who.vendor,
                    vendor_id=who.vendor_id,
                    name=who.name,
                    joined_at=entry.occurred_at,
                    first_entry_id=entry.id,
                    joined_after=_seconds(opened_at, entry.occurred_at),
                ),
            )
    for who in (who for one in incidents for who in one.responders):
        if who.kind is PartyKind.PERSON:
            joined.setdefault(
                (who.vendor, who.vendor_id), Involved(vendor=who.vendor, vendor_id=who.vendor_id, name=who.name)
            )
    return tuple(joined.values())
