"""One postmortem for several incidents, and one with no page at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.commands.catalogue import Catalogue
from closeout_review.commands.incidents import take_in
from closeout_review.commands.redacting import lock_timelines
from closeout_review.commands.timelines import verify_timelines
from closeout_review.settings import ReviewSettings
from closeout_review.store.covers import Covers
from closeout_review.store.postmortems import Postmortems
from closeout_review.store.recurrences import Recurrences
from closeout_review.store.restrictions import Restrictions
from closeout_review.testing import Page
from closeout_schemas.postmortems import PostmortemDrafted, PostmortemMerged, PostmortemSplitOff
from closeout_schemas.vocabulary import Outcome, Severity, derived_id

from .waiting import until_it_waits

pytestmark = pytest.mark.integration
API = f"/api/v1/postmortems/{e.POSTMORTEM}"
OTHER = derived_id("incident", "pagerduty", "Q2")
THEIRS = derived_id("postmortem", str(OTHER))
Hear = Callable[..., Awaitable[None]]
Said = Callable[[], Awaitable[Sequence[Any]]]


def of_other(event: Any) -> Any:
    """The same happening, of another incident."""
    entry = event.data.entry.model_copy(update={"id": derived_id("other", str(event.data.entry.id))})
    incident = event.data.incident.model_copy(
        update={"id": OTHER, "vendor_id": "Q2", "title": "Cart is slow", "severity": Severity.SEV1}
    )
    data = event.data.model_copy(update={"incident": incident, "entry": entry})
    return event.model_copy(update={"id": derived_id("other", str(event.id)), "subject": str(OTHER), "data": data})


@pytest.fixture
async def storm(hear: Hear, drafted: None) -> None:
    """Two incidents of one night, each with its draft."""
    await hear(of_other(e.opened()), of_other(e.noted("The cart waits for checkout", 30)), of_other(e.resolved(90)))


async def post(http: httpx.AsyncClient, url: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = await http.post(url, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_one_postmortem_covers_two_incidents_and_lets_one_go_again(
    http: httpx.AsyncClient, said: Said, db: Database, storm: None
) -> None:
    await http.put(f"/api/v1/postmortems/{THEIRS}/draft", json={"title": "Theirs"}, headers={"If-Match": "*"})
    both = await post(http, f"{API}/incidents", {"incident_id": str(OTHER), "by": "Robin Reviewer"})

    facts = both["facts"]
    assert [one["title"] for one in facts["incidents"]] == ["Checkout answers 502", "Cart is slow"]
    assert (facts["severity"], facts["seconds_to_resolve"]) == ("sev1", 5400)
    assert "The cart waits for checkout" in [link["entry"]["text"] for link in both["timeline"]]
    verified = (await http.get(f"{API}/timeline/verify")).json()
    assert verified == {"holds": True, "entries": 6, "broken": []}

    listed = {one["id"] for one in (await http.get("/api/v1/postmortems")).json()["postmortems"]}
    assert listed == {str(e.POSTMORTEM)}
    assert (await http.get(f"/api/v1/incidents/{OTHER}")).json()["postmortem_id"] == str(e.POSTMORTEM)
    assert (await http.get(f"/postmortems/{THEIRS}")).headers["location"] == f"/postmortems/{e.POSTMORTEM}"
    late = await http.put(f"/api/v1/postmortems/{THEIRS}/draft", json={"title": "x"}, headers={"If-Match": "*"})
    assert (late.status_code, late.json()["merged_into"]) == (409, str(e.POSTMORTEM))

    alone = await post(http, f"{API}/incidents/{OTHER}/split-off", {"by": "Robin Reviewer"})
    assert len(alone["facts"]["incidents"]) == 1
    back = (await http.get(f"/api/v1/postmortems/{THEIRS}")).json()
    assert (back["draft"]["title"], back["merged_into"]) == ("Theirs", None)
    kinds = [type(one) for one in await said()]
    assert kinds == [PostmortemDrafted, PostmortemDrafted, PostmortemMerged, PostmortemSplitOff]
    assert await verify_timelines(db) == []


async def test_one_that_was_over_while_it_was_covered_gets_its_draft_when_it_is_let_go(
    http: httpx.AsyncClient, hear: Hear, drafted: None
) -> None:
    await hear(of_other(e.opened()))
    await post(http, f"{API}/incidents", {"incident_id": str(OTHER)})
    await hear(of_other(e.resolved(90)))
    assert (await http.get(f"/api/v1/postmortems/{THEIRS}")).status_code == 404

    await post(http, f"{API}/incidents/{OTHER}/split-off", {})

    assert (await http.get(f"/api/v1/postmortems/{THEIRS}")).json()["merged_into"] is None
    assert (await http.get(f"/api/v1/incidents/{OTHER}")).json()["postmortem_id"] == str(THEIRS)


async def test_what_a_draft_covered_comes_along_into_another_one(
    http: httpx.AsyncClient, hear: Hear, storm: None
) -> None:
    hand = await post(http, "/api/v1/postmortems", opening(e.OPENED))
    await post(http, f"/api/v1/postmortems/{THEIRS}/incidents", {"incident_id": hand["incident_id"]})
    both = await post(http, f"{API}/incidents", {"incident_id": str(OTHER)})
    assert len(both["facts"]["incidents"]) == 3
    again = await post(http, f"{API}/incidents", {"incident_id": str(OTHER)})
    assert again["facts"] == both["facts"]
    # A resolution that comes late opens no second draft.
    await hear(of_other(e.resolved(95, 8)))
    assert len((await http.get("/api/v1/postmortems")).json()["postmortems"]) == 1


async def test_a_draft_that_is_opened_while_its_incident_is_covered_goes_in_too(
    http: httpx.AsyncClient, db: Database, settings: ReviewSettings, hear: Hear, drafted: None
) -> None:
    await hear(of_other(e.opened()))
    async with db.transaction() as tx:
        await take_in([of_other(e.resolved(90))], settings, Catalogue(settings), tx)
        covering = asyncio.create_task(post(http, f"{API}/incidents", {"incident_id": str(OTHER)}))
        await until_it_waits(covering, tx.conn)

    assert len((await covering)["facts"]["incidents"]) == 2
    listed = {one["id"] for one in (await http.get("/api/v1/postmortems")).json()["postmortems"]}
    assert listed == {str(e.POSTMORTEM)}


async def test_a_draft_that_is_opened_while_its_incident_is_restricted_is_restricted_too(
    http: httpx.AsyncClient, db: Database, hear: Hear
) -> None:
    await hear(of_other(e.opened()))
    async with db.transaction() as tx:
        await Restrictions(tx.conn).by_hand(OTHER, True, ["role:admin"], "Robin Reviewer", "It names a customer.")
        opening = asyncio.create_task(post(http, f"/api/v1/incidents/{OTHER}/postmortem", {}))
        await until_it_waits(opening, tx.conn)

    assert (await opening)["id"] == str(THEIRS)
    async with db.reading() as conn:
        assert await conn.fetchval("SELECT restricted FROM postmortem WHERE id = $1", THEIRS)


async def test_an_incident_that_is_covered_while_the_other_is_restricted_is_restricted_too(
    http: httpx.AsyncClient, db: Database, storm: None
) -> None:
    async with db.transaction() as tx:
        await Postmortems(tx.conn).lock([e.POSTMORTEM, THEIRS])
        await Covers(tx.conn).cover(e.POSTMORTEM, [OTHER], "Robin Reviewer")
        wanted = {"restricted": True, "roles": ["admin"], "why": "It names a customer."}
        restricting = asyncio.create_task(http.put(f"/api/v1/incidents/{e.INCIDENT}/restriction", json=wanted))
        await until_it_waits(restricting, tx.conn)

    assert (await restricting).status_code == 200
    assert (await http.get(f"/api/v1/incidents/{OTHER}/restriction")).json()["restricted"]


async def test_an_incident_is_covered_while_words_are_taken_out_of_its_timeline(
    http: httpx.AsyncClient, db: Database, storm: None
) -> None:
    async with db.transaction() as tx:
        # As a redaction begins: with the incident.
        await Recurrences(tx.conn).lock_incident(OTHER)
        covering = asyncio.create_task(post(http, f"{API}/incidents", {"incident_id": str(OTHER)}))
        await until_it_waits(covering, tx.conn)
        await lock_timelines(tx.conn, [OTHER])

    assert len((await covering)["facts"]["incidents"]) == 2


async def test_nothing_is_written_into_a_timeline_that_another_postmortem_was_published_with_meanwhile(
    http: httpx.AsyncClient, db: Database, storm: None, now: datetime
) -> None:
    said = {"text": "I remember more", "occurred_at": e.OPENED.isoformat(), "by": "Dana"}
    async with db.transaction() as tx:
        locked = {one.id: one for one in await Postmortems(tx.conn).lock([e.POSTMORTEM, THEIRS])}
        writing = asyncio.create_task(post(http, f"/api/v1/incidents/{OTHER}/entries", said, 409))
        await until_it_waits(writing, tx.conn)
        await Covers(tx.conn).cover(e.POSTMORTEM, [OTHER], "Robin Reviewer")
        await Postmortems(tx.conn).publish(locked[e.POSTMORTEM], now, {}, Outcome.JOURNAL_ENTRY)

    assert (await writing)["type"].endswith("already-published")


async def test_what_is_published_is_neither_added_to_nor_added(
    http: httpx.AsyncClient, storm: None, now: datetime
) -> None:
    await http.put(f"{API}/draft", json=e.draft(now), headers={"If-Match": "*"})
    await post(http, f"{API}/publish", {})
    await post(http, f"{API}/incidents", {"incident_id": str(OTHER)}, 409)
    await post(http, f"/api/v1/postmortems/{THEIRS}/incidents", {"incident_id": str(e.INCIDENT)}, 409)
    await post(http, f"{API}/incidents", {"incident_id": str(e.POSTMORTEM)}, 404)


async def test_publishing_a_draft_that_went_into_another_is_refused_as_the_description_says(
    http: httpx.AsyncClient, storm: None
) -> None:
    await post(http, f"{API}/incidents", {"incident_id": str(OTHER)})
    path = "/api/v1/postmortems/{postmortem_id}/publish"

    await post(http, path.format(postmortem_id=THEIRS), {}, 409)

    operation = (await http.get("/api/openapi.json")).json()["paths"][path]["post"]
    assert "409" in operation["responses"]


async def test_a_postmortem_does_not_lose_the_incident_that_it_began_with(http: httpx.AsyncClient, storm: None) -> None:
    refused = await post(http, f"{API}/incidents/{e.INCIDENT}/split-off", {}, 409)
    assert refused["type"].endswith("its-first-incident")
    await post(http, f"{API}/incidents/{OTHER}/split-off", {}, 404)


def opening(at: datetime, **more: Any) -> dict[str, Any]:
    """What somebody knows of a near miss."""
    return {
        "title": "The wrong table was nearly dropped",
        "what_happened": "The prompt showed production where staging was meant.",
        "occasion": "near_miss",
        "opened_at": at.isoformat(),
        "service": "ledger",
        "teams": ["Payments", "Data"],
        "by": "Robin Reviewer",
    } | more


async def test_a_near_miss_has_a_postmortem_with_a_timeline_by_hand(
    http: httpx.AsyncClient, said: Said, db: Database, now: datetime
) -> None:
    one = await post(http, "/api/v1/postmortems", opening(e.OPENED))
    again = await post(http, "/api/v1/postmortems", opening(e.OPENED))
    assert again["id"] == one["id"]
    assert one["facts"]["teams"] == ["Payments", "Data"]
    (first,) = one["timeline"]
    assert first["entry"]["kind"] == "opened_by_hand"
    assert first["entry"]["about"] == {"occasion": "near_miss"}
    assert first["entry"]["author"]["name"] == "Robin Reviewer"

    remembered = {"text": "Somebody asked: is that staging?", "occurred_at": e.OPENED.isoformat()}
    await post(http, f"/api/v1/incidents/{one['incident_id']}/entries", remembered)
    assert [type(event) for event in await said()] == [PostmortemDrafted]
    assert await verify_timelines(db) == []
    for wrong in (
        {"opened_at": (now + timedelta(days=1)).isoformat()},
        {"opened_at": "0001-01-01T00:00:00Z"},
        {"resolved_at": "2026-01-01T00:00:00Z"},
    ):
        await post(http, "/api/v1/postmortems", opening(e.OPENED) | wrong, 422)


async def test_a_browser_opens_one_by_hand_covers_and_splits_off(http: httpx.AsyncClient, storm: None) -> None:
    form = Page((await http.get("/by-hand")).text)
    assert form.to_label - form.labelled == set()
    typed = {
        "title": "A customer called",
        "occasion": "customer_report",
        "what_happened": "Orders were charged twice.",
        "opened_at": "2026-11-03T02:30",
    }
    place = (await http.post("/by-hand", data=typed)).headers["location"]
    shown = Page((await http.get(place)).text)
    assert "Orders were charged twice." in shown.text
    assert "Checkout answers 502" in shown.text  # opened about then

    assert (await http.post(f"{place}/incidents", data={"near": str(e.INCIDENT)})).status_code == 303
    pasted = {"incident": f"http://closeout.test/incidents/{OTHER}"}
    assert (await http.post(f"{place}/incidents", data=pasted)).status_code == 303
    assert "3 incidents" in Page((await http.get(place)).text).text
    assert (await http.post(f"{place}/incidents", data={"do": f"split-off:{OTHER}"})).status_code == 303
    assert "2 incidents" in Page((await http.get(place)).text).text
    assert (await http.post(f"{place}/incidents", data={"incident": "no idea"})).status_code == 422


async def test_an_incident_that_earned_none_gets_one_when_somebody_asks(http: httpx.AsyncClient, hear: Hear) -> None:
    await hear(e.opened())
    url = f"/incidents/{e.INCIDENT}/postmortem"
    assert (await http.post(url)).headers["location"] == f"/postmortems/{e.POSTMORTEM}"
    assert (await post(http, f"/api/v1{url}", {}))["id"] == str(e.POSTMORTEM)
    assert (await http.post(f"/api/v1/incidents/{OTHER}/postmortem")).status_code == 404


async def test_several_teams_are_involved_and_each_finds_the_review_on_its_page(
    http: httpx.AsyncClient, hear: Hear, drafted: None, now: datetime
) -> None:
    page = f"/postmortems/{e.POSTMORTEM}"
    both = await http.put(f"{API}/teams", json={"teams": ["Payments", "Search", "payments"], "by": "Robin"})
    assert both.status_code == 200, both.text
    assert both.json()["facts"]["teams"] == ["Payments", "Search"]
    for name in ("Payments", "Search"):
        assert "Checkout answers 502" in (await http.get(f"/team?name={name}", headers={"Accept": "text/html"})).text
    assert "Search" in (await http.get("/api/v1/teams")).json()["teams"]

    # On the page: one is unticked, another written.
    shown = Page((await http.get(page, headers={"Accept": "text/html"})).text)
    assert [value for name, value in shown.fields if name == "team"] == ["Payments", "Search"]
    form = {"team": "Search", "more": "Platform", "by": "Robin"}
    assert (await http.post(f"{page}/teams", data=form)).status_code == 303
    assert (await http.get(API)).json()["facts"]["teams"] == ["Search", "Platform"]
    gone = await http.get("/team?name=Payments", headers={"Accept": "text/html"})
    assert "Checkout answers 502" not in gone.text
    too_many = {"teams": [f"Team {n}" for n in range(21)]}
    assert (await http.put(f"{API}/teams", json=too_many)).status_code == 422

    draft = await http.put(f"{API}/draft", json=e.draft(now), headers={"If-Match": "*"})
    assert draft.status_code == 200, draft.text
    assert (await http.post(f"{API}/publish")).status_code == 200
    assert (await http.get(API)).json()["facts"]["teams"] == ["Search", "Platform"]
    promised = (await http.get("/api/v1/teams/promises?team=Platform")).json()
    assert "Add an alert on checkout p99" in str(promised)
    assert (await http.put(f"{API}/teams", json={"teams": []})).status_code == 409
