"""A pager or chat that says how long it is away is left alone for so long, whether it was asked or told something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import respx
from pydantic import SecretStr

from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Answer
from closeout_ingest.adapters import limits
from closeout_ingest.adapters.opsgenie_api import OPSGENIE, AlertApi
from closeout_ingest.adapters.pagerduty_api import PagerDuty
from closeout_ingest.adapters.slack_web import SlackWeb

URL = "https://pager.example"
TOKEN = SecretStr("u+very-secret")
SOON = {"retry-after": "7"}


class Told:
    """A budget that remembers."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def admit(self) -> None:
        pass

    async def pause(self, seconds: float, why: str) -> None:
        self.pauses.append(seconds)


Call = Callable[[Told], Awaitable[object]]
CALLS: dict[str, tuple[Call, Call]] = {
    "pagerduty": (
        lambda budget: PagerDuty(URL, TOKEN, budget).one("Q1"),
        lambda budget: PagerDuty(URL, TOKEN, budget).say("Q1", "words", "", None),
    ),
    "opsgenie": (
        lambda budget: AlertApi(OPSGENIE, URL, TOKEN, budget).one("A1"),
        lambda budget: AlertApi(OPSGENIE, URL, TOKEN, budget).say("A1", "words", "", None),
    ),
    "slack": (
        lambda budget: SlackWeb(URL, TOKEN, lambda _: budget).get("users.info", {}, frozenset()),
        lambda budget: SlackWeb(URL, TOKEN, lambda _: budget).post("chat.postMessage", {}, frozenset()),
    ),
}


@respx.mock
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("vendor", [*CALLS])
async def test_a_question_that_is_put_off_is_put_off_for_all(vendor: str, status: int) -> None:
    respx.get(url__startswith=URL).respond(status, headers=SOON)
    ask, _, budget = *CALLS[vendor], Told()

    with pytest.raises(Retryable) as raised:
        await ask(budget)

    assert (raised.value.after, budget.pauses) == (7.0, [7.0])


@respx.mock
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("vendor", [*CALLS])
async def test_what_was_to_be_said_and_is_put_off_is_put_off_for_all(vendor: str, status: int) -> None:
    respx.get(url__startswith=URL).respond(json={"notes": [], "data": []})
    respx.post(url__startswith=URL).respond(status, headers=SOON)
    _, tell, budget = *CALLS[vendor], Told()

    with pytest.raises(Retryable) as raised:
        await tell(budget)

    assert (raised.value.after, budget.pauses) == (7.0, [7.0])


@respx.mock
@pytest.mark.parametrize("trouble", [httpx.Response(503), httpx.Response(500, headers=SOON), httpx.ReadTimeout("slow")])
@pytest.mark.parametrize("vendor", [*CALLS])
async def test_trouble_that_names_no_time_pauses_nobody(vendor: str, trouble: httpx.Response | Exception) -> None:
    respx.get(url__startswith=URL).respond(json={"notes": [], "data": []})
    respx.post(url__startswith=URL).mock(side_effect=[trouble])
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
    found = limits.put_off(Answer(503, {"retry-after": said}, b"", URL))

    assert found is not None
    assert least <= found <= most


@pytest.mark.parametrize("said", ["soon", "", "-1", "²", "Thu, 99 Jan 2026 00:00:00 GMT"])
def test_what_is_no_time_is_none(said: str) -> None:
    assert limits.put_off(Answer(503, {"retry-after": said}, b"", URL)) is None
