"""A home-made pager: CloudEvents in each of their modes, signed or with a secret; and the page that says how."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import re
import shutil
import socket
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from jsonschema import Draft202012Validator
from pydantic import SecretStr
from starlette.applications import Starlette

from closeout_chassis.db import Database
from closeout_chassis.errors import Poison, Refused
from closeout_chassis.http_in import EXCEPTION_HANDLERS, Measured
from closeout_chassis.telemetry import Metrics
from closeout_chassis.testing import deliver, migrated, said
from closeout_ingest import api
from closeout_ingest.adapters import generic
from closeout_ingest.commands import Intake
from closeout_ingest.domain.fact import Fact, FactKind
from closeout_ingest.handlers import SUBSCRIPTIONS
from closeout_ingest.settings import IngestSettings
from closeout_schemas.catalogue import INCIDENTS, PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery
from closeout_schemas.vocabulary import IncidentStatus, Severity, Vendor

DOCS = Path(__file__).parents[3] / "docs"
HOWTO = (DOCS / "howto" / "generic.md").read_text(encoding="utf-8")
SCHEMA = json.loads((DOCS / "reference" / "generic-event.schema.json").read_text(encoding="utf-8"))
HEARD = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
KEY = b"a-very-long-secret-that-nobody-guesses"
BODY = b'{"specversion": "1.0"}'
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
BATCHED = {"content-type": "application/cloudevents-batch+json"}


def event(name: str = "opened", **fields: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"42-{name}",
        "source": "/our/pager",
        "type": f"closeout.pager.{name}.v1",
        "subject": "42",
        "time": "2026-11-03T03:14:00Z",
        "data": {"title": "Checkout is slow", "severity": "sev1", "service": "checkout", "author": "sam@example.com"},
        **fields,
    }


def delivery(body: Any, headers: dict[str, str] = STRUCTURED) -> Delivery:
    text = body if isinstance(body, str) else json.dumps(body)
    return Delivery(vendor=Vendor.GENERIC, headers=headers, body=text, received_at=HEARD)


def fact(body: Any, headers: dict[str, str] = STRUCTURED) -> Fact:
    (only,) = generic.interpret(delivery(body, headers))
    return only


def test_an_event_is_the_same_fact_in_structured_and_in_binary_mode() -> None:
    whole = event("note", subject="a 42 ü")
    binary = {f"ce-{name}": str(whole[name]) for name in generic.ATTRIBUTES}
    binary["ce-subject"] = "a%2042%20%C3%BC"

    assert fact(whole["data"], binary) == fact(whole)
    assert fact(whole).incident_vendor_id == "/our/pager#a 42 ü"


def test_a_batch_is_its_events_each_for_itself() -> None:
    parts = generic.split(BATCHED, json.dumps([event("opened"), event("resolved")]).encode())

    assert [fact(part.decode(), BATCHED).kind for part in parts] == [FactKind.OPENED, FactKind.RESOLVED]


@pytest.mark.parametrize("body", [b"[1]", b"{", b"null", b"[" * 100_000])
def test_what_is_no_batch_is_kept_as_it_came(body: bytes) -> None:
    assert generic.split(BATCHED, body) == (body,)
    assert generic.split(STRUCTURED, b"[{}]") == (b"[{}]",)


def test_a_batch_that_is_too_large_is_refused_with_the_number() -> None:
    with pytest.raises(Refused, match="500 are the most"):
        generic.split(BATCHED, json.dumps([{}] * 501).encode())


def test_an_event_says_what_the_page_says_it_may() -> None:
    people = {"assignees": [{"id": "7", "name": "Sam"}, "dana@example.com", 7], "teams": ["payments"]}
    told = fact(event(data={"severity": "P2", "incident_url": "https://pager.example/42", **people}))

    assert told.told.severity is Severity.SEV2
    assert [one.vendor_id for one in told.told.assignees or ()] == ["7", "dana@example.com"]
    assert told.told.status is IncidentStatus.TRIGGERED
    assert told.told.opened_at == told.occurred_at == datetime(2026, 11, 3, 3, 14, tzinfo=UTC)
    assert told.told.url == "https://pager.example/42"


def test_what_is_left_out_is_not_told() -> None:
    told = fact(event("note", data={"text": "It is the cache"})).told

    assert (told.title, told.severity, told.service, told.assignees, told.status) == (None,) * 5


@pytest.mark.parametrize("zero", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_a_time_that_is_none_is_not_believed_and_said(zero: str) -> None:
    told = fact(event(time=zero))

    assert (told.occurred_at, told.told.opened_at) == (HEARD, HEARD)
    assert dict(told.about)["claimed_at"] == zero.replace("Z", "+00:00")


@pytest.mark.parametrize("missing", ["id", "source", "type", "subject"])
def test_an_event_that_cannot_be_known_or_placed_is_a_dead_letter_that_names_what_is_missing(missing: str) -> None:
    with pytest.raises(Poison, match=missing):
        generic.interpret(delivery(event(**{missing: None})))


def test_a_type_of_somebody_elses_is_kept_and_not_read() -> None:
    assert generic.interpret(delivery(event(type="com.example.deployed"))) == ()
    assert generic.event_type_of(delivery(event(type="com.example.deployed"))) == "other"


def signed(key: bytes = KEY, ahead: float = 0, ident: str = "42-1") -> dict[str, str]:
    now = str(int(time.time() + ahead))
    raw = base64.b64decode(key[6:]) if key.startswith(b"whsec_") else key
    signature = base64.b64encode(hmac.digest(raw, f"{ident}.{now}.".encode() + BODY, "sha256")).decode()
    return {"webhook-id": ident, "webhook-timestamp": now, "webhook-signature": f"v1a,zz v1,{signature}"}


def test_a_signature_by_either_secret_lets_in() -> None:
    encoded = b"whsec_" + base64.b64encode(b"0123456789abcdef01234567")

    assert generic.is_authentic(signed(), BODY, [b"another", KEY])
    assert generic.is_authentic(signed(encoded), BODY, [encoded])
    assert generic.is_authentic({"authorization": f"Bearer {KEY.decode()}"}, BODY, [KEY])


def test_the_signature_of_the_standards_own_example_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    """https://github.com/standard-webhooks/standard-webhooks: the vector of its reference libraries."""
    monkeypatch.setattr(time, "time", lambda: 1614265330.0)
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }

    assert generic.is_authentic(headers, b'{"test": 2432232314}', [b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


@pytest.mark.parametrize(
    "headers",
    [
        dict,
        lambda: signed(b"not ours"),
        lambda: signed(ahead=-301),
        lambda: signed(ahead=3600),
        lambda: {**signed(), "webhook-id": "another"},
        lambda: {**signed(), "webhook-timestamp": ""},
        lambda: {**signed(b"not ours"), "authorization": f"Bearer {KEY.decode()}"},
        lambda: {**signed(), "webhook-signature": "v1,ü v1,"},
    ],
)
def test_whoever_is_not_signed_by_us_now_is_refused(headers: Callable[[], dict[str, str]]) -> None:
    assert not generic.is_authentic(headers(), BODY, [KEY])


def test_the_schema_on_the_page_names_what_is_read_and_takes_what_the_tests_send() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA)

    assert set(SCHEMA["properties"]["type"]["enum"]) == set(generic.EVENTS)
    validator.validate(event())
    assert not validator.is_valid(event(subject=""))
    assert not validator.is_valid(event(data={"service": {}}))


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


@pytest.fixture
async def address(db: Database) -> AsyncIterator[str]:
    """A door on a port, as the page's reader has one."""
    intake, metrics = Intake(db, 50), Metrics("ingest")
    settings = IngestSettings(generic_secrets=(SecretStr(KEY.decode()),))
    app = Measured(Starlette(exception_handlers=EXCEPTION_HANDLERS), metrics, api.doors(settings, intake, metrics))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    tasks = [asyncio.create_task(server.serve([listening])), asyncio.create_task(intake.run())]
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await tasks[0]
    tasks[1].cancel()


@pytest.mark.integration
@pytest.mark.skipif(not all(map(shutil.which, ("sh", "curl", "openssl"))), reason="needs sh, curl and openssl")
async def test_the_examples_on_the_page_open_an_incident_and_resolve_it(db: Database, address: str) -> None:
    for script in re.findall(r"```sh\n(.*?)```", HOWTO, re.DOTALL):
        run = await asyncio.create_subprocess_exec(
            "sh",
            "-e",
            "-c",
            script,
            stdout=-1,
            env={"PATH": "/usr/bin:/bin", "CLOSEOUT": address, "SECRET": KEY.decode()},
        )
        printed, _ = await run.communicate()
        assert set(printed.split()) == {b"202"}

    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, await said(db, PAGER_DELIVERIES.name))

    told = await said(db, INCIDENTS.name)
    assert [one.data.entry.kind for one in told] == ["opened", "note", "resolved", "note"]
    end = told[-1].data.incident
    assert (end.title, end.status, end.severity) == ("Checkout is slow", IncidentStatus.RESOLVED, Severity.SEV1)
