"""Lists: what was published, what is found without words, one's own promises, a team's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.access import identity
from closeout_review.domain.charts import Life, ages, burn_down
from closeout_review.domain.principal import LOCAL_OPERATOR, Principal
from closeout_review.store.owners import Owners
from closeout_review.testing import Page
from closeout_schemas.incidents import Party
from closeout_schemas.vocabulary import PartyKind, TicketState, Vendor

API = f"/api/v1/postmortems/{e.POSTMORTEM}"
NOW = datetime(2026, 11, 29, tzinfo=UTC)
Hear = Callable[..., Awaitable[None]]
PAYMENTS = Party(vendor=e.PAGERDUTY, vendor_id="PTEAM", name="Payments", kind=PartyKind.TEAM)


async def page(http: httpx.AsyncClient, url: str, status: int = 200) -> Page:
    answer = await http.get(url, headers={"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    return Page(answer.text)


@pytest.fixture
async def published(http: httpx.AsyncClient, hear: Hear, now: datetime) -> None:
    """A review of the team Payments with two promises of Alex, one shipped."""
    await hear(*e.everybody(now), e.opened(teams=(PAYMENTS,)), e.noted("I think it is the cache", 4, teams=(PAYMENTS,)))
    await hear(e.resolved(teams=(PAYMENTS,)))
    draft = e.draft(now, e.item(now), e.item(now, text="Add a canary stage of 1 % to the checkout deploy"))
    await http.put(f"{API}/draft", json=draft, headers={"If-Match": "*"})
    items = (await http.post(f"{API}/publish")).json()["items"]
    await hear(e.ticket(items[1]["item"]["id"], TicketState.COMPLETED, 2, now))


@pytest.mark.integration
@pytest.mark.parametrize(
    ("url", "is_there"),
    [
        ("/published", True),
        ("/published?outcome=pending", True),
        ("/published?outcome=failed", False),
        ("/published?outcome=nonsense", True),
        ("/search?mode=bad_deploy_or_upgrade", True),
        ("/search?mode=dns", False),
        ("/search?service=Checkout", True),
        ("/search?service=search", False),
        ("/search?service=%00", False),
        ("/search?q=checkout+502&mode=bad_deploy_or_upgrade", True),
        ("/search?q=checkout+502&mode=dns", False),
        ("/search?mode=bad_deploy_or_upgrade&service=checkout", True),
    ],
)
async def test_a_published_review_is_found_by_what_it_is(
    http: httpx.AsyncClient, published: None, url: str, is_there: bool
) -> None:
    shown = await page(http, url)
    links = {link.removeprefix("http://closeout.test") for link in shown.links}
    assert (f"/postmortems/{e.POSTMORTEM}" in links) is is_there


@pytest.mark.integration
async def test_a_draft_is_not_among_what_was_published(http: httpx.AsyncClient, drafted: None) -> None:
    assert "Nothing has been published yet" in (await page(http, "/published")).text


@pytest.mark.integration
async def test_one_sees_ones_own_promises_and_drafts_by_ones_e_mail(
    http: httpx.AsyncClient, published: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Who are you?" in (await page(http, "/mine")).text
    alex = Principal(LOCAL_OPERATOR.id, "Alex", "Alex@example.com", LOCAL_OPERATOR.roles, LOCAL_OPERATOR.scopes)
    monkeypatch.setattr(identity, "LOCAL_OPERATOR", alex)
    shown = await page(http, "/mine")
    assert "Add an alert on checkout p99" in shown.text
    assert "1 shipped" in shown.text


@pytest.mark.integration
async def test_what_is_past_its_target_comes_first(http: httpx.AsyncClient, published: None, db: Database) -> None:
    due = "UPDATE action_item SET item = jsonb_set(item, '{target,due_on}', '\"2020-01-01\"')"
    async with db.transaction() as tx:
        await tx.conn.execute(due)
    [person] = [link for link in (await page(http, "/people")).links if link.startswith("/people/")]
    assert "Past its target 1" in (await page(http, person)).text
    assert "past its target" in (await page(http, "/team?name=Payments")).text


@pytest.mark.integration
async def test_what_is_past_its_target_is_counted_by_the_organisations_calendar(published: None, db: Database) -> None:
    # It is never the same day in both.
    late, early = ZoneInfo("Etc/GMT+12"), ZoneInfo("Pacific/Kiritimati")
    due = (
        "UPDATE action_item SET item = jsonb_set(item, '{target,due_on}', "
        "to_jsonb((now() AT TIME ZONE $1::text)::date::text))"
    )
    async with db.transaction() as tx:  # in which it is one moment, also at midnight
        await tx.conn.execute(due, late.key)
        counted = {zone: (await Owners(tx.conn).all_of_them(zone, 0, 9))[0]["overdue"] for zone in (late, early)}
    assert counted == {late: 0, early: 1}


@pytest.mark.integration
async def test_a_teams_page_counts_its_promises_in_words_and_pictures(http: httpx.AsyncClient, published: None) -> None:
    assert (await http.get("/teams")).headers["location"] == "/team?name=Payments"
    shown = await page(http, "/team?name=Payments")
    words = " ".join(shown.text.split())
    assert "1 open" in words
    assert "1 shipped in 90 days" in words
    assert shown.tags.count("svg") == 2
    await page(http, "/team?name=Nobody", 404)


@pytest.mark.integration
async def test_teams_are_listed_with_how_they_stand_what_is_past_its_target_first(
    http: httpx.AsyncClient, published: None, hear: Hear, db: Database
) -> None:
    await hear(*(e.seen(Vendor.PAGERDUTY, f"PT{name}", name, kind=PartyKind.TEAM) for name in ("Aardvarks", "Zebras")))
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE action_item SET item = jsonb_set(item, '{target,due_on}', '\"2020-01-01\"')")
    shown = await page(http, "/teams")
    words = " ".join(shown.text.split())
    assert "Payments 1 open, 1 past the target · 1 shipped in 90 days the oldest open for 0 d" in words
    assert "Aardvarks 0 open · 0 shipped in 90 days" in words
    assert words.index("Payments 1") < words.index("Aardvarks 0") < words.index("Zebras 0")


@pytest.mark.integration
async def test_teams_beyond_a_page_are_on_the_next(http: httpx.AsyncClient, hear: Hear) -> None:
    teams = [e.seen(Vendor.PAGERDUTY, f"PT{n}", f"Team {n:03}", kind=PartyKind.TEAM) for n in range(61)]
    await hear(*teams)
    first, second = await page(http, "/teams"), await page(http, "/teams?skip=60")
    assert "/teams?skip=60" in first.links
    assert "Team 060" not in first.text
    assert "Team 060" in second.text


@pytest.mark.integration
async def test_where_nothing_is_found_or_there_it_says_what_to_do(http: httpx.AsyncClient, published: None) -> None:
    assert "fewer or other words" in (await page(http, "/search?q=zzzzqqqq")).text
    assert "/search" in (await page(http, "/search?mode=dns")).links
    assert "/api/docs" in (await page(http, "/tokens")).links


@pytest.mark.integration
async def test_where_nothing_is_yet_it_says_how_something_comes(http: httpx.AsyncClient) -> None:
    assert "closeout doctor" in (await page(http, "/")).text
    assert "closeout import FOLDER" in (await page(http, "/search")).text
    assert "/published" in (await page(http, "/people")).links


@pytest.mark.integration
async def test_the_wall_leads_to_where_its_numbers_are_counted(http: httpx.AsyncClient) -> None:
    assert "CLOSEOUT_REVIEW_WALL_URL" in (await page(http, "/wall")).text


def lives(*spans: tuple[int, int | None]) -> list[Life]:
    """Promises made so many days ago, and over so many days ago."""
    return [
        Life(NOW - timedelta(days=began), None if ended is None else NOW - timedelta(days=ended))
        for began, ended in spans
    ]


def test_a_burn_down_counts_what_was_open_at_the_end_of_each_week() -> None:
    burn = burn_down(lives((300, 10), (20, None), (15, 1), (3, None)), NOW)
    counts = [count for _, count in burn.weeks]
    assert counts[0] == 1
    assert counts[-3:] == [3, 2, 2]
    assert burn.most == max(counts)
    assert burn.line.split()[-1].startswith("640.0,")


def test_open_promises_are_counted_by_age() -> None:
    bars = ages(lives((0, None), (30, None), (31, None), (90, None), (91, None), (400, None), (500, 3)), NOW)
    assert [bar.count for bar in bars] == [2, 1, 1, 1, 1]
    assert [bar.late for bar in bars] == [False, False, False, True, True]
    assert max(bar.height for bar in bars) == 160.0


def test_nothing_promised_is_a_flat_line() -> None:
    assert {count for _, count in burn_down([], NOW).weeks} == {0}
