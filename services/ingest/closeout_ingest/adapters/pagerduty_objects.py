"""PagerDuty's objects as values: the same in its webhooks and in its REST API."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from closeout_ingest.adapters.reading import Json, text_of, time_of
from closeout_ingest.domain.fact import Told
from closeout_schemas.incidents import Party, Service
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Severity, Vendor

STATUS = {
    "triggered": IncidentStatus.TRIGGERED,
    "acknowledged": IncidentStatus.ACKNOWLEDGED,
    "resolved": IncidentStatus.RESOLVED,
}
# What the reference says that an object is.
PARTY_KINDS = {
    "user_reference": PartyKind.PERSON,
    "user": PartyKind.PERSON,
    "team_reference": PartyKind.TEAM,
    "team": PartyKind.TEAM,
    "bot_user_reference": PartyKind.BOT,
}


def incident_fields(data: Json) -> Told:
    """What an incident object tells. A webhook calls its number `number`, the REST API `incident_number`."""
    number = data.get("number", data.get("incident_number"))
    return Told(
        title=text_of(data, "title") or None,
        number=number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**53 else None,
        url=text_of(data, "html_url") or None,
        status=STATUS.get(text_of(data, "status")),
        severity=severity(data.get("priority")),
        urgency=text_of(data, "urgency") or None,
        service=service(data.get("service")),
        teams=parties(data.get("teams")),
        assignees=parties(data.get("assignees")),
        opened_at=time_of(data.get("created_at")),
    )


def party(value: Any) -> Party | None:
    """Whom a reference names; None where it names nobody."""
    if not isinstance(value, dict) or not (party_id := text_of(value, "id")):
        return None
    name = text_of(value, "summary") or text_of(value, "name") or party_id
    return _named(party_id, name, text_of(value, "type"))


@lru_cache(maxsize=4096)  # a night has hundreds of events and a handful of people
def _named(party_id: str, name: str, kind: str) -> Party:
    return Party(vendor=Vendor.PAGERDUTY, vendor_id=party_id, name=name, kind=PARTY_KINDS.get(kind, PartyKind.UNKNOWN))


def parties(value: Any) -> tuple[Party, ...] | None:
    """Everybody in a list of references; None where there is no list."""
    if not isinstance(value, list):
        return None
    return tuple(one for one in map(party, value) if one is not None)


def service(value: Any) -> Service | None:
    """The service that a reference names."""
    if not isinstance(value, dict) or not text_of(value, "id"):
        return None
    return Service(vendor_id=text_of(value, "id"), name=text_of(value, "summary") or text_of(value, "id"))


def severity(priority: Any) -> Severity | None:
    """P1 … P5, SEV1 …: the account's own names. Another scheme says nothing of how bad it is."""
    name = text_of(priority, "summary").upper() if isinstance(priority, dict) else ""
    digits = name.removeprefix("SEV").removeprefix("P").strip("- ")
    return Severity(f"sev{digits}") if digits in {"1", "2", "3", "4", "5"} else None
