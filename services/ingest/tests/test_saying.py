"""What is to be said on an incident is said at each place once, and not when it comes too late."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx
from prometheus_client import generate_latest
from pydantic import SecretStr

from closeout_chassis.db import Database
from closeout_chassis.errors import Retryable
from closeout_chassis.telemetry import Metrics
from closeout_chassis.testing import deliver, migrated, said
from closeout_ingest.adapters.opsgenie_api import JSM, OPSGENIE, AlertApi, Dialect, basic, genie_key
from closeout_ingest.adapters.pagerduty_api import PagerDuty
from closeout_ingest.adapters.slack_posts import SlackPosts
from closeout_ingest.adapters.slack_web import SlackWeb
from closeout_ingest.domain.channel import channel_said_for
from closeout_ingest.handlers import SUBSCRIPTIONS
from closeout_ingest.saying import Place, Speaker
from closeout_ingest.store.sayings import Sayings
from closeout_ingest.telemetry import IngestMetrics
from closeout_ingest.testing import NIGHT, delivery, event, incident, note
from closeout_sandbox import testing as sandboxes
from closeout_sandbox.settings import SandboxSettings
from closeout_schemas.cards import MARK, Card, RelatedFound
from closeout_schemas.catalogue import CARDS, INCIDENTS, PAGER_DELIVERIES
from closeout_schemas.deliveries import Delivery, DeliveryReceived
from closeout_schemas.vocabulary import Vendor, derived_id

pytestmark = pytest.mark.integration

TOKEN = SecretStr("sandbox-pagerduty-token")
SLACK_TOKEN = SecretStr("xoxb-sandbox-slack")
WORDS = f"Seen before 3 months ago: Checkout could not pay <again> & again\nhttps://closeout.example/p/1\n\n{MARK}"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


@pytest.fixture
async def sandbox() -> AsyncIterator[sandboxes.RunningSandbox]:
    async with sandboxes.serving(SandboxSettings()) as running:
        yield running


@pytest.fixture
async def pagerduty(sandbox: sandboxes.RunningSandbox) -> AsyncIterator[PagerDuty]:
    api = PagerDuty(sandbox.pagerduty_api, TOKEN, writes_as="alex.responder@example.com")
    yield api
    await api.close()


@pytest.fixture
async def slack(sandbox: sandboxes.RunningSandbox) -> AsyncIterator[SlackPosts]:
    web = SlackWeb(sandbox.slack_api, SLACK_TOKEN)
    yield SlackPosts(web)
    await web.close()


def speaker(db: Database, mapped: dict[str, str] | None = None, metrics: Metrics | None = None) -> Speaker:
    mine = IngestMetrics(metrics or Metrics("ingest"))
    return Speaker(db, mine, lambda incident: channel_said_for(incident, mapped or {}))


async def say(db: Database, place: Place, mapped: dict[str, str] | None = None) -> None:
    """A round of the place's loop, as if what was put off had waited long enough."""
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE saying SET next_at = now()")
    await speaker(db, mapped).say_waiting(place)


@pytest.fixture
async def paged(sandbox: sandboxes.RunningSandbox) -> str:
    given = {"title": "Checkout is slow", "service": "Checkout API"}
    return str((await sandbox.control.post("/pagerduty/incidents", json=given)).json()["id"])


async def hear(db: Database, vendor_id: str, minutes: float = 10, vendor: Vendor = Vendor.PAGERDUTY) -> None:
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    card = Card(
        incident_id=derived_id("incident", vendor_id),
        vendor=vendor,
        vendor_id=vendor_id,
        text=WORDS,
        postmortem_ids=(),
        worth_until=until,
    )
    found = RelatedFound(id=derived_id("card", vendor_id), source="/t", subject="x", time=until, data=card)
    await deliver(db, SUBSCRIPTIONS, CARDS.name, [found])


