"""The quarterly reading: opened once, read from the database, decided about, and turned into at most two promises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_judgement.patterns.quarter import Quarter
from closeout_review import testing as e
from closeout_review.commands.meta_reviews import open_due
from closeout_review.commands.quarter_reading import QuarterReadings
from closeout_review.domain.meta_review import Decision, waiting_quarter
from closeout_review.settings import ReviewSettings
from closeout_review.store.meta_reviews import MetaReviews
from closeout_schemas.drafts_mapping import DraftsMapping
from closeout_schemas.mapping import Mapping, MetaReviewMapping, PersonMapping
from closeout_schemas.metareviews import FindingConfirmed, FindingDismissed, ProposalCommitted
from closeout_schemas.notices import NoticeDue, NoticeKind
from closeout_schemas.postmortems import ActionItemCommitted
from closeout_schemas.vocabulary import TicketState, derived_id

from .quarters import BEGIN, described, incident, planted

pytestmark = pytest.mark.integration
Hear = Callable[..., Awaitable[None]]
Said = Callable[[], Awaitable[Sequence[Any]]]
Q3 = Quarter(2026, 3)
API = "/api/v1/meta-reviews"
THURSDAY = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


async def answer(http: httpx.AsyncClient, url: str, body: dict[str, Any] | None = None, status: int = 200) -> Any:
    got = await (http.get(url) if body is None else http.post(url, json=body))
    assert got.status_code == status, got.text
    return got.json()


@pytest.fixture
async def quarter(hear: Hear) -> None:
    await hear(*e.everybody(datetime.now(UTC)), *planted())


def only(reading: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [one for one in reading["patterns"] if one["kind"] == kind]
    return found


async def test_a_quarter_is_read_from_the_database(http: httpx.AsyncClient, quarter: None) -> None:
    reading = await answer(http, f"{API}/2026Q3")

    checkout = only(reading, "service")
    assert (checkout["value"], checkout["observed"]) == ("checkout", 6)
    assert checkout["expected"] < 2
    assert (reading["incidents"], reading["base_incidents"]) == (7, 12)
    assert len(reading["without_review"]) == 7
    assert len(reading["should_have_had_a_review"]) == 7
    assert {"dependency", "on_call_from_other_team", "runbook"} <= {one["kind"] for one in reading["not_tested"]}


async def test_what_is_restricted_is_not_read_and_a_renamed_service_is_one(
    http: httpx.AsyncClient, hear: Hear, quarter: None
) -> None:
    await hear(
        described("checkout", name="checkout-v2"),
        incident("SECRET", BEGIN + timedelta(days=5), "vault", restricted=True),
        incident("NEW", BEGIN + timedelta(days=80), "checkout"),
    )

    reading = await answer(http, f"{API}/2026Q3")

    assert only(reading, "service")["value"] == "checkout-v2"
    assert only(reading, "service")["observed"] == 7
    assert str(derived_id("incident", "pagerduty", "SECRET")) not in str(reading)


async def test_it_is_opened_on_the_first_working_morning_once_and_its_reader_is_told(
    db: Database, settings: ReviewSettings, said: Said, quarter: None
) -> None:
    reader = PersonMapping(name="Robin Reader", email="robin@example.com", slack="U1")
    mapped = settings.model_copy()
    object.__setattr__(mapped, "mapping", Mapping(meta_review=MetaReviewMapping(reader=reader, channel="C1")))

    assert await open_due(db, mapped, THURSDAY - timedelta(minutes=1)) is None
    both = await asyncio.gather(open_due(db, mapped, THURSDAY), open_due(db, mapped, THURSDAY))
    assert sorted(both, key=str) == [Q3, None]
    assert await open_due(db, mapped, THURSDAY + timedelta(days=30)) is None

    told = [event.data for event in await said() if isinstance(event, NoticeDue)]
    assert [(one.kind, one.to.name, one.to.channel) for one in told] == [
        (NoticeKind.META_REVIEW, "Robin Reader", None),
        (NoticeKind.META_REVIEW, "C1", "C1"),
    ]
    assert told[0].url == "http://closeout.test/meta-reviews/2026Q3"


def test_holidays_put_the_reading_off_by_the_organisations_clock() -> None:
    rules, berlin = DraftsMapping(holidays=(date(2027, 1, 1),)), ZoneInfo("Europe/Berlin")
    monday = datetime(2027, 1, 4, 9, 0, tzinfo=berlin)
    assert waiting_quarter(monday - timedelta(seconds=1), berlin, rules) is None
    assert waiting_quarter(monday, berlin, rules) == Quarter(2026, 4)
    assert waiting_quarter(monday + timedelta(days=80), berlin, rules) == Quarter(2026, 4)


async def test_nothing_is_opened_where_nothing_was_ever_known(db: Database, settings: ReviewSettings) -> None:
    assert await open_due(db, settings, THURSDAY) is None


async def confirmed(http: httpx.AsyncClient) -> dict[str, Any]:
    """The planted pattern of the quarter, confirmed."""
    reading = await answer(http, API, {"quarter": "2026Q3", "by": "Robin"})
    finding = only(reading, "service")
    url = f"{API}/2026Q3/findings/{finding['id']}"
    await answer(http, url, {"decision": "confirmed", "by": "Robin"})
    return finding


def idea(finding_id: str, now: datetime, **more: Any) -> dict[str, Any]:
    item = e.item(now, text="Give checkout a circuit breaker before each payment provider", control="circuit_breaker")
    return {"finding_id": finding_id, "item": item | more, "cost": "weeks", "proposed_to": "the head of engineering"}


async def test_a_finding_is_confirmed_or_dismissed_with_a_reason(
    http: httpx.AsyncClient, said: Said, quarter: None
) -> None:
    finding = await confirmed(http)
    url = f"{API}/2026Q3/findings/{finding['id']}"

    await answer(http, url, {"decision": "dismissed"}, 422)
    reading = await answer(http, url, {"decision": "dismissed", "reason": "A migration that is over", "by": "Robin"})

    (kept,) = reading["record"]["findings"]
    assert (kept["decision"], kept["reason"]) == ("dismissed", "A migration that is over")
    (event,) = [one for one in await said() if isinstance(one, FindingConfirmed)]
    assert (event.subject, event.data.value, len(event.data.incident_ids)) == ("2026Q3", "checkout", 6)
    (taken_back,) = [one for one in await said() if isinstance(one, FindingDismissed)]
    assert (taken_back.data.finding_id, taken_back.data.reason) == (event.data.finding_id, "A migration that is over")
    assert (event.data.number, taken_back.data.number) == (1, 2)
    assert await answer(http, f"{API}/2026Q3/findings/{e.POSTMORTEM}", {"decision": "confirmed"}, 404)


async def test_what_the_reader_saw_counts_as_much(http: httpx.AsyncClient, said: Said, quarter: None) -> None:
    await answer(http, API, {"quarter": "2026Q3"})
    evidence = [str(derived_id("incident", "pagerduty", name)) for name in ("C0", "C1")]
    seen = {"value": "Each began while the team was at its offsite", "incidents": evidence, "by": "Robin"}

    reading = await answer(http, f"{API}/2026Q3/findings", seen)
    again = await answer(http, f"{API}/2026Q3/findings", seen)

    (kept,) = again["record"]["findings"]
    assert kept == reading["record"]["findings"][0]
    assert (kept["by_reader"], kept["decision"], kept["minutes"]) == (True, "confirmed", 60)
    assert len([one for one in await said() if isinstance(one, FindingConfirmed)]) == 1
    await answer(http, f"{API}/2026Q3/findings", seen | {"incidents": ["no such incident"]}, 422)

    for other in ({"incidents": evidence[:1]}, {"sentence": "At the offsite in May"}):
        refused = await answer(http, f"{API}/2026Q3/findings", seen | other, 409)
        assert (refused["type"].rpartition(":")[2], refused["finding_id"]) == ("there-already", kept["id"])

    one = f"{API}/2026Q3/findings/{kept['id']}"
    await answer(http, one, {"decision": "dismissed", "reason": "There was no offsite", "by": "Sam"})
    refused = await answer(http, f"{API}/2026Q3/findings", seen, 409)
    assert (refused["type"].rpartition(":")[2], refused["finding_id"]) == ("dismissed-before", kept["id"])
    assert "Sam dismissed it: There was no offsite" in refused["detail"]
    await answer(http, one, {"decision": "confirmed", "by": "Robin"})
    assert await answer(http, f"{API}/2026Q3/findings", seen)


async def test_an_accepted_proposal_passes_the_gate_and_is_a_promise_like_any_other(
    http: httpx.AsyncClient, hear: Hear, said: Said, now: datetime, quarter: None
) -> None:
    finding = await confirmed(http)
    vague = idea(finding["id"], now, owner="the payments team", criterion="")
    (proposal,) = (await answer(http, f"{API}/2026Q3/proposals", vague))["record"]["proposals"]
    assert (len(proposal["would_have_prevented"]), proposal["minutes"]) == (6, 180)
    accept = f"{API}/2026Q3/proposals/{proposal['id']}/accept"

    refused = await answer(http, accept, {}, 422)
    assert {one["where"] for one in refused["refusals"]} >= {"action_items[0].owner", "action_items[0].criterion"}
    assert [one for one in await said() if isinstance(one, ActionItemCommitted)] == []

    made = await answer(http, accept, {"item": idea("", now)["item"]})
    assert made["outcome"] == "pending"
    assert made["fails_at"] is not None
    (promise,) = [one for one in await said() if isinstance(one, ActionItemCommitted)]
    (event,) = [one for one in await said() if isinstance(one, ProposalCommitted)]
    assert (event.data.item_id, event.data.minutes) == (promise.data.item.id, 180)
    assert str(event.data.postmortem_id) == made["id"]
    # It is no incident: not of the list, and not of the quarter in which it was accepted.
    assert made["incident_id"] not in str(await answer(http, "/api/v1/incidents"))
    await answer(http, accept, {}, 409)

    await hear(e.ticket(promise.data.item.id, TicketState.COMPLETED, 2, now))
    (followed,) = (await answer(http, f"{API}/2026Q4"))["record"]["followed"]
    assert followed["standing"] == "shipped"
    assert (followed["pattern"]["before"], followed["pattern"]["after"]) == (6, 0)
    assert followed["pattern"]["sentence"].startswith("6 before, 0 since: 0 times as often a day, between 0 and ")


async def test_a_third_proposal_is_refused_until_one_makes_room(
    http: httpx.AsyncClient, now: datetime, quarter: None
) -> None:
    finding = await confirmed(http)
    url = f"{API}/2026Q3/proposals"
    texts = [
        "Add a canary to each checkout deploy",
        "Add a flag before the new basket",
        "Add a third thing to checkout",
    ]
    for text in texts[:2]:
        made = await answer(http, url, idea(finding["id"], now, text=text))
    full = await answer(http, url, idea(finding["id"], now, text=texts[2]), 409)
    assert full["type"].endswith("two-proposals")

    first = made["record"]["proposals"][0]["id"]
    await answer(http, f"{url}/{first}/refuse", {"reason": ""}, 422)
    await answer(http, f"{url}/{first}/refuse", {"reason": "Too dear this year", "by": "Head"})
    made = await answer(http, url, idea(finding["id"], now, text=texts[2]))
    assert [one["decision"] for one in made["record"]["proposals"]] == ["refused", None, None]


async def test_a_withdrawn_promise_makes_room_too(http: httpx.AsyncClient, now: datetime, quarter: None) -> None:
    finding = await confirmed(http)
    url = f"{API}/2026Q3/proposals"
    for text in ("Add a canary to each checkout deploy", "Add a flag before the new basket"):
        made = await answer(http, url, idea(finding["id"], now, text=text))
    first = made["record"]["proposals"][0]["id"]
    promise = await answer(http, f"{url}/{first}/accept", {"by": "Head"})
    third = idea(finding["id"], now, text="Add an alert on the checkout error rate")
    await answer(http, url, third, 409)

    item = f"/api/v1/postmortems/{promise['id']}/items/{promise['items'][0]['item']['id']}"
    await answer(http, f"{item}/withdraw", {"reason": "The vendor was changed instead", "by": "Head"})

    assert len((await answer(http, url, third))["record"]["proposals"]) == 3


async def test_what_was_refused_comes_back_with_its_pattern(
    http: httpx.AsyncClient, hear: Hear, now: datetime, quarter: None
) -> None:
    finding = await confirmed(http)
    url = f"{API}/2026Q3/proposals"
    made = await answer(http, url, idea(finding["id"], now))
    await answer(http, f"{url}/{made['record']['proposals'][0]['id']}/refuse", {"reason": "Too dear this year"})
    later = BEGIN + timedelta(days=95)
    await hear(*(incident(f"D{n}", later + timedelta(days=4 * n), "checkout") for n in range(4)))
    await answer(http, API, {"quarter": "2026Q4"})
    evidence = [str(derived_id("incident", "pagerduty", f"D{n}")) for n in range(4)]
    again = {"kind": "service", "value": "checkout", "incidents": evidence}

    reading = await answer(http, f"{API}/2026Q4/findings", again)

    (kept,) = reading["record"]["findings"]
    assert [one["reason"] for one in kept["refused_before"]] == ["Too dear this year"]


async def test_no_proposal_stands_on_a_dismissed_pattern(http: httpx.AsyncClient, now: datetime, quarter: None) -> None:
    finding = await confirmed(http)
    url, dismissing = f"{API}/2026Q3/proposals", {"decision": "dismissed", "reason": "A migration that is over"}
    decided = f"{API}/2026Q3/findings/{finding['id']}"
    for text in ("Add a canary to each checkout deploy", "Add a flag before the new basket"):
        made = await answer(http, url, idea(finding["id"], now, text=text))
    first, second = (one["id"] for one in made["record"]["proposals"])
    promise = await answer(http, f"{url}/{first}/accept", {"by": "Head"})

    waits = await answer(http, decided, dismissing, 409)
    assert "“Add a canary to each checkout deploy”" in waits["detail"]
    assert f"/postmortems/{promise['id']}" in waits["detail"]
    item = f"/api/v1/postmortems/{promise['id']}/items/{promise['items'][0]['item']['id']}"
    await answer(http, f"{item}/withdraw", {"reason": "The vendor was changed instead", "by": "Head"})
    assert (await answer(http, decided, dismissing, 409))["detail"].endswith("Refuse that first.")
    await answer(http, f"{url}/{second}/refuse", {"reason": "Too dear this year", "by": "Head"})
    await answer(http, decided, dismissing)


async def test_what_waits_on_a_pattern_that_an_earlier_release_let_be_dismissed_is_not_promised(
    http: httpx.AsyncClient, db: Database, now: datetime, quarter: None
) -> None:
    finding = await confirmed(http)
    made = await answer(http, f"{API}/2026Q3/proposals", idea(finding["id"], now))
    async with db.transaction() as tx:
        await MetaReviews(tx.conn).decide(UUID(finding["id"]), Decision.DISMISSED, "It is over", "Robin")

    accept = f"{API}/2026Q3/proposals/{made['record']['proposals'][0]['id']}/accept"
    assert (await answer(http, accept, {}, 409))["type"].endswith("not-confirmed")


async def test_a_proposal_needs_a_confirmed_finding(http: httpx.AsyncClient, now: datetime, quarter: None) -> None:
    reading = await answer(http, f"{API}/2026Q3")
    finding = only(reading, "service")
    await answer(http, f"{API}/2026Q3/proposals", idea(finding["id"], now), 404)
    await answer(http, API, {"quarter": "2026Q3"})
    refused = await answer(http, f"{API}/2026Q3/proposals", idea(finding["id"], now), 409)
    assert refused["type"].endswith("not-confirmed")


@pytest.mark.parametrize("name", ["2026Q5", "soon", "2026", "0000Q1", "0001Q1", "9999Q4"])
async def test_what_is_no_quarter_is_said_so(http: httpx.AsyncClient, name: str) -> None:
    assert "2026Q3" in (await answer(http, f"{API}/{name}", None, 404))["detail"]


async def test_a_quarter_without_incidents_and_one_that_has_not_begun(http: httpx.AsyncClient) -> None:
    reading = await answer(http, f"{API}/2025Q1")
    assert (reading["patterns"], reading["questions"], reading["proposals"]) == ([], [], [])
    assert "no incident in 2025Q1" in reading["not_tested"][0]["why"]
    await answer(http, API, {"quarter": "2999Q1"}, 422)


async def test_a_quarter_with_one_incident_says_what_could_not_be_tested(http: httpx.AsyncClient, hear: Hear) -> None:
    await hear(incident("ONE", BEGIN + timedelta(days=5), "mail"))
    reading = await answer(http, f"{API}/2026Q3")
    assert (reading["incidents"], reading["patterns"]) == (1, [])
    assert all("one incident" in one["why"] for one in reading["not_tested"][:3])


async def test_a_storm_of_two_hundred_pages_is_one_incident(http: httpx.AsyncClient, hear: Hear, quarter: None) -> None:
    at = BEGIN + timedelta(days=50)
    await hear(*(incident(f"S{n}", at + timedelta(seconds=9 * n), "search") for n in range(200)))

    reading = await answer(http, f"{API}/2026Q3")

    assert (reading["incidents"], reading["pages"]) == (8, 207)
    assert [one["value"] for one in reading["patterns"] if one["kind"] == "service"] == ["checkout"]


async def test_the_quarter_is_the_organisations_by_daylight_saving_too(
    db: Database, settings: ReviewSettings, hear: Hear
) -> None:
    # 22:30 UTC on the last day of June is the first of July in Berlin.
    await hear(incident("EDGE", datetime(2026, 6, 30, 22, 30, tzinfo=UTC), "mail"))
    berlin = ReviewSettings(public_url="http://closeout.test", time_zone="Europe/Berlin")

    assert [len((await QuarterReadings(one, db).read(Q3)).review.history.now) for one in (berlin, settings)] == [1, 0]
