"""The review page in a real browser: saved as one types, mended with one key, written by two people at once."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from closeout_review import testing as e
from tests.browser.person import PATIENCE_SECONDS, somebody
from tests.browser.world import World, postmortem_path, story

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
PAGE = postmortem_path(0)


async def opened(person: BrowserContext, path: str = PAGE) -> Page:
    page = await person.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    await page.goto(path)
    return page


async def draft(world: World) -> Any:
    return (await world.http.get(f"/api/v1{PAGE}")).json()["draft"]


async def drafted(world: World, is_so: Callable[[Any], bool]) -> Any:
    """The draft, once that is so: what one sees on the page may come of a save before the last one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so(found := await draft(world)):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
    return found


def _texts(found: Any) -> list[str]:
    return [one["text"] for one in found["action_items"]]


async def test_what_is_typed_is_saved_and_its_findings_appear_beside_it(person: BrowserContext, world: World) -> None:
    page = await opened(person)
    item = page.get_by_label("What will be different?").first
    await item.press_sequentially("Improve monitoring")
    await expect(item).to_have_attribute("aria-invalid", "true")
    await expect(item).to_have_accessible_description(re.compile("."))
    await expect(item).to_be_focused()
    await drafted(world, lambda saved: _texts(saved)[:1] == ["Improve monitoring"])


async def test_a_long_night_is_jumped_through_by_its_hours(person: BrowserContext, world: World) -> None:
    said = [(minute, e.ALEX, "message", "Still looking") for minute in range(1, 240, 2)]
    night = (world.now - timedelta(days=1)).replace(hour=22, minute=30, second=0)
    chat = [(0, None, "opened", ""), *said, (240, e.ALEX, "resolved", "")]
    await world.hear(*story(70, "The night that did not end", night, chat=chat))
    page = await opened(person, postmortem_path(70))

    await page.get_by_role("link", name="Jump to 02:00").click()

    entry = page.locator("li:target")
    await expect(entry).to_be_in_viewport()
    await expect(entry).to_contain_text("02:01:00")
    colours = await page.locator("li:target, li:target + li").evaluate_all(
        "both => both.map(one => getComputedStyle(one).backgroundColor)"
    )
    assert len(set(colours)) == 2


async def test_one_key_takes_a_rewrite_over(person: BrowserContext, world: World) -> None:
    page = await opened(person)
    owner = page.get_by_label("Owner").first
    await page.get_by_label("What will be different?").first.fill("Add an alert on p99 above 500 ms over 5 minutes")
    await owner.fill("Alex Respnder")
    await expect(page.locator("button[value^='mend:owner']").first).to_be_visible()
    await owner.press("Control+Enter")
    await expect(owner).not_to_have_value("Alex Respnder")
    assert (await draft(world))["action_items"][0]["owner"] != "Alex Respnder"


async def test_a_button_that_is_pressed_while_a_save_is_under_way_is_not_lost(
    person: BrowserContext, world: World
) -> None:
    page = await opened(person)
    owner, title = page.get_by_label("Owner").first, page.get_by_label("Title", exact=True)
    await owner.fill("Alex Respnder")
    mend = page.locator("button[value^='mend:owner']").first
    await expect(mend).to_be_visible()
    # As on a slow machine: an answer is taken in while the next save is already on its way.
    await page.evaluate("htmx.config.defaultSettleDelay = 3000")
    async with page.expect_response("**/postmortems/**"):
        await title.fill("Checkout was down")
        await title.blur()
    answered = asyncio.Event()
    await page.route("**/postmortems/**", partial(_after, answered))
    async with page.expect_request("**/postmortems/**"):
        await title.fill("Checkout was down again")
        await title.blur()
    await mend.click(no_wait_after=True)
    await expect(page.locator(".htmx-settling")).to_have_count(0)
    answered.set()

    await expect(owner).not_to_have_value("Alex Respnder")
    saved = await draft(world)
    assert saved["title"] == "Checkout was down again"
    assert saved["action_items"][0]["owner"] != "Alex Respnder"


async def _after(event: asyncio.Event, route: Route) -> None:
    await event.wait()
    await route.continue_()


async def test_two_people_see_each_others_changes_and_lose_nothing(chromium: Browser, world: World) -> None:
    base = str(world.http.base_url)
    dana = await opened(await somebody(chromium, base_url=base))
    sam = await opened(await somebody(chromium, base_url=base))
    # Sam has not heard of what Dana wrote when he writes, and is saved after her: she hears of it from him alone.
    saved = asyncio.Event()
    await sam.route("**/postmortems/**", partial(_after, saved))
    await dana.get_by_label("What will be different?").first.press_sequentially("Alert on p99 above 500 ms")
    await sam.get_by_label("Summary").press_sequentially("Sam rolled the release back at 02:40.")
    await drafted(world, lambda there: _texts(there)[:1] == ["Alert on p99 above 500 ms"])
    await expect(dana.locator("#saving")).to_contain_text("Saved")
    saved.set()
    await expect(sam.get_by_label("What will be different?").first).to_have_value("Alert on p99 above 500 ms")
    await expect(dana.get_by_label("Summary")).to_have_value("Sam rolled the release back at 02:40.")
    await expect(dana.locator("#told")).to_contain_text("Summary")
    await expect(sam.get_by_label("Summary")).to_be_focused()
    there = await draft(world)
    assert there["action_items"][0]["text"] == "Alert on p99 above 500 ms"
    assert there["summary"] == "Sam rolled the release back at 02:40."


