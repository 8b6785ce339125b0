"""Grafana: contact points send alert groups, OnCall sends what happens to one."""

from __future__ import annotations

import hmac
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from closeout_chassis.errors import Poison
from closeout_ingest.adapters import grafana
from closeout_ingest.adapters.authentication import PATH_TOKEN
from closeout_ingest.domain.fact import Fact, FactKind
from closeout_ingest.domain.incident import begin, take_in
from closeout_ingest.testing import snapshot_of
from closeout_schemas.deliveries import Delivery
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Severity, Vendor

SAMPLE = Path(__file__).parents[4] / "shared" / "samples" / "grafana-oncall" / "outgoing_webhook.resolve.json"
needs_samples = pytest.mark.skipif(
    not SAMPLE.exists(), reason="the recorded payloads (../shared/samples) are not beside this checkout"
)
HEARD = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
KEY = b"a-very-long-secret-that-nobody-guesses"
SAM = {"id": "USAM", "username": "sam", "email": "sam@example.com"}
BODY = b'{"groupKey": "g"}'


def oncall(event: str, minute: int, **fields: Any) -> dict[str, Any]:
    """What OnCall forwards when all of it is forwarded."""
    return {
        "event": {"type": event, "time": f"2026-11-03T03:{minute:02}:00+00:00"},
        "user": SAM,
        "alert_group": {
            "id": "I6HN",
            "state": "new",
            "created_at": "2026-11-03T03:14:00Z",
            "title": "Checkout p99 above 2 s",
            "permalinks": {"web": "https://acme.example/a/I6HN", "slack": None},
            "labels": {"severity": "critical"},
        },
        "alert_group_id": "I6HN",
        "alert_payload": {"labels": {"service": "checkout"}},
        "integration": {"id": "CZ7", "name": "Alertmanager prod", "team": "payments"},
        "notified_users": [{"id": "UDANA", "username": "dana", "email": ""}],
        **fields,
    }


def undated(event: str, **fields: Any) -> dict[str, Any]:
    """What OnCall forwards of what it gives no time to."""
    return {**oncall(event, 0, **fields), "event": {"type": event}}


def notification(status: str = "firing") -> dict[str, Any]:
    """What a contact point sends: Alertmanager's form with a few fields more."""
    return {
        "receiver": "closeout",
        "orgId": 1,
        "title": "[FIRING:1]  (Latency)",
        "state": "alerting",
        "status": status,
        "groupKey": '{}:{alertname="Latency"}',
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": "Latency", "service": "checkout", "severity": "critical"},
                "annotations": {"summary": "p99 above 2 s"},
                "startsAt": "2026-11-03T03:00:00Z",
                "endsAt": "2026-11-03T03:30:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
                "values": {"B": 2.4},
                "silenceURL": "https://grafana.example/silence",
                "fingerprint": "c6ea",
            }
        ],
    }


def delivery(body: Any) -> Delivery:
    return Delivery(vendor=Vendor.GRAFANA, headers={}, body=json.dumps(body), received_at=HEARD)


def fact(body: Any) -> Fact:
    (only,) = grafana.interpret(delivery(body))
    return only


def signed(key: bytes = KEY, timestamp: str | None = None) -> dict[str, str]:
    content = BODY if timestamp is None else timestamp.encode() + b":" + BODY
    headers = {grafana.SIGNATURE: hmac.digest(key, content, "sha256").hex()}
    return headers if timestamp is None else {**headers, grafana.TIMESTAMP: timestamp}


