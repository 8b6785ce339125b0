"""How PagerDuty's V3 webhooks arrive."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from closeout_sandbox.pagerduty.sender import signatures

from .conftest import Bench


def signed(secret: str, body: bytes) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def test_a_webhook_carries_one_event_signed_over_its_bytes(bench: Bench) -> None:
    await bench.page(id="QTEST", event_id="01EVENT", at="2026-03-03T03:14:00.250Z")
    await bench.do("/settle")

    (got,) = bench.receiver.pagerduty()

    assert got.headers["x-pagerduty-signature"] == signed("pagerduty-secret", got.raw)
    assert got.headers["x-webhook-subscription"] == "PWSBX01"
    assert got.headers["x-webhook-id"]
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"] == "PagerDuty-Webhook/V3.0"
    event = got.body["event"]
    assert list(got.body) == ["event"]
    assert (event["id"], event["event_type"], event["occurred_at"]) == (
        "01EVENT",
        "incident.triggered",
        "2026-03-03T03:14:00.250Z",
    )
    assert (event["data"]["id"], event["data"]["type"]) == ("QTEST", "incident")


def test_a_signature_is_the_hex_hmac_of_the_raw_body() -> None:
    body = b'{"event":{"id":"01"}}'
    # As `openssl dgst -sha256 -hmac one` and `… two` compute them.
    one = "v1=f6307e8203007ab759cf39a8565b7870f8e884ecf9d1c483825c96427f718ba3"
    two = "v1=d622ab8e26a8f5fa449ccb4ab69ab7c22515d1b966ebe5f3e24412eacad074fa"

    assert signatures(["one"], body) == one
    assert signatures(["one", "two"], body) == f"{one},{two}"


def test_the_published_signature_vector_is_met(sample: Callable[[str], Any]) -> None:
    vector = sample("pagerduty/signature_vector.json")

    assert signatures([vector["secret"]], vector["body"].encode()) == vector["signature"]


async def test_while_a_secret_is_replaced_both_sign(bench: Bench) -> None:
    await bench.control.put(
        "/webhooks", json={"pagerduty": {"url": "http://closeout.test/pagerduty", "secrets": ["new", "old"]}}
    )
    await bench.page()
    await bench.do("/settle")

    (got,) = bench.receiver.pagerduty()

    assert got.headers["x-pagerduty-signature"] == f"{signed('new', got.raw)},{signed('old', got.raw)}"


@pytest.mark.parametrize("trouble", [500, 503, 429, httpx.ConnectError("refused")])
async def test_trouble_is_met_with_another_try_of_the_same_webhook_and_the_rest_waits(
    bench: Bench, trouble: int | Exception
) -> None:
    bench.receiver.answers = [trouble, trouble]
    incident = (await bench.page())["id"]
    await bench.do(f"/pagerduty/incidents/{incident}/acknowledge", by="Sam Oncall")
    await bench.do("/settle")

    got = bench.receiver.pagerduty()

    assert bench.receiver.event_types() == ["triggered", "triggered", "triggered", "acknowledged"]
    assert len({one.headers["x-webhook-id"] for one in got[:3]}) == 1
    assert len({one.raw for one in got[:3]}) == 1
    assert got[3].headers["x-webhook-id"] != got[0].headers["x-webhook-id"]


async def test_an_answer_that_takes_too_long_counts_as_none(bench: Bench) -> None:
    await bench.behave(pagerduty_webhook_timeout_seconds=0.05)
    bench.receiver.answers = [0.5]
    await bench.page()
    await bench.do("/settle")

    (delivery,) = bench.state.pagerduty.sender.deliveries()

    assert [one["error"] for one in delivery["attempts"]] == ["timed out", None]
    assert delivery["state"] == "delivered"


async def test_another_incident_does_not_wait_behind_a_retried_one(bench: Bench) -> None:
    await bench.behave(pagerduty_retry_seconds=0.2)
    bench.receiver.answers = [500]
    first, second = (await bench.page())["id"], (await bench.page())["id"]
    await bench.do("/settle")

    order = [one.body["event"]["data"]["id"] for one in bench.receiver.pagerduty()]

    assert order == [first, second, first]


@pytest.mark.parametrize("refusal", [400, 401, 403, 404, 413])
async def test_a_refusal_drops_the_webhook_at_once(bench: Bench, refusal: int) -> None:
    bench.receiver.answers = [refusal]
    await bench.page()
    await bench.do("/settle")

    (delivery,) = bench.state.pagerduty.sender.deliveries()

    assert (delivery["state"], len(delivery["attempts"])) == ("dropped", 1)


async def test_three_refusals_in_a_row_disable_the_subscription_and_lose_what_waits(bench: Bench) -> None:
    bench.receiver.answers = [403, 403, 403]
    incident = (await bench.page())["id"]
    for said in ("one", "two", "three"):
        await bench.do(f"/pagerduty/incidents/{incident}/annotate", by="Sam Oncall", content=said)
    await bench.do("/settle")
    await bench.page()
    await bench.do("/settle")

    states = [one["state"] for one in bench.state.pagerduty.sender.deliveries()]
    view = (await bench.pagerduty.get("/webhook_subscriptions/PWSBX01")).json()["webhook_subscription"]

    assert states == ["dropped", "dropped", "dropped", "discarded"]
    assert view["delivery_method"]["temporarily_disabled"] is True
    await bench.pagerduty.post("/webhook_subscriptions/PWSBX01/enable")
    await bench.page()
    await bench.do("/settle")
    assert len(bench.receiver.pagerduty()) == 4


async def test_a_delivery_that_arrives_starts_the_count_of_refusals_again(bench: Bench) -> None:
    bench.receiver.answers = [403, 403, 202, 403, 403]
    for _ in range(6):
        await bench.page()
        await bench.do("/settle")

    assert [one["state"] for one in bench.state.pagerduty.sender.deliveries()].count("dropped") == 4
    assert len(bench.receiver.pagerduty()) == 6


async def test_after_long_enough_pagerduty_gives_up(bench: Bench) -> None:
    await bench.behave(pagerduty_give_up_seconds=0.1)
    bench.receiver.answers = [500] * 50
    await bench.page()
    await bench.do("/settle")

    (delivery,) = bench.state.pagerduty.sender.deliveries()

    assert delivery["state"] == "dropped"
    assert 1 < len(delivery["attempts"]) < 50


async def test_a_webhook_can_come_twice_with_one_id(bench: Bench) -> None:
    await bench.fault("pagerduty", "webhook_twice", path="incident.triggered")
    await bench.page()
    await bench.do("/settle")
    await bench.do("/pagerduty/deliveries/1/repeat")
    await bench.do("/settle")

    got = bench.receiver.pagerduty()

    assert len(got) == 3
    assert len({(one.headers["x-webhook-id"], one.raw) for one in got}) == 1


async def test_a_late_webhook_holds_up_its_own_incident_only(bench: Bench) -> None:
    await bench.fault("pagerduty", "webhook_late", seconds=0.2)
    late = (await bench.page())["id"]
    await bench.do(f"/pagerduty/incidents/{late}/acknowledge", by="Sam Oncall")
    await bench.page()
    await bench.do("/settle")

    assert bench.receiver.event_types() == ["triggered", "triggered", "acknowledged"]
    assert bench.receiver.pagerduty()[1].body["event"]["data"]["id"] == late


async def test_told_to_it_breaks_the_order_of_an_incident(bench: Bench) -> None:
    await bench.fault("pagerduty", "webhook_out_of_order", seconds=0.2)
    incident = (await bench.page())["id"]
    await bench.do(f"/pagerduty/incidents/{incident}/acknowledge", by="Sam Oncall")
    await bench.do("/settle")

    assert bench.receiver.event_types() == ["acknowledged", "triggered"]


async def test_a_lost_webhook_leaves_a_gap_that_only_rest_can_fill(bench: Bench) -> None:
    await bench.fault("pagerduty", "webhook_lost", path="incident.annotated")
    incident = (await bench.page())["id"]
    await bench.do(f"/pagerduty/incidents/{incident}/annotate", by="Sam Oncall", content="nobody hears this")
    await bench.do("/settle")

    assert bench.receiver.event_types() == ["triggered"]
    assert (await bench.pagerduty.get(f"/incidents/{incident}/notes")).json()["notes"]


async def test_notes_name_their_incident_and_their_author_apart_from_their_own_id(bench: Bench) -> None:
    incident = (await bench.page())["id"]
    long = "word " * 1000
    note = await bench.do(
        f"/pagerduty/incidents/{incident}/annotate", by="dana.engineer@example.com", content=long, note_id="NLONG"
    )
    await bench.do("/settle")

    event = bench.receiver.pagerduty()[1].body["event"]

    assert (event["data"]["type"], event["data"]["id"], note["id"]) == ("incident_note", "NLONG", "NLONG")
    assert event["data"]["incident"]["id"] == incident
    assert event["agent"]["summary"] == "Dana Engineer"
    assert event["data"]["trimmed"] is True
    assert long.startswith(event["data"]["content"])


async def test_a_ping_has_no_incident(bench: Bench) -> None:
    await bench.pagerduty.post("/webhook_subscriptions/PWSBX01/ping")
    await bench.do("/settle")

    event = bench.receiver.pagerduty()[0].body["event"]

    assert (event["event_type"], event["resource_type"], event["data"]["type"]) == ("pagey.ping", "pagey", "ping")


async def test_a_change_of_urgency_or_title_sends_no_webhook(bench: Bench) -> None:
    incident = (await bench.page())["id"]
    await bench.do(f"/pagerduty/incidents/{incident}/urgency", urgency="low")
    await bench.do(f"/pagerduty/incidents/{incident}/title", title="Other")
    await bench.do("/settle")

    assert bench.receiver.event_types() == ["triggered"]
