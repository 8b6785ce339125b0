"""The wall in a real browser: on a screen what counts is seen without scrolling, and nobody is shut out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import chain
from typing import Any

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from closeout_chassis.db import Database
from closeout_chassis.testing import migrated
from closeout_metrics import testing as e
from closeout_schemas.vocabulary import Outcome
from tests.browser.person import PATIENCE_SECONDS, all_leave, somebody
from tests.browser.test_pages import TAGS
from tests.wall import history as h

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
SCREENS = {"full HD": (1920, 1080), "4K": (3840, 2160), "a laptop": (1366, 768), "upright": (1080, 1920)}
PHONE = {"width": 360, "height": 740}
LONG = "checkout_gateway_" * 12


@pytest.fixture
async def wall(chromium: Browser, database_url: str) -> AsyncIterator[tuple[Database, str]]:
    """The service over a database with a known history, and where its wall is."""
    async with h.metrics_service(database_url) as (db, address):
        yield db, f"http://{address}/wall"
        await all_leave(chromium)


async def shown(chromium: Browser, url: str, **context: Any) -> Page:
    page = await (await somebody(chromium, **context)).new_page()
    page.on("console", lambda said: pytest.fail(said.text) if "Content Security Policy" in said.text else None)
    # Else it would read itself anew, after a minute, in the middle of a look that takes long.
    await page.goto(f"{url}?still" if url.endswith("/wall") else url)
    return page


@pytest.mark.parametrize("screen", SCREENS)
async def test_what_counts_is_seen_without_scrolling_and_from_afar(
    chromium: Browser, wall: tuple[Database, str], screen: str
) -> None:
    db, url = wall
    more = [(e.committed(n, f"M{n}", at=h.ago(n)), e.published(f"M{n}", fails_at=h.ago(n))) for n in range(1, 9)]
    await h.tell(
        db, [*chain.from_iterable(more), *(e.concluded(Outcome.FAILED, f"M{n}", h.ago(n)) for n in range(1, 9))]
    )
    async with db.transaction() as tx:  # as long as they may be
        await tx.conn.execute("UPDATE action_item SET text = repeat('Canary the checkout deploy ', 12)")
        await tx.conn.execute("UPDATE postmortem SET title = repeat('Checkout is down ', 12)")
        for table in ("action_item", "postmortem"):
            await tx.conn.execute(f"UPDATE {table} SET service = $1", LONG)
        await tx.conn.execute("UPDATE service_name SET name = $1 WHERE seq = (SELECT min(seq) FROM service_name)", LONG)
    width, height = SCREENS[screen]
    page = await shown(chromium, url, viewport={"width": width, "height": height})

    assert await page.locator(".named li").count() == 5 + 5
    boxes = [await one.bounding_box() for one in await page.locator(".figures li, .box").all()]
    assert len(boxes) == 7 + 4
    assert max(box["y"] + box["height"] for box in boxes if box) <= height
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = await page.locator(".figures strong").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert "1 postmortem about to fail" in " ".join((await page.locator(".figures").inner_text()).split())
    assert min(sizes) >= min(width, height) / 15, (
        "a figure as high as a fifteenth of the screen is read from ten metres"
    )


async def test_a_name_without_blanks_makes_it_no_wider_than_a_phone(
    chromium: Browser, wall: tuple[Database, str]
) -> None:
    db, url = wall
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE team SET name = $1", LONG)
    page = await shown(chromium, url, viewport=PHONE)

    assert LONG in await page.locator(".named").first.inner_text()
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


async def test_a_wall_before_anything_was_promised_says_how_that_comes(database_url: str) -> None:
    async with (
        migrated(database_url, "metrics"),
        h.replica(database_url) as address,
        httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http,
    ):
        shown = (await http.get(f"http://{address}/wall")).text

    assert "closeout doctor" in shown


@pytest.mark.parametrize("path", ["/wall", "/history", "/history?by=all&state=all"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_barrier_is_on_it(chromium: Browser, wall: tuple[Database, str], scheme: Any, path: str) -> None:
    # That it reads itself anew is a header, which a link on it switches off.
    for viewport in ({"width": 1920, "height": 1080}, PHONE):
        page = await shown(chromium, wall[1].replace("/wall", path), viewport=viewport, color_scheme=scheme)
        told = (await Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})).response
        assert {"color-contrast", "html-has-lang"} <= {one["id"] for one in told["passes"]}
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in told["violations"]] == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        # A table may be pushed sideways; what it says of itself is read without.
        for box in [await one.bounding_box() for one in await page.locator("caption").all()]:
            assert box
            assert box["x"] + box["width"] <= viewport["width"]


async def test_a_wall_outlasts_what_a_proxy_answers_for_it(chromium: Browser, wall: tuple[Database, str]) -> None:
    """While no replica is ready, whatever stands before them says 503, and its page asks for nothing."""
    page = await (await somebody(chromium)).new_page()
    page.on("console", lambda said: pytest.fail(said.text) if "Content Security Policy" in said.text else None)
    await page.clock.install()
    await page.goto(wall[1])
    shown_before = await page.locator(".figures").inner_text()

    answers: list[dict[str, Any]] = [
        {"status": 503, "body": "<main id='wall'>Service Temporarily Unavailable</main>"},
        {"status": 200, "body": "<main>Sign in</main>"},
        {"status": 502, "body": ""},
    ]
    await page.route(wall[1], lambda route: route.fulfill(content_type="text/html", **answers.pop(0)))
    while answers:
        async with page.expect_response(wall[1]):
            await page.clock.fast_forward(60_000)
    await expect(page.locator(".stale")).to_contain_text("These numbers are old.")
    assert await page.locator(".figures").inner_text() == shown_before

    await page.unroute_all()
    async with wall[0].transaction() as tx:
        await tx.conn.execute("UPDATE action_item SET text = 'It was read anew'")
    async with page.expect_response(wall[1]):
        await page.clock.fast_forward(60_000)
    await expect(page.locator(".stale")).to_have_count(0)
    await expect(page.locator(".named").first).to_contain_text("It was read anew")
