"""PagerDuty V3 webhook bodies, as small as they may be, for the tests."""

from __future__ import annotations

import base64
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

from closeout_ingest.domain.events import snapshot
from closeout_ingest.domain.incident import Incident
from closeout_schemas.deliveries import Delivery
from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.vocabulary import Vendor

SECRET = "a-signing-secret"
NIGHT = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)  # when all of it has arrived


def snapshot_of(state: Incident) -> IncidentSnapshot:
    """What the others are told of an incident, read as they read it."""
    return IncidentSnapshot.model_validate_json(snapshot(state))


def reference(kind: str, vendor_id: str, name: str | None) -> dict[str, Any]:
    """A PagerDuty resource reference."""
    return {"id": vendor_id, "type": f"{kind}_reference", "summary": name, "self": None, "html_url": None}


SAM = reference("user", "PSAM", "Sam Oncall")
DANA = reference("user", "PDANA", "Dana Engineer")
CHECKOUT = reference("service", "PCHECKOUT", "checkout")


def incident(**fields: Any) -> dict[str, Any]:
    """The `data` of an event that carries the incident itself."""
    return {
        "id": "Q1",
        "type": "incident",
        "html_url": "https://acme.example/incidents/Q1",
        "number": 7,
        "status": "triggered",
        "title": "Checkout p99 above 2 s",
        "service": CHECKOUT,
        "assignees": [SAM],
        "teams": [],
        "priority": {"id": "PP1", "type": "priority_reference", "summary": "P1"},
        "urgency": "high",
        "created_at": "2026-11-03T03:14:00Z",
        **fields,
    }


def about(**fields: Any) -> dict[str, Any]:
    """The `data` of an event that only refers to the incident."""
    return {"incident": {"id": "Q1", "type": "incident_reference", "summary": None}, **fields}


def event(event_type: str, data: Any, *, at: str = "2026-11-03T03:14:05.000Z", **fields: Any) -> dict[str, Any]:
    """A whole webhook. Its id is derived from what it says, unless one is given."""
    said = {
        "event_type": event_type,
        "resource_type": event_type.partition(".")[0],
        "occurred_at": at,
        "agent": SAM,
        "client": None,
        "data": data,
        **fields,
    }
    return {"event": {"id": f"01{abs(hash(json.dumps(said, sort_keys=True)))}", **said}}


def note(text: str, at: str, *, by: dict[str, Any] = SAM, note_id: str = "N1") -> dict[str, Any]:
    """Somebody wrote a note."""
    data = about(id=note_id, type="incident_note", content=text, trimmed=False)
    return event("incident.annotated", data, at=at, agent=by)


def delivery(body: dict[str, Any] | bytes, received_at: datetime = NIGHT) -> Delivery:
    """`body` as the door kept it."""
    text = body.decode() if isinstance(body, bytes) else json.dumps(body)
    return Delivery(vendor=Vendor.PAGERDUTY, headers={}, body=text, received_at=received_at)


def signed(body: bytes, *secrets: str) -> dict[str, str]:
    """The headers PagerDuty would send."""
    signatures = [f"v1={hmac.digest(s.encode(), body, 'sha256').hex()}" for s in secrets or (SECRET,)]
    return {"X-PagerDuty-Signature": ",".join(signatures), "Content-Type": "application/json"}


def proof(vendor: Vendor, body: bytes, secret: str, number: int = 0) -> dict[str, str]:
    """The headers with which `vendor` proves that it has sent `body`: its strongest way."""
    now, key = str(int(time.time())), secret.encode()

    def digest(over: bytes) -> bytes:
        return hmac.digest(key, over, "sha256")

    match vendor:
        case Vendor.PAGERDUTY:
            return {"x-webhook-id": str(number), "x-pagerduty-signature": "v1=" + digest(body).hex()}
        case Vendor.SLACK:
            signature = "v0=" + digest(f"v0:{now}:".encode() + body).hex()
            return {"x-slack-request-timestamp": now, "x-slack-signature": signature}
        case Vendor.GENERIC | Vendor.HOMEMADE | Vendor.GITLAB:
            signature = "v1," + base64.b64encode(digest(f"m{number}.{now}.".encode() + body)).decode()
            return {"webhook-id": f"m{number}", "webhook-timestamp": now, "webhook-signature": signature}
        case Vendor.GRAFANA:
            signature = digest(f"{now}:".encode() + body).hex()
            return {"x-grafana-alerting-timestamp": now, "x-grafana-alerting-signature": signature}
        case Vendor.GITHUB:
            return {"x-github-delivery": str(number), "x-hub-signature-256": "sha256=" + digest(body).hex()}
        case Vendor.JIRA:
            return {"x-hub-signature": "sha256=" + digest(body).hex()}
        case Vendor.LINEAR | Vendor.GITEA:
            return {f"{'x-' if vendor is Vendor.GITEA else ''}{vendor.value}-signature": digest(body).hex()}
        case _:
            return {"authorization": f"Bearer {secret}"}
