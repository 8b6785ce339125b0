"""Two boards of Jira's that show a project, with sprints of one name: which is meant."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from closeout_actions.adapters.client import Client
from closeout_actions.adapters.jira.dialect import Cloud
from closeout_actions.adapters.jira.projects import Projects, Wishes
from closeout_actions.adapters.jira.tracker import MANNERS
from closeout_actions.adapters.port import Rejected
from closeout_chassis.http_out import Outside

from .github_stub import Remembering

MARCH, MAY, JUNE = date(2026, 3, 15), date(2026, 5, 3), date(2026, 6, 7)


def sprint(number: int, ends: date | None, name: str = "Sprint 12") -> dict[str, Any]:
    end = {"endDate": f"{ends}T09:00:00.000Z"} if ends else {}
    return {"id": number, "name": name, "state": "active", **end}


SPRINTS = {"1": [sprint(101, None), sprint(102, MARCH)], "2": [sprint(201, MAY), sprint(202, JUNE, "Sprint 13")]}


def answers(request: httpx.Request) -> httpx.Response:
    *_, board, last = request.url.path.split("/")
    boards = [{"id": int(number), "type": "scrum"} for number in SPRINTS]
    found = SPRINTS.get(board, []) if last == "sprint" else boards
    return httpx.Response(200, json={"isLast": True, "values": found})


def projects(board: str | None = None) -> Projects:
    outside = Outside("https://jira.example", user_agent="tests", transport=httpx.MockTransport(answers))
    client = Client(outside, Remembering(), MANNERS)
    return Projects(client, Cloud(), "https://jira.example", lambda _: Wishes("Task", None, {}, board))


@pytest.mark.parametrize(
    ("due_on", "number"), [(MARCH, 102), (MAY, 201), (JUNE, 102)], ids=["one", "other", "its days have changed"]
)
async def test_the_sprint_that_ends_when_it_was_promised_is_meant(due_on: date, number: int) -> None:
    assert await projects().sprint_id("PAY", "Sprint 12", due_on) == number


async def test_the_sprints_of_the_teams_board_alone_are_targets() -> None:
    assert await projects("2").sprint_id("PAY", "Sprint 12", MARCH) == 201
    assert await projects("1").sprint_id("PAY", "Sprint 12", MAY) == 102
    with pytest.raises(Rejected, match="Sprint 13"):
        await projects("1").sprint_id("PAY", "Sprint 13", JUNE)
