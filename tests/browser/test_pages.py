"""Every page, by light and in the dark, on a screen, a phone and paper: no barrier that axe finds."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from closeout_schemas.vocabulary import derived_id
from tests.browser.person import somebody
from tests.browser.world import IMPORTED, World, incident_id, postmortem_path

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
PAGES = {
    "incidents": "/",
    "incident": f"/incidents/{incident_id(0)}",
    "draft": postmortem_path(0),
    "timeline": f"{postmortem_path(0)}/timeline",
    "a part of a timeline": f"/incidents/{incident_id(0)}/timeline?from=2",
    "pending": postmortem_path(1),
    "succeeded": postmortem_path(2),
    "failed": postmortem_path(3),
    "search": "/search?q=checkout+502",
    "by failure mode": "/search?mode=bad_deploy_or_upgrade",
    "imported": f"/imported/{derived_id('imported', IMPORTED.name)}",
    "imported ones by failure mode": "/search?mode=expiry_cert_credential",
    "published": "/published",
    "quarters": "/meta-reviews",
    "a quarter": "/meta-reviews/{quarter}",
    "aware of": "/aware-of",
    "history": f"{postmortem_path(1)}/history",
    "an entry": f"/entries/{derived_id('entry', '0', '39')}",
    "an entry of what is published": f"/entries/{derived_id('entry', '1', '39')}",
    "by hand": "/by-hand",
    "restriction": f"/incidents/{incident_id(0)}/restriction",
    "mine": "/mine",
    "people": "/people",
    "teams": "/teams",
    "team": "/team?name=Payments",
    "wall": "/wall",
    "tokens": "/tokens",
    "audit": "/audit",
    "REST API": "/api/docs",
    "signed out": "/signed-out",
    "no such page": "/postmortems/00000000-0000-0000-0000-000000000000",
}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 360, "height": 740}
# As WCAG 1.4.10 has it: also a page that is enlarged four times on a laptop.
SMALLEST = {"width": 320, "height": 640}


# Headings with nothing below them, as the page is shown.
ALONE = """all => all.filter(one => {
    let below = one.nextElementSibling;
    while (below && below.getBoundingClientRect().height === 0) below = below.nextElementSibling;
    return !below || below.tagName === "H2";
}).map(one => one.textContent.trim())"""


async def shown(chromium: Browser, world: World, path: str, **context: Any) -> Page:
    person = await somebody(chromium, base_url=str(world.http.base_url), **context)
    page = await person.new_page()
    page.on("console", lambda said: pytest.fail(said.text) if "Content Security Policy" in said.text else None)
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    await page.goto(path.format(quarter=world.quarter))
    return page


async def barriers(page: Page) -> list[str]:
    told = (await Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})).response
    # That it looked at all.
    assert {"color-contrast", "html-has-lang"} <= {one["id"] for one in told["passes"]}
    found = told["violations"]
    return [f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"]]


async def test_no_page_has_a_barrier_in_light_or_dark(chromium: Browser, world: World) -> None:
    found = {}
    for name, path in PAGES.items():
        page = await shown(chromium, world, path)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found[f"{name}, {scheme}"] = await barriers(page)
        await page.context.close()
    assert {name: what for name, what in found.items() if what} == {}


async def test_no_page_is_wider_than_a_phone(chromium: Browser, world: World) -> None:
    widths = {}
    for name, path in PAGES.items():
        page = await shown(chromium, world, path, viewport=SMALLEST, has_touch=True)
        widths[name] = await page.evaluate("document.documentElement.scrollWidth")
        await page.context.close()
    assert {name: width for name, width in widths.items() if width > SMALLEST["width"]} == {}


async def test_on_a_phone_every_button_is_as_large_as_a_finger_and_the_section_is_seen(
    chromium: Browser, world: World
) -> None:
    """WCAG's own least is 24 pixels; a thumb at night needs 40. A link within a sentence is as high as its line."""
    small = {}
    for name, path in PAGES.items():
        page = await shown(chromium, world, path, viewport=PHONE, has_touch=True)
        pressed = "button:visible, summary:visible, select:visible, header.top nav a:visible, a.button:visible, a.tap"
        boxes = await page.locator(pressed).evaluate_all(
            "all => all.map(one => [one.textContent.trim().slice(0, 40), one.getBoundingClientRect()])"
            ".filter(([, box]) => box.height < 39.5 && box.width > 1).map(([text]) => text)"
        )
        current = page.locator("header.top [aria-current]")
        beyond = await current.count() and (await current.bounding_box() or {})["x"] > PHONE["width"] - 40
        small[name] = [*boxes, *(["the current section"] if beyond else [])]
        await page.context.close()
    assert {name: what for name, what in small.items() if what} == {}


@pytest.mark.parametrize("name", ["draft", "pending", "failed", "a quarter", "imported"])
async def test_on_paper_nothing_is_there_to_press(chromium: Browser, world: World, name: str) -> None:
    page = await shown(chromium, world, PAGES[name])
    assert await page.locator(".paper:visible").count() == 0
    await page.emulate_media(media="print")
    assert await page.locator("button:visible, header.top:visible, .jump:visible, .skip:visible").count() == 0
    # What is folded away says nothing on paper, but for an incident, whose line is what it is.
    folded = page.locator("details:not([open]):not(.quarter):not(.item) > summary:visible")
    assert await folded.count() == 0
    assert await page.locator("h2:visible").evaluate_all(ALONE) == []
    if name != "draft":
        assert await page.locator("input:visible, textarea:visible").count() == 0
    assert (await page.pdf()).startswith(b"%PDF")
