"""What each source sends, in its own form and with its own proof: for the door, which reads only what proves it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from closeout_ingest.testing import proof
from closeout_schemas.vocabulary import Vendor

# Long enough to be carried.
SECRET = "bench-secret-that-nobody-guesses"
WORDS = "Error rate is back to normal after the rollback, watching the queue depth before resolving."
START = 1_793_675_640
STAMP = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _group(number: int) -> Any:
    alert = {
        "status": "firing",
        "labels": {"alertname": "Latency", "service": "checkout", "severity": "critical", "team": "web"},
        "annotations": {"summary": WORDS, "runbook_url": "https://runbooks.example/latency"},
        "startsAt": STAMP,
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": f"{number:016x}",
    }
    key = f"{{}}:{{alertname=Latency-{number // 20}}}"
    return {"version": "4", "groupKey": key, "status": "firing", "commonLabels": alert["labels"], "alerts": [alert]}


def _alert(number: int) -> Any:
    at = START + number
    alert = {"alertId": f"a-{number // 20}", "alias": f"p99-{number // 20}", "message": "Checkout p99 above 2 s"}
    times = {"createdAt": START * 1000, "updatedAt": at * 10**9, "username": "sam@example.com", "note": WORDS}
    return {"action": "AddNote", "alert": {**alert, **times, "priority": "P1", "entity": "checkout"}}


def _cloud_event(number: int) -> Any:
    about = {"specversion": "1.0", "id": f"n-{number}", "source": "/our/pager", "subject": str(number // 20)}
    return {
        **about,
        "type": "closeout.pager.note.v1",
        "time": STAMP,
        "data": {"text": WORDS, "author": "sam@x.example"},
    }


def _message(number: int) -> Any:
    event = {
        "type": "message",
        "channel": "C0BENCH",
        "user": "U0SAM",
        "text": WORDS,
        "ts": f"{START}.{number % 10**6:06d}",
    }
    return {"type": "event_callback", "team_id": "T0BENCH", "event_id": f"Ev{number}", "event": event}


def _issue(number: int) -> Any:
    issue = {"id": number, "number": number % 1000, "title": WORDS, "state": "open", "body": WORDS}
    about = {"id": 1, "full_name": "acme/payments"}
    webhook = {"webhookTimestamp": int(time.time() * 1000), "data": {"id": str(number)}}
    return {"action": "edited", "issue": issue, "repository": about, "object_attributes": {"id": number}, **webhook}


BODIES: dict[Vendor, Callable[[int], Any]] = {
    Vendor.OPSGENIE: _alert,
    Vendor.JSM: _alert,
    Vendor.ALERTMANAGER: _group,
    Vendor.GRAFANA: _group,
    Vendor.GENERIC: _cloud_event,
    Vendor.SLACK: _message,
    **dict.fromkeys((Vendor.GITHUB, Vendor.JIRA, Vendor.LINEAR, Vendor.GITLAB, Vendor.GITEA, Vendor.HOMEMADE), _issue),
}


def request(vendor: Vendor, number: int) -> bytes:
    """The whole HTTP request, with the source's own proof."""
    body = json.dumps(BODIES[vendor](number)).encode()
    headers = {"host": "bench", "content-type": "application/json", "content-length": str(len(body))}
    if vendor is Vendor.GENERIC:
        headers["content-type"] = "application/cloudevents+json"
    lines = (f"{name}: {value}\r\n" for name, value in (headers | proof(vendor, body, SECRET, number)).items())
    return f"POST /webhooks/{vendor} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body


# One source for each scheme; the others' is one of these: Jira Service Management's is Opsgenie's, Jira's and Gitea's
# are GitHub's, a home-made tracker's is a home-made pager's.
SCHEMES = (
    *(Vendor.OPSGENIE, Vendor.ALERTMANAGER, Vendor.GRAFANA, Vendor.GENERIC, Vendor.SLACK),
    *(Vendor.GITHUB, Vendor.LINEAR, Vendor.GITLAB),
)
