"""An incident's facts as the other services hear them.

Written as plain dictionaries in the forms of closeout_schemas.incidents, which tests hold them to: models that are
made, checked and taken apart again cost three times it, and this is done for every line of every incident.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from closeout_ingest.domain.fact import Fact, FactKind
from closeout_ingest.domain.incident import Incident, as_party
from closeout_schemas import incidents as says

SOURCE = "/closeout/ingest"

EVENT_OF: Mapping[FactKind, type[says.IncidentEvent]] = {
    FactKind.OPENED: says.IncidentOpened,
    FactKind.ACKNOWLEDGED: says.IncidentAcknowledged,
    FactKind.UNACKNOWLEDGED: says.IncidentUnacknowledged,
    FactKind.REASSIGNED: says.IncidentReassigned,
    FactKind.ESCALATED: says.IncidentEscalated,
    FactKind.PRIORITY_CHANGED: says.IncidentPriorityChanged,
    FactKind.SERVICE_CHANGED: says.IncidentServiceChanged,
    FactKind.RESPONDER_CHANGED: says.IncidentResponderChanged,
    FactKind.RESOLVED: says.IncidentResolved,
    FactKind.REOPENED: says.IncidentReopened,
}
TYPE_OF: Mapping[FactKind, str] = {
    kind: EVENT_OF.get(kind, says.TimelineEntryRecorded).model_fields["type"].default for kind in FactKind
}


def event_of(fact: Fact, incident: Incident) -> bytes:
    """`fact`, with the incident that it was taken into. It has the fact's own id: said again, it is the same event."""
    envelope = {
        "specversion": "1.0",
        "id": fact.id,
        "source": SOURCE,
        "type": TYPE_OF[fact.kind],
        "subject": fact.incident_id,
        "time": fact.received_at,
        "datacontenttype": "application/json",
    }
    said = (b',"data":{"incident":', snapshot(incident), b',"entry":', to_json(entry(fact)), b"}}")
    return b"".join((to_json(envelope)[:-1], *said))


def snapshot(incident: Incident) -> bytes:
    """The incident as far as it is known, as an IncidentSnapshot."""
    counted = {"revision": incident.facts, "backfilled": incident.backfilled}
    return b"".join((incident.as_told[:-1], b",", to_json(counted)[1:]))


def entry(fact: Fact) -> dict[str, Any]:
    """What was said, as a TimelineEntry."""
    return {
        "id": fact.id,
        "kind": str(fact.kind),
        "text": fact.text,
        "author": as_party(fact.author) if fact.author else None,
        "occurred_at": fact.occurred_at,
        "received_at": fact.received_at,
        "source": str(fact.vendor),
        "source_id": fact.source_id,
        "url": fact.url,
        "about": dict(fact.about),
    }
