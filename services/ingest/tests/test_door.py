"""The door: what is accepted, what is refused, and that a 202 means that it is stored."""

from __future__ import annotations

import asyncio
import gzip
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import httpx
import pytest
from prometheus_client import generate_latest
from pydantic import SecretStr
from starlette.applications import Starlette

from closeout_chassis.db import Database, Outgoing
from closeout_chassis.http_in import EXCEPTION_HANDLERS, Measured
from closeout_chassis.loops import Loop, keep_running
from closeout_chassis.settings import DatabaseSettings
from closeout_chassis.telemetry import Metrics
from closeout_chassis.testing import deliver, migrated, said
from closeout_ingest import api, commands
from closeout_ingest.commands import Intake
from closeout_ingest.handlers import SUBSCRIPTIONS, Hearing, subscriptions
from closeout_ingest.settings import IngestSettings
from closeout_ingest.telemetry import IngestMetrics
from closeout_ingest.testing import SECRET, event, incident, note, signed
from closeout_schemas.catalogue import INCIDENTS, PAGER_DELIVERIES, TRACKER_DELIVERIES
from closeout_schemas.deliveries import DeliveryReceived
from closeout_schemas.mapping import ChatMapping

pytestmark = pytest.mark.integration

SETTINGS = IngestSettings(
    pagerduty_secrets=(SecretStr(SECRET), SecretStr("the-next-one")),
    github_secrets=(SecretStr(SECRET),),
    body_limit_bytes=4096,
    queue_limit=50,
)
BODY = json.dumps(event("incident.triggered", incident())).encode()


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


def client_of(settings: IngestSettings, intake: Intake) -> httpx.AsyncClient:
    metrics = Metrics("ingest")
    app = Measured(Starlette(exception_handlers=EXCEPTION_HANDLERS), metrics, api.doors(settings, intake, metrics))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://door")


@pytest.fixture
async def door(db: Database) -> AsyncIterator[httpx.AsyncClient]:
    intake = Intake(db, SETTINGS.queue_limit)
    running = asyncio.create_task(intake.run())
    async with client_of(SETTINGS, intake) as client:
        yield client
    running.cancel()


async def post(door: httpx.AsyncClient, body: bytes = BODY, **headers: str) -> httpx.Response:
    return await door.post("/webhooks/pagerduty", content=body, headers={**signed(body), **headers})


async def test_a_signed_delivery_is_stored_before_it_is_answered(door: httpx.AsyncClient, db: Database) -> None:
    answer = await post(door, **{"X-Webhook-Id": "W1", "Authorization": "Bearer x"})

    assert answer.status_code == 202
    (stored,) = await said(db, PAGER_DELIVERIES.name)
    assert isinstance(stored, DeliveryReceived)
    assert stored.data.raw_body() == BODY
    assert stored.data.headers == {"x-webhook-id": "W1", "content-type": "application/json"}
    assert stored.subject == "pagerduty:Q1"


async def test_the_same_delivery_again_has_the_same_id_and_another_body_under_its_id_has_not(
    door: httpx.AsyncClient, db: Database
) -> None:
    for body in (BODY, BODY, b'{"event": {}}'):
        assert (await post(door, body, **{"X-Webhook-Id": "W1"})).status_code == 202

    first, again, other = await said(db)
    assert first.id == again.id
    assert first.id != other.id


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-PagerDuty-Signature": "v1=" + "0" * 64}, signed(b"other bytes"), signed(BODY, "not ours")],
    ids=["unsigned", "forged", "of other bytes", "by another secret"],
)
async def test_what_is_not_signed_by_us_is_refused_and_not_stored(
    door: httpx.AsyncClient, db: Database, headers: dict[str, str]
) -> None:
    answer = await door.post("/webhooks/pagerduty", content=BODY, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET not in answer.text
    assert await said(db) == []


async def test_either_secret_may_sign_while_one_is_being_changed(door: httpx.AsyncClient) -> None:
    answer = await door.post("/webhooks/pagerduty", content=BODY, headers=signed(BODY, "the-next-one"))

    assert answer.status_code == 202


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"\xff\xfe", b'{"event": {"event_type": "incident.unheard_of", "data": []}}', BODY[:100]],
    ids=["empty", "truncated", "null", "no text", "unknown type", "cut off"],
)
async def test_a_delivery_that_verifies_is_never_refused_for_its_content(
    door: httpx.AsyncClient, db: Database, body: bytes
) -> None:
    answer = await post(door, body)

    assert answer.status_code == 202
    (stored,) = await said(db)
    assert isinstance(stored, DeliveryReceived)
    assert stored.data.raw_body() == body


