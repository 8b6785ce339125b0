"""Images, graphs and links beside timeline entries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import asyncpg
import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.commands.timelines import verify_timelines
from closeout_review.domain.attachment import is_web_address, media_type_of
from closeout_review.settings import ReviewSettings
from closeout_review.testing import Page

PAGE = f"/postmortems/{e.POSTMORTEM}"
GUESS = e.entry("note", "I think it is the cache", 4)
ENTRY = f"/api/v1/timeline/{GUESS.id}"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
INTEGRATION = pytest.mark.integration


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0 jpeg", "image/jpeg"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", None),
        (b"<!doctype html><script>alert(1)</script>", None),
        (b"%PDF-1.7", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_own_bytes_say(content: bytes, media_type: str | None) -> None:
    assert media_type_of(content) == media_type


def test_only_web_addresses_are_links() -> None:
    assert is_web_address("https://grafana.example/d/abc?from=1&to=2")
    for url in ("javascript:alert(1)", "https://", "//grafana.example", "data:text/html,x", "https://a b", ""):
        assert not is_web_address(url)


async def image(http: httpx.AsyncClient, content: bytes, status: int = 200, **fields: str) -> Any:
    file = {"file": ("graph.png", content, "image/png")}
    answer = await http.post(f"{ENTRY}/images", files=file, data=fields)
    assert answer.status_code == status, answer.text
    return answer.json()


@INTEGRATION
async def test_an_image_is_kept_once_and_served_so_that_nothing_in_it_runs(
    http: httpx.AsyncClient, db: Database, drafted: None
) -> None:
    for _ in range(2):
        (one,) = (await image(http, PNG, title="Pool", kind="graph", by="Robin Reviewer"))["attachments"]
    assert (one["media_type"], one["size"], one["by"]) == ("image/png", len(PNG), "Robin Reviewer")

    served = await http.get(f"/attachments/{one['id']}")
    assert served.content == PNG
    assert served.headers["content-type"] == "image/png"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in served.headers["content-security-policy"]
    assert f'src="/attachments/{one["id"]}"' in (await http.get(PAGE)).text
    assert await verify_timelines(db) == []


@INTEGRATION
async def test_what_is_no_image_and_what_is_too_long_is_refused(
    http: httpx.AsyncClient, settings: ReviewSettings, drafted: None, now: datetime
) -> None:
    assert (await image(http, b"<svg onload=alert(1)>", 415))["type"].endswith("no-image")
    await image(http, PNG + b"\x00" * settings.attachment_limit_bytes, 413)
    # Longer than a draft may be, and shorter than an image may be.
    await image(http, PNG + b"\x00" * settings.draft_limit_bytes)
    bad = await http.post(f"{ENTRY}/links", json={"url": "javascript:alert(1)"})
    assert bad.status_code == 422
    await http.put(f"/api/v1/postmortems/{e.POSTMORTEM}/draft", json=e.draft(now), headers={"If-Match": "*"})
    await http.post(f"/api/v1/postmortems/{e.POSTMORTEM}/publish")
    await image(http, PNG, 409)


@INTEGRATION
async def test_a_browser_attaches_and_takes_away_and_that_it_was_there_stays(
    http: httpx.AsyncClient, drafted: None
) -> None:
    url = f"/entries/{GUESS.id}"
    assert (
        await http.post(f"{url}/attach", files={"file": ("a.png", PNG)}, data={"kind": "image", "title": "p99"})
    ).status_code == 303
    link = {"kind": (None, "graph"), "title": (None, "Dashboard"), "url": (None, "https://grafana.example/d/1")}
    assert (await http.post(f"{url}/attach", files=link)).status_code == 303
    shown = Page((await http.get(url)).text)
    assert "https://grafana.example/d/1" in shown.links
    assert shown.to_label - shown.labelled == set()

    attached = (await http.get(ENTRY)).json()["attachments"]
    which = next(one["id"] for one in attached if one["media_type"])
    gone = await http.post(f"{url}/attachments/{which}/remove", data={"why": "It shows a customer", "by": "Robin"})
    assert gone.status_code == 303
    assert (await http.get(f"/attachments/{which}")).status_code == 404
    assert "by Robin: It shows a customer" in Page((await http.get(PAGE)).text).text
    assert (await http.post(f"{ENTRY}/attachments/{e.INCIDENT}/remove", json={"why": "x"})).status_code == 404


@INTEGRATION
async def test_of_a_link_that_was_taken_away_the_address_is_nowhere_and_it_can_be_attached_again(
    http: httpx.AsyncClient, db: Database, drafted: None
) -> None:
    link = {"url": "https://robin:hunter2@grafana.example/d/1"}
    (one,) = (await http.post(f"{ENTRY}/links", json=link)).json()["attachments"]
    gone = await http.post(f"{ENTRY}/attachments/{one['id']}/remove", json={"why": "It holds a password"})
    assert "It holds a password" in gone.text
    for address in (ENTRY, f"/entries/{GUESS.id}", PAGE, f"{PAGE}/export/markdown"):
        assert "hunter2" not in (await http.get(address)).text
    async with db.reading() as conn:
        assert not await conn.fetchval("SELECT count(*) FROM attachment AS a WHERE a::text LIKE '%hunter2%'")

    for _ in range(2):
        again = (await http.post(f"{ENTRY}/links", json=link)).json()["attachments"]
    assert [(one["url"], one["removed_at"] is None) for one in again] == [("", False), (link["url"], True)]


@INTEGRATION
async def test_a_file_that_was_exchanged_is_found(
    http: httpx.AsyncClient, db: Database, review_url: str, drafted: None
) -> None:
    await image(http, PNG, title="Pool")
    conn = await asyncpg.connect(review_url)
    await conn.execute("UPDATE review.attachment_content SET content = 'tidy'")
    await conn.close()
    (broken,) = await verify_timelines(db)
    assert (broken.seq, broken.why) == (2, "the file “Pool” is not what was attached")
