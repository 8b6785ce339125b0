"""What people read as lists, over REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.settings import ReviewSettings
from closeout_review.testing import Page

pytestmark = pytest.mark.integration
REVIEW = f"/api/v1/postmortems/{e.POSTMORTEM}"


@pytest.fixture
async def published(http: httpx.AsyncClient, drafted: None, now: datetime) -> None:
    await http.put(f"{REVIEW}/draft", json=e.draft(now), headers={"If-Match": '"0"'})
    assert (await http.post(f"{REVIEW}/publish")).status_code == 200


async def test_who_has_promised_what_is_told_as_the_pages_tell_it(
    http: httpx.AsyncClient, published: None, now: datetime
) -> None:
    (person,) = (await http.get("/api/v1/people")).json()["people"]
    assert (person["name"], person["open"], person["shipped"]) == ("Alex Responder", 1, 0)
    (promise,) = (await http.get(f"/api/v1/people/{person['person_id']}/promises")).json()["promises"]
    assert (promise["postmortem_id"], promise["state"]) == (str(e.POSTMORTEM), "wanted")
    assert promise["item"]["text"] == e.item(now)["text"]


async def test_published_reviews_are_listed_by_outcome_failure_mode_and_service(
    http: httpx.AsyncClient, published: None
) -> None:
    for asked, count in (
        ({}, 1),
        ({"outcome": "pending", "failure_mode": "bad_deploy_or_upgrade", "service": "Checkout"}, 1),
        ({"outcome": "failed"}, 0),
        ({"failure_mode": "dns"}, 0),
        ({"service": "search"}, 0),
    ):
        answer = (await http.get("/api/v1/reviews", params=asked)).json()
        assert (len(answer["reviews"]), answer["next_cursor"]) == (count, None), asked


async def test_what_is_not_there_is_said(http: httpx.AsyncClient) -> None:
    assert (await http.get(f"/api/v1/imported/{e.INCIDENT}")).status_code == 404
    assert (await http.get(f"/api/v1/people/{e.INCIDENT}/promises")).json() == {
        "promises": [],
        "next_cursor": None,
    }
    assert (await http.get("/api/v1/teams")).json() == {"teams": []}
    assert (await http.get("/api/v1/teams/promises", params={"team": "nobody"})).json() == {
        "promises": [],
        "next_cursor": None,
    }
    assert (await http.get("/api/v1/teams/standing", params={"team": "nobody"})).status_code == 404
    assert (await http.get("/api/v1/wall")).json()["type"] == "urn:closeout:problem:no-wall"
    assert (await http.get(f"{REVIEW}/export/markdown")).status_code == 404


# Copies of the one promise, which is due within a month: each is due a day later than the one before, and of the second
# half each was withdrawn.
COPIES = """
INSERT INTO action_item (id, postmortem_id, position, item, committed_at, withdrawn_at, withdrawn_reason, withdrawn_by)
SELECT own, postmortem_id, 1,
    jsonb_set(item || jsonb_build_object('id', own, 'text', 'Promise ' || n), '{target,due_on}',
        to_jsonb(to_char(current_date + 30 + n, 'YYYY-MM-DD'))),
    committed_at + n * interval '1 second',
    CASE WHEN n > 100 THEN now() END, CASE WHEN n > 100 THEN 'not any more' END, CASE WHEN n > 100 THEN 'Alex' END
