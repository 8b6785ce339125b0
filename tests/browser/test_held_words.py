"""Somebody writes in a tunnel while a secret is taken out of the draft: their page does not bring it back."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, expect

from closeout_schemas.vocabulary import derived_id
from tests.browser.test_review import PAGE, draft, drafted, opened
from tests.browser.world import World

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
# What the draft quotes of the timeline: world.CHAT says it in the 39th minute.
SECRET = "p99 went up at 02:05, nine minutes before the page"
CLEANED = "Sam saw it: [redacted], then we looked."


async def take_out(world: World) -> None:
    url = f"/api/v1/timeline/{derived_id('entry', '0', '39')}/redact"
    answer = await world.http.post(url, json={"what": "secret", "why": "It says how to get in"})
    assert answer.status_code == 200, answer.text


@pytest.fixture
async def quoted(world: World) -> None:
    """The draft quotes the timeline."""
    body = {"title": "Checkout is down", "summary": f"Sam saw it: {SECRET}, then we looked."}
    answer = await world.http.put(f"/api/v1{PAGE}/draft", json=body, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


async def test_an_open_page_shows_what_is_left_by_itself(person: BrowserContext, world: World, quoted: None) -> None:
    page = await opened(person)
    await take_out(world)
    await expect(page.locator("#summary")).to_have_value(CLEANED)


async def test_what_was_written_in_a_tunnel_waits_beside_it_until_its_writer_has_chosen(
    person: BrowserContext, world: World, quoted: None
) -> None:
    page = await opened(person)
    summary, title = page.locator("#summary"), page.get_by_label("Title", exact=True)
    await page.route("**/postmortems/**", lambda route: route.abort())
    await summary.fill(f"Sam saw it: {SECRET}, then we looked at it.")
    await title.fill("Checkout was down")
    await expect(page.locator("#saving")).to_contain_text("Not saved")
    await take_out(world)
    await page.unroute("**/postmortems/**")

    box = page.get_by_label("Not saved: summary")
    await expect(box).to_have_value(f"Sam saw it: {SECRET}, then we looked at it.")
    await expect(summary).to_have_value(CLEANED)
    saved = await draft(world)
    assert (saved["title"], saved["summary"]) == ("Checkout was down", CLEANED)

    # Further typing neither saves it nor loses it.
    await title.fill("Checkout was down again")
    await expect(page.locator("#saving")).to_contain_text("Saved")
    await expect(box).to_be_visible()
    saved = await drafted(world, lambda saved: saved["title"] == "Checkout was down again")
    assert SECRET not in str(saved)

    await box.fill("Sam saw it. Then we looked at it.")
    await page.get_by_role("button", name="Put this in its place").click()
    await expect(box).to_have_count(0)
    await expect(summary).to_have_value("Sam saw it. Then we looked at it.")
    assert (await draft(world))["summary"] == "Sam saw it. Then we looked at it."


async def test_a_choice_between_two_versions_does_not_bring_it_back(
    person: BrowserContext, world: World, quoted: None
) -> None:
    page = await opened(person)
    summary = page.locator("#summary")
    await page.route("**/postmortems/**", lambda route: route.abort())
    await summary.fill(f"Mine: {SECRET}.")
    there = {**(await draft(world)), "summary": f"Theirs: {SECRET}."}
    await world.http.put(f"/api/v1{PAGE}/draft", json=there, headers={"If-Match": "*"})
    await page.unroute("**/postmortems/**")
    await expect(page.locator(".versions")).to_be_visible()

    await take_out(world)

    await expect(page.locator(".versions")).to_contain_text("Theirs: [redacted]")
    # Its own words still stand in the field of this page, which is saved for another reason.
    await page.get_by_label("Title", exact=True).fill("Checkout was down")
    await expect(page.get_by_label("Not saved: summary")).to_have_value(f"Mine: {SECRET}.")
    await expect(summary).to_have_value("Theirs: [redacted]")
    assert SECRET not in str((await world.http.get(f"/api/v1{PAGE}/versions")).json())
    assert SECRET not in str(await draft(world))
