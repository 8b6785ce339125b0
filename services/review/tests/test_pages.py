"""The pages: server-rendered, escaped, usable without a script."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_chassis.testing import said
from closeout_review import testing as e
from closeout_review.testing import Page
from closeout_schemas.catalogue import POSTMORTEMS
from closeout_schemas.postmortems import TicketWantedAgain
from closeout_schemas.tickets import Comment, Problem, ProblemKind
from closeout_schemas.vocabulary import TicketState

pytestmark = pytest.mark.integration
PAGE = f"/postmortems/{e.POSTMORTEM}"
API = f"/api/v1/postmortems/{e.POSTMORTEM}"
HOSTILE = "<script>alert(1)</script> DROP \u202e «ünïcode» 🔥 {{7*7}} [x](javascript:alert(1)) \x00"
Hear = Callable[..., Awaitable[None]]


async def page(http: httpx.AsyncClient, url: str, status: int = 200) -> Page:
    answer = await http.get(url, headers={"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    return Page(answer.text)


async def press(http: httpx.AsyncClient, shown: Page, button: str, **typed: str) -> httpx.Response:
    """Send the form as a browser would that shows `shown`, with these fields typed over: action_items-0-owner=…"""
    over = {named(shown, name): value for name, value in typed.items()}
    fields = [(name, value) for name, value in shown.fields if name not in over and name != "reason"]
    data: dict[str, Any] = {}
    for name, value in [*fields, *over.items(), ("do", button)]:
        data.setdefault(name, []).append(value)
    return await http.post(PAGE, data=data, headers={"Origin": "http://closeout.test", "Accept": "text/html"})


def named(shown: Page, name: str) -> str:
    """A field of a list's n-th row as the page names it, by the row's id."""
    if not (match := re.fullmatch(r"(\w+)-(\d+)-(\w+)", name)):
        return name
    ids = [value for field, value in shown.fields if re.fullmatch(rf"{match[1]}-\w+-id", field)]
    return f"{match[1]}-{ids[int(match[2])]}-{match[3]}"


async def save(http: httpx.AsyncClient, draft: dict[str, Any], revision: int = 0) -> None:
    answer = await http.put(f"{API}/draft", json=draft, headers={"If-Match": f'"{revision}"'})
    assert answer.status_code == 200, answer.text


async def test_the_list_shows_what_became_of_each_incident(http: httpx.AsyncClient, drafted: None) -> None:
    shown = await page(http, "/")
    assert "Checkout answers 502" in shown.text
    assert "draft waits" in shown.text
    assert PAGE in shown.links


async def test_a_draft_is_finished_and_published_without_a_script(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    first = await page(http, PAGE)
    note = e.entry("note", "I think it is the cache", 4)
    typed = {
        "earlier_catches-0-control": "slo_alert",
        "earlier_catches-0-entry_id": str(note.id),
        "earlier_catches-0-text": "An SLO alert on checkout p99 latency at 500 ms",
        "failure_modes": "bad_deploy_or_upgrade",
        "action_items-0-text": e.item(now)["text"],
        "action_items-0-criterion": e.item(now)["criterion"],
        "action_items-0-owner": "Payments",
        "action_items-0-target": e.item(now)["target"],
    }
    refused = await press(http, first, "publish", **typed)
    assert refused.status_code == 422
    second = Page(refused.text)
    assert "Payments is a team, not a person." in second.text

    published = await press(http, second, "publish", **{"action_items-0-owner": "@alexr"})
    assert published.status_code == 303, Page(published.text).text
    third = await page(http, PAGE)
    assert "waiting for the tracker" in third.text
    assert "holds" in third.text


async def test_a_rewrite_is_taken_over_with_one_click(http: httpx.AsyncClient, drafted: None, now: datetime) -> None:
    await save(http, e.draft(now, e.item(now, project="github:acme/paymints")))
    shown = await page(http, PAGE)
    (button,) = [value for value in shown.buttons if value.startswith("mend:")]
    assert (await press(http, shown, button)).status_code == 303
    after = (await http.get(API)).json()
    assert after["draft"]["action_items"][0]["project"] == e.PROJECT
    assert after["refusals"] == []


async def test_a_fourth_item_becomes_a_thing_to_remain_aware_of_with_one_click(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    await save(http, e.draft(now, *(e.item(now, text=f"Add an alert on queue {n} above 500 jobs") for n in range(4))))
    shown = await page(http, PAGE)
    assert "There are 4 action items" in shown.text
    assert (await press(http, shown, "aware:action_items[3]")).status_code == 303
    draft = (await http.get(API)).json()["draft"]
    assert len(draft["action_items"]) == 3
    assert draft["aware_of"][-1] == "Add an alert on queue 3 above 500 jobs"


async def test_the_form_loses_nothing_of_a_draft_that_it_shows(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    draft = e.draft(
        now, e.item(now, text='Alert on "p99" & <b>p50</b> above 500 ms'), aware_of=["two\nlines", " x\n\ny"]
    )
    draft["dismissals"] = [
        {"code": "agentless-passive", "text": "was done", "where": "summary", "reason": "a quotation"}
    ]
    await save(http, draft)
    before = (await http.get(API)).json()["draft"]
    shown = await page(http, PAGE)
    assert (await press(http, shown, "save")).status_code == 303
    assert (await http.get(API)).json()["draft"] == before


async def test_what_does_not_fit_is_given_back_as_it_was_typed(http: httpx.AsyncClient, drafted: None) -> None:
    shown = await page(http, PAGE)
    answer = await press(http, shown, "save", title="x" * 301, summary="a \x00 b")
    assert answer.status_code == 422
    again = Page(answer.text)
    assert ("title", "x" * 301) in again.fields
    assert "control character U+0000" in again.text


async def test_hostile_words_stay_words(http: httpx.AsyncClient, hear: Hear) -> None:
    await hear(e.opened(title=HOSTILE), e.noted(HOSTILE, 3, 2, title=HOSTILE), e.resolved(title=HOSTILE))
    for url in ("/", f"/incidents/{e.INCIDENT}", PAGE):
        shown = await page(http, url)
        assert all(script.startswith("/static/") for script in shown.scripts)
        assert "alert(1)" in shown.text
        assert "{{7*7}}" in shown.text
        assert "\x00" not in shown.text


async def test_only_web_addresses_are_linked(http: httpx.AsyncClient, hear: Hear) -> None:
    await hear(e.opened(url="javascript:alert(1)"))
    shown = await page(http, f"/incidents/{e.INCIDENT}")
    assert not [link for link in shown.links if link.startswith("javascript")]


async def test_nights_and_silences_are_visible(http: httpx.AsyncClient, drafted: None) -> None:
    shown = await page(http, PAGE)
    assert "56 min without a word" in shown.text
    assert "night" in shown.text
    assert "svg" in shown.tags


async def test_a_published_page_shows_tickets_and_takes_promises_back(
    http: httpx.AsyncClient, hear: Hear, drafted: None, now: datetime
) -> None:
    await save(http, e.draft(now, e.item(now), e.item(now, text="Add a canary stage of 1 % to the checkout deploy")))
    items = (await http.post(f"{API}/publish")).json()["items"]
    await hear(e.ticket(items[0]["item"]["id"], TicketState.OPEN, 1))
    written = Comment(id="1", by="sam-oncall", at=now, text="Blocked <b>by</b> the proxy")
    await hear(e.ticket(items[0]["item"]["id"], TicketState.OPEN, 2, comments=(written,)))
    shown = await page(http, PAGE)
    assert "https://github.com/acme/payments/issues/12" in shown.links
    assert "left" in shown.text
    assert "Blocked <b>by</b> the proxy" in shown.text

    url = f"{PAGE}/items/{items[1]['item']['id']}/withdraw"
    assert (await http.post(url, data={"reason": " "})).status_code == 422
    assert (await http.post(url, data={"reason": "The checkout moves to another team's pipeline"})).status_code == 303
    assert "moves to another team" in (await page(http, PAGE)).text


async def test_a_lost_ticket_says_what_to_do_and_is_asked_for_again_with_one_click(
    http: httpx.AsyncClient, hear: Hear, drafted: None, now: datetime, db: Database
) -> None:
    await save(http, e.draft(now, e.item(now)))
    item_id = (await http.post(f"{API}/publish")).json()["items"][0]["item"]["id"]
    url = f"{PAGE}/items/{item_id}/remake"
    await hear(e.ticket(item_id, TicketState.OPEN, 1))
    assert (await http.post(url)).status_code == 409, "it is there"
    problem = Problem(kind=ProblemKind.LOST, text="acme/payments#12 is not found any more.", since=now)
    await hear(e.ticket(item_id, TicketState.LOST, 2, problem=problem))

    shown = await page(http, PAGE)
    assert "Make the ticket again" in shown.text
    assert [(await http.post(url)).status_code for _ in range(2)] == [303, 303]

    assert "acme/payments#12 is not found any more." in shown.text
    wanted = [one for one in await said(db, POSTMORTEMS.name) if isinstance(one, TicketWantedAgain)]
    assert {str(one.data.item_id) for one in wanted} == {item_id}
    assert len({one.id for one in wanted}) == 1, "asked for once"


async def test_every_field_has_a_label(http: httpx.AsyncClient, drafted: None, now: datetime) -> None:
    await save(http, e.draft(now, e.item(now, owner="Payments")))
    shown = await page(http, PAGE)
    assert shown.to_label - shown.labelled == set()


async def test_pages_allow_no_script_but_our_files_and_no_frame(http: httpx.AsyncClient, drafted: None) -> None:
    answer = await http.get(PAGE)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not {name for name in Page(answer.text).attributes if name == "style" or re.fullmatch(r"on[a-z]+", name)}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://closeout.test"}, 403),
        # A name that somebody's DNS points to this machine.
        ({"Origin": "http://evil.example", "Host": "evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Origin": "http://127.0.0.1:7400", "Host": "127.0.0.1:7400", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "http://closeout.test", "Sec-Fetch-Site": "same-origin"}, 303),
        ({}, 303),
    ],
)
async def test_forms_are_taken_from_our_own_pages_only(
    http: httpx.AsyncClient, drafted: None, headers: dict[str, str], status: int
) -> None:
    answer = await http.post(PAGE, data={"revision": "0", "title": "Mine"}, headers=headers)
    assert answer.status_code == status


async def test_a_browser_gets_errors_as_pages_and_a_program_as_problems(http: httpx.AsyncClient) -> None:
    nowhere = f"/postmortems/{e.INCIDENT}"
    assert "no such postmortem" in (await page(http, nowhere, 404)).text
    answer = await http.get(nowhere)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_button_means_its_own_row_though_another_was_emptied_before(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    await save(
        http, e.draft(now, e.item(now, owner="Alex Respnder"), e.item(now, owner="Alex Respndr", text="Add a canary"))
    )
    shown = await page(http, PAGE)
    empty = {f"action_items-0-{field}": "" for field in ("text", "criterion", "owner", "target", "project", "control")}
    assert (await press(http, shown, "mend:owner-unknown:action_items[1].owner", **empty)).status_code == 303
    (item,) = (await http.get(API)).json()["draft"]["action_items"]
    assert (item["text"], item["owner"]) == ("Add a canary", "@alexr")


async def test_an_earlier_catch_becomes_an_action_item_with_one_click(
    http: httpx.AsyncClient, drafted: None, now: datetime
) -> None:
    await save(http, e.draft(now) | {"action_items": []})
    assert (await press(http, await page(http, PAGE), "promise:earlier_catches[0]")).status_code == 303
    (item,) = (await http.get(API)).json()["draft"]["action_items"]
    assert (item["text"], item["control"]) == ("An SLO alert on checkout p99 latency at 500 ms", "slo_alert")


@pytest.mark.parametrize(
    "button", ["", "nonsense", "mend:", "mend:x:y", "mend:a:action_items[999].x", "aware:", "catch:9"]
)
async def test_a_button_that_nobody_offered_only_saves(http: httpx.AsyncClient, drafted: None, button: str) -> None:
    assert (await press(http, await page(http, PAGE), button, title="Mine")).status_code == 303
    assert (await http.get(API)).json()["draft"]["title"] == "Mine"


async def test_a_form_of_many_fields_or_none_is_no_defect(http: httpx.AsyncClient, drafted: None) -> None:
    many = "&".join(f"aware_of={n}" for n in range(2_001)).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await http.post(PAGE, content=many, headers=form)).status_code == 422
    assert (await http.post(PAGE, content=b"", headers=form)).status_code == 303
    assert (await http.post(PAGE, content=b"revision=0&title=%ff%fe&x=%00", headers=form)).status_code == 303
