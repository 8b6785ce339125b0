"""History as JSON and CSV, and the wall as a page: the same numbers as `/metrics`."""

from __future__ import annotations

import csv
import io
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from html import unescape
from zoneinfo import ZoneInfo

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from closeout_chassis.db import Database
from closeout_chassis.settings import DatabaseSettings
from closeout_metrics import testing as e
from closeout_metrics.app import build
from closeout_metrics.commands.history import History
from closeout_metrics.commands.reading import Reading
from closeout_metrics.domain.cohort import Only
from closeout_metrics.settings import MetricsSettings
from closeout_metrics.testing import Clock, Hear
from closeout_schemas.vocabulary import Control, FailureMode, Outcome, TicketState

pytestmark = pytest.mark.integration
DNS = (FailureMode.DNS,)
LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # east of Greenwich there is no such time
FIGURE = re.compile(r'data-metric="([^"]*)" data-labels="([^"]*)" value="([^"]*)"')


@pytest.fixture
async def http(database_url: str, hear: Hear) -> AsyncIterator[httpx.AsyncClient]:
    """The service's door over two incidents of which the second looks like the first."""
    await hear(e.incident("Q1", team="Payments"), e.incident("Q2", team="Payments"), e.incident("Q3", service="search"))
    await hear(e.drafted("Q1"), e.published("Q1", items=3, modes=DNS), *(e.committed(n, "Q1") for n in (1, 2, 3)))
    await hear(e.ticket(TicketState.COMPLETED, 2, 1, "Q1", closed_at=e.days(10)), e.withdrawn(2, "Q1"))
    later = e.days(20)
    await hear(e.published("Q2", at=later, modes=DNS, opened_at=later), e.committed(1, "Q2", at=later))
    await hear(e.ticket(TicketState.OPEN, 1, 1, "Q2", due_on=e.days(60).date()), e.concluded(Outcome.FAILED, "Q2"))
    told = e.committed(1, "Q3", control=Control.SLO_ALERT, service="search")
    await hear(told)
    settings = MetricsSettings(database=DatabaseSettings(url=SecretStr(database_url)), port=0)
    service = build(settings)
    await service._db.open()
    transport = httpx.ASGITransport(service._app)
    async with httpx.AsyncClient(transport=transport, base_url="http://metrics.test") as client:
        yield client
    await service._db.close()


async def test_every_number_on_the_wall_is_that_of_the_exposition(http: httpx.AsyncClient) -> None:
    page = (await http.get("/wall")).text
    scraped = {
        (one.name, frozenset(one.labels.values())): one.value
        for family in text_string_to_metric_families((await http.get("/metrics")).text)
        for one in family.samples
    }

    shown = [(unescape(name), unescape(labels), value) for name, labels, value in FIGURE.findall(page)]
    assert len(shown) > 20
    for name, labels, value in shown:
        wanted = scraped.get((name, frozenset(labels.split())))
        if "age_seconds" in name:
            assert float(value) == pytest.approx(wanted, abs=60)
        else:
            assert (float(value) if value else None) == wanted, (name, labels)
    names = {name for name, _, _ in shown}
    assert {"closeout_recurrences", "closeout_team_action_items", "closeout_action_item_cohort_shipped_ratio"} <= names


async def test_the_wall_can_be_read_by_anybody_and_runs_its_own_script_alone(http: httpx.AsyncClient) -> None:
    answer, still = await http.get("/wall"), await http.get("/wall?still")

    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert answer.text.count("<script") == 1
    assert f"script-src 'sha256-{digest}'; connect-src 'self'" in answer.headers["Content-Security-Policy"]
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in answer.text
    assert 'href="/wall?still"' in answer.text
    assert "script" not in still.text + still.headers["Content-Security-Policy"]
    # What a proxy answers for it would stay on the screen.
    assert "Refresh" not in answer.headers
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Dana" not in answer.text
    assert 'href="https://tracker.example/Q2/1"' in answer.text
    assert "while the promise was open" in answer.text


