"""What somebody sees who may only look: pages to read, that send nothing by themselves."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.async_api import Browser, Request

from closeout_review.commands import access
from closeout_review.domain.principal import Principal, Role, scopes_of
from closeout_review.store.principals import Principals
from tests.browser.test_pages import PAGES, SMALLEST, barriers, shown
from tests.browser.world import World

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
SEEN = (
    "incidents",
    "incident",
    "draft",
    "timeline",
    "pending",
    "failed",
    "imported",
    "a quarter",
    "quarters",
    "an entry",
)


async def token_of_a_reader(world: World) -> str:
    reader = Principal(uuid4(), "Rita", "rita@example.com", frozenset({Role.READER}), scopes_of([Role.READER]))
    async with world.db.transaction() as tx:
        await Principals(tx.conn).save(reader, "https://id.example.com", "rita")
    return (await access.make_token(world.db, reader, "a test", reader.scopes, 1)).secret


async def test_a_reader_finds_nothing_to_press_no_barrier_and_no_page_that_sends(
    chromium: Browser, world: World
) -> None:
    headers = {"Authorization": f"Bearer {await token_of_a_reader(world)}"}
    found = {}
    for name in SEEN:
        page = await shown(chromium, world, PAGES[name], viewport=SMALLEST, extra_http_headers=headers)
        sent: list[str] = []

        def note(request: Request, sent: list[str] = sent) -> None:
            if request.method != "GET" or "/draft" in request.url:
                sent.append(f"{request.method} {request.url}")

        page.on("request", note)
        # As the script does it, where there is a form to save.
        await page.keyboard.press("Control+s")
        await page.evaluate("window.htmx && document.getElementById('draft') && htmx.trigger('#draft', 'again')")
        fields = await page.locator("main :is(input, textarea, select, form[method=post] button):visible").count()
        wide = await page.evaluate("document.documentElement.scrollWidth") > SMALLEST["width"]
        found[name] = [*await barriers(page), *sent, *["a field"] * fields, *["too wide"] * wide]
        await page.context.close()
    assert {name: what for name, what in found.items() if what} == {}