async def test_an_oversized_body_is_refused_whatever_its_length_header_says(door: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1000

    said_so = await post(door, b"x" * 5000)
    kept_silent = await door.post("/webhooks/pagerduty", content=chunks())

    assert (said_so.status_code, kept_silent.status_code) == (413, 413)


async def test_without_a_secret_the_vendor_is_asked_to_keep_it() -> None:
    settings = DatabaseSettings(url=SecretStr("postgresql://127.0.0.1:1/x"))
    async with client_of(IngestSettings(), Intake(Database(settings, "ingest"), 5)) as door:
        answer = await door.post("/webhooks/pagerduty", content=BODY, headers=signed(BODY))

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "CLOSEOUT_INGEST_PAGERDUTY_SECRETS" in answer.json()["detail"]


async def test_while_postgres_is_away_the_answer_is_503_and_never_a_2xx(db: Database) -> None:
    await db.close()
    intake = Intake(db, 50)
    running = asyncio.create_task(keep_running(Loop("intake", 0.1, intake.run, alone=False), db, Metrics("ingest")))
    async with client_of(SETTINGS, intake) as door:
        answer = await post(door)
    running.cancel()

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_more_than_can_wait_is_refused_with_503(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "LONGEST_WAIT_SECONDS", 1.0)
    intake = Intake(db, limit=1)  # and nobody commits
    async with client_of(SETTINGS, intake) as door:
        waiting = asyncio.create_task(post(door))
        await asyncio.sleep(0.1)
        assert (await post(door)).status_code == 503
        assert (await waiting).status_code == 503


async def test_deliveries_that_arrive_together_share_a_commit(
    door: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    async def counting(conn: Any, records: list[Outgoing]) -> None:
        sizes.append(len(records))
        await append(conn, records)

    append = commands.append_to_outbox
    monkeypatch.setattr(commands, "append_to_outbox", counting)
    answers = await asyncio.gather(*(post(door, json.dumps({"n": n}).encode()) for n in range(40)))

    assert {answer.status_code for answer in answers} == {202}
    assert sum(sizes) == 40
    assert len(sizes) < 10
    assert len(await said(db)) == 40


# A delivery about HELD waits at its INSERT for as long as somebody else has that lock.
HOLD_BACK = """
CREATE FUNCTION ingest.wait_if_held() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF NEW.key = 'pagerduty:HELD' THEN PERFORM pg_advisory_xact_lock(4242); END IF; RETURN NEW; END $$;
CREATE TRIGGER held BEFORE INSERT ON ingest.outbox FOR EACH ROW EXECUTE FUNCTION ingest.wait_if_held()
"""
WAITS = """
SELECT EXISTS (
    SELECT FROM pg_locks JOIN pg_database AS here ON here.oid = database
    WHERE datname = current_database() AND locktype = 'advisory' AND objid = 4242 AND NOT granted
)
"""


async def test_while_one_commit_waits_the_next_deliveries_are_committed(db: Database, database_url: str) -> None:
    intake = Intake(db, 50)
    running = [asyncio.create_task(intake.run()) for _ in range(2)]
    held = json.dumps(event("incident.triggered", incident(id="HELD"))).encode()
    owner = await asyncpg.connect(database_url)
    await owner.execute(HOLD_BACK)
    await owner.execute("SELECT pg_advisory_lock(4242)")
    async with client_of(SETTINGS, intake) as door:
        waiting = asyncio.create_task(post(door, held))
        while not await owner.fetchval(WAITS):
            await asyncio.sleep(0.02)
        for n in range(3):
            assert (await post(door, json.dumps({"n": n}).encode())).status_code == 202
        assert not waiting.done()
        await owner.execute("SELECT pg_advisory_unlock(4242)")
        assert (await waiting).status_code == 202
    for one in running:
        one.cancel()
    await owner.close()


@pytest.fixture
def github_headers() -> Iterator[dict[str, str]]:
    digest = hmac.digest(SECRET.encode(), b'{"action": "closed"}', "sha256").hex()
    return {"X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Event": "issues", "X-GitHub-Delivery": "d-1"}


async def test_githubs_deliveries_go_to_the_trackers_topic(
    door: httpx.AsyncClient, db: Database, github_headers: dict[str, str]
) -> None:
    answer = await door.post("/webhooks/github", content=b'{"action": "closed"}', headers=github_headers)

    assert answer.status_code == 202
    (stored,) = await said(db, TRACKER_DELIVERIES.name)
    assert isinstance(stored, DeliveryReceived)
    assert stored.data.headers == {"x-github-event": "issues", "x-github-delivery": "d-1"}


async def test_a_forged_github_delivery_is_refused(door: httpx.AsyncClient, github_headers: dict[str, str]) -> None:
    assert (await door.post("/webhooks/github", content=b"{}", headers=github_headers)).status_code == 401
    assert (await door.post("/webhooks/github", content=b"{}")).status_code == 401


async def test_only_post_is_answered(door: httpx.AsyncClient) -> None:
    assert (await door.get("/webhooks/pagerduty")).status_code == 405
    assert (await door.post("/webhooks/nobody", content=b"")).status_code == 404


async def test_deliveries_become_incident_events_once_each(door: httpx.AsyncClient, db: Database) -> None:
    night = [
        event("incident.triggered", incident()),
        note("it is the cache, I think", "2026-11-03T03:20:00Z"),
        event("incident.resolved", incident(status="resolved"), at="2026-11-03T04:00:00Z"),
        event("pagey.ping", {"type": "ping"}),
    ]
    for body in (*night, *night):
        assert (await post(door, json.dumps(body).encode())).status_code == 202

    deliveries = await said(db, PAGER_DELIVERIES.name)
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, deliveries)
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, deliveries)

    told = await said(db, INCIDENTS.name)
    assert [one.type.split(".")[2] for one in told] == ["opened", "timeline_entry_recorded", "resolved"]
    assert [one.data.incident.revision for one in told] == [1, 2, 3]
    async with db.reading() as conn:
        kept = await conn.fetch("SELECT event_type FROM uninterpreted")
    assert [row["event_type"] for row in kept] == ["pagey.ping"]


