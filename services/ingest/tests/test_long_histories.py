"""An answer may be four times as long as a record can be: it comes in pieces, and none of it is missing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import respx
from pydantic import SecretStr

from closeout_ingest.adapters.history import Listed, Page
from closeout_ingest.adapters.opsgenie_api import OPSGENIE, AlertApi
from closeout_ingest.adapters.pagerduty_api import PagerDuty
from closeout_ingest.adapters.slack_api import Slack
from closeout_ingest.adapters.slack_web import SlackWeb
from closeout_schemas.catalogue import MAX_RECORD_BYTES
from closeout_schemas.deliveries import Delivery, DeliveryReceived
from closeout_schemas.vocabulary import Vendor

URL = "https://pager.example"
TOKEN = SecretStr("u+very-secret")
# With which JSON does its worst: a character of six letters, seven in JSON within JSON.
WORDS = "\u0416" * 50_000
ENTRIES = [{"id": f"R{number}", "ts": f"{number}.0", "words": WORDS} for number in range(99)]
LISTED = Listed("A1", "1", "", {"id": "A1"})


async def pages_of(history: AsyncIterator[Page], kind: str) -> list[Any]:
    """The pages of that kind, each of which has to fit into a record."""
    found = [page async for page in history]
    for page in found:
        told = Delivery(vendor=Vendor.SLACK, headers={}, body=page.body, received_at=datetime.now(UTC))
        event = DeliveryReceived(id=uuid4(), source="/t", subject="x:1", time=told.received_at, data=told)
        assert len(event.model_dump_json()) < MAX_RECORD_BYTES / 2
    return [json.loads(page.body) for page in found if page.kind == kind]


def ids(pages: list[Any], kind: str) -> list[str]:
    return [one["id"] for page in pages for one in page[kind]]


@pytest.mark.parametrize("kind", ["log_entries", "notes"])
@respx.mock
async def test_of_pagerduty(kind: str) -> None:
    respx.get(f"{URL}/incidents/A1/log_entries").respond(json={"log_entries": []})
    respx.get(f"{URL}/incidents/A1/notes").respond(json={"notes": []})
    respx.get(f"{URL}/incidents/A1/{kind}").respond(json={kind: ENTRIES})

    pages = await pages_of(PagerDuty(URL, TOKEN).history(LISTED), kind)

    assert ids(pages, kind) == [one["id"] for one in ENTRIES]
    newest = [page.get("is_newest") for page in pages]
    assert newest == ([True, *[False] * (len(pages) - 1)] if kind == "log_entries" else [None] * len(pages))


@pytest.mark.parametrize("kind", ["logs", "notes"])
@respx.mock
async def test_of_opsgenie(kind: str) -> None:
    respx.get(f"{URL}/alerts/A1").respond(json={"data": {"id": "A1"}})
    respx.get(url__startswith=f"{URL}/alerts/A1/logs").respond(json={"data": []})
    respx.get(url__startswith=f"{URL}/alerts/A1/notes").respond(json={"data": []})
    respx.get(url__startswith=f"{URL}/alerts/A1/{kind}").respond(json={"data": ENTRIES})

    pages = await pages_of(AlertApi(OPSGENIE, URL, TOKEN).history(LISTED), kind)

    assert ids(pages, kind) == [one["id"] for one in ENTRIES]


@respx.mock
async def test_of_slack_threads_too() -> None:
    messages = [{**ENTRIES[0], "reply_count": 99}]
    respx.get(f"{URL}/conversations.history").respond(json={"ok": True, "messages": [*messages, *ENTRIES[1:]]})
    respx.get(f"{URL}/conversations.replies").respond(json={"ok": True, "messages": ENTRIES})

    pages = await pages_of(Slack(SlackWeb(URL, TOKEN), 999).history("C1", None), "messages")

    assert sorted(ids(pages, "messages")) == sorted([one["id"] for one in ENTRIES] * 2)


@respx.mock
async def test_more_that_is_open_than_a_pager_lists_keeps_nobody_from_asking(caplog: pytest.LogCaptureFixture) -> None:
    respx.get(f"{URL}/incidents").respond(json={"incidents": [{"id": "Q1"}], "more": True})
    endless = {"data": [{"id": "A1"}], "paging": {"next": f"{URL}/alerts"}}
    respx.get(url__startswith=f"{URL}/alerts").respond(json=endless)
    respx.get(url__startswith="https://pager.example/v1/incidents").respond(403)

    of_pagerduty = [one.vendor_id async for one in PagerDuty(URL, TOKEN).unresolved()]
    of_opsgenie = [one.vendor_id async for one in AlertApi(OPSGENIE, URL, TOKEN).unresolved()]

    assert of_pagerduty == ["Q1"] * 200
    assert of_opsgenie == ["A1"] * 100
    assert [one.getMessage() for one in caplog.records if one.levelname == "WARNING"] == [
        "the pager lists no more of it"
    ] * 3
    assert dict(respx.calls[0].request.url.params)["sort_by"] == "created_at:desc", "the latest are what counts"


@respx.mock
async def test_of_an_alert_with_a_longer_log_than_is_listed_comes_what_is() -> None:
    respx.get(f"{URL}/alerts/A1").respond(json={"data": {"id": "A1"}})
    endless = {"data": [{"log": "x", "offset": "1"}], "paging": {"next": f"{URL}/alerts/A1/logs?offset=1"}}
    respx.get(url__startswith=f"{URL}/alerts/A1/logs").respond(json=endless)
    respx.get(url__startswith=f"{URL}/alerts/A1/notes").respond(json={"data": [{"id": "N1"}]})

    history = [page async for page in AlertApi(OPSGENIE, URL, TOKEN).history(LISTED)]

    assert [page.kind for page in history] == ["alert", "logs", "notes"]
    assert len(json.loads(history[1].body)["logs"]) == 100