async def notes(sandbox: sandboxes.RunningSandbox, vendor_id: str) -> list[str]:
    headers = {"Authorization": f"Token token={TOKEN.get_secret_value()}"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        found = (await http.get(f"{sandbox.pagerduty_api}/incidents/{vendor_id}/notes")).json()["notes"]
    return [one["content"] for one in found]


async def results(db: Database) -> dict[str, int]:
    async with db.reading() as conn:
        return await Sayings(conn).counts()


async def test_a_card_is_one_note_however_often_it_is_heard_of(
    db: Database, sandbox: sandboxes.RunningSandbox, pagerduty: PagerDuty, paged: str
) -> None:
    for _ in range(2):
        await hear(db, paged)
        await say(db, pagerduty)

    assert await notes(sandbox, paged) == [WORDS]
    assert await results(db) == {"pagerduty said": 1}


async def test_a_note_whose_answer_was_lost_is_found_and_not_written_again(
    db: Database, sandbox: sandboxes.RunningSandbox, pagerduty: PagerDuty, paged: str
) -> None:
    fault: dict[str, Any] = {"system": "pagerduty", "method": "POST", "path": "/incidents/*/notes"}
    await sandbox.control.post("/faults", json={**fault, "kind": "disconnect", "when": "after"})
    await hear(db, paged)

    with pytest.raises(Retryable):
        await say(db, pagerduty)
    await say(db, pagerduty)

    assert await notes(sandbox, paged) == [WORDS]
    assert await results(db) == {"pagerduty said": 1}


async def test_what_comes_too_late_is_dropped_and_counted(
    db: Database, sandbox: sandboxes.RunningSandbox, pagerduty: PagerDuty, paged: str
) -> None:
    metrics = Metrics("ingest")
    await hear(db, paged, minutes=-1)
    await hear(db, "I-1", minutes=-1, vendor=Vendor.ALERTMANAGER)
    await say(db, pagerduty)
    await speaker(db, metrics=metrics).drop_late([Vendor.PAGERDUTY, Vendor.SLACK])

    assert await notes(sandbox, paged) == []
    assert await results(db) == {"pagerduty too_late": 1, "alertmanager no_way": 1, "slack no_channel": 2}
    exposed = generate_latest(metrics.registry).decode()
    assert 'closeout_ingest_said_total{result="too_late",way="pagerduty",what="card"} 1.0' in exposed


async def test_an_incident_that_is_gone_gets_nothing(db: Database, pagerduty: PagerDuty) -> None:
    await hear(db, "QGONE")
    await say(db, pagerduty)

    assert await results(db) == {"pagerduty no_incident": 1}


async def test_a_writer_whom_the_pager_does_not_know_is_said(
    db: Database, sandbox: sandboxes.RunningSandbox, paged: str
) -> None:
    api = PagerDuty(sandbox.pagerduty_api, TOKEN, writes_as="nobody@example.com")
    await hear(db, paged)

    with pytest.raises(Retryable, match="CLOSEOUT_INGEST_PAGERDUTY_FROM"):
        await say(db, api)
    await api.close()


async def test_the_cards_echo_is_no_note_that_somebody_wrote(db: Database) -> None:
    for body in (event("incident.triggered", incident()), note(WORDS, "2026-11-03T03:15:00Z", note_id="N9")):
        heard = DeliveryReceived(
            id=derived_id("t", str(body)), source="/t", subject="pagerduty:Q1", time=NIGHT, data=delivery(body)
        )
        await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, [heard])

    assert [one.data.entry.kind for one in await said(db, INCIDENTS.name)] == ["opened", "card"]


async def messages(sandbox: sandboxes.RunningSandbox, channel: str) -> list[str]:
    found = (await sandbox.control.get("/slack/messages", params={"channel": channel})).json()
    return [one["metadata"]["event_payload"]["id"] for one in found if "metadata" in one]


async def link(db: Database, channel_id: str, vendor_id: str) -> None:
    async with db.transaction() as tx:
        values = (Vendor.SLACK, channel_id, Vendor.PAGERDUTY, vendor_id)
        await tx.conn.execute(
            "INSERT INTO channel (vendor, channel_id, name, incident_vendor, incident_vendor_id) "
            "VALUES ($1, $2, '', $3, $4)",
            *values,
        )


async def test_the_card_is_one_message_in_the_incidents_channel_once_that_is_known(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts
) -> None:
    channel = (await sandbox.control.post("/slack/channels", json={"name": "inc-7"})).json()["id"]
    await hear(db, "Q1")
    await say(db, slack)
    assert await messages(sandbox, channel) == []

    await link(db, channel, "Q1")
    for _ in range(2):
        await say(db, slack)

    assert len(await messages(sandbox, channel)) == 1
    assert await results(db) == {"slack said": 1}


