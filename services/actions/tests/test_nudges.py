"""Who promised is reminded; then the reviewer, then the manager. Never of what is done, never in the quiet hours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from closeout_actions import api, web
from closeout_actions.app import connect
from closeout_actions.commands.nudging import Nudger
from closeout_actions.domain.nudging import Nudge, Rung, is_quiet, nudges
from closeout_actions.domain.snoozing import item_of, link_to
from closeout_actions.domain.ticket import Ticket
from closeout_actions.testing import PERSON, Actions, actions
from closeout_chassis.errors import Refused
from closeout_chassis.http_in import on_refused
from closeout_chassis.testing import said
from closeout_sandbox.testing import RunningSandbox
from closeout_schemas.catalogue import NOTICES
from closeout_schemas.mapping import NudgeMapping
from closeout_schemas.notices import NoticeDue
from closeout_schemas.vocabulary import TicketState

from .test_mirror import made as made_ticket

RULES = NudgeMapping()
DUE = date(2026, 12, 13)  # a Sunday
SECRET = SecretStr("a-secret-of-sixteen")
MAPPING = """
projects:
  github:acme/payments:
    reviewer: {name: Robin Reviewer, email: robin@example.com}
    manager: {name: Morgan Manager, slack: U0MORGAN}
"""


def at(day: str, clock: str = "10:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}:00+01:00")


def rungs(today: str, ticket: Ticket | None = None, fails_on: str | None = None) -> list[str]:
    day = date.fromisoformat(fails_on) if fails_on else None
    return [one.rung.value for one in nudges(ticket or made_ticket(), day, date.fromisoformat(today), RULES)]


def with_(**changes: Any) -> Ticket:
    ticket = made_ticket()
    return ticket.model_copy(update={"snapshot": ticket.snapshot.model_copy(update=changes)})


def test_the_ladder_goes_from_the_owner_over_the_reviewer_to_the_manager() -> None:
    days = ["2026-12-09", "2026-12-10", "2026-12-13", "2026-12-19", "2026-12-20", "2026-12-26", "2026-12-27"]

    assert [rungs(day) for day in days] == [[], ["before"], ["at"], ["at"], ["reviewer"], ["reviewer"], ["manager"]]


def test_month_four_is_said_before_it_begins_and_not_after() -> None:
    far = with_(due_on=None)

    found = [rungs(day, far, "2027-03-01") for day in ("2027-02-14", "2027-02-15", "2027-02-22", "2027-03-01")]

    assert found == [[], ["month_four"], ["month_four", "month_four_reviewer"], []]


@pytest.mark.parametrize("state", [TicketState.COMPLETED, TicketState.CLAIMED])
def test_nothing_is_said_of_what_is_done(state: TicketState) -> None:
    assert rungs("2026-12-13", with_(state=state), "2026-12-20") == []


def test_evenings_nights_and_weekends_are_quiet() -> None:
    moments = {"09:00": False, "17:59": False, "18:00": True, "03:14": True, "08:59": True}

    assert {clock: is_quiet(at("2026-12-11", clock), RULES) for clock in moments} == moments
    assert is_quiet(at("2026-12-12"), RULES), "a Saturday"


def test_a_time_without_quotes_is_read_as_people_mean_it() -> None:
    assert NudgeMapping.model_validate({"quiet_from": 1080}).quiet_from.hour == 18


def test_a_link_is_good_for_one_item_and_one_secret() -> None:
    item_id = made_ticket().snapshot.item_id
    link = link_to(item_id, "https://actions.example", SECRET)

    assert link is not None
    token = link.rpartition("/")[2]
    assert item_of(token, SECRET) == item_id
    assert item_of(token[:-4] + "AAAA", SECRET) is None
    assert item_of(token, None) is None
    assert link_to(item_id, "", SECRET) is None


@pytest.fixture
async def team(database: str, sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[Actions]:
    file = tmp_path / "closeout.yaml"
    file.write_text(MAPPING)
    more = {"time_zone": "Europe/Berlin", "public_url": "https://actions.example", "link_secret": SECRET}
    async with actions(database, sandbox.github_api, mapping_file=file, **more) as running:
        yield running


async def nudged(team: Actions, moment: datetime) -> list[NoticeDue]:
    """What is said in a round at that moment."""
    before = len(await said(team.db, NOTICES.name))
    trackers = connect(team.settings, team.db)
    await Nudger(team.db, team.settings, trackers, lambda _: moment).run()
    for one in trackers.values():
        await one.tracker.close()
    return list((await said(team.db, NOTICES.name))[before:])


WITH_MAIL = PERSON.model_copy(update={"email": "dana@example.com"})


async def test_several_promises_are_one_message_a_day_and_each_is_said_once(team: Actions) -> None:
    for text in ("Add a canary stage", "Limit the pool"):
        await team.made(text=text, owner=WITH_MAIL)

    quiet = await nudged(team, at("2026-12-10", "07:00"))
    (one,) = await nudged(team, at("2026-12-10"))
    again = [*await nudged(team, at("2026-12-10", "11:00")), *await nudged(team, at("2026-12-11"))]

    assert quiet == []
    assert one.data.subject == "2 promises from postmortems want you"
    assert one.data.to.email == "dana@example.com"
    assert "“Limit the pool” is due on 2026-12-13, in 3 days." in one.data.text
    assert "https://actions.example/snooze/" in one.data.text
    assert one.data.worth_until == at("2026-12-10", "18:00")
    assert again == []


async def test_who_does_not_act_is_followed_by_the_reviewer_and_the_manager(team: Actions) -> None:
    await team.made(owner=WITH_MAIL)

    said_to = [(await nudged(team, at(day)))[0].data.to for day in ("2026-12-14", "2026-12-21", "2026-12-28")]

    assert [to.name for to in said_to] == ["Dana Engineer", "Robin Reviewer", "Morgan Manager"]
    assert [dict(to.handles).get("slack") for to in said_to][2] == "U0MORGAN"


async def test_an_owner_without_chat_and_mail_is_reminded_on_the_ticket_once(
    team: Actions, sandbox: RunningSandbox
) -> None:
    await team.made()

    for clock in ("10:00", "10:01", "10:02"):
        assert await nudged(team, at("2026-12-14", clock)) == []

    (comment,) = sandbox.state.store.all("github.comment")
    assert "was due on 2026-12-13, 1 day ago." in comment["body"]


async def no_comments(sandbox: RunningSandbox, number: int | str = "*") -> None:
    path = f"/repos/*/issues/{number}/comments"
    fault = {"system": "github", "method": "GET", "path": path, "kind": "status", "status": 500, "times": None}
    assert (await sandbox.control.post("/faults", json=fault)).is_success


async def test_a_ticket_on_which_nothing_can_be_written_keeps_no_other_owner_from_being_reminded(
    team: Actions, sandbox: RunningSandbox
) -> None:
    for text in ("Add a canary stage", "Limit the pool"):
        await team.made(text=text)
    await no_comments(sandbox, 1)
    await nudged(team, at("2026-12-14"))
    await nudged(team, at("2026-12-14", "10:01"))

    assert ["Limit the pool" in one["body"] for one in sandbox.state.store.all("github.comment")] == [True]


@pytest.mark.parametrize(
    ("wanted_on", "written_on", "says"),
    [
        ("2026-12-10", "2026-12-11", ["is due on 2026-12-13, in 2 days."]),
        ("2026-12-10", "2026-12-14", ["was due on 2026-12-13, 1 day ago."]),
        ("2026-12-14", "2026-12-21", ["was due on 2026-12-13, 8 days ago."]),
    ],
)
async def test_a_comment_that_had_to_wait_says_what_is_so_when_it_is_written(
    team: Actions, sandbox: RunningSandbox, wanted_on: str, written_on: str, says: list[str]
) -> None:
    await team.made()
    await no_comments(sandbox)
    await nudged(team, at(wanted_on))
    await sandbox.control.delete("/faults")

    await nudged(team, at(written_on))

    bodies = [one["body"] for one in sandbox.state.store.all("github.comment")]
    assert [text for text in says if text in "".join(bodies)] == says
    assert len(bodies) == 1


async def test_a_comment_that_had_to_wait_is_not_written_on_what_was_done_meanwhile(
    team: Actions, sandbox: RunningSandbox
) -> None:
    await team.made()
    await no_comments(sandbox)
    await nudged(team, at("2026-12-14"))
    await sandbox.control.delete("/faults")
    await sandbox.control.post("/github/issues/1/close", json={"reason": "completed"})
    await team.reconciler.run()

    await nudged(team, at("2026-12-14", "11:00"))

    assert sandbox.state.store.all("github.comment") == []


async def test_a_promise_that_ships_meanwhile_is_not_said(team: Actions, sandbox: RunningSandbox) -> None:
    await team.made(owner=WITH_MAIL)
    await sandbox.control.post("/github/issues/1/close", json={"reason": "completed"})
    await team.reconciler.run()

    assert await nudged(team, at("2026-12-14")) == []


async def test_not_now_with_a_reason_is_kept_told_and_obeyed(team: Actions) -> None:
    kept = await team.made(owner=WITH_MAIL)
    routes = [*api.routes(team.db, team.settings, [], []), *web.routes(team.db, team.settings)]
    link = link_to(kept.item_id, "http://x", SECRET)
    assert link is not None
    token, until = link.rpartition("/")[2], datetime.now(UTC).date() + timedelta(days=20)
    app = Starlette(routes=routes, exception_handlers={Refused: on_refused})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
        shown = await http.get(f"/snooze/{token}")
        no_reason = await http.post(f"/snooze/{token}", data={"until": str(until), "reason": " "})
        forged = await http.get("/snooze/AAAA")
        done = await http.post(f"/snooze/{token}", data={"until": str(until), "reason": "<b>The vendor is late</b>"})
        asked = {"until": "2020-01-01", "reason": "no", "by": "x"}
        late = await http.post(f"/api/v1/tickets/{kept.item_id}/snooze", json=asked)

    assert kept.committed.item.text in shown.text
    assert (no_reason.status_code, forged.status_code, done.status_code, late.status_code) == (422, 404, 200, 422)
    event = (await team.tickets())[-1]
    assert event.data.ticket.snooze.reason == "<b>The vendor is late</b>"
    assert f"until {until}" in event.data.reason
    ticket = (await team.kept(kept.item_id)).ticket
    assert list(nudges(ticket, None, until - timedelta(days=1), RULES)) == []
    assert Nudge(Rung.MANAGER, DUE) in list(nudges(ticket, None, max(until, date(2026, 12, 27)), RULES))
