"""What the quarterly reading is made from: whose people were on call, what reviews say, ten thousand incidents."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_judgement.patterns.calendar import Window
from closeout_review import testing as e
from closeout_review.commands import exporting, quarter_reading
from closeout_review.commands.exporting import alert_of
from closeout_review.commands.quarter_reading import QuarterReadings, calendar_in
from closeout_review.domain.homes import homes_of
from closeout_review.settings import ReviewSettings
from closeout_schemas.drafts_mapping import DraftsMapping
from closeout_schemas.incidents import OnCall
from closeout_schemas.mapping import Mapping, MetaReviewMapping, ServiceMapping, TeamMapping
from closeout_schemas.vocabulary import derived_id

from .quarters import BEGIN, described, incident
from .test_meta_reviews import API, Q3, answer

pytestmark = pytest.mark.integration
Hear = Callable[..., Awaitable[None]]


def with_mapping(settings: ReviewSettings, mapping: Mapping) -> ReviewSettings:
    mapped = settings.model_copy()
    object.__setattr__(mapped, "mapping", mapping)
    return mapped


def paged(name: str, at: datetime, service: str, schedule: str) -> Any:
    on_call = (OnCall(party=e.SAM, level=1, schedule=schedule), OnCall(party=e.ALEX, level=2, schedule="Managers"))
    return incident(name, at, service, on_call=on_call)


async def test_whose_people_were_on_call_is_read_from_schedules_and_the_mapping(
    db: Database, settings: ReviewSettings, hear: Hear
) -> None:
    """The pager says which schedules a service is for; the mapping says of which team a schedule's people are."""
    mapped = with_mapping(settings, Mapping(teams={"search": TeamMapping(schedules=("Search nights",))}))
    ours = ("checkout", "invoices")
    year = [BEGIN - timedelta(days=20 * n + 5) for n in range(14)]
    quarter = [BEGIN + timedelta(days=7 * n + 3, hours=5 * n % 24) for n in range(10)]
    schedules = ["Search nights" if n < 8 else "Payments" for n in range(10)]
    await hear(
        *(described(one, teams=("payments",), schedules=("Payments",)) for one in ours),
        *(paged(f"Y{n}", at, ours[n % 2], "Payments") for n, at in enumerate(year)),
        *(paged(f"N{n}", at, ours[n % 2], schedules[n]) for n, at in enumerate(quarter)),
    )

    reading = await QuarterReadings(mapped, db).read(Q3)

    found = {str(one.candidate.kind): one.candidate for one in reading.review.patterns}
    assert found["on_call_from_other_team"].observed == 8
    (told,) = [one for one in reading.review.history.now if one.opened_at == quarter[0]]
    assert told.records[0].service_team == "payments"
    assert {(one.team, one.on_call) for one in told.records[0].responders} == {("search", True)}


