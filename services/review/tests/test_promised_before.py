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
