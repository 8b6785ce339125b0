"""Who is asked to finish a draft, when, and by when it is to be published; the questions of a team's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.api.problems import Documented
from closeout_review.app import open_doors
from closeout_review.commands.finishing import ask_to_finish
from closeout_review.domain.finishing import Asked, Next, Step, next_step
from closeout_review.domain.working_time import is_at_work, next_morning, working_days_after, working_days_between
from closeout_review.settings import ReviewSettings
from closeout_schemas.drafts_mapping import DraftsMapping
from closeout_schemas.notices import NoticeDue
from closeout_schemas.vocabulary import Vendor

BERLIN = ZoneInfo("Europe/Berlin")
RULES = DraftsMapping(holidays=(date(2026, 12, 25),))
FRIDAY_NIGHT = datetime(2026, 12, 18, 23, 30, tzinfo=BERLIN)
API = f"/api/v1/postmortems/{e.POSTMORTEM}"
Hear = Callable[..., Awaitable[None]]
Said = Callable[[], Awaitable[Sequence[Any]]]


def morning(day: int) -> datetime:
    return datetime(2026, 12, day, 9, tzinfo=BERLIN)


def test_mornings_are_those_of_working_days_by_the_organisations_clock() -> None:
    assert next_morning(FRIDAY_NIGHT, BERLIN, RULES) == morning(21)
    assert next_morning(datetime(2026, 12, 21, 3, tzinfo=BERLIN), BERLIN, RULES) == morning(21)
    assert next_morning(morning(21), BERLIN, RULES) == morning(22)
    assert next_morning(datetime(2026, 12, 24, 12, tzinfo=BERLIN), BERLIN, RULES) == morning(28)
    assert is_at_work(datetime(2026, 12, 21, 16, 59, tzinfo=UTC), BERLIN, RULES)
    assert not is_at_work(datetime(2026, 12, 21, 17, 0, tzinfo=UTC), BERLIN, RULES)
    assert not is_at_work(datetime(2026, 12, 25, 12, tzinfo=BERLIN), BERLIN, RULES)


def test_ten_working_days_leave_weekends_and_holidays_out() -> None:
    by = working_days_after(FRIDAY_NIGHT, 10, BERLIN, RULES)
    assert by == date(2027, 1, 4)
    assert working_days_between(date(2026, 12, 18), by, RULES) == 10
    assert working_days_between(by, date(2026, 12, 31), RULES) == -2


def test_who_leads_is_asked_then_reminded_then_the_others_are_asked_and_then_nobody() -> None:
    asked: list[Asked] = []
    expected = [Next(Step.ASK, morning(21)), Next(Step.REMIND, morning(23)), Next(Step.OFFER, morning(28))]
    for step in expected:
        assert next_step(FRIDAY_NIGHT, "sam", asked, BERLIN, RULES) == step
        asked.append(Asked(step.step, "alex" if step.step is Step.OFFER else "sam", step.at))
    assert next_step(FRIDAY_NIGHT, "sam", asked, BERLIN, RULES) is None
    # Somebody new is asked at once.
    assert next_step(FRIDAY_NIGHT, "dana", asked, BERLIN, RULES) == Next(Step.ASK, FRIDAY_NIGHT)


def workday_after(now: datetime, days: int) -> datetime:
    """Noon of a working day, that many of them from now."""
    rules = DraftsMapping()
    return datetime.combine(working_days_after(now, days, ZoneInfo("UTC"), rules), time(12), UTC)


async def notices(said: Said) -> list[NoticeDue]:
    return [one for one in await said() if isinstance(one, NoticeDue)]


@pytest.mark.integration
async def test_each_is_written_to_once_where_they_work_and_nobody_outside_working_hours(
    db: Database, settings: ReviewSettings, hear: Hear, said: Said, now: datetime
) -> None:
    two = e.noted("No, it is the new release", 9, 3, e.SAM)
    await hear(*e.everybody(now), e.opened(), e.noted("I think it is the cache", 4), two, e.resolved())

    day = workday_after(now, 1)
    await ask_to_finish(db, settings, day.replace(hour=4))
    assert await notices(said) == []
    for _ in range(2):
        await ask_to_finish(db, settings, day)
    (asked,) = await notices(said)
    to = asked.data.to
    assert (to.name, to.email, to.handles[Vendor.PAGERDUTY]) == ("Alex Responder", "alex@example.com", "PALEX")
    assert asked.data.subject == "Please finish the review of “Checkout answers 502”"
    assert "is behind 2 of the 3 lines" in asked.data.text
    assert asked.data.url == f"http://closeout.test/postmortems/{e.POSTMORTEM}"

    for days in (3, 3, 5, 5, 20):
        await ask_to_finish(db, settings, workday_after(day, days))
    told = [(one.data.to.name, one.data.subject.partition(" of ")[0]) for one in await notices(said)]
    assert told == [
        ("Alex Responder", "Please finish the review"),
        ("Alex Responder", "The review"),
        ("Sam Oncall", "Would you finish the review"),
    ]


@pytest.mark.integration
async def test_whoever_is_named_leads_it_and_is_asked_what_is_published_is_not_asked_about(
    db: Database, settings: ReviewSettings, http: httpx.AsyncClient, said: Said, drafted: None, now: datetime
) -> None:
    facts = (await http.get(API)).json()
    assert facts["lead"]["name"] == "Alex Responder"
    drafted_at = datetime.fromisoformat(facts["drafted_at"])
    assert facts["publish_by"] == str(working_days_after(drafted_at, 10, ZoneInfo("UTC"), DraftsMapping()))
    assert (await http.put(f"{API}/lead", json={"who": "Payments"})).json()["type"].endswith("lead-is-team")

    named = await http.put(f"{API}/lead", json={"who": "dana@example.com", "by": "Robin Reviewer"})
    assert (named.json()["name"], named.json()["why"]) == ("Dana Engineer", "chosen by Robin Reviewer")
    await ask_to_finish(db, settings, workday_after(now, 1))
    assert [one.data.to.name for one in await notices(said)] == ["Dana Engineer"]

    page = f"/postmortems/{e.POSTMORTEM}"
    assert (await http.post(f"{page}/lead", data={"who": "@samo"})).status_code == 303
    assert "Sam Oncall" in (await http.get(page)).text
    assert "working days left" in (await http.get(page)).text
    await http.put(f"{API}/draft", json=e.draft(now), headers={"If-Match": "*"})
    assert (await http.post(f"{API}/publish")).status_code == 200
    await ask_to_finish(db, settings, workday_after(now, 2))
    assert len(await notices(said)) == 1
    assert (await http.put(f"{API}/lead", json={"who": "@samo"})).status_code == 409


@pytest.mark.integration
async def test_a_team_adds_questions_and_takes_none_of_the_core_away(
    db: Database, drafted: None, data_folder: Path, now: datetime
) -> None:
    file = data_folder / "closeout.yaml"
    file.write_text(
        "templates:\n"
        "  - service: [checkout]\n"
        "    questions:\n"
        "      - {id: customers-told, ask: 'Who told the customers, and when?', required: true}\n"
        "      - {id: night, ask: 'Not this one'}\n"
        "  - service: [search]\n"
        "    questions: [{id: index-age, ask: 'How old was the index?'}]\n"
    )
    app = Documented(openapi_url="/api/openapi.json")
    open_doors(app, ReviewSettings(default_project=e.PROJECT, mapping_file=file), db)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7400") as client:
        saved = await client.put(f"{API}/draft", json=e.draft(now), headers={"If-Match": "*"})
        answer = saved.json()
        assert [one["id"] for one in answer["team_questions"]] == ["customers-told"]
        assert "night" in [one["id"] for one in answer["guard_questions"]]
        (refusal,) = answer["refusals"]
        assert (refusal["code"], refusal["where"]) == ("team-question-open", "answers-customers-told")
        assert "Who told the customers, and when?" in (await client.get(f"/postmortems/{e.POSTMORTEM}")).text

        answered = e.draft(now, answers={"customers-told": "Dana, at 02:40"})
        await client.put(f"{API}/draft", json=answered, headers={"If-Match": "*"})
        assert (await client.post(f"{API}/publish")).status_code == 200
        assert "Dana, at 02:40" in (await client.get(f"/postmortems/{e.POSTMORTEM}")).text


def test_a_week_without_a_working_day_is_no_week() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        DraftsMapping(working_days=())
    assert DraftsMapping.model_validate({"morning": 8 * 60 + 30}).morning == time(8, 30)
