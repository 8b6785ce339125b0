"""Taking what Closeout holds elsewhere: an incident as a line of JSON, a postmortem as Markdown."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from closeout_chassis.db import Conn
from closeout_judgement.patterns.record import IncidentRecord, Promise, Responder, Runbook
from closeout_review.commands.indexing import document_of
from closeout_review.domain.homes import Homes, homes_of
from closeout_review.settings import ReviewSettings
from closeout_review.store.confirmed_modes import ConfirmedModes
from closeout_review.store.incidents import Incidents
from closeout_review.store.known import Known
from closeout_schemas.directory import KnownService
from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.mapping import ServiceMapping
from closeout_schemas.vocabulary import RunbookUse, Vendor

NO_SERVICE = "(no service)"
# A number, and a word with a number in it: db-7, 10.0.0.3, 93%.
VARYING = re.compile(r"\b[\w.-]*\d[\w.%-]*")
RUNBOOKS: Mapping[str, Runbook] = {
    RunbookUse.MISSING: Runbook(existed=False),
    RunbookUse.NOT_USED: Runbook(existed=True, used=False),
    RunbookUse.USED: Runbook(existed=True, used=True),
}


async def incident_records(
    conn: Conn, settings: ReviewSettings, *, with_restricted: bool = False
) -> AsyncIterator[IncidentRecord]:
    """Every incident, with or without a review, the oldest first: what the meta-review reads.

    Restricted ones only where they are asked for: what is exported is read by others than those who see them here.
    """
    homes = await homes_in(conn, settings)
    async for row in Incidents(conn).exported():
        incident = IncidentSnapshot.model_validate(row["snapshot"])
        if incident.restricted and not with_restricted:
            continue
        yield record_in(row, incident, settings, homes)


async def homes_in(conn: Conn, settings: ReviewSettings) -> Homes:
    """Whose people are on call by which schedule."""
    return homes_of(settings.mapping.teams, await Known(conn).services())


def record_in(
    row: Mapping[str, Any], incident: IncidentSnapshot, settings: ReviewSettings, homes: Homes
) -> IncidentRecord:
    """The record of an exported row, at the organisation's wall clock. A service has the name by which it goes now."""
    service = KnownService.model_validate(row["service"]) if row["service"] else None
    mapped = settings.mapping.service(incident)
    draft, items = row["draft"] or {}, row["items"] or []
    needs = {*(mapped.depends_on if mapped else ()), *(service.depends_on if service else ())}
    name = _service(incident, service)
    teams = _teams(incident, mapped, service)
    catches = [one["control"] for one in draft.get("earlier_catches", ()) if one.get("control")]
    return IncidentRecord(
        id=str(incident.id),
        opened_at=(incident.opened_at or row["listed_at"]).astimezone(settings.zone),
        service=name,
        resolved_at=incident.resolved_at,
        severity=incident.severity.value,
        service_team=teams[0] if teams else None,
        dependencies=tuple(sorted(needs)) if needs or mapped or service else None,
        failure_modes=(*draft.get("failure_modes", ()), *draft.get("own_failure_modes", ())),
        responders=tuple(_responders(incident, teams, homes)),
        earlier_catches=tuple(dict.fromkeys(catches)),
        action_items=tuple(Promise(one["text"], one["control"], one["state"]) for one in items),
        runbook=RUNBOOKS.get(draft.get("runbook") or ""),
        alert=alert_of(incident.title) if incident.vendor is not Vendor.CLOSEOUT else None,
        change_type=draft.get("change_type"),
        vendors=_vendors({name, *needs}, settings),
        began_at=_began_at(draft, settings),
    )


def alert_of(title: str) -> str | None:
    """The alert's name, without what differs from one firing to the next: numbers, and names with numbers in them.

    >>> alert_of("[FIRING:2] disk 93% full on db-7")
    '[FIRING:…] disk … full on …'
    """
    return VARYING.sub("…", " ".join(title.split())) or None


def _service(incident: IncidentSnapshot, known: KnownService | None) -> str:
    if known is not None:
        return known.name
    return incident.service.name if incident.service else NO_SERVICE


def _teams(incident: IncidentSnapshot, mapped: ServiceMapping | None, service: KnownService | None) -> Sequence[str]:
    """Whose the service is: as the mapping says, else the pager of the service, else of the incident."""
    if mapped is not None and mapped.team:
        return (mapped.team,)
    return (service.teams if service else ()) or tuple(team.name for team in incident.teams)


def _responders(incident: IncidentSnapshot, teams: Sequence[str], homes: Homes) -> Iterator[Responder]:
    """Those who were called first by the rotation are on call; who stood behind them was there in case."""
    first = min((one.level for one in incident.on_call), default=0)
    on_call = {one.party.name: homes.team_of(one) for one in incident.on_call if one.level == first}
    people = dict.fromkeys([*(one.name for one in incident.responders), *sorted(on_call)])
    for name in people:
        team = on_call.get(name)
        # A service of several teams is owned by each of them.
        own = teams[0] if team is not None and team in teams else team
        yield Responder(person=name, team=own, on_call=name in on_call)


def _vendors(involved: Collection[str], settings: ReviewSettings) -> tuple[str, ...] | None:
    """The companies that run what was involved; None where the mapping names no vendor at all."""
    run = {name.casefold(): about.vendor for name, about in settings.mapping.services.items() if about.vendor}
    if not run:
        return None
    return tuple(sorted({vendor for name in involved if (vendor := run.get(name.casefold())) is not None}))


def _began_at(draft: Mapping[str, Any], settings: ReviewSettings) -> datetime | None:
    told = draft.get("began_at")
    return datetime.fromisoformat(told).replace(tzinfo=settings.zone) if told else None


async def confirmed_modes(conn: Conn, *, with_restricted: bool = False) -> AsyncIterator[dict[str, Any]]:
    """Each imported review of which somebody said so, and each published one, as a labelled document: what people
    confirmed, beside what was suggested.

    The form is that of `postmortems.jsonl`, which `closeout eval DIR` reads.
    """
    async for one in ConfirmedModes(conn).corrected():
        yield {
            "id": str(one.id),
            "title": one.title,
            "text": one.text,
            "services": list(one.services),
            "source": one.services[0] if one.services else "",
            "labels": {"failure_modes": list(one.failure_modes), "provenance": "said of an imported review"},
            "suggested": list(one.suggested),
            "taxonomy_version": one.taxonomy_version,
        }
    async for row in ConfirmedModes(conn).all():
        if row["snapshot"].get("restricted") and not with_restricted:
            continue
        document = document_of(row)
        yield {
            "id": document.id,
            "title": document.title,
            "text": document.text,
            "services": list(document.services),
            "source": document.origin,
            "labels": {"failure_modes": list(row["confirmed"]), "provenance": "confirmed at publication"},
            "suggested": row["suggested"],
            "taxonomy_version": row["taxonomy_version"],
        }
