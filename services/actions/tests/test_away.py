"""A tracker that says how long it is away is left alone for so long, whatever it was asked and by which method."""

from __future__ import annotations

import httpx
import pytest

from closeout_actions.adapters.client import Client, Manners
from closeout_actions.adapters.gitea import tracker as gitea
from closeout_actions.adapters.github import answers, limits
from closeout_actions.adapters.gitlab import tracker as gitlab
from closeout_actions.adapters.homemade import tracker as homemade
from closeout_actions.adapters.jira import tracker as jira
from closeout_actions.adapters.linear import tracker as linear
from closeout_chassis.errors import Retryable
from closeout_chassis.http_out import Outside, Unknown

from .github_stub import Remembering

GITHUB = Manners("GitHub", "CLOSEOUT_ACTIONS_GITHUB_TOKEN", answers.message, limits.limited, limits.left)
ALL = (GITHUB, jira.MANNERS, linear.MANNERS, gitlab.MANNERS, gitea.MANNERS, homemade.MANNERS)


@pytest.fixture(params=ALL, ids=lambda manners: manners.name)
def manners(request: pytest.FixtureRequest) -> Manners:
    found: Manners = request.param
    return found


def client(manners: Manners, budget: Remembering, said: httpx.Response) -> Client:
    transport = httpx.MockTransport(lambda _request: said)
    return Client(Outside("https://tracker.example", user_agent="tests", transport=transport), budget, manners)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_question_that_is_put_off_is_put_off_for_all(manners: Manners, method: str, status: int) -> None:
    budget = Remembering()

    with pytest.raises(Retryable) as raised:
        await client(manners, budget, httpx.Response(status, headers={"retry-after": "7"})).read("x", method=method)

    assert raised.value.after == 7.0
    assert budget.blocks() == [7.0]


async def test_a_write_that_is_put_off_by_503_is_put_off_for_all_and_may_have_been_done(manners: Manners) -> None:
    budget = Remembering()

    with pytest.raises(Unknown, match="503"):
        await client(manners, budget, httpx.Response(503, headers={"retry-after": "7"})).write("POST", "x", {})

    assert budget.blocks() == [7.0]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_trouble_without_a_time_blocks_nobody(manners: Manners, method: str) -> None:
    budget = Remembering()
    away = client(manners, budget, httpx.Response(503, text="<html>"))

    with pytest.raises(Retryable):
        await away.read("x", method=method)
    with pytest.raises(Unknown):
        await away.write("POST", "x", {})

    assert budget.blocks() == []


async def test_a_time_that_no_calendar_holds_blocks_nobody(manners: Manners) -> None:
    budget = Remembering()

    with pytest.raises(Retryable):
        await client(manners, budget, httpx.Response(503, headers={"retry-after": "9" * 5000})).read("x")

    assert budget.blocks() == []
