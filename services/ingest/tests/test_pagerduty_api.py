"""PagerDuty's API as it answers: pages, limits, garbage; and the stand-in, which holds requests to the description."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from pydantic import SecretStr

from closeout_chassis.errors import Retryable
from closeout_ingest.adapters import pagerduty_history
from closeout_ingest.adapters.history import FETCHED, Listed
from closeout_ingest.adapters.pagerduty_api import PagerDuty
from closeout_ingest.budget import credential_name
from closeout_sandbox import testing as sandboxes
from closeout_sandbox.settings import SandboxSettings
from closeout_schemas.deliveries import Delivery
from closeout_schemas.vocabulary import Vendor

API = "https://pager.example"
TOKEN = SecretStr("u+very-secret")
SAMPLES = Path(__file__).parents[4] / "shared/samples/pagerduty/rest"
LISTED = Listed("Q1", "1", "", {"id": "Q1", "title": "Checkout is slow"})
SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC)


class Told:
    """A budget that remembers."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def admit(self) -> None:
        pass

    async def pause(self, seconds: float, why: str) -> None:
        assert TOKEN.get_secret_value() not in why
        self.pauses.append(seconds)


@pytest.fixture
async def budget() -> Told:
    return Told()


@pytest.fixture
async def api(budget: Told) -> AsyncIterator[PagerDuty]:
    made = PagerDuty(API, TOKEN, budget)
    yield made
    await made.close()


@respx.mock
async def test_incidents_are_listed_page_by_page(api: PagerDuty) -> None:
    pages = [{"incidents": [{"id": "Q1"}, {"no": "id"}], "more": True}, {"incidents": [{"id": "Q2"}], "more": False}]
    route = respx.get(f"{API}/incidents").mock(side_effect=[httpx.Response(200, json=page) for page in pages])

    assert [one.vendor_id async for one in api.created(SINCE, UNTIL)] == ["Q1", "Q2"]
    asked = [dict(call.request.url.params) for call in route.calls]
    assert [(one["offset"], one["limit"], one["since"]) for one in asked] == [
        ("0", "100", "2026-03-01T00:00:00Z"),
        ("100", "100", "2026-03-01T00:00:00Z"),
    ]


@respx.mock
async def test_more_than_can_be_listed_is_said_before_pagerduty_refuses_it(api: PagerDuty) -> None:
    respx.get(f"{API}/incidents").mock(return_value=httpx.Response(200, json={"incidents": [], "more": True}))

    with pytest.raises(OverflowError):
        _ = [one async for one in api.created(SINCE, UNTIL)]
    assert len(respx.calls) == 100


@respx.mock
async def test_a_history_is_all_pages_of_the_log_and_the_notes(api: PagerDuty) -> None:
    log = [{"log_entries": [{"id": "R2"}], "more": True}, {"log_entries": [{"id": "R1"}], "more": False}]
    respx.get(f"{API}/incidents/Q1/log_entries").mock(side_effect=[httpx.Response(200, json=one) for one in log])
    respx.get(f"{API}/incidents/Q1/notes").mock(return_value=httpx.Response(200, json={"notes": [{"id": "N1"}]}))

    pages = [json.loads(page.body) async for page in api.history(LISTED)]

    assert [page.get("is_newest") for page in pages] == [True, False, None]
    assert pages[2]["notes"] == [{"id": "N1"}]
    assert dict(respx.calls[0].request.url.params)["include[]"] == "channels"


@respx.mock
async def test_who_was_on_call_is_asked_for_the_moment_it_was_opened_and_is_one_fact(api: PagerDuty) -> None:
    incident = {"id": "Q1", "escalation_policy": {"id": "PPOL"}, "created_at": "2026-03-03T03:14:00Z"}
    sam = {"id": "PSAM", "type": "user_reference", "summary": "Sam Oncall"}
    on_calls = [
        {"user": {**sam, "id": "PDANA", "summary": "Dana Engineer"}, "escalation_level": 2, "schedule": None},
        {"user": sam, "escalation_level": 1, "schedule": {"summary": "Payments primary"}},
        {"user": None, "escalation_level": 3},
    ]
    respx.get(url__startswith=f"{API}/incidents/Q1/").respond(json={"log_entries": [], "notes": []})
    route = respx.get(f"{API}/oncalls").mock(return_value=httpx.Response(200, json={"oncalls": on_calls}))

    found = [fact for fact in await facts(api, Listed("Q1", "1", "", incident)) if fact.kind == "on_call"]

    assert [fact.text for fact in found] == ["Sam Oncall (level 1, Payments primary), Dana Engineer (level 2)"]
    assert found[0].told.on_call is not None
    assert [one.schedule for one in found[0].told.on_call] == ["Payments primary", None]
    asked = dict(route.calls[0].request.url.params)
    assert (asked["since"], asked["until"]) == ("2026-03-03T03:14:00Z", "2026-03-03T03:14:01Z")


@respx.mock
async def test_a_key_that_may_not_see_who_is_on_call_gets_the_rest(api: PagerDuty) -> None:
    incident = {"id": "Q1", "escalation_policy": {"id": "PPOL"}, "created_at": "2026-03-03T03:14:00Z"}
    respx.get(url__startswith=f"{API}/incidents/Q1/").respond(json={"log_entries": [], "notes": []})
    respx.get(f"{API}/oncalls").mock(return_value=httpx.Response(403, json={"error": {"code": 2010}}))

    assert [page.kind async for page in api.history(Listed("Q1", "1", "", incident))] == ["log_entries", "notes"]