async def test_ten_who_read_a_quarter_at_once_wait_for_one_computation(
    db: Database, settings: ReviewSettings, hear: Hear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one who asked first, and leaves, does not end it for the others; one that fails is done again."""
    looked, computed, may_end, fails = 0, 0, threading.Event(), True
    material_of, meta_review = quarter_reading.material_of, quarter_reading.meta_review

    async def looking(*told: Any) -> Any:
        nonlocal looked
        found = await material_of(*told)
        looked += 1
        return found

    def computing(*told: Any, **more: Any) -> Any:
        nonlocal computed
        computed += 1
        may_end.wait(60)
        return 1 / 0 if fails else meta_review(*told, **more)

    monkeypatch.setattr(quarter_reading, "material_of", looking)
    monkeypatch.setattr(quarter_reading, "meta_review", computing)
    await hear(incident("N", BEGIN + timedelta(days=3), "checkout"))
    readings = QuarterReadings(settings, db)

    async def read_by_ten() -> list[Any]:
        nonlocal looked
        looked = 0
        reading = [asyncio.create_task(readings.read(Q3)) for _ in range(10)]
        while looked < 10 or not computed:
            await asyncio.sleep(0.01)
        reading[0].cancel()
        may_end.set()
        return await asyncio.gather(*reading[1:], return_exceptions=True)

    failed = await read_by_ten()
    assert ({type(one) for one in failed}, computed) == ({ZeroDivisionError}, 1)
    fails, computed = False, 0
    may_end.clear()
    read = await read_by_ten()
    assert [len(one.review.history.now) for one in read] == [1] * 9
    assert computed == 1


def test_a_schedule_is_of_the_team_that_owns_most_of_its_services_and_the_mapping_comes_first() -> None:
    services = [
        described(name, teams=(team,), schedules=("Shared", "Odd")).data
        for name, team in (("a", "payments"), ("b", "payments"), ("c", "search"))
    ]
    half = [described(name, teams=(team,), schedules=("Half",)).data for name, team in (("d", "x"), ("e", "y"))]
    homes = homes_of({"search": TeamMapping(schedules=("odd",), people=("Alex Responder",))}, [*services, *half])

    def team(schedule: str, party: Any = e.SAM) -> str | None:
        return homes.team_of(OnCall(party=party, level=1, schedule=schedule))

    assert team("Shared") == "payments"
    assert team("Odd") == "search"
    assert team("Half") is None
    assert team("Shared", e.ALEX) == "search"


async def test_the_mapping_says_whose_a_service_is_which_vendor_runs_it_and_what_the_calendar_holds(
    db: Database, settings: ReviewSettings, hear: Hear
) -> None:
    services = {
        "checkout": ServiceMapping(team="shop", depends_on=("mailer",)),
        "mailer": ServiceMapping(vendor="Mail Inc"),
    }
    calendar = MetaReviewMapping.model_validate(
        {"deploy_windows": [{"days": ["tue"], "from": 10, "to": 12}], "releases": ["2026-07-03"]}
    )
    holidays = DraftsMapping.model_validate({"holidays": ["2026-07-14"]})
    mapped = with_mapping(settings, Mapping(services=services, meta_review=calendar, drafts=holidays))
    await hear(incident("A", BEGIN + timedelta(days=1), "checkout"), incident("B", BEGIN + timedelta(days=2), "basket"))

    reading = await QuarterReadings(mapped, db).read(Q3)

    first, second = (one.records[0] for one in reading.review.history.now)
    assert (first.service_team, first.vendors, second.vendors) == ("shop", ("Mail Inc",), ())
    assert first.alert == "checkout is slow (A)"
    assert calendar_in(mapped).windows == (Window(frozenset({1}), 10, 12),)
    assert not {"deploy_window", "day_after_release", "day_after_holiday"} & {
        str(one.kind) for one in reading.review.not_tested
    }


async def test_runbook_change_and_beginning_are_asked_in_the_review_and_counted(
    http: httpx.AsyncClient, db: Database, settings: ReviewSettings, hear: Hear
) -> None:
    mails = [incident(f"C{n}", BEGIN + timedelta(days=9 * n), "mail") for n in range(3)]
    await hear(*e.everybody(datetime.now(UTC)), *mails)
    facts = {"runbook": "not_used", "change_type": "deploy", "began_at": "2026-06-30T23:30"}
    for one in mails:
        url = f"/postmortems/{derived_id('postmortem', one.subject)}"
        got = await http.post(url, data={"do": "save", "revision": "0", **facts})
        assert got.status_code == 303, got.text
    assert 'value="2026-06-30T23:30"' in (await http.get(url)).text
    assert "Runbook: not used" in (await http.get(f"{url}/export/markdown")).text

    why = {one["kind"]: one["why"] for one in (await answer(http, f"{API}/2026Q3"))["not_tested"]}
    assert not why.keys() & {"runbook", "change_type", "time_to_detect"}
    async with db.transaction() as tx:
        records = [one async for one in exporting.incident_records(tx.conn, settings)]
    assert {(one.runbook.existed, one.runbook.used) for one in records if one.runbook} == {(True, False)}
    assert records[0].minutes_to_detect == 30


@pytest.mark.parametrize("began_at", ["yesterday", "2026-02-31T10:00", "2026-07-03"])
async def test_a_beginning_that_is_no_moment_is_refused(http: httpx.AsyncClient, hear: Hear, began_at: str) -> None:
    one = incident("A", BEGIN, "mail")
    await hear(*e.everybody(datetime.now(UTC)), one)
    url = f"/postmortems/{derived_id('postmortem', one.subject)}"
    got = await http.post(url, data={"revision": "0", "began_at": began_at})
    assert got.status_code == 422


def test_an_alert_is_known_by_what_does_not_differ() -> None:
    assert alert_of("[FIRING:2] disk 93% full on db-7") == "[FIRING:…] disk … full on …"
    assert alert_of("  ") is None


TEN_THOUSAND = """
INSERT INTO incident (id, revision, snapshot, listed_at)
SELECT id, 1, jsonb_build_object(
    'id', id, 'vendor', 'pagerduty', 'vendor_id', 'T' || n, 'title', 'it is slow ' || n,
    'status', 'resolved', 'severity', 'sev2',
    'service', jsonb_build_object('vendor_id', 'S' || service, 'name', 'service-' || service),
    'opened_at', at, 'resolved_at', at + interval '30 minutes', 'revision', 1), at
FROM generate_series(0, 11999) AS n,
    LATERAL (SELECT gen_random_uuid() AS id,
        CASE WHEN n % 4 = 0 AND n < 10000 THEN 7 ELSE (n * 7919) % 120 END AS service,
        CASE WHEN n < 10000 THEN timestamptz '2026-07-01 00:03+00' + n * interval '13 minutes'
            ELSE timestamptz '2025-07-01 00:03+00' + (n - 10000) * interval '260 minutes' END AS at) AS made
"""


async def test_a_quarter_with_ten_thousand_incidents_is_read_and_its_page_is_small(
    http: httpx.AsyncClient, db: Database
) -> None:
    async with db.transaction() as tx:
        await tx.conn.execute(TEN_THOUSAND)

    reading = await answer(http, f"{API}/2026Q3")
    page = await http.get("/meta-reviews/2026Q3")
    exported = await http.get("/meta-reviews/2026Q3/export/html")

    assert reading["pages"] == 10_000
    assert ("service", "service-7") in [(one["kind"], one["value"]) for one in reading["patterns"]]
    assert len(page.content) < 100_000
    assert len(exported.content) < 100_000
