"""More tickets changed than a page holds: what waits for the next round is said, what would be lost does not wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from closeout_actions.adapters.closing import Names
from closeout_actions.adapters.gitea import tracker as gitea
from closeout_actions.adapters.gitea.reading import Reader
from closeout_actions.adapters.github import lists as github
from closeout_actions.adapters.gitlab import tracker as gitlab
from closeout_actions.adapters.jira import tracker as jira
from closeout_actions.adapters.linear import tracker as linear
from closeout_actions.testing import Actions
from closeout_chassis.errors import Retryable

from .github_stub import Remembering
from .stands import HUMAN, KINDS, Stand

MOST_PAGES = 2
LONG_AGO = datetime.now(UTC) - timedelta(days=1)
OLDEST_FIRST = {"github": 5, "jira": 201, "jira_dc": 201, "gitlab": 5}
LATEST_FIRST = {"linear": 101, "gitea": 5}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pages are the most, of two tickets where that can be chosen."""
    for module in (github, gitlab, jira, gitea, linear):
        monkeypatch.setattr(module, "MOST_PAGES", MOST_PAGES, raising=False)
    for module in (gitlab, gitea):
        monkeypatch.setattr(module, "PAGE", 2)
    monkeypatch.setattr("closeout_actions.adapters.github.tracker.PAGE", 2)


async def changed(team: Actions, stand: Stand, count: int) -> list[str]:
    """The tickets that changed, as they are told, of so many."""
    if stand.kind.system == "github":
        for number in range(count):
            await stand._control("/github/issues", title=f"Ticket {number}", by=HUMAN)
    else:
        board = stand._board()
        for number in range(count):
            board.open(board.project(stand.kind.project), f"Ticket {number}", by=HUMAN)
    tracker: Any = team.creator._trackers[stand.kind.vendor].tracker
    found = await tracker.changed_since(stand.kind.project, LONG_AGO)
    return [one.title for one in found.seen]


def of(systems: dict[str, int]) -> Any:
    chosen = [kind for kind in KINDS if kind.system in systems]
    return pytest.mark.parametrize("stand", chosen, indirect=True, ids=lambda kind: kind.system)


@pytest.mark.integration
@of(OLDEST_FIRST)
async def test_what_waits_for_the_next_round_is_said(
    team: Actions, stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    count = OLDEST_FIRST[stand.kind.system]

    found = await changed(team, stand, count)

    assert found == [f"Ticket {number}" for number in range(count - 1)]
    (said,) = [one for one in caplog.records if one.levelname == "WARNING"]
    assert said.getMessage() == "a list was longer than is read at once"
    assert said.__dict__["pages"] == MOST_PAGES
    assert "://" in said.__dict__["url"]


@pytest.mark.integration
@of(LATEST_FIRST)
async def test_what_would_never_be_asked_for_again_is_read_to_its_end(team: Actions, stand: Stand) -> None:
    count = LATEST_FIRST[stand.kind.system]

    found = await changed(team, stand, count)

    assert sorted(found) == sorted(f"Ticket {number}" for number in range(count))


async def test_a_list_that_never_goes_on_is_given_up() -> None:
    page = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "same"}}
    told = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": {"issues": page}}))
    shown = httpx.MockTransport(lambda _: httpx.Response(200, json=[{"id": 1}], headers={"x-total-count": "9"}))
    access = ("https://tracker.example", SecretStr("secret"), Remembering())
    of_linear = linear.Linear(*access, timeout=60, transport=told)
    of_gitea = gitea.Gitea(*access, reader=Reader(Names.of((), ())), wont_do_label=None, timeout=60, transport=shown)

    with pytest.raises(Retryable, match="after itself"):
        await of_linear.changed_since("PAY", LONG_AGO)
    with pytest.raises(Retryable, match="again and again"):
        await of_gitea.webhooks("acme/payments")