@respx.mock
async def test_an_incident_that_is_gone_has_no_history(api: PagerDuty) -> None:
    respx.get(f"{API}/incidents/Q1").mock(return_value=httpx.Response(404, json={"error": {"code": 2100}}))
    respx.get(url__startswith=f"{API}/incidents/Q1/").mock(return_value=httpx.Response(404))

    assert await api.one("Q1") is None
    assert [page async for page in api.history(LISTED)] == []


@respx.mock
@pytest.mark.parametrize(
    ("answer", "pauses"),
    [
        (httpx.Response(429, headers={"ratelimit-reset": "7"}, json={"error": {"code": 2020}}), [7.0]),
        (httpx.Response(429), [60.0]),
        (httpx.Response(500), []),
        (httpx.Response(401), []),
        (httpx.Response(200, text="<html>"), []),
        (httpx.Response(200, json=[1]), []),
        (httpx.Response(200, json={"incident": 7}), []),
        (httpx.Response(200, json={"incident": {}}), []),
        (httpx.ConnectError("refused"), []),
        (httpx.ReadTimeout("slow"), []),
    ],
    ids=["429", "429 without a time", "500", "401", "HTML", "a list", "no object", "no id", "refused", "no answer"],
)
async def test_whatever_is_no_use_is_tried_later_and_a_limit_is_told_to_the_budget(
    api: PagerDuty, budget: Told, answer: Any, pauses: list[float]
) -> None:
    mocked = {"side_effect": answer} if isinstance(answer, Exception) else {"return_value": answer}
    respx.get(f"{API}/incidents/Q1").mock(**mocked)

    with pytest.raises(Retryable) as raised:
        await api.one("Q1")
    assert budget.pauses == pauses
    assert TOKEN.get_secret_value() not in str(raised.value)


@respx.mock
async def test_the_last_requests_of_a_minute_are_left_to_others(api: PagerDuty, budget: Told) -> None:
    headers = {"ratelimit-remaining": "12", "ratelimit-reset": "31"}
    respx.get(f"{API}/incidents/Q1").mock(
        return_value=httpx.Response(200, headers=headers, json={"incident": {"id": "Q1"}})
    )

    assert await api.one("Q1") is not None
    assert budget.pauses == [31.0]


@respx.mock
@pytest.mark.parametrize("number", ["²", "9" * 5000, "-1", "soon"])
async def test_what_is_no_number_of_requests_hinders_nobody(api: PagerDuty, budget: Told, number: str) -> None:
    headers = [(b"ratelimit-remaining", number.encode("latin-1")), (b"ratelimit-reset", b"31")]
    respx.get(f"{API}/incidents/Q1").mock(
        return_value=httpx.Response(200, headers=headers, json={"incident": {"id": "Q1"}})
    )

    assert await api.one("Q1") is not None
    assert budget.pauses == []


def test_a_credential_is_named_without_being_told() -> None:
    name = credential_name(Vendor.PAGERDUTY, TOKEN)
    assert TOKEN.get_secret_value() not in name
    assert name != credential_name(Vendor.PAGERDUTY, SecretStr("another"))


async def test_the_stand_in_takes_every_request_that_is_made() -> None:
    async with sandboxes.serving(SandboxSettings()) as sandbox:
        api = PagerDuty(sandbox.pagerduty_api, SecretStr("sandbox-pagerduty-token"))
        paged = {"title": "Checkout is slow", "service": "Checkout API", "at": "2026-03-03T03:14:00Z"}
        made = (await sandbox.control.post("/pagerduty/incidents", json=paged)).json()
        [listed] = [one async for one in api.created(SINCE, UNTIL)]
        assert listed.vendor_id == made["id"]
        assert [one.vendor_id async for one in api.unresolved()] == [made["id"]]
        told = {fact.kind.value: fact for fact in await facts(api, listed)}
        services = [one async for one in api.services(UNTIL)]
        await api.close()
    assert {"opened", "notified", "on_call"} <= told.keys()
    assert told["on_call"].text.startswith("Sam Oncall (level 1), Dana Engineer (level 2)")
    assert [(one.name, one.depends_on) for one in services] == [
        ("Checkout API", ("Product Search",)),
        ("Product Search", ()),
    ]


async def facts(api: PagerDuty, listed: Listed) -> list[Any]:
    return [
        fact
        async for page in api.history(listed)
        for fact in pagerduty_history.interpret(fetched(page.kind, page.body))
    ]


def fetched(kind: str, body: str) -> Delivery:
    return Delivery(vendor=Vendor.PAGERDUTY, headers={FETCHED: kind}, body=body, received_at=UNTIL)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="needs ../shared/samples, which is not beside this checkout")
def test_the_recorded_log_and_notes_are_read_whole() -> None:
    incident = json.loads((SAMPLES / "incident.resolved.json").read_text())["incident"]
    pages = [json.loads((SAMPLES / f"log_entries.incident.page{n}.json").read_text()) for n in (1, 2)]
    notes = json.loads((SAMPLES / "notes.incident.json").read_text())
    read = [
        fact
        for page in pages
        for fact in pagerduty_history.interpret(fetched("log_entries", json.dumps({"incident": incident, **page})))
    ]
    told = pagerduty_history.interpret(fetched("notes", json.dumps({"incident": incident, **notes})))

    wanted = [one for page in pages for one in page["log_entries"] if one["type"] != "annotate_log_entry"]
    assert sorted(fact.source_id for fact in read) == sorted(one["id"] for one in wanted)
    assert [fact.text for fact in told] == [one["content"] for one in notes["notes"]]
    assert {fact.incident_vendor_id for fact in (*read, *told)} == {incident["id"]}
