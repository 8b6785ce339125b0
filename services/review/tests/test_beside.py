"""What stands beside a timeline, what people add to one, and the one thing that may be taken out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.commands.timelines import verify_timelines
from closeout_review.testing import Page

pytestmark = pytest.mark.integration
PAGE = f"/postmortems/{e.POSTMORTEM}"
API = f"/api/v1/postmortems/{e.POSTMORTEM}"
GUESS = e.entry("note", "I think it is the cache", 4)
ENTRY = f"/api/v1/timeline/{GUESS.id}"
Hear = Callable[..., Awaitable[None]]


@pytest.fixture
async def night(hear: Hear, now: datetime) -> None:
    """A wrong guess that was taken back."""
    await hear(
        *e.everybody(now), e.opened(), e.noted(GUESS.text, 4), e.noted("No, it is not the cache", 9, 3), e.resolved()
    )


async def page(http: httpx.AsyncClient, url: str = PAGE) -> Page:
    answer = await http.get(url, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


async def post(http: httpx.AsyncClient, url: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = await http.post(url, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def published(http: httpx.AsyncClient, now: datetime) -> None:
    answer = await http.put(f"{API}/draft", json=e.draft(now), headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    await post(http, f"{API}/publish", {})


async def test_an_annotation_stands_beside_the_entry_and_never_over_it(
    http: httpx.AsyncClient, db: Database, night: None
) -> None:
    body = {"kind": "confusion", "note": "Two dashboards disagreed", "by": "Robin Reviewer"}
    (said,) = (await post(http, f"{ENTRY}/annotations", body))["annotations"]
    await post(http, f"{ENTRY}/annotations", body)

    answer = (await http.get(API)).json()
    assert [one["note"] for one in answer["annotations"]] == ["Two dashboards disagreed"]
    assert answer["timeline"][1]["entry"]["text"] == GUESS.text
    assert "Two dashboards disagreed — Robin Reviewer" in (await page(http)).text
    assert await verify_timelines(db) == []

    await post(http, f"{ENTRY}/annotations/{said['id']}/take-back", {"by": "Robin Reviewer"})
    (kept,) = (await http.get(ENTRY)).json()["annotations"]
    assert kept["taken_back_by"] == "Robin Reviewer"
    assert "Two dashboards disagreed" not in (await page(http)).text


async def test_a_suggestion_says_why_and_is_taken_over_or_not_made_again(http: httpx.AsyncClient, night: None) -> None:
    (suggested,) = (await http.get(API)).json()["suggestions"]["annotations"]
    assert (suggested["kind"], suggested["entry_id"]) == ("wrong_hypothesis", str(GUESS.id))
    assert "“No, it is not the cache”" in suggested["reason"]
    shown = await page(http)
    assert "Perhaps a wrong hypothesis" in shown.text

    url = f"/entries/{GUESS.id}"
    assert (await http.post(url, data={"do": "dismiss:wrong_hypothesis"})).status_code == 303
    assert "Perhaps a wrong hypothesis" not in (await page(http)).text

    taken = await http.post(url, data={"do": "accept:wrong_hypothesis"})
    assert taken.headers["location"] == f"{PAGE}?at={GUESS.id}#entry-{GUESS.id}"
    (annotation,) = (await http.get(API)).json()["annotations"]
    assert annotation["kind"] == "wrong_hypothesis"


async def test_a_redaction_leaves_a_tombstone_and_the_chain_still_verifies(
    http: httpx.AsyncClient, db: Database, night: None, now: datetime
) -> None:
    await published(http, now)
    body = {"what": "secret", "why": "A token was pasted", "by": "Robin Reviewer"}
    for _ in range(2):
        gone = await post(http, f"{ENTRY}/redact", body)
        assert gone["entry"]["text"] == ""
        assert (gone["redacted"]["by"], gone["redacted"]["why"]) == ("Robin Reviewer", "A token was pasted")

    shown = await page(http)
    assert GUESS.text not in shown.text
    assert "by Robin Reviewer: A token was pasted" in shown.text
    assert "but for the words of 1 that were redacted" in shown.text
    assert "holds" in shown.text
    entries = (await http.get(API)).json()["timeline"]
    assert [link["entry"]["kind"] for link in entries] == ["opened", "note", "note", "resolved", "redacted"]
    assert await verify_timelines(db) == []
    async with db.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM timeline_content WHERE entry_id = $1", GUESS.id) == 0


async def test_words_go_only_where_a_tombstone_stands_and_no_tombstone_goes(
    http: httpx.AsyncClient, db: Database, night: None
) -> None:
    await post(http, f"{ENTRY}/redact", {"what": "personal_data", "why": "A customer's address"})
    for statement in ("DELETE FROM timeline_content", "DELETE FROM redaction", "UPDATE redaction SET why = 'x'"):
        async with db.reading() as conn:
            with pytest.raises(asyncpg.RestrictViolationError):
                await conn.execute(statement)


async def test_words_that_went_without_an_entry_that_says_so_are_found(
    review_url: str, db: Database, night: None
) -> None:
    async with db.transaction() as tx:
        insert = "INSERT INTO redaction (entry_id, what, why, by) VALUES ($1, 'secret', 'hush', 'nobody')"
        await tx.conn.execute(insert, GUESS.id)
        await tx.conn.execute("DELETE FROM timeline_content WHERE entry_id = $1", GUESS.id)
    (broken,) = await verify_timelines(db)
    assert (broken.seq, broken.why) == (2, "the words are gone, and no entry says who redacted them")


async def test_what_somebody_remembers_is_marked_as_written_by_hand(
    http: httpx.AsyncClient, db: Database, night: None, now: datetime
) -> None:
    at = e.OPENED + timedelta(minutes=6)
    body = {"text": "The provider called: they see it too", "occurred_at": at.isoformat(), "by": "Robin Reviewer"}
    url = f"/api/v1/incidents/{e.INCIDENT}/entries"
    await post(http, url, body)
    await post(http, url, body)

    answer = (await http.get(API)).json()
    assert [link["entry"]["kind"] for link in answer["timeline"]][1:4] == ["note", "hand_written", "note"]
    assert answer["timeline"][2]["entry"]["source"] == "closeout"
    assert "Robin Reviewer" not in [who["name"] for who in answer["facts"]["people"]]
    assert "Robin Reviewer · written by hand" in (await page(http)).text
    assert await verify_timelines(db) == []

    later = body | {"occurred_at": (now + timedelta(days=1)).isoformat()}
    assert (await post(http, url, later, 422))["type"].endswith("not-yet")
    mistyped = body | {"occurred_at": "0001-01-01T00:00:00+14:00"}
    assert (await post(http, url, mistyped, 422))["type"].endswith("too-early")
    assert (await page(http)).text
    form = {"entry-text": "The lights flickered", "entry-at": "2026-11-03T02:20", "by": "Robin Reviewer"}
    assert (await http.post(f"/incidents/{e.INCIDENT}/entries", data=form)).status_code == 303
    assert "The lights flickered" in (await page(http)).text


async def test_what_is_published_stays_as_it_was_published(http: httpx.AsyncClient, night: None, now: datetime) -> None:
    await published(http, now)
    await post(http, f"{ENTRY}/annotations", {"kind": "decision"}, 409)
    await post(http, f"{ENTRY}/suggestions/dismiss", {"kind": "decision"}, 409)
    late = {"text": "One more thing", "occurred_at": e.OPENED.isoformat()}
    await post(http, f"/api/v1/incidents/{e.INCIDENT}/entries", late, 409)
    shown = await page(http)
    assert "mark it" not in shown.text
    assert "nothing is left out and nothing was tidied up" in shown.text


async def test_the_page_of_an_entry_takes_words_and_refuses_what_says_nothing(
    http: httpx.AsyncClient, night: None
) -> None:
    url = f"/entries/{GUESS.id}"
    shown = await page(http, url)
    assert shown.to_label - shown.labelled == set()
    assert GUESS.text in shown.text
    marked = {"do": "annotate", "kind": "right_for_the_wrong_reason", "note": "It helped by luck", "by": "Robin"}
    assert (await http.post(url, data=marked)).status_code == 303
    assert "It helped by luck" in (await page(http, url)).text
    assert (await http.post(url, data={"do": "tidy"})).status_code == 422
    for wrong in ({"what": "secret"}, {"what": "awkward", "why": "It looks bad"}):
        assert (await http.post(f"{url}/redact", data=wrong)).status_code == 422
    right = {"what": "personal_data", "why": "A customer's name"}
    assert (await http.post(f"{url}/redact", data=right)).status_code == 303
    assert GUESS.text not in (await page(http, url)).text
    assert (await http.get(f"/entries/{e.INCIDENT}")).status_code == 404


async def test_guard_rail_questions_come_from_this_incidents_own_facts(
    http: httpx.AsyncClient, hear: Hear, now: datetime
) -> None:
    by_hand = e.noted("I ran the script by hand on the production database", 8, 3)
    await hear(*e.everybody(now), e.opened(), e.noted("Looking", 2), by_hand, e.resolved())
    questions = {one["id"]: one for one in (await http.get(API)).json()["guard_questions"]}
    assert set(questions) == {"night", "by_hand", "production", "one_pair_of_eyes"}
    assert questions["night"]["because"] == "It was 02:14 (UTC) when it was opened."
    assert questions["by_hand"]["entry_id"] == str(by_hand.data.entry.id)

    answers = {"answers": {"by_hand": "The runbook gives no other way"}}
    answer = await http.put(f"{API}/draft", json=e.draft(now) | answers, headers={"If-Match": "*"})
    assert answer.status_code == 200
    assert ("answers-by_hand", "The runbook gives no other way") in (await page(http)).fields


async def test_a_placeholder_among_the_conditions_is_pointed_out_with_a_question(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    conditions = ["We had no process for this.", "The pool holds 20 connections, and a retry keeps two of them open."]
    draft = e.draft(now, contributing_conditions=conditions)
    draft["earlier_catches"][0]["entry_id"] = str(GUESS.id)
    await http.put(f"{API}/draft", json=draft, headers={"If-Match": "*"})
    answer = (await http.get(API)).json()
    assert [(one["code"], one["where"]) for one in answer["refusals"]] == [
        ("cause-is-absence", "contributing_conditions[0]")
    ]
    assert answer["refusals"][0]["mend"]["text"].startswith("Which particular check")
    assert answer["catch_minutes"] == [
        {"acts_at": "2026-11-03T02:18:00Z", "after_opening": 4, "saved_at_most": 56},
    ]
    shown = await page(http)
    assert "acts 4 min after the opening, saves 56 min at the most" in shown.text
    assert "Which particular check" in shown.text


async def test_words_that_are_named_go_wherever_they_stand_and_the_reason_does_not_repeat_them(
    http: httpx.AsyncClient, db: Database, hear: Hear, now: datetime
) -> None:
    told = e.entry("note", "Ana Lopez called: her order hangs", 5)
    await hear(
        *e.everybody(now), e.opened(), e.noted(told.text, 5), e.noted("Her order went through", 9, 3), e.resolved()
    )
    answer = await http.put(f"{API}/draft", json={"summary": "Ana Lopez noticed it"}, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    url = f"/api/v1/timeline/{told.id}/redact"

    elsewhere = {"what": "personal_data", "why": "A customer", "words": ["Ana Gomez"]}
    assert (await post(http, url, elsewhere, 422))["type"].endswith("not-in-the-entry")
    repeated = {"what": "personal_data", "why": "It says Ana Lopez", "words": ["Ana Lopez"]}
    refused = await post(http, url, repeated, 422)
    assert refused["type"].endswith("reason-repeats-it")
    assert "Ana" not in refused["detail"]
    short = e.entry("note", "ok", 12)
    await hear(e.noted(short.text, 12, 4))
    await post(http, f"/api/v1/timeline/{short.id}/redact", {"what": "secret", "why": "A token was pasted"})
    assert "Ana Lopez" in (await http.get(API)).text

    await post(http, url, {"what": "personal_data", "why": "A customer", "words": ["Ana Lopez"]})

    whole = (await http.get(API)).json()
    assert whole["draft"]["summary"] == "[redacted] noticed it"
    assert "Ana" not in str(whole)
    assert [link["entry"]["text"] for link in whole["timeline"]][2] == "Her order went through"
    assert await verify_timelines(db) == []


async def test_the_same_secret_in_another_entry_goes_with_it(
    http: httpx.AsyncClient, db: Database, hear: Hear, now: datetime
) -> None:
    first, edited = (
        e.entry("note", f"the password is kraken-77{more}", minute) for more, minute in (("", 5), (" I think", 6))
    )
    await hear(
        *e.everybody(now), e.opened(), *(e.noted(one.text, 5 + n, 2 + n) for n, one in enumerate((first, edited)))
    )

    await post(http, f"/api/v1/timeline/{first.id}/redact", {"what": "secret", "why": "A password was pasted"})

    for one in (first, edited):
        gone = (await http.get(f"/api/v1/timeline/{one.id}")).json()
        assert (gone["entry"]["text"], gone["redacted"]["why"]) == ("", "A password was pasted")
    assert await verify_timelines(db) == []


async def test_a_word_that_only_the_redacted_entry_said_is_in_no_posting(
    http: httpx.AsyncClient, db: Database, hear: Hear, now: datetime
) -> None:
    told = e.entry("note", "The xylophone backend was overloaded", 5)
    await hear(*e.everybody(now), e.opened(), e.noted(told.text, 5), e.noted("It was the cache", 4, 3), e.resolved())
    draft = e.draft(now)
    draft["earlier_catches"][0]["entry_id"] = str(told.id)
    assert (await http.put(f"{API}/draft", json=draft, headers={"If-Match": "*"})).status_code == 200
    await post(http, f"{API}/publish", {})

    async def terms() -> set[str]:
        async with db.reading() as conn:
            return {row["term"] for row in await conn.fetch("SELECT term FROM catalogue_posting")}

    before = await terms()
    assert any("xylophon" in term for term in before)

    await post(http, f"/api/v1/timeline/{told.id}/redact", {"what": "secret", "why": "The name of a customer's system"})

    after = await terms()
    assert not any("xylophon" in term for term in after)
    assert any("checkout" in term for term in after)
    async with db.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM catalogue_document WHERE review_id = $1", e.POSTMORTEM) == 1


async def test_what_is_kept_for_good_changes_in_a_redaction_only(
    http: httpx.AsyncClient, db: Database, night: None, now: datetime
) -> None:
    await published(http, now)
    await post(http, f"{ENTRY}/redact", {"what": "secret", "why": "A token was pasted"})
    async with db.transaction() as tx:
        await tx.conn.execute("SELECT set_config('closeout.redaction', $1, true)", str(GUESS.id))
        with pytest.raises(asyncpg.RestrictViolationError):
            # The tombstone stands, but this transaction has not left it.
            await tx.conn.execute("UPDATE draft_revision SET content = '{}'")
