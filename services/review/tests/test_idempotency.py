"""A request that is sent again with its Idempotency-Key is answered as it was, and does nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.api import access, beside
from closeout_review.commands.access import drop_what_has_expired
from closeout_review.settings import ReviewSettings

pytestmark = pytest.mark.integration
TOKENS = "/api/v1/tokens"
WANTED = {"name": "ci", "scopes": ["read"]}
Hear = Callable[..., Awaitable[None]]


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


async def made(http: httpx.AsyncClient) -> int:
    return len((await http.get(TOKENS)).json()["tokens"])


async def test_a_secret_is_made_once_and_told_once(http: httpx.AsyncClient, db: Database) -> None:
    first = await http.post(TOKENS, json=WANTED, headers=key("one"))
    again = await http.post(TOKENS, json=WANTED, headers=key("one"))
    assert (first.status_code, first.headers["cache-control"]) == (201, "no-store")
    assert (again.status_code, again.json()["type"]) == (409, "urn:closeout:problem:told-once")
    assert await made(http) == 1
    async with db.reading() as conn:
        kept = b"".join([row["body"] for row in await conn.fetch("SELECT body FROM kept_answer")]).decode()
    assert "told-once" in kept
    assert first.json()["secret"] not in kept
    await http.post(TOKENS, json=WANTED, headers=key("two"))
    await http.post(TOKENS, json=WANTED)
    assert await made(http) == 3


async def test_whoever_dies_before_they_told_a_secret_has_made_it(http: httpx.AsyncClient, db: Database) -> None:
    await http.post(TOKENS, json=WANTED, headers=key("one"))
    async with db.transaction() as tx:
        # As it is before the answer is kept, two minutes ago.
        await tx.conn.execute(
            "UPDATE kept_answer SET status = NULL, headers = NULL, body = NULL, begun_at = now() - interval '2 minutes'"
        )
    again = await http.post(TOKENS, json=WANTED, headers=key("one"))
    other = await http.post(TOKENS, json=WANTED | {"name": "other"}, headers=key("one"))
    assert (again.status_code, again.json()["type"]) == (409, "urn:closeout:problem:told-once")
    assert other.status_code == 422
    assert await made(http) == 1


async def test_a_secret_whose_answer_failed_is_made_once(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = access._listed
    monkeypatch.setattr(access, "_listed", lambda _token: 1 / 0)
    assert (await http.post(TOKENS, json=WANTED, headers=key("one"))).status_code == 500
    monkeypatch.setattr(access, "_listed", listed)
    again = await http.post(TOKENS, json=WANTED, headers=key("one"))
    assert (again.status_code, again.json()["type"]) == (409, "urn:closeout:problem:told-once")
    assert await made(http) == 1


async def test_many_at_once_do_it_once(http: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(http.post(TOKENS, json=WANTED, headers=key("one")) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409, 409]
    for one in answers:
        if one.json().get("type") == "urn:closeout:problem:still-being-answered":
            assert one.headers["retry-after"] == "1"
    assert await made(http) == 1


async def test_a_key_is_one_requests(http: httpx.AsyncClient) -> None:
    await http.post(TOKENS, json=WANTED, headers=key("one"))
    other = await http.post(TOKENS, json=WANTED | {"name": "other"}, headers=key("one"))
    assert (other.status_code, other.json()["type"]) == (422, "urn:closeout:problem:idempotency-key-reused")
    elsewhere = await http.delete(f"{TOKENS}/{e.INCIDENT}", headers=key("one"))
    assert elsewhere.status_code == 422


async def test_keys_of_two_principals_have_nothing_to_do_with_each_other(http: httpx.AsyncClient, db: Database) -> None:
    mine = await http.post(TOKENS, json=WANTED, headers=key("one"))
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE kept_answer SET principal_id = gen_random_uuid()")
    theirs = await http.post(TOKENS, json=WANTED, headers=key("one"))
    assert mine.json()["secret"] != theirs.json()["secret"]


async def test_a_refusal_is_kept_and_what_was_not_done_is_not(
    http: httpx.AsyncClient, drafted: None, now: datetime, db: Database
) -> None:
    draft = f"/api/v1/postmortems/{e.POSTMORTEM}/draft"
    over = key("one") | {"If-Match": '"0"'}
    saved = await http.put(draft, json=e.draft(now), headers=over)
    again = await http.put(draft, json=e.draft(now), headers=over)
    # Without the key it would be refused: somebody, it itself, has saved meanwhile.
    assert (saved.status_code, again.status_code, again.headers["etag"]) == (200, 200, saved.headers["etag"])
    assert ("idempotency-replayed" in saved.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert again.text == saved.text
    for _ in range(2):
        late = await http.put(draft, json=e.draft(now), headers=key("two") | {"If-Match": '"0"'})
        assert late.status_code == 412
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE kept_answer SET status = NULL, begun_at = now() - interval '2 minutes'")
    # Whoever began to answer them has died. What was not done is answered now, and what was done is not done again.
    late = await http.put(draft, json=e.draft(now), headers=key("two") | {"If-Match": '"0"'})
    lost = await http.put(draft, json=e.draft(now), headers=over)
    assert (late.status_code, lost.status_code, lost.json()["type"]) == (412, 409, "urn:closeout:problem:answer-lost")


async def test_whoever_dies_over_the_answer_has_done_it_once(
    http: httpx.AsyncClient, drafted: None, now: datetime, db: Database
) -> None:
    entries = f"/api/v1/incidents/{e.INCIDENT}/entries"
    wanted = {"text": "Called the vendor", "occurred_at": now.isoformat()}
    assert (await http.post(entries, json=wanted, headers=key("one"))).status_code == 200
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE kept_answer SET status = NULL, headers = NULL, body = NULL")
    soon = await http.post(entries, json=wanted, headers=key("one"))
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE kept_answer SET begun_at = now() - interval '2 minutes'")
    later = await http.post(entries, json=wanted, headers=key("one"))
    types = [one.json()["type"].rpartition(":")[2] for one in (soon, later)]
    assert types == ["still-being-answered", "answer-lost"]
    assert (await http.get(f"/api/v1/incidents/{e.INCIDENT}")).text.count("Called the vendor") == 1


async def test_what_was_done_and_not_answered_for_a_defect_is_not_done_again(
    http: httpx.AsyncClient, drafted: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = f"/api/v1/incidents/{e.INCIDENT}/entries"
    wanted = {"text": "Called the vendor", "occurred_at": now.isoformat()}
    with monkeypatch.context() as broken:
        broken.setattr(beside, "entry_answer", lambda *_: 1 / 0)
        assert (await http.post(entries, json=wanted, headers=key("one"))).status_code == 500
    again = await http.post(entries, json=wanted, headers=key("one"))
    assert (again.status_code, again.json()["type"]) == (409, "urn:closeout:problem:answer-lost")
    assert (await http.get(f"/api/v1/incidents/{e.INCIDENT}")).text.count("Called the vendor") == 1


async def test_an_answer_is_kept_for_a_while(http: httpx.AsyncClient, db: Database, settings: ReviewSettings) -> None:
    await http.post(TOKENS, json=WANTED, headers=key("one"))
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE kept_answer SET begun_at = now() - interval '25 hours'")
    await http.post(TOKENS, json=WANTED, headers=key("one"))
    assert await made(http) == 2
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE kept_answer SET begun_at = now() - interval '25 hours'")
    await drop_what_has_expired(db, settings)
    async with db.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM kept_answer") == 0


@pytest.mark.parametrize("name", ["", "x" * 201, "a\tb"])
async def test_a_key_that_is_none_is_refused(http: httpx.AsyncClient, name: str) -> None:
    answer = await http.post(TOKENS, json=WANTED, headers=key(name))
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:closeout:problem:bad-idempotency-key")