async def test_the_mapping_alone_tells_which_channel_is_the_incidents(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts
) -> None:
    await hear(db, "Q1")
    await say(db, slack, {"payments": "pagerduty:Q1"})

    assert len(await messages(sandbox, "payments")) == 1


async def test_a_message_whose_answer_was_lost_is_found_in_the_channel_and_not_written_again(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts
) -> None:
    fault: dict[str, Any] = {"system": "slack", "method": "POST", "path": "/chat.postMessage"}
    await sandbox.control.post("/faults", json={**fault, "kind": "disconnect", "when": "after"})
    # By its id: Slack writes in a channel by its name, and shows one by its id only.
    mapped = {sandbox.state.slack.channel("payments")["id"]: "pagerduty:Q1"}
    await hear(db, "Q1")

    with pytest.raises(Retryable):
        await say(db, slack, mapped)
    await say(db, slack, mapped)

    assert len(await messages(sandbox, "payments")) == 1
    assert await results(db) == {"slack said": 1}


class Deaf:
    """A place that takes words and answers nothing; `begun` says since when each was to be looked for."""

    vendor = Vendor.PAGERDUTY
    settles_after = 0.0

    def __init__(self) -> None:
        self.begun: dict[str, list[datetime | None]] = {}

    async def say(self, vendor_id: str, text: str, known_by: str, begun_at: datetime | None, /) -> bool:
        self.begun.setdefault(vendor_id, []).append(begun_at)
        raise Retryable("no answer")


async def test_through_a_long_outage_a_card_is_looked_for_from_when_it_was_begun(db: Database) -> None:
    """The first try may have written it: minutes later it stands before the last try, which only asked."""
    place = Deaf()
    await hear(db, "Q1")
    for _ in range(3):
        with pytest.raises(Retryable):
            await say(db, place)

    first, second, third = place.begun["Q1"]
    assert first is None
    assert second is not None
    assert third == second


async def test_a_card_that_becomes_too_late_while_it_is_said_was_said(db: Database) -> None:
    class Slow:
        vendor, settles_after = Vendor.PAGERDUTY, 0.0

        async def say(self, vendor_id: str, text: str, known_by: str, begun_at: datetime | None, /) -> bool:
            async with db.transaction() as tx:
                await tx.conn.execute("UPDATE saying SET worth_until = now()")
            await speaker(db).drop_late([Vendor.PAGERDUTY])
            return True

    await hear(db, "Q1")
    await say(db, Slow())

    assert (await results(db)).get("pagerduty said") == 1


async def test_what_another_replica_has_begun_since_the_round_did_is_looked_for(db: Database) -> None:
    place, other = Deaf(), Deaf()

    class Slow:
        vendor, settles_after = place.vendor, 0.0

        async def say(self, vendor_id: str, text: str, known_by: str, begun_at: datetime | None, /) -> bool:
            if vendor_id == "Q1":  # while it is at it, the other one, whose turn it is by now, tries the next
                with pytest.raises(Retryable):
                    await speaker(db).say_waiting(other)
                async with db.transaction() as tx:
                    await tx.conn.execute("UPDATE saying SET next_at = now() WHERE vendor_id = 'Q2'")
                return True
            return await place.say(vendor_id, text, known_by, begun_at)

    await hear(db, "Q1")
    await hear(db, "Q2")
    with pytest.raises(Retryable):
        await speaker(db).say_waiting(Slow())

    assert other.begun == {"Q2": [None]}
    assert None not in place.begun["Q2"]


async def test_while_chat_is_down_the_pager_gets_its_card(
    db: Database, sandbox: sandboxes.RunningSandbox, slack: SlackPosts, pagerduty: PagerDuty, paged: str
) -> None:
    await sandbox.control.post("/faults", json={"system": "slack", "kind": "status", "times": None})
    await hear(db, paged)

    with pytest.raises(Retryable):
        await say(db, slack, {"payments": f"pagerduty:{paged}"})
    await say(db, pagerduty)

    assert await notes(sandbox, paged) == [WORDS]


ALERT_ID = "70413a06-1772507640000"
URL = "https://pager.example"