FROM action_item, (SELECT n, gen_random_uuid() AS own FROM generate_series(1, 200) AS n) AS new
"""


@pytest.fixture
async def many_promises(published: None, db: Database) -> None:
    async with db.transaction() as tx:
        await tx.conn.execute("DROP INDEX action_item_standing")
        await tx.conn.execute(COPIES)
        await tx.conn.execute("UPDATE postmortem SET teams = '{Payments}', teams_by = 'x', teams_since = now()")


async def whole(http: httpx.AsyncClient, url: str, name: str, **params: Any) -> list[Any]:
    """All pages of a list, each as long as was asked."""
    found, cursor = [], ""
    while True:
        asked = params | {"limit": 70} | ({"cursor": cursor} if cursor else {})
        answer = (await http.get(url, params=asked)).json()
        assert len(answer[name]) <= 70
        found += answer[name]
        cursor = answer["next_cursor"] or ""
        if not cursor:
            return found


async def test_long_lists_of_promises_come_in_pages_that_lose_and_double_nothing(
    http: httpx.AsyncClient, many_promises: None
) -> None:
    (person,) = (await http.get("/api/v1/people")).json()["people"]
    person_id = person["person_id"]
    own = [one["item"]["text"] for one in await whole(http, f"/api/v1/people/{person_id}/promises", "promises")]
    of_team = [one["text"] for one in await whole(http, "/api/v1/teams/promises", "promises", team="Payments")]
    assert len(own) == len(of_team) == 201
    assert set(own) == set(of_team)

    on_pages: list[str] = []
    url = f"/people/{person_id}"
    while url:
        page = await http.get(url, headers={"Accept": "text/html"})
        assert len(page.content) < 100_000
        on_pages += [text for text in own if f">{text}<" in page.text]
        more = [link for link in Page(page.text).links if "?after=" in link]
        url = more[0] if more else ""
    assert (
        len({text for text in on_pages if int(text.removeprefix("Promise ") if "Promise" in text else 0) <= 100}) == 101
    )
    late = await http.get(f"/people/{person_id}", headers={"Accept": "text/html"})
    earlier = next(link for link in Page(late.text).links if "?before=" in link)
    assert "Promise 200" in late.text
    assert "Promise 170" not in late.text
    assert "Promise 170" in (await http.get(earlier.partition("#")[0], headers={"Accept": "text/html"})).text


async def test_how_a_team_stands_is_told_as_its_page_draws_it(http: httpx.AsyncClient, many_promises: None) -> None:
    standing = (await http.get("/api/v1/teams/standing", params={"team": "Payments"})).json()
    assert (standing["open"], standing["overdue"], standing["shipped"], standing["failed"]) == (101, 0, 0, [])
    assert len(standing["burn_down"]) == 27
    assert standing["burn_down"][-1]["open"] <= 101
    assert sum(one["open"] for one in standing["ages"]) <= 101


async def test_people_come_in_pages(http: httpx.AsyncClient, many_promises: None, db: Database) -> None:
    async with db.transaction() as tx:
        await tx.conn.execute(
            "UPDATE action_item SET item = jsonb_set(jsonb_set(item, '{owner,person_id}', to_jsonb(gen_random_uuid())),"
            " '{owner,name}', to_jsonb('Person ' || (item ->> 'text')))"
        )
    people = await whole(http, "/api/v1/people", "people")
    assert len({one["person_id"] for one in people}) == len(people) == 101
    first = Page((await http.get("/people")).text)
    second = Page((await http.get(next(link for link in first.links if "skip=" in link))).text)
    linked = [link for page in (first, second) for link in page.links if link.startswith("/people/")]
    assert len(set(linked)) == len(linked) == 101


async def test_drafts_that_wait_are_listed_by_team_and_person(
    http: httpx.AsyncClient, drafted: None, db: Database
) -> None:
    (one,) = await whole(http, "/api/v1/drafts", "drafts")
    assert (one["postmortem_id"], one["incident_id"], one["title"]) == (
        str(e.POSTMORTEM),
        str(e.INCIDENT),
        "Checkout answers 502",
    )
    assert await whole(http, "/api/v1/drafts", "drafts", team="Payments") == []
    assert (await http.put(f"{REVIEW}/teams", json={"teams": ["Payments"]})).status_code == 200
    assert len(await whole(http, "/api/v1/drafts", "drafts", team="Payments")) == 1
    known = (await http.get("/api/v1/directory")).json()["people"]
    for person in known:
        waiting = await whole(http, "/api/v1/drafts", "drafts", person_id=person["id"])
        assert len(waiting) == (person["name"] == "Alex Responder"), person


@pytest.mark.parametrize(
    ("form", "kind", "begins"),
    [
        ("markdown", "text/markdown", "# Checkout"),
        ("html", "text/html", "<!doctype"),
        ("json", "application/json", "{"),
    ],
)
async def test_a_postmortem_is_taken_away_as_a_file(
    http: httpx.AsyncClient, published: None, form: str, kind: str, begins: str
) -> None:
    answer = await http.get(f"{REVIEW}/export/{form}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.text.startswith(begins)
    assert "I think it is the cache" in answer.text
    assert (await http.get(f"{REVIEW}/export/pdf")).status_code == 422


async def test_where_the_wall_is_can_be_asked(settings: ReviewSettings, db: Database) -> None:
    from closeout_review.api.problems import Documented
    from closeout_review.app import open_doors

    app = Documented(openapi_url="/api/openapi.json")
    open_doors(app, settings.model_copy(update={"wall_url": "https://metrics.example.com/wall"}), db)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://closeout.test") as client:
        assert (await client.get("/api/v1/wall")).json() == {
            "wall_url": "https://metrics.example.com/wall",
            "numbers_url": "https://metrics.example.com/api/v1/numbers",
        }


async def test_a_long_history_comes_in_pages(http: httpx.AsyncClient, drafted: None, db: Database) -> None:
    async with db.transaction() as tx:
        await tx.conn.execute(
            "INSERT INTO draft_revision (postmortem_id, revision, content, saved_by)"
            " SELECT $1, n, jsonb_build_object('title', 'Title ' || n), 'Sam' FROM generate_series(1, 250) AS n",
            e.POSTMORTEM,
        )
        await tx.conn.execute("UPDATE postmortem SET revision = 250 WHERE id = $1", e.POSTMORTEM)
    told = await whole(http, f"{REVIEW}/revisions", "revisions")
    assert [one["revision"] for one in told] == list(range(250, 0, -1))

    listed, url = 0, f"/postmortems/{e.POSTMORTEM}/history"
    while url:
        page = await http.get(url, headers={"Accept": "text/html"})
        assert len(page.content) < 100_000
        assert "Title 250" in page.text
        listed += page.text.count("<li value=")
        older = [link for link in Page(page.text).links if "before=" in link]
        url = older[0] if older else ""
    assert listed == 250