async def test_the_same_field_of_two_people_stands_side_by_side_until_one_is_taken(
    chromium: Browser, world: World
) -> None:
    base = str(world.http.base_url)
    dana = await opened(await somebody(chromium, base_url=base))
    sam = await opened(await somebody(chromium, base_url=base))
    # Neither page hears of the other before both have written.
    written = asyncio.Event()
    for page in (dana, sam):
        await page.route("**/postmortems/**", partial(_after, written))
    await dana.get_by_label("Title", exact=True).fill("Dana's title")
    await sam.get_by_label("Title", exact=True).fill("Sam's title")
    written.set()
    for page in (dana, sam):
        await expect(page.locator(".versions")).to_be_visible()
        await expect(page.locator(".versions")).to_contain_text("Dana's title")
        await expect(page.locator(".versions")).to_contain_text("Sam's title")
    # Each still has their own words before them.
    await expect(dana.get_by_label("Title", exact=True)).to_have_value("Dana's title")
    await expect(sam.get_by_label("Title", exact=True)).to_have_value("Sam's title")
    first = (await draft(world))["title"]
    other = "Sam's title" if first == "Dana's title" else "Dana's title"
    await dana.locator(".versions").get_by_role("button", name="Take").click()
    for page in (dana, sam):
        await expect(page.locator(".versions")).to_have_count(0)
        await expect(page.get_by_label("Title", exact=True)).to_have_value(other)
    assert (await draft(world))["title"] == other


async def test_a_server_that_does_not_answer_loses_nothing(person: BrowserContext, world: World) -> None:
    page = await opened(person)
    await page.route("**/postmortems/**", lambda route: route.abort())
    await page.get_by_label("Summary").press_sequentially("Written in a tunnel.")
    await expect(page.locator("#saving")).to_contain_text("Not saved")
    await expect(page.get_by_label("Summary")).to_have_value("Written in a tunnel.")
    await page.unroute("**/postmortems/**")
    await expect(page.locator("#saving")).to_contain_text("Saved")
    assert (await draft(world))["summary"] == "Written in a tunnel."


@pytest.mark.parametrize(
    ("status", "why"),
    [(401, "you are not signed in any more. Sign in in another tab."), (413, "The body is longer than 512 bytes.")],
)
async def test_what_the_server_refuses_to_save_says_why(
    person: BrowserContext, world: World, status: int, why: str
) -> None:
    page = await opened(person)
    problem = {"status": status, "content_type": "application/problem+json"}
    await page.route(
        "**/postmortems/**",
        lambda route: route.fulfill(json={"detail": "The body is longer than 512 bytes."}, **problem),
    )
    await page.get_by_label("Summary").fill("Written too late.")
    await expect(page.locator("#saving")).to_contain_text(f"Not saved: {why}")
    await page.unroute("**/postmortems/**")
    await expect(page.locator("#saving")).to_contain_text("Saved")
    assert (await draft(world))["summary"] == "Written too late."


async def test_what_does_not_fit_is_not_said_to_be_saved(person: BrowserContext, world: World) -> None:
    page = await opened(person)
    was = (await draft(world))["title"]
    await page.get_by_label("Title", exact=True).fill("Checkout " * 1000)
    await expect(page.locator("#standing")).to_contain_text("This was not saved")
    await expect(page.locator("#saving")).to_contain_text("Not saved")
    assert (await draft(world))["title"] == was


async def test_it_is_finished_and_published_with_the_keyboard_and_without_a_script(
    chromium: Browser, world: World
) -> None:
    person = await somebody(chromium, base_url=str(world.http.base_url), java_script_enabled=False)
    page = await opened(person)
    await page.get_by_label("Or: nothing would have, because …").fill("The vendor's region burnt down")
    await page.get_by_label("bad deploy or upgrade").check()
    await page.get_by_role("button", name="Save and publish").press("Enter")
    await expect(page.get_by_text("journal entry").first).to_be_visible()
    await person.close()


# Which of the form's fields, links and buttons are wholly behind the bar of buttons when they have the focus.
BEHIND_THE_BAR = """() => {
    const bar = document.querySelector("#draft .actions"), behind = [];
    const all = document.querySelectorAll("#draft :is(a[href], button, input, select, textarea, summary)");
    for (const one of [...all, ...[...all].reverse()]) {
        if (one.type === "hidden" || one.tabIndex < 0 || bar.contains(one) || !one.checkVisibility()) continue;
        one.focus();
        const box = one.getBoundingClientRect(), edge = bar.getBoundingClientRect();
        if (box.top >= edge.top && box.bottom <= edge.bottom) behind.push(one.name || one.textContent.trim());
    }
    return behind;
}"""


async def test_what_has_the_focus_is_not_behind_the_bar_of_buttons(chromium: Browser, world: World) -> None:
    """WCAG 2.4.11: whoever has no mouse sees where they are."""
    for width, height in ((1280, 700), (360, 640), (320, 480)):
        viewport: Any = {"width": width, "height": height}
        page = await opened(await somebody(chromium, base_url=str(world.http.base_url), viewport=viewport))
        assert await page.evaluate(BEHIND_THE_BAR) == [], viewport
