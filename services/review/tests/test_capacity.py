"""Before anything is promised: what owner, team and target hold already, and what would pass, one click each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.testing import Page
from closeout_schemas.directory import KnownService, Milestone, ServiceDescribed
from closeout_schemas.vocabulary import TicketState, derived_id

pytestmark = pytest.mark.integration
URL = f"/api/v1/postmortems/{e.POSTMORTEM}"
BROWSER = {"Origin": "http://closeout.test", "Accept": "text/html"}
Hear = Callable[..., Awaitable[None]]
OTHER = derived_id("incident", "pagerduty", "Q2")
OTHER_URL, OTHER_PAGE = (f"{root}/postmortems/{derived_id('postmortem', str(OTHER))}" for root in ("/api/v1", ""))


def described(service: str, now: datetime) -> ServiceDescribed:
    data = KnownService(vendor=e.PAGERDUTY, vendor_id=service, name=service, teams=("Payments",), described_at=now)
    event_id = derived_id("described", service)
    return ServiceDescribed(id=event_id, source="/test", subject=f"pagerduty:service:{service}", time=now, data=data)


@pytest.fixture
async def promised(http: httpx.AsyncClient, hear: Hear, drafted: None, now: datetime) -> list[UUID]:
    """Three promises of the same team, two of them Alex's, in another review; then a second incident of it."""
    milestone = Milestone(title="Sprint 12", due_on=(now + timedelta(days=20)).date(), open_tickets=17)
    later = datetime.now(now.tzinfo)
    await hear(e.described(later, milestones=(milestone,)), described("PSVC", now), described("POTHER", now))
    items = [e.item(now, text=f"Add an alert on queue {n} above 500 jobs", target="Sprint 12") for n in range(3)]
    draft = e.draft(now, *items[:2], items[2] | {"owner": "@samo"})
    await http.put(f"{URL}/draft", json=draft, headers={"If-Match": "*"})
    published = await http.post(f"{URL}/publish")
    service = {"vendor_id": "POTHER", "name": "ledger"}
    values: dict[str, Any] = {"id": OTHER, "vendor_id": "Q2", "title": "Ledger is slow", "service": service}
    await hear(e.opened(**values), e.noted("Restarting the ledger", 4, **values), e.resolved(**values))
    return [UUID(one["item"]["id"]) for one in published.json()["items"]]


async def test_the_gate_shows_what_owner_and_target_hold_already(
    http: httpx.AsyncClient, hear: Hear, promised: list[UUID], now: datetime
) -> None:
    await hear(e.ticket(promised[0], TicketState.COMPLETED, 1))
    items = [e.item(now, target="sprint 12"), e.item(now, owner="nobody known", target="soon")]
    await http.put(f"{OTHER_URL}/draft", json=e.draft(now, *items), headers={"If-Match": "*"})
    first, second = (await http.get(f"{OTHER_URL}/gate")).json()["capacity"]["items"]
    assert (first["owner"], first["load"]["open"], first["load"]["overdue"]) == ("Alex Responder", 1, 0)
    assert (first["target"], first["in_target"], first["in_tracker"]) == ("Sprint 12", 2, 17)
    assert second == {
        "owner": None,
        "load": {"open": 0, "overdue": 0, "oldest_at": None},
        "target": None,
        "in_target": 0,
        "in_tracker": None,
    }
    text = " ".join(Page((await http.get(OTHER_PAGE)).text).text.split())
    assert "Alex Responder has 1 other open promise, the oldest since" in text
    assert "Sprint 12 holds 2 other open promises and, by the tracker's count, 17 open tickets." in text


async def test_the_teams_share_counts_what_was_due_and_what_was_taken_back(
    db: Database, http: httpx.AsyncClient, hear: Hear, promised: list[UUID], now: datetime
) -> None:
    assert (await http.get(f"{OTHER_URL}/gate")).json()["capacity"]["team"] is None
    due = (now - timedelta(days=10)).date().isoformat()
    async with db.transaction() as tx:
        await tx.conn.execute(
            "UPDATE action_item SET item = jsonb_set(item, '{target,due_on}', to_jsonb($1::text))", due
        )
    await hear(e.ticket(promised[0], TicketState.COMPLETED, 1))
    await http.post(f"{URL}/items/{promised[1]}/withdraw", json={"reason": "No time"})
    team = (await http.get(f"{OTHER_URL}/gate")).json()["capacity"]["team"]
    assert team == {"team": "Payments", "due": 3, "shipped": 1}
    text = " ".join(Page((await http.get(OTHER_PAGE)).text).text.split())
    assert "Of 3 promises of Payments that were due in the last 90 days, 1 has shipped." in text


async def test_owner_target_and_criterion_are_offered_from_facts_and_taken_with_one_click(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    page = f"/postmortems/{e.POSTMORTEM}"
    bare = e.draft(now, {"text": "Add an alert on checkout p99 latency above 500 ms over 5 minutes"})
    await http.put(f"{URL}/draft", json=bare, headers={"If-Match": "*"})
    refusals = {one["code"]: one["mend"]["choices"] for one in (await http.get(f"{URL}/gate")).json()["refusals"]}
    assert set(refusals) == {"owner-missing", "target-missing", "criterion-missing"}
    assert refusals["owner-missing"] == ["@alexr"]
    assert refusals["target-missing"][0] == "Sprint 12"
    for code in refusals:
        shown = Page((await http.get(page)).text)
        button = next(value for value in shown.buttons if value.startswith(f"choose0:{code}:"))
        data: dict[str, list[str]] = {}
        for name, value in [*shown.fields, ("do", button)]:
            data.setdefault(name, []).append(value)
        assert (await http.post(page, data=data, headers=BROWSER)).status_code == 303
    answer = (await http.get(URL)).json()
    assert answer["refusals"] == []
    assert answer["draft"]["action_items"][0]["owner"] == "@alexr"
    assert (await http.post(f"{URL}/publish")).status_code == 200