async def test_every_event_is_answered_and_counted_by_what_became_of_it(door: httpx.AsyncClient, db: Database) -> None:
    events = [
        event("incident.triggered", incident()),
        event("pagey.ping", {"type": "ping"}),
        event("service.updated", {"type": "service", "id": "P1"}),
        event("incident.of_next_year", {}),
    ]
    for body in events:
        assert (await post(door, json.dumps(body).encode())).status_code == 202
    metrics = Metrics("ingest")
    hearing = Hearing(ChatMapping(), IngestMetrics(metrics))
    await deliver(db, subscriptions(hearing), PAGER_DELIVERIES.name, await said(db, PAGER_DELIVERIES.name))

    told = generate_latest(metrics.registry).decode()
    for name, result in (
        ("incident.triggered", "read"),
        ("pagey.ping", "kept"),
        ("service.updated", "kept"),
        ("other", "kept"),
    ):
        assert f'closeout_ingest_deliveries_total{{event="{name}",result="{result}",vendor="pagerduty"}} 1.0' in told


async def test_the_same_event_through_two_subscriptions_is_one_fact(door: httpx.AsyncClient, db: Database) -> None:
    for webhook in ("W1", "W2"):
        await post(door, **{"X-Webhook-Id": webhook})

    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, await said(db, PAGER_DELIVERIES.name))

    assert len(await said(db, INCIDENTS.name)) == 1


async def test_a_compressed_body_is_refused_before_it_is_read(door: httpx.AsyncClient, db: Database) -> None:
    bomb = gzip.compress(b"0" * 4_000_000)
    answer = await post(door, bomb, **{"Content-Encoding": "gzip"})

    assert len(bomb) < SETTINGS.body_limit_bytes
    assert answer.status_code == 415
    assert "Content-Encoding" in answer.json()["detail"]
    assert await said(db) == []