def test_a_night_in_oncall_is_one_incident() -> None:
    night = [oncall("alert group created", 14), oncall("acknowledge", 17), oncall("resolve", 40)]
    told = [fact(one) for one in night]
    incident = begin(told[0])
    for one in reversed(told):
        incident = take_in(incident, one)
    end = snapshot_of(incident)

    assert [one.kind for one in told] == [FactKind.OPENED, FactKind.ACKNOWLEDGED, FactKind.RESOLVED]
    assert (end.title, end.status, end.severity) == (
        "Checkout p99 above 2 s",
        IncidentStatus.RESOLVED,
        Severity.SEV1,
    )
    assert end.service is not None
    assert end.service.name == "checkout"
    assert [team.name for team in end.teams] == ["payments"]
    assert {one.name for one in end.responders} == {"sam", "dana"}
    assert (end.opened_at, end.resolved_at) == (
        datetime(2026, 11, 3, 3, 14, tzinfo=UTC),
        datetime(2026, 11, 3, 3, 40, tzinfo=UTC),
    )


@pytest.mark.parametrize("event", ["escalation", "unacknowledge", "unresolve", "unsilence"])
def test_what_comes_without_a_time_is_told_apart_by_what_else_it_says(event: str) -> None:
    """OnCall dates what is done, and not what is undone: engine/apps/webhooks/tasks/trigger_webhook.py."""
    first, second = undated(event), undated(event, notified_users=[SAM])

    assert fact(first).id == fact(first).id != fact(second).id


def test_a_group_that_is_resolved_by_itself_was_resolved_by_nobody() -> None:
    told = fact(oncall("resolve", 40, user={"id": "", "username": "", "email": ""}, notified_users=[]))

    assert told.author is None
    assert told.people == ()


def test_an_event_of_oncall_that_is_newer_than_we_are_is_kept_and_not_read() -> None:
    body = oncall("paged a spaceship", 1)

    assert grafana.interpret(delivery(body)) == ()
    assert grafana.event_type_of(delivery(body)) == "oncall: other"


def test_an_event_about_no_group_is_a_dead_letter() -> None:
    with pytest.raises(Poison, match=r"alert_group\.id"):
        fact({"event": {"type": "resolve"}, "alert_group": None})


def test_a_contact_points_notification_is_read_as_alertmanagers() -> None:
    kinds = [one.kind.value for one in grafana.interpret(delivery(notification("resolved")))]

    assert kinds == ["alert_fired", "alert_resolved", "resolved"]
    assert grafana.subject_of(json.dumps(notification()).encode()) != "other"


def test_a_signature_over_the_body_or_over_time_and_body_lets_in() -> None:
    now = str(int(time.time()))

    assert grafana.is_authentic(signed(), BODY, [b"another", KEY])
    assert grafana.is_authentic(signed(timestamp=now), BODY, [KEY])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(b"not ours"),
        {grafana.SIGNATURE: "ü"},
        signed(timestamp=str(int(time.time()) - 301)),
        signed(timestamp="²"),
        {k: v for k, v in signed(timestamp=str(int(time.time()))).items() if k == grafana.SIGNATURE},
        # Who signs wrongly is not let in by what else it carries.
        {**signed(b"not ours"), "authorization": f"Bearer {KEY.decode()}"},
    ],
    ids=["nothing", "forged", "no text", "too old", "no number", "without its time", "forged, and carrying"],
)
def test_what_is_not_signed_by_us_is_refused(headers: dict[str, str]) -> None:
    assert not grafana.is_authentic(headers, BODY, [KEY])


def test_a_grafana_that_cannot_sign_may_carry_the_secret() -> None:
    assert grafana.is_authentic({"authorization": f"Bearer {KEY.decode()}"}, BODY, [KEY])
    assert grafana.is_authentic({PATH_TOKEN: KEY.decode()}, BODY, [KEY])


@needs_samples
def test_the_recorded_webhook_of_oncall_resolves_its_group() -> None:
    told = fact(json.loads(SAMPLE.read_text()))

    assert told.kind is FactKind.RESOLVED
    assert told.author is not None
    assert (told.author.name, told.author.kind) == ("admin", PartyKind.PERSON)
    assert told.told.opened_at == datetime(2023, 4, 19, 21, 53, 48, 231148, tzinfo=UTC)