@pytest.mark.parametrize(
    ("dialect", "page", "sent"),
    [(OPSGENIE, "data", {"note": WORDS, "source": "Closeout"}), (JSM, "values", {"note": WORDS})],
    ids=["opsgenie", "jsm"],
)
@respx.mock
async def test_the_card_is_one_note_on_the_alert(
    db: Database, dialect: Dialect, page: str, sent: dict[str, str]
) -> None:
    there: list[dict[str, str]] = []

    def take(request: httpx.Request) -> httpx.Response:
        there.append({**json.loads(request.content), "owner": "Closeout"})
        raise httpx.ReadTimeout("no answer") if len(there) == 1 else AssertionError("written twice")

    notes_of = respx.get(url__startswith=f"{URL}/alerts/{ALERT_ID}/notes")
    notes_of.mock(side_effect=lambda _: httpx.Response(200, json={page: there}))
    respx.post(f"{URL}/alerts/{ALERT_ID}/notes").mock(side_effect=take)
    key = genie_key(TOKEN) if dialect is OPSGENIE else basic("sam@example.com", TOKEN)
    api = AlertApi(dialect, URL, key)
    await hear(db, ALERT_ID, vendor=dialect.vendor)

    began = datetime.now(UTC)
    with pytest.raises(Retryable):
        await say(db, api)
    async with db.reading() as conn:
        next_at = await conn.fetchval("SELECT next_at FROM saying WHERE vendor = $1", dialect.vendor)
    await say(db, api)
    await api.close()

    # A note is written some time after it was taken: to look before that would find none.
    assert next_at > began + timedelta(seconds=api.settles_after)
    assert there == [{**sent, "owner": "Closeout"}]
    assert await results(db) == {f"{dialect.vendor} said": 1}


@respx.mock
async def test_a_key_that_may_not_write_is_said_and_an_alert_that_is_gone_gets_nothing(db: Database) -> None:
    respx.get(url__startswith=f"{URL}/alerts/{ALERT_ID}/notes").respond(json={"data": []})
    respx.post(f"{URL}/alerts/{ALERT_ID}/notes").respond(403)
    respx.get(url__startswith=f"{URL}/alerts/gone/notes").respond(404)
    api = AlertApi(OPSGENIE, URL, genie_key(TOKEN))

    await hear(db, ALERT_ID, vendor=Vendor.OPSGENIE)
    with pytest.raises(Retryable, match="CLOSEOUT_INGEST_OPSGENIE_API_KEY"):
        await say(db, api)
    await hear(db, "gone", vendor=Vendor.OPSGENIE)
    with pytest.raises(Retryable):
        await say(db, api)
    await api.close()

    assert await results(db) == {"opsgenie no_incident": 1}


@pytest.mark.parametrize("vendor", [Vendor.OPSGENIE, Vendor.SLACK])
async def test_the_cards_echo_elsewhere_is_no_word_of_somebodys(db: Database, vendor: Vendor) -> None:
    alert = {"alertId": "a-1", "createdAt": 1793675640000, "updatedAt": 1793675650000000000, "note": WORDS}
    message = {"type": "message", "subtype": "bot_message", "bot_id": "B1", "channel": "C1", "text": WORDS}
    named = {"type": "channel_created", "channel": {"id": "C1", "name": "inc-7"}, "event_ts": "1793675640.000100"}
    bodies: dict[Vendor, list[Any]] = {
        Vendor.OPSGENIE: [{"action": "AddNote", "alert": alert}],
        Vendor.SLACK: [
            {"type": "event_callback", "event": named},
            {"type": "event_callback", "event": {**message, "ts": "1793675650.000100"}},
        ],
    }
    heard = [delivery(event("incident.triggered", incident()))]
    heard += [Delivery(vendor=vendor, headers={}, body=json.dumps(body), received_at=NIGHT) for body in bodies[vendor]]
    for one in heard:
        told = DeliveryReceived(id=derived_id("t", one.body), source="/t", subject="x:1", time=NIGHT, data=one)
        await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, [told])

    kinds = [one.data.entry.kind for one in await said(db, INCIDENTS.name)]
    assert kinds[-1] == "card"
    assert not {"message", "note"} & set(kinds)