async def test_the_page_over_time_shows_what_the_api_tells(http: httpx.AsyncClient) -> None:
    page = (await http.get("/history?by=team&team=Payments&state=open")).text
    cohorts = (await http.get("/api/v1/history/cohorts?by=team&team=Payments")).json()["rows"]
    items = (await http.get("/api/v1/history/items?team=Payments&state=open")).json()["rows"]
    again = (await http.get("/api/v1/history/recurrences?team=Payments")).json()["rows"]

    assert [len(cohorts), len(items), len(again)] == [1, 2, 2]
    (row,) = re.findall(r'<tr><th scope="row">Payments</th>(.*?)</tr>', page, re.DOTALL)
    figures = [unescape(cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
    shares = [cohorts[0][f"shipped_within_{days}_days"] for days in (30, 60, 90)]
    assert figures == [
        cohorts[0]["quarter"],
        *(str(cohorts[0][name]) for name in ("committed", "shipped", "open", "withdrawn")),
        *("–" if one is None else f"{100 * one:.0f} %" for one in shares),
        *(str(cohorts[0][name] or "–") for name in ("p50_days", "p90_days")),
    ]
    assert page.count('<a href="https://tracker.example/') == sum(bool(one["ticket_url"]) for one in items + again) > 0
    assert "while the promise was open" in page
    assert ">1 h 30 min</td>" in page
    assert "Dana" not in page
    assert "script" not in page
    assert "by=team&amp;state=open&amp;team=Payments&amp;format=csv" in page


async def test_whatever_is_typed_into_the_page_over_time_it_answers(http: httpx.AsyncClient) -> None:
    page = await http.get("/history?by=nothing&state=%00&tracker=%00&team=<script>&service=%F0%9F%92%A9&control=x")

    assert page.status_code == 200
    assert "<script>" not in page.text
    assert (await http.get("/api/v1/history/items?team=%00")).json()["rows"] == []
    assert "Nothing was promised." in page.text
    assert "The latest" not in page.text


@pytest.mark.parametrize(
    "asked", [{"limit": "9" * 5000}, {"before": "0001-01-01T00:00:00+14:00,00000000-0000-0000-0000-000000000000"}]
)
async def test_a_number_without_end_and_a_time_before_the_calendar_are_refused(
    http: httpx.AsyncClient, asked: dict[str, str]
) -> None:
    assert (await http.get("/api/v1/history/items", params=asked)).status_code == 422


async def test_the_end_of_the_calendar_is_shown(database_url: str, hear: Hear) -> None:
    await hear(e.incident("far", opened_at=LAST_MOMENT), e.committed(), e.published(modes=DNS))
    await hear(e.ticket(TicketState.COMPLETED, 2, closed_at=LAST_MOMENT))
    await hear(e.published("far", at=LAST_MOMENT, modes=DNS, opened_at=LAST_MOMENT.replace(hour=20, minute=1)))
    url = DatabaseSettings(url=SecretStr(database_url))
    service = build(MetricsSettings(database=url, port=0, time_zone="Asia/Tokyo"))
    await service._db.open()
    transport = httpx.ASGITransport(service._app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://metrics.test") as client:
        page = await client.get("/history?state=shipped")
    await service._db.close()

    assert page.status_code == 200
    assert '<td class="n">9999-12-31</td>' in page.text
    assert "9999-12-31 20:01" in page.text


async def test_an_address_that_runs_something_is_no_link(http: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE action_item SET ticket_url = 'javascript:alert(1)', text = '<b>now</b>'")
    page = (await http.get("/wall")).text

    assert "javascript:" not in page
    assert "&lt;b&gt;now&lt;/b&gt;" in page

    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE action_item SET ticket_url = 'http://[::broken'")
    assert "&lt;b&gt;now&lt;/b&gt;" in (await http.get("/wall")).text


async def test_cohorts_are_told_by_team(http: httpx.AsyncClient) -> None:
    rows = (await http.get("/api/v1/history/cohorts?by=team&quarters=40")).json()["rows"]

    [payments] = [row for row in rows if row["whose"] == "Payments"]
    assert (payments["committed"], payments["shipped"], payments["open"], payments["withdrawn"]) == (4, 1, 2, 1)
    assert payments["curve"] == [[10, pytest.approx(payments["curve"][0][1])]]
    only = (await http.get("/api/v1/history/cohorts?service=search&quarters=40")).json()["rows"]
    assert [row["committed"] for row in only] == [1]


async def test_items_are_told_by_what_became_of_them(http: httpx.AsyncClient) -> None:
    async def told(state: str) -> list[str]:
        rows = (await http.get(f"/api/v1/history/items?state={state}")).json()["rows"]
        return [str(row["ticket_key"]) for row in rows]

    assert await told("shipped") == ["acme/payments#1"]
    assert len(await told("open")) == 3
    assert len(await told("withdrawn")) == 1
    [slipped] = (await http.get("/api/v1/history/items?state=slipped")).json()["rows"]
    assert slipped["slipped_days"] == (e.days(60).date() - e.DUE).days
    recurred = (await http.get("/api/v1/history/items?state=recurred")).json()["rows"]
    # Of the other two one had shipped by then, and one was withdrawn.
    assert [(row["ticket_key"], row["recurred_while_open"]) for row in recurred] == [(None, 1)]


async def test_pages_of_items_come_to_all_of_them_once(http: httpx.AsyncClient) -> None:
    seen: list[str] = []
    place: str | None = ""
    while place is not None:
        answer = (await http.get(f"/api/v1/history/items?limit=2{place}")).json()
        seen += [row["id"] for row in answer["rows"]]
        place = f"&before={answer['next']}" if answer["next"] else None

    assert len(seen) == len(set(seen)) == 5


async def test_recurrences_name_the_promise_that_was_about_them(http: httpx.AsyncClient) -> None:
    rows = (await http.get("/api/v1/history/recurrences?quarters=40")).json()["rows"]

    assert {(row["kind"], row["seconds"], row["team"]) for row in rows} >= {("while_open", 5400, "Payments")}
    assert all(row["text"] == "Canary the checkout deploy" for row in rows)


async def test_csv_has_the_same_rows_and_no_formulas(http: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE action_item SET text = '=HYPERLINK(\"x\")' WHERE state = 'completed'")
    answer = await http.get("/api/v1/history/items?format=csv")

    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 5
    assert {row["text"] for row in rows} == {'\'=HYPERLINK("x")', "Canary the checkout deploy"}
    assert not [name for name in rows[0] if "owner" in name]


@pytest.mark.parametrize("of", ["cohorts", "items", "recurrences"])
async def test_a_table_without_rows_has_the_columns_of_one_with_rows(http: httpx.AsyncClient, of: str) -> None:
    (row, *_) = (await http.get(f"/api/v1/history/{of}")).json()["rows"]
    (columns,) = csv.reader(io.StringIO((await http.get(f"/api/v1/history/{of}?format=csv&team=nobody")).text))

    assert columns == [name for name in row if name != "curve"]


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ("cohorts?by=person", "by='person' is none of all, team, service, control, tracker."),
        ("items?limit=5000", "limit='5000' is no whole number from 1 to 1000."),
        ("items?before=yesterday", "before='yesterday' is no `next` of an earlier answer."),
        ("items?format=xml", "format='xml' is none of json, csv."),
    ],
)
async def test_what_cannot_be_asked_is_said(http: httpx.AsyncClient, asked: str, complaint: str) -> None:
    answer = await http.get(f"/api/v1/history/{asked}")

    assert (answer.status_code, answer.json()["detail"]) == (422, complaint)


async def test_cohorts_of_the_rows_are_those_of_the_tallies(db: Database, hear: Hear, clock: Clock) -> None:
    zone = ZoneInfo("Europe/Berlin")
    for n in range(12):
        name = f"Q{n}"
        await hear(*(e.committed(position, name, at=e.days(-13 * n)) for position in (1, 2)))
        if n % 3 == 0:
            await hear(e.ticket(TicketState.COMPLETED, 2, 1, name, closed_at=e.days(-13 * n + n)))
        if n % 4 == 0:
            await hear(e.withdrawn(2, name))
    await hear(e.committed(1, "far", at=LAST_MOMENT))
    reading = Reading(db, zone, clock.of_database, clock.ticks)
    await reading.refresh()
    assert reading.last is not None

    asked = await History(db, zone, clock.of_database).cohorts("all", 8, Only())

    assert [(one.quarter, one.committed, one.curve) for one in asked["all"]] == [
        (one.quarter, one.committed, one.curve) for one in reading.last.cohorts
    ]


async def test_a_table_has_every_row_where_nobody_asked_for_fewer(http: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as tx:
        await tx.conn.execute(
            "INSERT INTO action_item "
            "SELECT (jsonb_populate_record(one.item, jsonb_build_object('id', gen_random_uuid()))).* "
            "FROM (SELECT item FROM action_item AS item WHERE committed_at IS NOT NULL LIMIT 1) AS one, "
            "generate_series(1, 1100)"
        )

    whole = (await http.get("/api/v1/history/items?format=csv")).text.splitlines()
    some = (await http.get("/api/v1/history/items?format=csv&limit=5")).text.splitlines()

    assert len(whole) > 1100
    assert len(some) == 1 + 5
    for page in ("/wall", "/history"):
        assert "limit=" not in (await http.get(page)).text
