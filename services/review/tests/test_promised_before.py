"""While an action item is being typed, the writer is told that it was promised before, and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_judgement.documents.document import Document
from closeout_judgement.documents.reading import read
from closeout_judgement.taxonomy import published
from closeout_review import testing as e
from closeout_review.commands.importing import take_in
from closeout_review.commands.indexing import catch_up
from closeout_review.commands.promised_before import promised_before
from closeout_review.settings import ReviewSettings
from closeout_schemas.vocabulary import TicketState, derived_id

pytestmark = pytest.mark.integration
OLD = """# Card gateway down

2024-03-12

## Action items

- [ ] Alert two weeks before the gateway's certificate expires (owner: Sam Sample)
- [x] Write down how to fail over the order database
"""


async def like(http: httpx.AsyncClient, text: str, **more: str) -> list[dict[str, object]]:
    answer = await http.get("/api/v1/promises/like", params={"text": text, **more})
    found: list[dict[str, object]] = answer.json()["promised_before"]
    return found


async def test_an_imported_promise_is_told_in_other_words_with_what_is_known_of_it(
    http: httpx.AsyncClient, db: Database
) -> None:
    [document] = read("old/2024.md", OLD.encode())
    assert isinstance(document, Document)
    for _ in range(2):
        async with db.transaction() as tx:
            await take_in([document], tx)

    [told] = await like(http, "Alarm when gateway certs are about to expire")
    assert (told["state"], told["owner"], told["promised_on"]) == ("open", "Sam Sample", "2024-03-12")
    assert str(told["review_url"]).startswith("http://closeout.test/imported/")
    [done] = await like(http, "Document the failover of the order database")
    assert done["state"] == "completed"
    assert await like(http, "Alert on the queue of the mailer") == []
    assert await like(http, "") == []
    part = (
        await http.get("/promised-before", params={"action_items-1-text": "alert: gateway certificate expires"})
    ).text
    assert "Promised before on 2024-03-12" in part


async def test_our_own_promise_is_told_to_other_reviews_only_with_its_state(
    hear: Callable[..., Awaitable[None]], http: httpx.AsyncClient, now: datetime, drafted: None, db: Database
) -> None:
    url = f"/api/v1/postmortems/{e.POSTMORTEM}"
    await http.put(f"{url}/draft", json=e.draft(now, e.item(now)), headers={"If-Match": '"0"'})
    text = (await http.post(f"{url}/publish")).json()["items"][0]["item"]["text"]
    await catch_up(db, published())

    [told] = await like(http, text)
    assert told["state"] == "wanted"
    assert told["review_url"] == f"http://closeout.test/postmortems/{e.POSTMORTEM}"
    assert await like(http, text, without=str(e.POSTMORTEM)) == []


async def test_it_is_told_by_the_organisations_calendar(
    hear: Callable[..., Awaitable[None]], http: httpx.AsyncClient, now: datetime, drafted: None, db: Database
) -> None:
    url = f"/api/v1/postmortems/{e.POSTMORTEM}"
    await http.put(f"{url}/draft", json=e.draft(now, e.item(now)), headers={"If-Match": '"0"'})
    item = (await http.post(f"{url}/publish")).json()["items"][0]["item"]
    await hear(e.ticket(item["id"], TicketState.COMPLETED, 2, now))
    await catch_up(db, published())

    # Each moment lies on another day in one of these than in UTC.
    for zone in ("Etc/GMT+12", "Pacific/Kiritimati"):
        settings = ReviewSettings(public_url="http://closeout.test", time_zone=zone)
        async with db.reading() as conn:
            [told] = await promised_before(conn, settings, item["text"])
            committed_at = await conn.fetchval("SELECT committed_at FROM action_item")
        days = tuple(at.astimezone(settings.zone).date() for at in (committed_at, now))
        assert (told.promised_on, told.shipped_on) == days


async def test_what_one_may_not_see_takes_nothings_place(
    hear: Callable[..., Awaitable[None]],
    http: httpx.AsyncClient,
    settings: ReviewSettings,
    now: datetime,
    drafted: None,
    db: Database,
) -> None:
    url, other = f"/api/v1/postmortems/{e.POSTMORTEM}", derived_id("incident", "pagerduty", "Q2")
    await http.put(f"{url}/draft", json=e.draft(now, e.item(now)), headers={"If-Match": '"0"'})
    text = (await http.post(f"{url}/publish")).json()["items"][0]["item"]["text"]
    await catch_up(db, published())
    await hear(e.resolved(id=other, vendor_id="Q2"))
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE incident SET restricted = true WHERE id = $1", other)
        await tx.conn.execute(
            "INSERT INTO promise_index (id, review_id, imported, place, words) SELECT"
            " ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, $1, false, n, words"
            " FROM promise_index, generate_series(1, 30) AS n",
            derived_id("postmortem", str(other)),
        )
        await tx.conn.execute("SELECT set_config('closeout.viewer', '{role:reader}', true)")
        found = await promised_before(tx.conn, settings, text)
    assert [one.text for one in found] == [text]
