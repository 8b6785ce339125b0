"""A postmortem as a file: all of it, by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import httpx
import pytest

from closeout_review import testing as e
from closeout_review.testing import Page

pytestmark = pytest.mark.integration
PAGE = f"/postmortems/{e.POSTMORTEM}"
API = f"/api/v1/postmortems/{e.POSTMORTEM}"
GUESS = e.entry("note", "I think it is the cache", 4)
Hear = Callable[..., Awaitable[None]]


@pytest.fixture
async def finished(http: httpx.AsyncClient, drafted: None, now: datetime) -> None:
    """A draft with everything in it, published."""
    draft = e.draft(
        now,
        contributing_conditions=["The pool holds 20 connections, and a retry keeps two of them open."],
        answers={"night": "The rollback could wait for nobody"},
    )
    url = f"/api/v1/timeline/{GUESS.id}/annotations"
    said = await http.post(url, json={"kind": "wrong_hypothesis", "note": "It was the release", "by": "Robin Reviewer"})
    assert said.status_code == 200
    link = {"title": "Pool in use", "url": "https://grafana.example/d/1", "kind": "graph"}
    assert (await http.post(f"/api/v1/timeline/{GUESS.id}/links", json=link)).status_code == 200
    file = {"file": ("a.png", b"\x89PNG\r\n\x1a\n")}
    images = f"/api/v1/timeline/{GUESS.id}/images"
    assert (await http.post(images, files=file, data={"title": "A picture"})).status_code == 200
    assert (await http.put(f"{API}/draft", json=draft, headers={"If-Match": "*"})).status_code == 200
    assert (await http.post(f"{API}/publish")).status_code == 200


EVERYTHING = (
    "Checkout answered 502 for an hour",
    "acts 4 min after the opening, saves 56 min at the most",
    "The pool holds 20 connections",
    "The rollback could wait for nobody",
    "Add an alert on checkout p99 latency",
    "I think it is the cache",
    "It was the release",
    "Pool in use",
    "A picture",
    "The whole timeline",
)


async def test_markdown_has_the_whole_of_it(http: httpx.AsyncClient, finished: None) -> None:
    answer = await http.get(f"{PAGE}/export/markdown")
    assert answer.headers["content-disposition"] == f'attachment; filename="{e.POSTMORTEM}.md"'
    assert [said for said in EVERYTHING if said not in answer.text] == []
    await http.post(f"/api/v1/timeline/{GUESS.id}/redact", json={"what": "secret", "why": "A token", "by": "Robin"})
    after = (await http.get(f"{PAGE}/export/markdown")).text
    assert GUESS.text not in after
    assert "by Robin: A token" in after


async def test_the_document_to_print_loads_nothing_and_has_the_whole_of_it(
    http: httpx.AsyncClient, finished: None
) -> None:
    answer = await http.get(f"{PAGE}/export/html")
    shown = Page(answer.text)
    assert [said for said in EVERYTHING if said not in shown.text] == []
    assert not {"script", "link", "img", "form"} & set(shown.tags)
    assert "@page" in answer.text
    assert not [link for link in shown.links if not link.startswith(("#", "https://"))]


async def test_a_draft_is_a_file_too_and_hostile_words_stay_words(http: httpx.AsyncClient, hear: Hear) -> None:
    hostile = "<script>alert(1)</script> </style> # not a heading"
    await hear(e.opened(title=hostile), e.noted(hostile, 3), e.resolved(title=hostile))
    answer = await http.get(f"{PAGE}/export/html")
    assert "script" not in Page(answer.text).tags
    text = (await http.get(f"{PAGE}/export/markdown")).text
    assert "  > \\<script\\>alert(1)\\</script\\> \\</style\\> \\# not a heading" in text
    assert (await http.get(f"{PAGE}/export/pdf")).status_code == 404


async def test_of_a_draft_in_which_nothing_is_written_no_heading_stands_alone(
    http: httpx.AsyncClient, drafted: None
) -> None:
    shown = Page((await http.get(f"{PAGE}/export/html")).text).text
    assert "Nothing is promised yet" in shown
    assert "journal entry" not in shown
    assert "Nobody has said yet" in shown
