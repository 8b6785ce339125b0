"""From the incident's events to a succeeded postmortem, over the service's own doors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from closeout_review import testing as e
from closeout_schemas.vocabulary import TicketState

pytestmark = pytest.mark.integration
URL = f"/api/v1/postmortems/{e.POSTMORTEM}"


async def put(http: httpx.AsyncClient, draft: dict[str, Any], revision: int = 0) -> httpx.Response:
    return await http.put(f"{URL}/draft", json=draft, headers={"If-Match": f'"{revision}"'})


async def test_an_incident_ends_as_a_succeeded_postmortem(
    http: httpx.AsyncClient,
    hear: Callable[..., Awaitable[None]],
    said: Callable[[], Awaitable[Sequence[Any]]],
    drafted: None,
    now: datetime,
) -> None:
    saved = await put(http, e.draft(now, e.item(now), e.item(now, owner="sam@example.com", target="Sprint 12")))
    assert saved.status_code == 200, saved.text
    assert saved.json()["refusals"] == []

    published = await http.post(f"{URL}/publish")
    assert published.status_code == 200, published.text
    items = [UUID(one["item"]["id"]) for one in published.json()["items"]]
    assert len(items) == 2

    await hear(*(e.ticket(one, TicketState.OPEN, 1) for one in items))
    await hear(e.ticket(items[0], TicketState.COMPLETED, 2))
    assert (await http.get(URL)).json()["outcome"] == "pending"
    await hear(e.ticket(items[1], TicketState.COMPLETED, 2))

    after = (await http.get(URL)).json()
    assert after["outcome"] == "succeeded"
    assert after["open_items"] == 0
    assert [one["ticket"]["url"] for one in after["items"]] == ["https://github.com/acme/payments/issues/12"] * 2
    assert [one.type.removeprefix("closeout.postmortem.") for one in await said()] == [
        "drafted.v1",
        "published.v1",
        "action_item_committed.v1",
        "action_item_committed.v1",
        "succeeded.v1",
    ]
