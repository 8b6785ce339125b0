"""Finding earlier reviews by words, and what somebody has promised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from closeout_review import testing as e
from closeout_schemas.vocabulary import TicketState

pytestmark = pytest.mark.integration

Hear = Callable[..., Awaitable[None]]
TITLE = "Payment pool exhausted, checkout times out"
URL = f"/api/v1/postmortems/{e.POSTMORTEM}"


@pytest.fixture
async def promised(hear: Hear, http: httpx.AsyncClient) -> str:
    """A published review with one promise; the id of its item."""
    now = datetime.now(UTC)
    await hear(*e.everybody(now), e.opened(title=TITLE), e.noted("I think it is the cache", 4, 2, title=TITLE))
    await hear(e.noted("Rolled back", 20, 3, e.SAM, title=TITLE), e.resolved(60, 4, title=TITLE))
    draft = e.draft(now, e.item(now), title=TITLE)
    await http.put(f"{URL}/draft", json=draft, headers={"If-Match": '"0"'})
    published = await http.post(f"{URL}/publish")
    assert published.status_code == 200, published.text
    return str(published.json()["items"][0]["item"]["id"])


async def test_words_find_a_review_with_why_and_its_open_promise(http: httpx.AsyncClient, promised: str) -> None:
    found = (await http.get("/api/v1/related", params={"text": "checkout pool exhausted"})).json()["related"]

    assert [one["postmortem_id"] for one in found] == [str(e.POSTMORTEM)]
    assert found[0]["why"]
    assert found[0]["looked_like"] == "I think it is the cache"
    assert found[0]["ended_by"] == "Rolled back"
    assert len(found[0]["open_items"]) == 1
    page = (await http.get("/search", params={"q": "checkout pool exhausted"})).text
    assert f"/postmortems/{e.POSTMORTEM}" in page


async def test_words_that_nobody_wrote_find_nothing_and_an_empty_search_is_a_form(
    http: httpx.AsyncClient, promised: str
) -> None:
    assert "No published review" in (await http.get("/search", params={"q": "zebra crossing"})).text
    empty = await http.get("/search")
    assert empty.status_code == 200
    assert "<form" in empty.text
    assert (await http.get("/api/v1/related", params={"text": ""})).status_code == 422


async def test_hostile_words_are_shown_as_words(http: httpx.AsyncClient, promised: str) -> None:
    page = (await http.get("/search", params={"q": "<script>alert(1)</script>\x00\u202e"})).text

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


async def test_an_owner_has_a_page_with_what_is_open_and_what_is_shipped(
    http: httpx.AsyncClient, hear: Hear, promised: str
) -> None:
    people = (await http.get("/people")).text
    assert "1 open" in people
    address = people.partition('href="/people/')[2].partition('"')[0]

    before = (await http.get(f"/people/{address}")).text
    assert "Add an alert on checkout p99 latency" in before
    await hear(e.ticket(UUID(promised), TicketState.COMPLETED, 2, datetime.now(UTC)))

    after = (await http.get(f"/people/{address}")).text
    assert "every promise is shipped or withdrawn" in after
    assert "0 open" in (await http.get("/people")).text


async def test_somebody_who_has_promised_nothing_has_no_page(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/people/{e.INCIDENT}")

    assert answer.status_code == 404
    assert "Nothing has been promised yet" in (await http.get("/people")).text


async def test_the_api_is_described_on_a_page(http: httpx.AsyncClient) -> None:
    page = (await http.get("/api/docs")).text

    described = (await http.get("/api/openapi.json")).json()["paths"]
    assert all(f" {path}</code>" in page for path in described)
    assert "<script>" not in page
