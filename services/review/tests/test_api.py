"""The REST API: what it takes, what it refuses, and how it says so."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from closeout_review import testing as e
from closeout_schemas.postmortems import ActionItemCommitted, PostmortemPublished
from closeout_schemas.vocabulary import Outcome, derived_id

pytestmark = pytest.mark.integration
URL = f"/api/v1/postmortems/{e.POSTMORTEM}"
Hear = Callable[..., Awaitable[None]]
Said = Callable[[], Awaitable[Sequence[Any]]]


async def put(http: httpx.AsyncClient, body: Any, revision: int | str = 0) -> httpx.Response:
    tag = f'"{revision}"' if isinstance(revision, int) else revision
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"If-Match": tag, "Content-Type": "application/json"}
    return await http.put(f"{URL}/draft", content=content, headers=headers)


def is_problem(answer: httpx.Response, status: int, code: str) -> bool:
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    return (answer.status_code, body["status"], body["type"]) == (status, status, f"urn:closeout:problem:{code}")


async def test_a_fresh_draft_holds_what_nobody_has_to_write(http: httpx.AsyncClient, drafted: None) -> None:
    answer = await http.get(URL)
    draft = answer.json()
    assert answer.headers["etag"] == '"0"'
    assert draft["state"] == "draft"
    assert draft["draft"]["title"] == "Checkout answers 502"
    facts = draft["facts"]
    assert (facts["services"], facts["severity"]) == (["checkout"], "sev2")
    assert (facts["seconds_to_acknowledge"], facts["seconds_to_resolve"]) == (180, 3600)
    assert [(who["name"], who["joined_at"]) for who in facts["people"]] == [("Alex Responder", "2026-11-03T02:18:00Z")]
    assert [link["entry"]["text"] for link in draft["timeline"]] == ["", "I think it is the cache", ""]
    assert {one["code"] for one in draft["refusals"]} == {"failure-mode-missing", "earlier-catch-missing"}
    assert "journal entry" in draft["notice"]


async def test_a_draft_is_saved_over_the_revision_that_was_read(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    first = await put(http, e.draft(now))
    assert (first.status_code, first.headers["etag"]) == (200, '"1"')
    assert is_problem(await put(http, e.draft(now, title="Mine"), 0), 412, "edited-meanwhile")
    assert is_problem(await put(http, e.draft(now, title="Mine"), 'W/"1"'), 412, "edited-meanwhile")
    again = await put(http, first.json()["draft"], 1)
    assert again.headers["etag"] == '"1"'
    assert (await put(http, e.draft(now, title="Mine"), "*")).headers["etag"] == '"2"'
    without = await http.put(f"{URL}/draft", json=e.draft(now))
    assert is_problem(without, 428, "if-match-required")


async def test_an_item_keeps_its_id_while_it_is_edited(http: httpx.AsyncClient, drafted: None, now: datetime) -> None:
    draft = (await put(http, e.draft(now))).json()["draft"]
    kept = draft["action_items"][0]["id"]
    draft["action_items"] = [e.item(now, text="Another first"), draft["action_items"][0] | {"text": "Add a canary"}]
    items = (await put(http, draft, 1)).json()["draft"]["action_items"]
    assert items[1]["id"] == kept
    assert items[0]["id"] not in ("", kept)


async def test_more_than_three_items_can_be_saved_and_not_published(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    assert (await put(http, e.draft(now, *[e.item(now)] * 4))).status_code == 200
    answer = await http.post(f"{URL}/publish")
    assert is_problem(answer, 422, "gate-refused")
    (refusal,) = answer.json()["refusals"]
    assert refusal["code"] == "too-many-action-items"
    assert set(refusal) == {"code", "rule", "where", "text", "reason", "mend", "dismissible"}
    assert (await http.get(f"{URL}/gate")).json()["refusals"] == [refusal]
    assert (await http.get(URL)).json()["state"] == "draft"


async def test_publishing_twice_promises_once(
    http: httpx.AsyncClient, drafted: None, now: datetime, said: Said
) -> None:
    await put(http, e.draft(now))
    answers = await asyncio.gather(*(http.post(f"{URL}/publish") for _ in range(4)))
    assert [one.status_code for one in answers] == [200] * 4
    assert len({one.text for one in answers}) == 1
    assert answers[0].json()["outcome"] == "pending"

    events = await said()
    published = [one for one in events if isinstance(one, PostmortemPublished)]
    committed = [one for one in events if isinstance(one, ActionItemCommitted)]
    assert (len(published), len(committed)) == (1, 1)
    item = committed[0].data.item
    draft_id = answers[0].json()["draft"]["action_items"][0]["id"]
    assert item.id == derived_id("action_item", str(e.POSTMORTEM), draft_id)
    assert published[0].data.item_ids == (item.id,)
    assert (item.owner.name, dict(item.owner.handles)) == ("Alex Responder", {"github": "alexr", "pagerduty": "PALEX"})
    assert (item.tracker, item.project, item.position) == ("github", "acme/payments", 1)


async def test_what_is_published_is_frozen(http: httpx.AsyncClient, drafted: None, now: datetime, hear: Hear) -> None:
    await put(http, e.draft(now))
    await http.post(f"{URL}/publish")
    assert is_problem(await put(http, e.draft(now, title="Better"), 1), 409, "already-published")
    await hear(e.reopened(), e.noted("It came back", 75, 7, title="Another title"), e.resolved(300, 8))
    after = (await http.get(URL)).json()
    assert after["facts"]["seconds_to_resolve"] == 3600
    assert after["refusals"] is None
    # The timeline goes on: it is never the past that changes.
    assert after["timeline"][-2]["entry"]["text"] == "It came back"


async def test_only_the_revision_that_was_read_is_published(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    await put(http, e.draft(now))
    assert is_problem(await http.post(f"{URL}/publish", headers={"If-Match": '"0"'}), 412, "edited-meanwhile")
    assert (await http.post(f"{URL}/publish", headers={"If-Match": '"1"'})).status_code == 200


async def test_without_items_it_is_published_as_a_journal_entry_and_says_so(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    await put(http, e.draft(now) | {"action_items": []})
    gate = (await http.get(f"{URL}/gate")).json()
    assert (gate["passes"], gate["would_promise"]) == (True, 0)
    answer = (await http.post(f"{URL}/publish")).json()
    assert answer["outcome"] == Outcome.JOURNAL_ENTRY
    assert "never counted as a success" in answer["notice"]


async def test_the_lists_are_read_page_by_page(http: httpx.AsyncClient, hear: Hear) -> None:
    for n in range(5):
        incident = derived_id("incident", "pagerduty", f"Q{n + 20}")
        opened_at = e.OPENED.replace(hour=n)
        one = e.resolved(60, 5, id=incident, opened_at=opened_at)
        entry = one.data.entry.model_copy(update={"id": derived_id("x", str(n))})
        await hear(one.model_copy(update={"data": one.data.model_copy(update={"entry": entry})}))
    listed: list[str] = []
    for path, of in (("incidents", "incident"), ("postmortems", None)):
        found, cursor = [], None
        for _ in range(3):
            asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = (await http.get(f"/api/v1/{path}", params=asked)).json()
            found += [row[of]["opened_at"] if of else row["id"] for row in page[path]]
            cursor = page["next_cursor"]
        assert cursor is None
        assert len(set(found)) == 5
        listed = listed or found
    assert listed == sorted(listed, reverse=True)
    assert (await http.get("/api/v1/postmortems", params={"state": "draft"})).json()["postmortems"]
    assert (await http.get("/api/v1/postmortems", params={"state": "succeeded"})).json()["postmortems"] == []


# In UTC there is no such time.
BEFORE_THE_CALENDAR = base64.urlsafe_b64encode(f"0001-01-01T00:00:00+14:00 {e.INCIDENT}".encode()).decode().rstrip("=")


@pytest.mark.parametrize("cursor", ["x", "é", "AAAA", "MjAyNiB4", "====", "MjAyNi0xMS0wMyBh" * 5, BEFORE_THE_CALENDAR])
async def test_a_cursor_that_is_none_of_ours_is_refused(http: httpx.AsyncClient, cursor: str) -> None:
    assert is_problem(await http.get("/api/v1/incidents", params={"cursor": cursor}), 422, "bad-cursor")


DEEP = b'{"title":' + b"[" * 20_000 + b"]" * 20_000 + b"}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "JSON"),
        (b"[]", "valid dictionary"),
        (b'"x"', "valid dictionary"),
        (b"\xff\xfe", ""),
        (DEEP, ""),
        (b'{"title": "a\\u0000b"}', "U+0000"),
        (b'{"summary": "\\ud800"}', ""),
        (b'{"\\ud800": "x"}', ""),
        (b'{"surprise": 1}', "surprise"),
        (b'{"title": 7}', "title"),
        (b'{"title": "' + b"x" * 301 + b'"}', "300"),
        (b'{"summary": "' + b"x" * 20_001 + b'"}', "20000"),
        (b'{"failure_modes": ["bad luck"]}', "failure_modes[0]"),
        (b'{"action_items": [' + b",".join([b"{}"] * 21) + b"]}", "action_items"),
        (b'{"action_items": [{"id": "a"}, {"id": "a"}]}', "same id"),
        (b'{"action_items": [{"id": "../../x"}]}', "action_items[0].id"),
        (b'{"earlier_catches": [{"entry_id": "x"}]}', "earlier_catches[0].entry_id"),
        (b'{"title": NaN}', ""),
        (b'{"title": ' + b"9" * 5000 + b"}", ""),
    ],
)
async def test_bad_input_gets_a_clear_422(http: httpx.AsyncClient, drafted: None, body: bytes, words: str) -> None:
    answer = await put(http, body)
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.text
    assert (await http.get(URL)).json()["revision"] == 0


async def test_a_giant_paste_is_refused_before_it_is_read(http: httpx.AsyncClient, drafted: None) -> None:
    assert is_problem(await put(http, b'{"summary": "' + b"x" * 600_000 + b'"}'), 413, "body-too-large")


@pytest.mark.parametrize(
    "path", ["postmortems/{}", "postmortems/{}/gate", "postmortems/{}/timeline/verify", "incidents/{}"]
)
async def test_what_is_not_there_is_a_404(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get("/api/v1/" + path.format(derived_id("nothing")))
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert (await http.get("/api/v1/" + path.format("not-an-id"))).status_code == 422
    assert is_problem(await http.get("/api/v1/nowhere"), 404, "not-found")


async def test_odd_unicode_is_kept_as_it_was_written(http: httpx.AsyncClient, drafted: None) -> None:
    odd = "𝔄 \u202eright\u202c to left\u200b 🔥 e\u0301 \U0010ffff"
    saved = await put(http, {"title": "x", "summary": odd})
    assert saved.json()["draft"]["summary"] == odd


async def test_the_timeline_is_verified_over_the_api(http: httpx.AsyncClient, drafted: None, review_url: str) -> None:
    verify = f"{URL}/timeline/verify"
    assert (await http.get(verify)).json() == {"holds": True, "entries": 3, "broken": []}
    conn = await asyncpg.connect(review_url)
    await conn.execute("ALTER TABLE review.timeline_content DISABLE TRIGGER ALL")
    await conn.execute("UPDATE review.timeline_content SET text = 'We knew it at once' WHERE text LIKE '%cache%'")
    await conn.close()
    assert (await http.get(verify)).json() == {
        "holds": False,
        "entries": 3,
        "broken": [{"seq": 2, "why": "the words are not those that were recorded"}],
    }


async def test_the_directory_says_who_can_own_and_where_tickets_go(http: httpx.AsyncClient, drafted: None) -> None:
    answer = (await http.get("/api/v1/directory")).json()
    assert {person["name"] for person in answer["people"]} == {"Alex Responder", "Sam Oncall", "Dana Engineer"}
    assert [project["name"] for project in answer["projects"]] == [e.PROJECT]


async def test_the_api_describes_itself(http: httpx.AsyncClient) -> None:
    described = (await http.get("/api/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) >= {
        "/api/v1/incidents",
        "/api/v1/incidents/{incident_id}",
        "/api/v1/postmortems",
        "/api/v1/postmortems/{postmortem_id}",
        "/api/v1/postmortems/{postmortem_id}/draft",
        "/api/v1/postmortems/{postmortem_id}/gate",
        "/api/v1/postmortems/{postmortem_id}/publish",
        "/api/v1/postmortems/{postmortem_id}/items/{item_id}/withdraw",
        "/api/v1/postmortems/{postmortem_id}/timeline/verify",
        "/api/v1/directory",
    }
    assert "HTTPValidationError" not in described["components"]["schemas"]
    named = re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(described))
    assert set(named) == set(described["components"]["schemas"])
    for path, operations in described["paths"].items():
        told = {"text/markdown", "text/html", "application/json"} if "/export/" in path else {"application/json"}
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                kinds = told if status < "300" else {"application/problem+json"}
                assert set(answer.get("content", {})) == (set() if status == "204" else kinds)


async def test_an_item_is_known_by_one_id_from_draft_to_ticket(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    await put(http, e.draft(now, e.item(now, id="the-first")))
    (item,) = (await http.post(f"{URL}/publish")).json()["items"]
    assert UUID(item["item"]["id"]) == derived_id("action_item", str(e.POSTMORTEM), "the-first")
    assert (item["state"], item["ticket"]) == ("wanted", None)
