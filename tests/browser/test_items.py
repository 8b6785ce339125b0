"""The three items of a draft on a phone: one is open, two are a line each, and what is typed in them is never lost."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.person import somebody
from tests.browser.test_review import draft
from tests.browser.world import World, postmortem_path

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
PHONE = {"width": 390, "height": 844}


async def on_a_phone(chromium: Browser, world: World, with_script: bool = True) -> Page:
    context = await somebody(
        chromium, base_url=str(world.http.base_url), viewport=PHONE, has_touch=True, java_script_enabled=with_script
    )
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    await page.goto(postmortem_path(0))
    return page


def item(page: Page, number: int) -> Locator:
    return page.locator(f"#item-{number}")


@pytest.mark.parametrize("with_script", [True, False], ids=["with a script", "without a script"])
async def test_the_second_and_third_item_are_one_line_until_they_are_tapped(
    chromium: Browser, world: World, with_script: bool
) -> None:
    page = await on_a_phone(chromium, world, with_script)
    await expect(item(page, 1).get_by_label("Owner")).to_be_visible()
    for number in (2, 3):
        await expect(item(page, number).get_by_label("Owner")).to_be_hidden()
        line = await item(page, number).bounding_box()
        assert line is not None
        assert 44 <= line["height"] < 60
        assert "nothing promised here" in await item(page, number).inner_text()

    await item(page, 2).locator("summary").tap()
    await item(page, 2).get_by_label("What will be different?").fill("Alert on p99 above 500 ms")
    await item(page, 2).locator("summary").tap()
    await expect(item(page, 2).get_by_label("What will be different?")).to_be_hidden()
    await page.get_by_role("button", name="Save", exact=True).tap()
    await expect(page.locator("#saved")).to_contain_text("Saved")

    # It is the only one that says something, and so the first.
    assert [one["text"] for one in (await draft(world))["action_items"]] == ["Alert on p99 above 500 ms"]
    await page.reload()
    await expect(item(page, 1).get_by_label("What will be different?")).to_have_value("Alert on p99 above 500 ms")


async def test_a_line_says_what_stands_in_the_item_and_how_much_is_to_mend(chromium: Browser, world: World) -> None:
    told = [{"text": "Alert on p99 above 500 ms", "owner": "@alexr"}, {"text": "Improve monitoring", "owner": "@samo"}]
    address = f"/api/v1{postmortem_path(0)}/draft"
    saved = await world.http.put(address, json={"action_items": told}, headers={"If-Match": "*"})
    assert saved.status_code == 200, saved.text
    page = await on_a_phone(chromium, world)
    line = item(page, 2).locator("summary")
    await expect(line).to_contain_text("Improve monitoring · @samo")
    await expect(line).to_contain_text("to mend")
    await expect(item(page, 2).get_by_label("Owner")).to_be_hidden()

    await page.get_by_role("button", name="Save and publish").tap()

    # What the gate refuses is seen without looking for it.
    await expect(item(page, 2).get_by_label("Owner")).to_be_visible()


async def test_a_section_that_somebody_has_opened_stays_open_while_it_is_saved(chromium: Browser, world: World) -> None:
    page = await on_a_phone(chromium, world)
    await item(page, 2).locator("summary").tap()
    await item(page, 3).locator("summary").tap()
    await item(page, 1).get_by_label("What will be different?").fill("Alert on p99 above 500 ms")
    await item(page, 2).get_by_label("What will be different?").fill("Refuse a pool above 150")
    await expect(page.locator("#saving")).to_contain_text("Saved")
    for number in (1, 2, 3):
        await expect(item(page, number).get_by_label("Owner")).to_be_visible()


async def test_a_link_to_what_does_not_pass_opens_the_item_around_it(chromium: Browser, world: World) -> None:
    told = [{"text": "Alert on p99 above 500 ms"}, {"text": "Improve monitoring"}]
    address = f"/api/v1{postmortem_path(0)}/draft"
    await world.http.put(address, json={"action_items": told}, headers={"If-Match": "*"})
    page = await on_a_phone(chromium, world)
    await page.locator("#standing summary").tap()
    await page.locator("#standing a[href*='action_items[1].text']").first.tap()
    await expect(item(page, 2).get_by_label("What will be different?")).to_be_visible()


async def test_a_finding_beside_one_field_does_not_push_its_neighbour_down(
    person: BrowserContext, world: World
) -> None:
    address = f"/api/v1{postmortem_path(0)}/draft"
    told = {"action_items": [{"text": "Alert on p99 above 500 ms", "owner": "@alexr", "target": "soon"}]}
    saved = await world.http.put(address, json=told, headers={"If-Match": "*"})
    assert saved.status_code == 200, saved.text
    page = await person.new_page()
    await page.goto(postmortem_path(0))
    await expect(page.locator(".pair .refusal").first).to_be_visible()

    owner, target = [await item(page, 1).get_by_label(name).bounding_box() for name in ("Owner", "Target")]

    assert owner is not None
    assert target is not None
    # A line of their labels at most.
    assert abs(owner["y"] - target["y"]) < 40
