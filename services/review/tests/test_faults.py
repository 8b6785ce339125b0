"""Bad input and faults around the gate: somebody is faster, somebody has left, something is down, words are hostile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.testing import Page
from closeout_schemas.directory import KnownParty
from closeout_schemas.vocabulary import TicketState

pytestmark = pytest.mark.integration
URL, PAGE = f"/api/v1/postmortems/{e.POSTMORTEM}", f"/postmortems/{e.POSTMORTEM}"
BROWSER = {"Origin": "http://closeout.test", "Accept": "text/html"}
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)> \u202egnirts"
Hear = Callable[..., Awaitable[None]]
Said = Callable[[], Awaitable[Sequence[Any]]]


async def save(http: httpx.AsyncClient, draft: dict[str, Any]) -> httpx.Response:
    return await http.put(f"{URL}/draft", json=draft, headers={"If-Match": "*"})


async def test_two_reviewers_who_publish_at_once_publish_once(
    http: httpx.AsyncClient, drafted: None, now: datetime, said: Said
) -> None:
    await save(http, e.draft(now, e.item(now, id="one")))
    shown = Page((await http.get(PAGE)).text)
    data: dict[str, list[str]] = {}
    for name, value in [*shown.fields, ("do", "publish")]:
        data.setdefault(name, []).append(value)
    pressed = (http.post(PAGE, data=data, headers=BROWSER) for _ in range(3))
    asked = (http.post(f"{URL}/publish", headers={"If-Match": '"1"'}) for _ in range(3))
    answers = await asyncio.gather(*pressed, *asked)
    # Who comes too late on the page sees what was published; nothing is promised twice.
    assert {one.status_code for one in answers[:3]} <= {303, 409}
    assert {one.status_code for one in answers[3:]} == {200}
    kinds = [one.type.split(".")[2] for one in await said()]
    assert (kinds.count("published"), kinds.count("action_item_committed")) == (1, 1)


async def test_who_publishes_what_somebody_has_changed_meanwhile_is_told(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    await save(http, e.draft(now))
    await save(http, e.draft(now, title="Another title"))
    late = await http.post(f"{URL}/publish", headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["type"]) == (412, "urn:closeout:problem:edited-meanwhile")
    assert (await http.get(URL)).json()["published_at"] is None


async def test_an_owner_who_left_and_a_sprint_that_went_are_found_before_anything_is_promised(
    http: httpx.AsyncClient, hear: Hear, drafted: None, now: datetime
) -> None:
    await save(http, e.draft(now, e.item(now, target="Sprint 12")))
    assert (await http.get(f"{URL}/gate")).json()["passes"]
    only_sam = (KnownParty(vendor=e.GITHUB, vendor_id="samo", name="Sam Oncall", email="sam@example.com"),)
    await hear(e.described(now + timedelta(minutes=1), assignable=only_sam, milestones=()))
    refused = await http.post(f"{URL}/publish")
    assert refused.status_code == 422
    found = {one["where"].rpartition(".")[2]: one for one in refused.json()["refusals"]}
    assert found["owner"]["code"].startswith("owner-unknown")
    assert found["target"]["code"] == "target-unknown"
    assert (await http.get(URL)).json()["items"] == []


async def test_while_the_tracker_is_down_the_page_says_since_when_it_is_waited_for(
    http: httpx.AsyncClient, hear: Hear, drafted: None, now: datetime
) -> None:
    await save(http, e.draft(now))
    item = UUID((await http.post(f"{URL}/publish")).json()["items"][0]["item"]["id"])
    waiting = " ".join(Page((await http.get(PAGE)).text).text.split())
    assert "waiting for the tracker since" in waiting
    # Actions has tried, and could not.
    wanted = e.ticket(item, TicketState.OPEN, 1)
    snapshot = wanted.data.ticket.model_copy(update={"state": TicketState.WANTED, "key": None, "url": None})
    await hear(wanted.model_copy(update={"data": wanted.data.model_copy(update={"ticket": snapshot})}))
    assert "waiting for the tracker since" in " ".join(Page((await http.get(PAGE)).text).text.split())
    await hear(e.ticket(item, TicketState.OPEN, 2))
    shown = Page((await http.get(PAGE)).text)
    assert "waiting for the tracker" not in shown.text
    assert "https://github.com/acme/payments/issues/12" in shown.links


async def test_what_is_published_is_frozen_by_the_database(
    db: Database, http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    await save(http, e.draft(now))
    await http.post(f"{URL}/publish")
    late = await save(http, e.draft(now, title="A tidier story"))
    assert (late.status_code, late.json()["type"]) == (409, "urn:closeout:problem:already-published")
    for statement in (
        "UPDATE draft_revision SET content = '{}'",
        "DELETE FROM draft_revision",
        "INSERT INTO draft_revision (postmortem_id, revision, content)"
        " SELECT postmortem_id, 9, '{}' FROM draft_revision",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with db.transaction() as tx:
                await tx.conn.execute(statement)


async def test_a_giant_paste_is_refused_with_the_place_and_the_limit(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    long = await save(http, e.draft(now, summary="x" * 20_001))
    assert (long.status_code, long.json()["errors"][0]["where"]) == (422, "summary")
    assert "20000" in long.json()["errors"][0]["message"]
    item = await save(http, e.draft(now, e.item(now, text="word " * 399)))
    assert item.status_code == 200
    codes = [one["code"] for one in (await http.get(f"{URL}/gate")).json()["refusals"]]
    assert "item-too-long" in codes
    giant = await save(http, e.draft(now, summary="x" * 700_000))
    assert giant.status_code == 413


async def test_hostile_words_stay_words_on_everything_that_the_gate_shows(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    mandated = {"demanded_by": "law", "why": HOSTILE, "title": HOSTILE, "url": "https://t.test/1?a=<b>"}
    item = e.item(now, text=f"Add an alert {HOSTILE}", criterion=HOSTILE, owner=HOSTILE, target=HOSTILE)
    draft = e.draft(now, item, title=HOSTILE, aware_of=[HOSTILE], mandated=[mandated])
    assert (await save(http, draft)).status_code == 200
    for address in (PAGE, f"{PAGE}/history"):
        answer = await http.get(address)
        assert answer.status_code == 200
        # The class reads the page as a browser does: no element of theirs, no handler, every tag closed.
        shown = Page(answer.text)
        assert "<script>alert(1)" not in answer.text
        assert not {"onerror"} & shown.attributes
        assert not [link for link in shown.links if link.startswith("javascript:")]
    refused = (await http.get(f"{URL}/gate")).json()["refusals"]
    assert {"text-unseen", "target-unknown"} <= {one["code"] for one in refused}
