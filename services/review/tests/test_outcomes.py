"""Tickets, withdrawals and the clock, on a real Postgres: each verdict is said once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.commands.outcomes import conclude_due
from closeout_review.settings import ReviewSettings
from closeout_schemas.vocabulary import Outcome, TicketState

pytestmark = pytest.mark.integration
URL = f"/api/v1/postmortems/{e.POSTMORTEM}"
OPEN, COMPLETED = TicketState.OPEN, TicketState.COMPLETED
Hear = Callable[..., Awaitable[None]]
Said = Callable[[], Awaitable[Sequence[Any]]]


@pytest.fixture
async def items(http: httpx.AsyncClient, drafted: None, now: datetime) -> list[UUID]:
    """The two promises of a published postmortem."""
    draft = e.draft(now, e.item(now), e.item(now, text="Add a canary stage of 1 % to the checkout deploy"))
    await http.put(f"{URL}/draft", json=draft, headers={"If-Match": '"0"'})
    published = await http.post(f"{URL}/publish")
    assert published.status_code == 200, published.text
    return [UUID(one["item"]["id"]) for one in published.json()["items"]]


@pytest.fixture
async def verdicts(said: Said) -> Callable[[], Awaitable[list[tuple[Outcome, int]]]]:
    """The verdicts that were said, with how many items were open."""

    async def all_of_them() -> list[tuple[Outcome, int]]:
        return [(one.data.outcome, one.data.open_items) for one in await said() if hasattr(one.data, "outcome")]

    return all_of_them


async def month_four_begins(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE postmortem SET fails_at = now() - interval '1 hour'")


async def outcome(http: httpx.AsyncClient) -> str:
    return str((await http.get(URL)).json()["outcome"])


async def test_an_open_item_fails_it_once_by_the_databases_clock_and_closing_it_later_is_said(
    db: Database, settings: ReviewSettings, http: httpx.AsyncClient, hear: Hear, items: list[UUID], verdicts: Any
) -> None:
    await hear(e.ticket(items[0], COMPLETED, 1), e.ticket(items[1], OPEN, 1))
    await conclude_due(db, settings)
    assert await outcome(http) == "pending"

    await month_four_begins(db)
    await asyncio.gather(*(conclude_due(db, settings) for _ in range(3)))
    assert await outcome(http) == "failed"
    await hear(e.ticket(items[1], COMPLETED, 2, datetime.now(UTC)))
    assert await outcome(http) == "closed_late"
    await hear(e.ticket(items[1], OPEN, 3))
    assert await outcome(http) == "failed"
    await hear(e.ticket(items[1], COMPLETED, 4, datetime.now(UTC)))
    assert await outcome(http) == "closed_late"
    assert await verdicts() == [(Outcome.FAILED, 1), (Outcome.CLOSED_LATE, 0)]


async def test_an_older_ticket_changes_nothing(http: httpx.AsyncClient, hear: Hear, items: list[UUID]) -> None:
    await hear(e.ticket(items[0], COMPLETED, 5), e.ticket(items[1], COMPLETED, 5))
    await hear(e.ticket(items[0], OPEN, 3))
    assert await outcome(http) == "succeeded"


async def test_an_item_that_is_opened_again_takes_the_success_back_and_it_can_still_fail(
    db: Database, settings: ReviewSettings, http: httpx.AsyncClient, hear: Hear, items: list[UUID], verdicts: Any
) -> None:
    await hear(*(e.ticket(item, COMPLETED, 1) for item in items))
    assert await outcome(http) == "succeeded"
    await hear(e.ticket(items[0], OPEN, 2))
    assert await outcome(http) == "pending"
    await month_four_begins(db)
    await conclude_due(db, settings)
    assert await outcome(http) == "failed"
    assert await verdicts() == [(Outcome.SUCCEEDED, 0), (Outcome.FAILED, 1)]


async def test_what_shipped_in_time_is_a_success_though_we_heard_of_it_after_month_four(
    db: Database, http: httpx.AsyncClient, hear: Hear, items: list[UUID], verdicts: Any
) -> None:
    await month_four_begins(db)
    closed = datetime.now(UTC) - timedelta(hours=2)
    await hear(*(e.ticket(item, COMPLETED, 1, closed) for item in items))
    assert await outcome(http) == "succeeded"
    assert await verdicts() == [(Outcome.SUCCEEDED, 0)]


async def test_what_shipped_after_month_four_before_anybody_decided_failed_and_was_closed_late(
    db: Database, http: httpx.AsyncClient, hear: Hear, items: list[UUID], verdicts: Any
) -> None:
    await month_four_begins(db)
    await hear(*(e.ticket(item, COMPLETED, 1, datetime.now(UTC)) for item in items))
    assert await outcome(http) == "closed_late"
    assert [one for one, _ in await verdicts()] == [Outcome.FAILED, Outcome.CLOSED_LATE]


async def test_dropped_tickets_are_not_shipped(http: httpx.AsyncClient, hear: Hear, items: list[UUID]) -> None:
    dropped = e.ticket(items[0], COMPLETED, 2)
    gone = dropped.data.ticket.model_copy(update={"state": TicketState.WONT_DO})
    await hear(
        e.ticket(items[1], COMPLETED, 1),
        dropped.model_copy(update={"data": dropped.data.model_copy(update={"ticket": gone})}),
    )
    answer = (await http.get(URL)).json()
    assert (answer["outcome"], answer["open_items"]) == ("pending", 1)


async def test_a_withdrawn_item_is_kept_with_its_reason_and_no_longer_waited_for(
    http: httpx.AsyncClient, hear: Hear, items: list[UUID], said: Said
) -> None:
    await hear(e.ticket(items[0], COMPLETED, 1))
    for _ in range(2):
        answer = await http.post(f"{URL}/items/{items[1]}/withdraw", json={"reason": "The canary exists since March"})
        assert answer.status_code == 200
    assert answer.json()["items"][1]["withdrawn_reason"] == "The canary exists since March"
    assert answer.json()["outcome"] == "succeeded"
    kinds = [one.type.split(".")[2] for one in await said()]
    assert kinds[-2:] == ["action_item_withdrawn", "succeeded"]
    assert kinds.count("action_item_withdrawn") == 1


async def test_taking_everything_back_is_no_success(
    db: Database, settings: ReviewSettings, http: httpx.AsyncClient, items: list[UUID]
) -> None:
    for item in items:
        await http.post(f"{URL}/items/{item}/withdraw", json={"reason": "No time"})
    assert await outcome(http) == "pending"
    await month_four_begins(db)
    await conclude_due(db, settings)
    assert await outcome(http) == "failed"


async def test_what_has_shipped_cannot_be_withdrawn(http: httpx.AsyncClient, hear: Hear, items: list[UUID]) -> None:
    await hear(e.ticket(items[0], COMPLETED, 1))
    answer = await http.post(f"{URL}/items/{items[0]}/withdraw", json={"reason": "Never mind"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:closeout:problem:item-shipped")
    missing = await http.post(f"{URL}/items/{e.INCIDENT}/withdraw", json={"reason": "Never mind"})
    assert missing.status_code == 404


async def test_a_ticket_of_an_item_that_nobody_here_promised_is_kept_and_harms_nothing(
    http: httpx.AsyncClient, hear: Hear, drafted: None, said: Said
) -> None:
    await hear(e.ticket(e.INCIDENT, COMPLETED, 1))
    assert len(await said()) == 1


async def test_the_verdict_names_the_postmortem_as_it_was_published(hear: Hear, items: list[UUID], said: Said) -> None:
    await hear(e.reopened(), *(e.ticket(item, COMPLETED, 1) for item in items))
    about = (await said())[-1].data.postmortem
    assert about.title == "Checkout answered 502 for an hour"
    assert about.resolved_at == e.OPENED + timedelta(hours=1)
