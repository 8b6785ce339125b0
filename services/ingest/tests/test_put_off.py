"""A pager or chat that says how long it is away is left alone for so long, whether it was asked or told something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import respx

from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer
from closeout_ingest.adapters import limits
from closeout_ingest.adapters.opsgenie_api import OPSGENIE, AlertApi
from closeout_ingest.adapters.pagerduty_api import PagerDuty
from closeout_ingest.adapters.slack_web import SlackWeb

from .test_pagerduty_api import API, TOKEN, Told

SOON = {"retry-after": "7"}

Call = Callable[[Told], Awaitable[object]]
CALLS: dict[str, tuple[Call, Call]] = {
    "pagerduty": (
        lambda budget: PagerDuty(API, TOKEN, budget).one("Q1"),
        lambda budget: PagerDuty(API, TOKEN, budget).say("Q1", "words", "", None),
    ),
    "opsgenie": (
        lambda budget: AlertApi(OPSGENIE, API, TOKEN, budget).one("A1"),
        lambda budget: AlertApi(OPSGENIE, API, TOKEN, budget).say("A1", "words", "", None),
    ),
    "slack": (
        lambda budget: SlackWeb(API, TOKEN, lambda _: budget).get("users.info", {}, frozenset()),
        lambda budget: SlackWeb(API, TOKEN, lambda _: budget).post("chat.postMessage", {}, frozenset()),
    ),
}


@respx.mock
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("vendor", [*CALLS])
@pytest.mark.parametrize("is_write", [False, True], ids=["asked", "told"])
async def test_what_is_put_off_is_put_off_for_all(vendor: str, status: int, is_write: bool) -> None:
    respx.get(url__startswith=API).respond(json={"notes": [], "data": []})
    respx.route(method="POST" if is_write else "GET", url__startswith=API).respond(status, headers=SOON)
    call, budget = CALLS[vendor][is_write], Told()

    with pytest.raises(Retryable) as raised:
        await call(budget)

    assert (raised.value.after, budget.pauses) == (7.0, [7.0])


@respx.mock
@pytest.mark.parametrize("trouble", [httpx.Response(503), httpx.Response(500, headers=SOON), httpx.ReadTimeout("slow")])
@pytest.mark.parametrize("vendor", [*CALLS])
async def test_trouble_that_names_no_time_pauses_nobody(vendor: str, trouble: httpx.Response | Exception) -> None:
    respx.get(url__startswith=API).respond(json={"notes": [], "data": []})
    respx.post(url__startswith=API).mock(side_effect=[trouble])
    _, tell, budget = *CALLS[vendor], Told()

    with pytest.raises(Retryable) as raised:
        await tell(budget)

    assert (raised.value.after, budget.pauses) == (None, [])


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("7", 7.0, 7.0),
        (format_datetime(datetime.now(UTC) + timedelta(days=30), usegmt=True), 29 * 86400, 30 * 86400),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1.0, 1.0),
    ],
    ids=["seconds", "a date", "a date that is over"],
)
def test_a_time_is_a_number_or_a_date(said: str, least: float, most: float) -> None:
    found = limits.put_off(Answer(503, {"retry-after": said}, b"", API))

    assert found is not None
    assert least <= found <= most


@pytest.mark.parametrize("said", ["soon", "", "-1", "²", "Thu, 99 Jan 2026 00:00:00 GMT"])
def test_what_is_no_time_is_none(said: str) -> None:
    assert limits.put_off(Answer(503, {"retry-after": said}, b"", API)) is None
