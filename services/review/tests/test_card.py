"""The 3 a.m. card: what it says, and to whom nothing is said."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from closeout_chassis.db import Database
from closeout_chassis.telemetry import Metrics
from closeout_review import testing as e
from closeout_review.commands.numbers import refresh
from closeout_review.domain.card import FIRST_LINE, Earlier, OpenItem, card
from closeout_review.domain.directory import Directory
from closeout_review.domain.facts import facts_of
from closeout_review.domain.lead import lead_from
from closeout_review.domain.link import read, signed
from closeout_review.settings import ReviewSettings
from closeout_review.telemetry import ReviewMetrics
from closeout_schemas.cards import MARK, RelatedFound, is_card
from closeout_schemas.vocabulary import derived_id

NOW = datetime(2026, 11, 3, 3, 14, tzinfo=UTC)
Hear = Callable[..., Awaitable[None]]
Said = Callable[[], Awaitable[Sequence[Any]]]


def earlier(**fields: Any) -> Earlier:
    known: dict[str, Any] = {
        "title": "Checkout could not pay for 40 minutes",
        "opened_at": NOW - timedelta(days=98),
        "why": "same service",
        "looked_like": "p99 is 4 s, payments fail",
        "ended_by": "Rolled back to release 411.",
        "open_items": (OpenItem("Alert on the payment pool", "Alex Responder", 45),),
        "promised": 3,
        "url": "https://closeout.example/postmortems/1",
    }
    return Earlier(**known | fields)


def test_the_first_line_says_it_all_on_a_lock_screen() -> None:
    first = card([earlier()], NOW).splitlines()[0]

    assert first == "Seen before 3 months ago, 1 of 3 fixes still open: Checkout could not pay for 40 minutes"
    assert len(card([earlier(title="x" * 500)], NOW).splitlines()[0]) <= FIRST_LINE


def test_each_earlier_review_tells_what_it_looked_like_what_ended_it_and_which_promise_is_open() -> None:
    said = card([earlier()], NOW)

    assert "  looked like: p99 is 4 s, payments fail" in said
    assert "  ended by: Rolled back to release 411." in said
    assert "  still open for 45 days: Alert on the payment pool (Alex Responder)" in said
    assert "https://closeout.example/postmortems/1" in said
    assert said.endswith(MARK)


def test_a_card_is_known_by_its_beginning_where_its_end_is_cut() -> None:
    words = card([earlier()], NOW)
    cut = words[: len(words) // 2]

    assert MARK not in cut
    assert (is_card(cut, is_cut=True), is_card(cut, is_cut=False)) == (True, False)


def test_whoever_has_the_account_that_posts_cards_is_not_taken_for_somebody_who_was_there() -> None:
    entries = [
        e.entry("card", "Seen before", 0.1, e.ALEX),
        e.entry("card", "…", 0.2, e.ALEX),
        e.entry("note", "x", 9, e.SAM),
    ]

    lead = lead_from(entries, Directory())

    assert lead is not None
    assert (lead.name, lead.why) == (e.SAM.name, "is behind 1 of the 1 lines that people wrote or did")
    assert [one.name for one in facts_of([e.snapshot(1, responders=())], entries).people] == [e.SAM.name]


def test_at_most_three_are_told_and_what_is_not_known_is_left_out() -> None:
    said = card([earlier(title=f"Review {n}", looked_like="", open_items=()) for n in range(5)], NOW)

    assert "Review 2" in said
    assert "Review 3" not in said
    assert "looked like" not in said
    assert "still open" not in said


def test_what_nobody_knows_to_be_open_is_not_counted_as_open_and_what_is_not_told_is() -> None:
    unknown, known = OpenItem("Alert on the pool", "nobody", 1, is_known=False), OpenItem("Limit it", "Sam", 1)
    first, *told = card([earlier(open_items=(unknown,), promised=9)], NOW).splitlines()
    assert "still open" not in first
    assert "  not known to be done for 1 day: Alert on the pool (nobody)" in told
    assert "Seen before 3 months ago, 1 of 9 fixes still open: " in card(
        [earlier(open_items=(unknown, known), promised=9)], NOW
    )
    assert ", 7 of 9 fixes still open: " in card([earlier(open_items=(known,), promised=9, still_open=7)], NOW)


def test_those_that_say_the_same_are_counted_beside_the_one_that_is_told() -> None:
    said = card([earlier(alike=12)], NOW)

    assert "Checkout could not pay for 40 minutes 3 months ago and 12 like it (same service)" in said


TITLE = "Payment pool exhausted, checkout times out"


async def publish(hear: Hear, http: httpx.AsyncClient) -> None:
    """A night that was written up and published with its promises."""
    now = datetime.now(UTC)
    await hear(*e.everybody(now))
    await hear(e.opened(title=TITLE), e.noted("I think it is the cache", 4, 2, title=TITLE))
    await hear(e.noted("The connection pool of payments is full", 9, 3, e.SAM, title=TITLE))
    await hear(e.noted("Rolled back", 20, 4, e.SAM, title=TITLE), e.resolved(60, 5, title=TITLE))
    url = f"/api/v1/postmortems/{e.POSTMORTEM}"
    draft = e.draft(now, e.item(now), title=TITLE)
    saved = await http.put(f"{url}/draft", json=draft, headers={"If-Match": '"0"'})
    assert saved.json()["refusals"] == [], saved.text
    assert (await http.post(f"{url}/publish")).status_code == 200


def page(title: str, *, opened_at: datetime | None = None, name: str = "next") -> Any:
    """Another incident is opened now."""
    at = opened_at or datetime.now(UTC)
    event = e.opened(title=title, opened_at=at)
    other = derived_id("incident", name)
    incident = event.data.incident.model_copy(update={"id": other, "vendor_id": name})
    entry = event.data.entry.model_copy(update={"id": derived_id("fact", name)})
    data = event.data.model_copy(update={"incident": incident, "entry": entry})
    return event.model_copy(update={"id": derived_id("fact", name), "subject": str(other), "data": data})


async def cards(said: Said) -> list[RelatedFound]:
    return [one for one in await said() if isinstance(one, RelatedFound)]


@pytest.mark.integration
async def test_what_was_seen_before_is_said_once_with_the_open_promises(
    hear: Hear, http: httpx.AsyncClient, said: Said
) -> None:
    await publish(hear, http)
    again = page("Checkout times out, payment connections exhausted")

    for _ in range(2):
        await hear(again)

    [found] = await cards(said)
    assert found.data.vendor_id == "next"
    assert found.data.postmortem_ids == (e.POSTMORTEM,)
    assert "still open for 0 days" in found.data.text
    assert found.data.text.startswith("Seen before")
    shown = (await http.get(f"/incidents/{again.data.incident.id}")).text
    assert "<h2>Seen before</h2>" in shown
    assert f"/postmortems/{e.POSTMORTEM}" in shown


@pytest.mark.integration
@pytest.mark.parametrize(
    "opened",
    [
        page("The coffee machine of the third floor is out of beans", name="other"),
        page("Payment pool exhausted", opened_at=datetime.now(UTC) - timedelta(hours=2), name="late"),
    ],
    ids=["nothing related", "told too late"],
)
async def test_nothing_is_better_than_noise(hear: Hear, http: httpx.AsyncClient, said: Said, opened: Any) -> None:
    await publish(hear, http)

    await hear(opened)

    assert await cards(said) == []


@pytest.mark.integration
async def test_without_earlier_reviews_nothing_is_said(hear: Hear, said: Said, db: Database) -> None:
    await hear(page("Payment pool exhausted"))

    assert await cards(said) == []


SECRET = SecretStr("a-secret-of-some-length")


@pytest.fixture
def settings() -> ReviewSettings:
    return ReviewSettings(public_url="http://closeout.test", default_project=e.PROJECT, link_secret=SECRET)


@pytest.mark.integration
async def test_whoever_was_woken_up_says_whether_it_was_this_and_the_review_shows_that_it_came_back(
    hear: Hear, http: httpx.AsyncClient, said: Said, db: Database
) -> None:
    await publish(hear, http)
    await hear(page("Checkout times out, payment connections exhausted"))
    [found] = await cards(said)
    links = dict(re.findall(r"^    (yes|no): http://closeout.test(\S+)$", found.data.text, re.MULTILINE))
    link = links["yes"].partition("?")[0]

    asked = {said: (await http.get(one)).text for said, one in links.items()}
    assert "Was this it?" in asked["yes"]
    assert asked["yes"].index('value="yes"') < asked["yes"].index('value="no"')
    assert asked["no"].index('value="no"') < asked["no"].index('value="yes"')
    assert "It came back" not in (await http.get(f"/postmortems/{e.POSTMORTEM}")).text, "opening a link says nothing"

    answered = await http.post(links["yes"], data={"answer": "yes"}, headers={"Origin": "http://closeout.test"})
    assert answered.status_code == 303
    assert "the same again" in (await http.get(link)).text
    assert "It came back" in (await http.get(f"/postmortems/{e.POSTMORTEM}")).text
    await http.post(link, data={"answer": "no"}, headers={"Origin": "http://closeout.test"})
    numbers = ReviewMetrics(Metrics("review"))
    await refresh(db, numbers)
    assert numbers.cards._value.get() == 1
    assert numbers.answers.labels("no", "feedback")._value.get() == 1
    assert "It came back" not in (await http.get(f"/postmortems/{e.POSTMORTEM}")).text


@pytest.mark.integration
async def test_a_link_that_we_did_not_sign_is_nothing(http: httpx.AsyncClient) -> None:
    good = signed(e.INCIDENT, e.POSTMORTEM, SECRET.get_secret_value().encode())
    for token in (good[:-2] + "AA", signed(e.INCIDENT, e.POSTMORTEM, b"another"), "x", "%C3%BC", good * 9):
        assert (await http.get(f"/was-it/{token}")).status_code == 404
    assert read(good, SECRET.get_secret_value().encode()) == (e.INCIDENT, e.POSTMORTEM)
    answer = await http.post(f"/was-it/{good}", data={"answer": "maybe"}, headers={"Origin": "http://closeout.test"})
    assert answer.status_code == 422
