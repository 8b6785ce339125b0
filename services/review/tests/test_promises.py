"""What may happen to a promise after its publication: each change has a reason, and is kept, shown and said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import pytest

from closeout_chassis.db import Database
from closeout_judgement.taxonomy import published
from closeout_review import testing as e
from closeout_review.api.problems import Documented
from closeout_review.app import open_doors
from closeout_review.commands.as_markdown import markdown
from closeout_review.commands.indexing import catch_up
from closeout_review.commands.postmortems import postmortem
from closeout_review.settings import ReviewSettings
from closeout_review.testing import Page
from closeout_schemas.directory import KnownParty
from closeout_schemas.tickets import Comment, Snooze
from closeout_schemas.vocabulary import TicketState

pytestmark = pytest.mark.integration
URL, PAGE = f"/api/v1/postmortems/{e.POSTMORTEM}", f"/postmortems/{e.POSTMORTEM}"
Hear = Callable[..., Awaitable[None]]
Said = Callable[[], Awaitable[Sequence[Any]]]
WHY = {"reason": "The vendor is late", "by": "Alex"}


@pytest.fixture
async def items(http: httpx.AsyncClient, drafted: None, now: datetime) -> list[UUID]:
    """The three promises of a published postmortem."""
    draft = e.draft(now, *(e.item(now, text=f"Add an alert on queue {n} above 500 jobs") for n in range(3)))
    await http.put(f"{URL}/draft", json=draft, headers={"If-Match": '"0"'})
    published = await http.post(f"{URL}/publish")
    assert published.status_code == 200, published.text
    return [UUID(one["item"]["id"]) for one in published.json()["items"]]


async def change(http: httpx.AsyncClient, which: UUID, deed: str, status: int = 200, **body: Any) -> Any:
    answer = await http.post(f"{URL}/items/{which}/{deed}", json=WHY | body)
    assert answer.status_code == status, answer.text
    return answer.json()


def later(now: datetime, weeks: int) -> str:
    return e.week_of((now + timedelta(weeks=weeks)).date())


async def test_a_new_target_has_a_reason_and_each_slip_is_counted_and_said(
    db: Database, settings: ReviewSettings, http: httpx.AsyncClient, items: list[UUID], now: datetime, said: Said
) -> None:
    await change(http, items[0], "retarget", target=later(now, 5))
    await change(http, items[0], "retarget", target=later(now, 5))
    await change(http, items[0], "retarget", target=later(now, 1))
    answer = await change(http, items[0], "retarget", target="Sprint 12", reason="Planned into the sprint")
    item = answer["items"][0]
    assert [(one["was"], one["becomes"], one["slipped"]) for one in item["changes"]] == [
        (later(now, 3), later(now, 5), True),
        (later(now, 5), later(now, 1), False),
        (later(now, 1), "Sprint 12", True),
    ]
    assert (item["slips"], item["item"]["target"]["value"]) == (2, "Sprint 12")
    assert item["changes"][0] | {"at": ""} == item["changes"][0] | {"at": "", "by": "Alex", "reason": WHY["reason"]}
    async with db.reading() as conn:
        exported = markdown(await postmortem(conn, settings, e.POSTMORTEM), settings.zone)
    assert f"   - retargeted from {later(now, 3)} to {later(now, 5)}, a slip by Alex: The vendor is late" in exported
    # The draft stays as it was published.
    assert answer["draft"]["action_items"][0]["target"] == later(now, 3)
    told = [one.data for one in await said() if one.type.endswith("action_item_changed.v1")]
    assert [(one.number, one.slipped, one.was_target.value) for one in told] == [
        (1, True, later(now, 3)),
        (2, False, later(now, 5)),
        (3, True, later(now, 1)),
    ]


async def test_a_change_passes_the_same_gate_and_refuses_with_the_same_codes(
    http: httpx.AsyncClient, items: list[UUID], now: datetime
) -> None:
    soon = await change(http, items[0], "retarget", 422, target="soon")
    team = await change(http, items[0], "reassign", 422, owner="Payments")
    vague = await change(http, items[0], "replace", 422, item=e.item(now, text="Improve monitoring"))
    codes = [one["refusals"][0]["code"] for one in (soon, team, vague)]
    assert codes == ["target-unknown", "owner-is-team", "action-item-vague"]
    assert vague["refusals"][0]["where"] == "item[0].text"
    assert (await change(http, items[0], "retarget", 422, target=later(now, 5), reason=" "))["type"].endswith("request")
    assert all(not one["changes"] for one in (await http.get(URL)).json()["items"])


async def test_another_owner_is_one_whom_the_tracker_knows(
    http: httpx.AsyncClient, items: list[UUID], said: Said
) -> None:
    answer = await change(http, items[1], "reassign", owner="sam oncall", reason="Alex has left")
    item = answer["items"][1]["item"]
    assert (item["owner"]["name"], item["owner"]["handles"]["github"]) == ("Sam Oncall", "samo")
    last = (await said())[-1].data
    assert (last.change, last.was_owner.name, last.item.owner.name) == ("reassigned", "Alex Responder", "Sam Oncall")


async def test_what_is_replaced_stays_shown_and_three_stay_three(
    db: Database, http: httpx.AsyncClient, items: list[UUID], now: datetime, said: Said
) -> None:
    other = e.item(now, text="Limit the retries of the checkout client to 5")
    answers = await asyncio.gather(*(change(http, items[1], "replace", item=other) for _ in range(3)))
    shown = answers[0]["items"]
    assert [(one["item"]["position"], one["withdrawn_at"] is None) for one in shown] == [
        (1, True),
        (2, False),
        (2, True),
        (3, True),
    ]
    assert shown[1]["replaced_by"] == shown[2]["item"]["id"]
    assert shown[2]["item"]["replaces"] == str(items[1])
    kinds = [one.type.split(".")[2] for one in await said()]
    assert kinds[-2:] == ["action_item_withdrawn", "action_item_committed"]
    assert kinds.count("action_item_committed") == 4
    problem = await change(http, items[1], "replace", 409, item=e.item(now, text="Add a canary of 1 % to the deploy"))
    assert problem["type"] == "urn:closeout:problem:item-withdrawn"
    async with db.transaction() as tx:
        with pytest.raises(asyncpg.UniqueViolationError):
            await tx.conn.execute(
                "INSERT INTO action_item (id, postmortem_id, position, item) VALUES (gen_random_uuid(), $1, 2, '{}')",
                e.POSTMORTEM,
            )


async def test_a_dropped_ticket_leads_to_success_when_its_replacement_ships(
    http: httpx.AsyncClient, hear: Hear, items: list[UUID], now: datetime
) -> None:
    gone = e.ticket(items[0], TicketState.OPEN, 2).data.ticket.model_copy(update={"state": TicketState.WONT_DO})
    event = e.ticket(items[0], TicketState.OPEN, 2)
    await hear(event.model_copy(update={"data": event.data.model_copy(update={"ticket": gone})}))
    replaced = await change(http, items[0], "replace", item=e.item(now, text="Limit the retries of checkout to 5"))
    new = UUID(replaced["items"][1]["item"]["id"])
    await hear(*(e.ticket(item, TicketState.COMPLETED, 3) for item in (new, items[1], items[2])))
    assert (await http.get(URL)).json()["outcome"] == "succeeded"


async def test_what_has_shipped_or_was_taken_back_does_not_change(
    http: httpx.AsyncClient, hear: Hear, items: list[UUID], now: datetime
) -> None:
    await hear(e.ticket(items[0], TicketState.COMPLETED, 1))
    shipped = await change(http, items[0], "retarget", 409, target=later(now, 5))
    await change(http, items[1], "withdraw")
    gone = await change(http, items[1], "reassign", 409, owner="@samo")
    assert [one["type"].rpartition(":")[2] for one in (shipped, gone)] == ["item-shipped", "item-withdrawn"]


async def test_the_database_keeps_every_change(
    db: Database, http: httpx.AsyncClient, items: list[UUID], now: datetime
) -> None:
    await change(http, items[0], "retarget", target=later(now, 5))
    for statement in ("UPDATE item_change SET reason = 'none'", "DELETE FROM item_change", "TRUNCATE item_change"):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with db.transaction() as tx:
                await tx.conn.execute(statement)


async def test_the_page_changes_a_promise_and_brings_a_refused_form_back_as_it_was_typed(
    http: httpx.AsyncClient, items: list[UUID], now: datetime
) -> None:
    browser = {"Origin": "http://closeout.test", "Accept": "text/html"}
    where = f"{PAGE}/items/{items[0]}"
    typed = {"target": "soon", "reason": "The vendor <b>is</b> late", "by": "Alex"}
    refused = await http.post(f"{where}/retarget", data=typed, headers=browser)
    assert refused.status_code == 422
    shown = Page(refused.text)
    assert "target-unknown" in shown.text
    assert ("reason", typed["reason"]) in shown.fields
    done = await http.post(f"{where}/retarget", data=typed | {"target": later(now, 6)}, headers=browser)
    assert (done.status_code, done.headers["Location"]) == (303, f"{PAGE}#item-{items[0]}")
    replacement = e.item(now, text="Limit the retries of the checkout client to 5")
    done = await http.post(f"{PAGE}/items/{items[1]}/replace", data=replacement | typed, headers=browser)
    assert done.status_code == 422
    done = await http.post(f"{PAGE}/items/{items[1]}/replace", data=typed | replacement, headers=browser)
    assert done.status_code == 303
    page = Page((await http.get(PAGE)).text)
    assert f"put off from {later(now, 3)} to {later(now, 6)}" in page.text
    assert "slipped once" in page.text
    assert "The vendor <b>is</b> late" in page.text
    assert f"#item-{items[1]}" not in page.links
    assert "replaced" in page.text
    missing = await http.post(f"{where}/reassign", data={"owner": "@samo"}, headers=browser)
    assert missing.status_code == 422


async def test_the_page_says_who_has_left_and_which_sprint_is_gone(
    http: httpx.AsyncClient, hear: Hear, items: list[UUID], now: datetime
) -> None:
    await change(http, items[1], "retarget", target="Sprint 12")
    only_sam = (KnownParty(vendor=e.GITHUB, vendor_id="samo", name="Sam Oncall", email="sam@example.com"),)
    await hear(e.described(now + timedelta(minutes=1), assignable=only_sam, milestones=()))
    text = Page((await http.get(PAGE)).text).text
    assert "cannot be assigned anything in github:acme/payments any more" in text
    assert "github:acme/payments has no “Sprint 12” any more" in text


@asynccontextmanager
async def closeout_in(zone: str, db: Database) -> AsyncIterator[httpx.AsyncClient]:
    """The service of an organisation in that time zone."""
    app = Documented(openapi_url="/api/openapi.json")
    settings = ReviewSettings(public_url="http://closeout.test", default_project=e.PROJECT, time_zone=zone)
    open_doors(app, settings, db)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://closeout.test") as http:
        yield http


async def test_what_a_tracker_says_of_the_year_1_takes_no_page_down(
    db: Database, hear: Hear, items: list[UUID]
) -> None:
    zero = datetime(1, 1, 1, tzinfo=UTC)
    said = Comment(id="1", by="sam-oncall", at=zero, text="Waits for the vendor")
    await hear(e.ticket(items[0], TicketState.COMPLETED, 2, zero, comments=(said,)))
    await catch_up(db, published())
    async with closeout_in("America/New_York", db) as http:
        page = await http.get(PAGE)
        like = await http.get("/promised-before", params={"text": "Add an alert on queue 0 above 500 jobs"})
    assert (page.status_code, like.status_code) == (200, 200)
    assert "Waits for the vendor" in page.text
    assert "shipped on 0001-01-01" in " ".join(like.text.split())


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Pacific/Kiritimati"])
async def test_a_snooze_ends_by_the_organisations_calendar(
    db: Database, hear: Hear, items: list[UUID], zone: str
) -> None:
    # In one of these it is always another day than in UTC.
    def today() -> date:
        return datetime.now(ZoneInfo(zone)).date()

    async with closeout_in(zone, db) as http:
        for days in (0, 1):
            began = today()
            snooze = Snooze(until=began + timedelta(days=days), reason="On leave", at=datetime.now(UTC))
            await hear(e.ticket(items[0], TicketState.OPEN, 2 + days, snooze=snooze))
            shown = "Nobody is reminded until" in (await http.get(PAGE)).text
            # Where midnight came meanwhile, the page may be of either day.
            assert shown in {snooze.until > began, snooze.until > today()}


async def test_the_page_says_which_promise_is_past_its_target_until_it_has_shipped(
    db: Database, http: httpx.AsyncClient, hear: Hear, items: list[UUID], now: datetime
) -> None:
    ended = (now - timedelta(days=10)).date().isoformat()
    async with db.transaction() as tx:
        await tx.conn.execute(PUT_IN_THE_PAST, items[:2], ended)
    await hear(e.ticket(items[1], TicketState.COMPLETED, 2, now))

    text = Page((await http.get(PAGE)).text).text

    assert text.count("d past its target") == 1


PUT_IN_THE_PAST = """UPDATE action_item SET item = jsonb_set(item, '{target,due_on}', to_jsonb($2::text))
    WHERE id = ANY($1)"""
