"""A draft that is open in a browser while words are taken out of it: they do not come back when it is saved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest

from closeout_review import testing as e
from closeout_review.testing import Page

from .open_page import API, PAGE, Browser

pytestmark = pytest.mark.integration
SECRET = "Zebra-Quagga-4711"
SAID = e.entry("note", f"Rolled back with the admin password: {SECRET}", 4)
SUMMARY = f"Sam used {SECRET} and rolled back."
CLEANED = "Sam used [redacted] and rolled back."


async def take_out(http: httpx.AsyncClient) -> None:
    body = {"what": "secret", "why": "A password was pasted", "words": [SECRET]}
    answer = await http.post(f"/api/v1/timeline/{SAID.id}/redact", json=body)
    assert answer.status_code == 200, answer.text


async def saved(http: httpx.AsyncClient) -> Any:
    return (await http.get(API)).json()["draft"]


@pytest.fixture
async def open_page(http: httpx.AsyncClient, hear: Any, now: datetime) -> Browser:
    """The page as it was before the words were taken out."""
    await hear(*e.everybody(now), e.opened(), e.noted(SAID.text, 4), e.resolved())
    draft = {"title": "Checkout is down", "summary": SUMMARY}
    (await http.put(f"{API}/draft", json=draft, headers={"If-Match": "*"})).raise_for_status()
    page = await Browser(http).look()
    await take_out(http)
    assert (await saved(http))["summary"] == CLEANED
    return page


@pytest.mark.parametrize("live", [False, True])
async def test_what_was_not_touched_stays_taken_out_and_what_was_typed_is_saved(
    http: httpx.AsyncClient, open_page: Browser, live: bool
) -> None:
    answer = await open_page.save(live=live, title="Checkout was down")
    assert answer.status_code == (200 if live else 303), answer.text
    draft = await saved(http)
    assert (draft["title"], draft["summary"]) == ("Checkout was down", CLEANED)
    assert SECRET not in answer.text


@pytest.mark.parametrize("live", [False, True])
async def test_what_was_typed_into_the_old_words_is_not_saved_and_comes_back_to_its_writer(
    http: httpx.AsyncClient, open_page: Browser, live: bool
) -> None:
    answer = await open_page.save(live=live, summary=f"{SUMMARY} It helped.", title="Checkout was down")
    assert answer.status_code == (200 if live else 409)
    shown = Page(answer.text)
    assert ("summary", CLEANED) in shown.fields
    assert ("held-summary", f"{SUMMARY} It helped.") in shown.fields
    assert "this is what your page had" in shown.text.lower()
    draft = await saved(http)
    assert (draft["title"], draft["summary"]) == ("Checkout was down", CLEANED)
    # Nowhere but on that page.
    assert SECRET not in (await http.get(PAGE, headers={"Accept": "text/html"})).text
    assert (await http.get(f"{API}/versions")).json() == {"versions": []}


async def test_the_writer_chooses_and_until_then_nothing_is_published(
    http: httpx.AsyncClient, open_page: Browser
) -> None:
    answer = await open_page.save(do="publish", summary=f"{SUMMARY} It helped.")
    assert answer.status_code == 409
    open_page.shown = Page(answer.text)
    assert (await http.get(API)).json()["published_at"] is None
    assert {"put-back:0", "leave:0"} <= set(open_page.shown.buttons)

    answer = await open_page.save(do="put-back:0", **{"held-summary": "Sam rolled back. It helped."})

    assert answer.status_code == 303, answer.text
    assert (await saved(http))["summary"] == "Sam rolled back. It helped."


async def test_what_is_left_is_gone_from_the_page(http: httpx.AsyncClient, open_page: Browser) -> None:
    answer = await open_page.save(live=True, summary=f"{SUMMARY} It helped.")
    open_page.shown = Page(answer.text)
    kept = Page((await open_page.save(live=True, title="Still here")).text)
    assert ("held-summary", f"{SUMMARY} It helped.") in kept.fields
    open_page.shown = kept
    left = await open_page.save(live=True, do="leave:0")
    assert SECRET not in left.text
    assert (await saved(http))["summary"] == CLEANED


async def test_a_draft_that_nobody_has_written_into_keeps_its_title_clean(
    http: httpx.AsyncClient, hear: Any, now: datetime
) -> None:
    title = f"Login {SECRET} fails"
    await hear(*e.everybody(now), e.opened(title=title), e.noted(SAID.text, 4), e.resolved(title=title))
    page = await Browser(http).look()
    assert ("title", title) in page.shown.fields
    await take_out(http)
    assert (await page.save(summary="It helped.")).status_code == 303
    draft = await saved(http)
    assert (draft["title"], draft["summary"]) == ("Login [redacted] fails", "It helped.")


async def test_over_rest_the_revision_from_before_is_refused(http: httpx.AsyncClient, hear: Any, now: datetime) -> None:
    await hear(*e.everybody(now), e.opened(), e.noted(SAID.text, 4), e.resolved())
    answer = await http.put(f"{API}/draft", json={"summary": SUMMARY}, headers={"If-Match": "*"})
    await take_out(http)
    again = await http.put(f"{API}/draft", json={"summary": SUMMARY}, headers={"If-Match": answer.headers["ETag"]})
    assert again.status_code == 412
    assert (await saved(http))["summary"] == CLEANED
