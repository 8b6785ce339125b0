"""An answer that is none says not that there is nothing: it is asked again, and nothing counts as done."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
import respx

from closeout_chassis.errors import Retryable
from closeout_ingest.adapters.history import Listed
from closeout_ingest.adapters.opsgenie_api import JSM, OPSGENIE, AlertApi
from closeout_ingest.adapters.pagerduty_api import PagerDuty

from .test_pagerduty_api import API, SINCE, TOKEN, UNTIL

PAGERS: dict[str, Callable[[], PagerDuty | AlertApi]] = {
    "pagerduty": lambda: PagerDuty(API, TOKEN, writes_as="closeout@example.com"),
    "opsgenie": lambda: AlertApi(OPSGENIE, API, TOKEN),
    "jsm": lambda: AlertApi(JSM, API, TOKEN),
}
LISTED = Listed("A1", "1", "", {"id": "A1"})
LISTS = [{"id": "A1"}]
MAINTENANCE = httpx.Response(200, json={"status": "maintenance"})
each_pager = pytest.mark.parametrize("vendor", [*PAGERS])


@respx.mock
@each_pager
@pytest.mark.parametrize("answer", [MAINTENANCE, httpx.Response(403), httpx.Response(404)], ids=["200", "403", "404"])
async def test_a_pager_that_lists_nothing_was_not_asked(vendor: str, answer: httpx.Response) -> None:
    respx.get(url__startswith=API).mock(return_value=answer)
    pager = PAGERS[vendor]()

    for listing in (pager.created(SINCE, UNTIL), pager.unresolved()):
        with pytest.raises(Retryable) as raised:
            await anext(listing)
        named = [f"CLOSEOUT_INGEST_{vendor.upper()}_API_{what}" in str(raised.value) for what in ("URL", "")]
        assert named == [answer.status_code != 200] * 2


@respx.mock
@each_pager
async def test_a_key_that_is_taken_away_on_the_way_through_a_list_is_said(vendor: str) -> None:
    more = {"links": {"next": "?after=1"}, "paging": {"next": f"{API}/alerts?offset=1"}, "more": True}
    first = httpx.Response(200, json={"incidents": LISTS, "data": LISTS, "values": LISTS, **more})
    respx.get(url__startswith=API).mock(side_effect=[first, httpx.Response(403)])
    listing = PAGERS[vendor]().created(SINCE, UNTIL)

    assert (await anext(listing)).vendor_id == "A1"
    with pytest.raises(Retryable):
        await anext(listing)


@respx.mock
@each_pager
async def test_a_log_that_is_none_is_asked_for_again(vendor: str) -> None:
    alert = {"id": "A1", "data": {"id": "A1"}}
    respx.get(f"{API}/alerts/A1").respond(json=alert)
    respx.get(url__startswith=API).mock(return_value=MAINTENANCE)

    with pytest.raises(Retryable):
        [page async for page in PAGERS[vendor]().history(LISTED)]


@respx.mock
@each_pager
async def test_no_second_card_is_written_where_the_notes_cannot_be_read(vendor: str) -> None:
    respx.get(url__startswith=API).mock(return_value=MAINTENANCE)
    written = respx.post(url__startswith=API).respond(201)

    with pytest.raises(Retryable):
        await PAGERS[vendor]().say("A1", "words", "", None)
    assert not written.called
