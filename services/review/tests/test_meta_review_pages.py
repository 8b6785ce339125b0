"""The page of a quarter as a browser reads it, and the quarter as a file."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.testing import Page
from closeout_schemas.vocabulary import IncidentStatus, derived_id

from .quarters import BEGIN, incident, planted

pytestmark = pytest.mark.integration
Hear = Callable[..., Awaitable[None]]
BASE = "/meta-reviews/2026Q3"
PUBLISH = """UPDATE postmortem SET published_at = now(), fails_at = now(), published_facts = '{}', outcome = 'pending'
WHERE incident_id = ANY ($1::uuid[])"""


@pytest.fixture
async def quarter(hear: Hear) -> None:
    await hear(*e.everybody(datetime.now(UTC)), *planted())


async def page(http: httpx.AsyncClient, url: str = BASE) -> Page:
    got = await http.get(url)
    assert got.status_code == 200, got.text
    shown = Page(got.text)
    assert shown.to_label - shown.labelled == set()
    assert not shown.attributes & {"style", "onclick"}
    return shown


def ids(shown: Page, what: str) -> list[str]:
    return [one.removeprefix(f"{what}-") for one in shown.ids if re.fullmatch(rf"{what}-[0-9a-f-]{{36}}", one)]


async def test_the_quarter_is_laid_out_with_every_incident_and_its_entries(
    http: httpx.AsyncClient, quarter: None
) -> None:
    shown = await page(http)
    evidence = str(derived_id("incident", "pagerduty", "C0"))
    assert len(ids(shown, "incident")) == 7
    assert f"/incidents/{evidence}" in shown.links
    assert f"#incident-{evidence}" in shown.links
    assert "6 of 7 incidents are checkout's" in shown.text
    assert "7 should have had one" in shown.text
    assert "Not tested" in shown.text
    assert (await http.post(f"{BASE}/findings", data={"value": "x", "incident": evidence})).status_code == 404


async def test_a_reader_goes_from_the_list_to_a_promise(http: httpx.AsyncClient, now: datetime, quarter: None) -> None:
    assert "2026Q3" in (await page(http, "/meta-reviews")).text
    assert (await http.post("/meta-reviews", data={"quarter": "2026Q3", "by": "Robin"})).headers["location"] == BASE
    (finding, *_) = ids(await page(http), "finding")
    await http.post(f"{BASE}/findings/{finding}", data={"do": "confirm", "by": "Robin"})
    shown = await page(http)
    assert "Confirmed by Robin" in shown.text
    assert "Propose a structural change" in shown.text

    typed = {"finding": finding, "text": "Give checkout a second payment provider", "proposed_to": "the CTO"}
    assert (await http.post(f"{BASE}/proposals", data=typed)).status_code == 303
    assert (await http.post(f"{BASE}/proposals", data=typed | {"owner": "x" * 201})).status_code == 422
    shown = await page(http)
    (proposal,) = ids(shown, "proposal")
    assert "at most, 6 incidents, 3 h from opened to resolved" in shown.text

    refused = await http.post(f"{BASE}/proposals/{proposal}/accept", data={"text": typed["text"], "owner": "Payments"})
    assert refused.status_code == 422
    again = Page(refused.text)
    assert ("owner", "Payments") in again.fields

    promise = {name: value or "" for name, value in e.item(now, text=typed["text"]).items()}
    made = await http.post(f"{BASE}/proposals/{proposal}/accept", data=promise)
    assert made.status_code == 303, made.text
    assert "Give checkout a second payment provider" in (await page(http, made.headers["location"])).text
    assert "What the last proposals came to" in (await page(http, "/meta-reviews/2026Q4")).text


async def test_a_pattern_is_added_and_a_proposal_refused(http: httpx.AsyncClient, quarter: None) -> None:
    await http.post("/meta-reviews", data={"quarter": "2026Q3"})
    evidence = [str(derived_id("incident", "pagerduty", name)) for name in ("C0", "C1")]
    seen = {"value": "During the offsite", "incident": evidence, "by": "Robin"}
    assert (await http.post(f"{BASE}/findings", data=seen)).status_code == 303
    finding = str(derived_id("meta_finding", "2026Q3", "other", "During the offsite"))
    assert "Seen by Robin." in (await page(http)).text
    typed = {"finding": finding, "text": "Hand the pager over before an offsite", "proposed_to": "the CTO"}
    await http.post(f"{BASE}/proposals", data=typed)
    (proposal,) = ids(await page(http), "proposal")
    assert (await http.post(f"{BASE}/proposals/{proposal}/refuse", data={})).status_code == 422
    await http.post(f"{BASE}/proposals/{proposal}/refuse", data={"reason": "No more offsites", "by": "Head"})
    assert "No more offsites" in (await page(http)).text


async def test_a_quarter_is_exported_with_what_was_decided(http: httpx.AsyncClient, quarter: None) -> None:
    await http.post("/meta-reviews", data={"quarter": "2026Q3"})
    (finding, *_) = ids(await page(http), "finding")
    await http.post(f"{BASE}/findings/{finding}", data={"do": "confirm", "by": "Robin"})

    files = {form: await http.get(f"{BASE}/export/{form}") for form in ("markdown", "html", "json")}

    assert {form: got.headers["content-type"].partition(";")[0] for form, got in files.items()} == {
        "markdown": "text/markdown",
        "html": "text/html",
        "json": "application/json",
    }
    assert "\n---\n\n## Confirmed\n\n- checkout: 6 of 7" in files["markdown"].text
    assert "<h2>Confirmed</h2>" in files["html"].text
    assert "<svg" in files["html"].text
    assert json.loads(files["json"].text)["record"]["findings"][0]["decision"] == "confirmed"
    assert (await http.get(f"{BASE}/export/pdf")).status_code == 404


async def test_a_quarter_without_incidents_is_a_page_too(http: httpx.AsyncClient) -> None:
    shown = await page(http, "/meta-reviews/2025Q1")
    assert "No incident." in shown.text
    assert "no incident in 2025Q1" in shown.text
    assert (await http.get("/meta-reviews/next")).status_code == 404


async def test_a_storm_with_one_review_is_reviewed_and_what_is_not_over_should_not_have_one_yet(
    http: httpx.AsyncClient, hear: Hear, db: Database, quarter: None
) -> None:
    first = BEGIN + timedelta(days=20)
    open_one = {"status": IncidentStatus.TRIGGERED, "resolved_at": None}
    await hear(
        incident("Q1b", first + timedelta(minutes=5), "mail"),
        incident("Open", BEGIN + timedelta(days=50), "search", **open_one),
    )
    reviewed = derived_id("incident", "pagerduty", "Q1b")
    async with db.transaction() as tx:
        await tx.conn.execute(PUBLISH, [reviewed])

    shown = await page(http)

    assert "8 incidents" in shown.text
    assert "7 without a published review; 6 should have had one" in shown.text
    assert shown.text.count("no review") == 6
    storm = (await http.get(BASE)).text.partition(f'id="incident-{derived_id("incident", "pagerduty", "Q1")}"')[2]
    assert "its review" in storm.partition("</details>")[0]


PROMISE = """INSERT INTO action_item (id, postmortem_id, position, item)
SELECT gen_random_uuid(), id, 1, jsonb_build_object('text', $2::text) FROM postmortem
WHERE incident_id = ANY ($1::uuid[])"""


async def test_evidence_of_an_earlier_quarter_has_its_day_and_leads_to_the_incident(
    http: httpx.AsyncClient, db: Database, quarter: None
) -> None:
    """What was promised again and again is counted over the whole year."""
    known = {name: derived_id("incident", "pagerduty", name) for name in ("B0", "B3", "B6", "B9", "C0", "C1", "C2")}
    others = [derived_id("incident", "pagerduty", name) for name in ("B1", "B2", "C3", "C4")]
    async with db.transaction() as tx:
        await tx.conn.execute(PROMISE, list(known.values()), "Test the failover of the database in the pipeline")
        for number, one in enumerate(others):
            await tx.conn.execute(PROMISE, [one], f"Elephant {number} gets zebra {number} painted")

    got = (await http.get(BASE)).text

    earlier, later = known["B0"], known["C0"]
    assert f'<a href="/incidents/{earlier}">04 Jun 2026</a>' in got
    assert f"#incident-{earlier}" not in got
    assert f'<a href="#incident-{later}">04 Jul</a>' in got
