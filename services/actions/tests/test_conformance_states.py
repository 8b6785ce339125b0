"""What trackers behind the port have to do, part five: archived, converted, links to code, and how a team wants it."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from closeout_actions import api
from closeout_actions.adapters.markdown import mark_of
from closeout_actions.domain.mirror import MISSES_UNTIL_LOST
from closeout_actions.testing import Actions, actions, delivery
from closeout_chassis.errors import Refused
from closeout_chassis.http_in import on_refused
from closeout_schemas.vocabulary import TicketState, Vendor

from .stands import KINDS, Stand
from .test_conformance_mirror import hear_all, made, state_of

pytestmark = pytest.mark.integration

IN_MARKDOWN = [kind for kind in KINDS if kind.system in ("github", "gitlab", "gitea")]
WITH_ARCHIVES = [kind for kind in KINDS if kind.system in ("github", "gitlab", "gitea")]
GITHUB = [kind for kind in KINDS if kind.system == "github"]
# Jira's own are in test_jira.py.
WITH_TEMPLATES = [kind for kind in KINDS if kind.system in ("github", "linear", "gitlab", "gitea", "homemade")]
# A field that each takes besides what Closeout sets.
FIELD = {"github": "", "linear": "priority: 2", "gitlab": "weight: 3", "gitea": "ref: main", "homemade": "area: eu"}

WANTED = """
projects:
  {name}:
    labels: [bug]
    fields: {{{field}}}
    template: "Runbook: see the wiki of {{service}}"
"""


def named(kind: object) -> str:
    return str(getattr(kind, "system", kind))


def archive(stand: Stand, is_archived: bool) -> None:
    """Take the project into the archive, or out of it."""
    if stand.kind.system == "github":
        stand.state.github.directory.change_repository(stand.kind.project, archived=is_archived)
    else:
        stand.state.trackers[stand.kind.system].desk.board.change_project(stand.kind.project, archived=is_archived)


@pytest.mark.parametrize("stand", WITH_ARCHIVES, indirect=True, ids=named)
async def test_an_archived_project_archives_its_open_tickets_and_gives_them_back(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    await team.describer.run()
    await team.reconciler.run()

    archive(stand, True)
    await team.describer.run()
    await team.reconciler.run()

    snapshot = (await team.kept(kept.item_id)).ticket.snapshot
    assert snapshot.state is TicketState.ARCHIVED
    assert snapshot.problem is not None
    assert "out of the archive" in snapshot.problem.text

    archive(stand, False)
    await team.describer.run()
    await team.reconciler.run()

    assert await state_of(team, kept) is TicketState.OPEN


@pytest.mark.parametrize("stand", GITHUB, indirect=True, ids=named)
async def test_an_issue_that_was_made_into_a_discussion_is_converted_and_not_deleted(
    team: Actions, stand: Stand
) -> None:
    kept = await made(team, stand)
    where = "https://github.com/acme/payments/discussions/4"
    body = {"action": "created", "discussion": {"html_url": where, "body": f"x {mark_of(str(kept.item_id))}"}}

    await stand.delete()
    await team.hear(delivery(body, "discussion"))
    await team.reconciler.read_asked_for()

    assert await state_of(team, kept) is TicketState.CONVERTED
    assert where in (await team.tickets())[-1].data.reason


@pytest.mark.parametrize("stand", GITHUB, indirect=True, ids=named)
async def test_a_discussion_with_the_mark_of_an_issue_that_is_still_there_changes_nothing(
    team: Actions, stand: Stand
) -> None:
    kept = await made(team, stand)
    body = {"action": "created", "discussion": {"html_url": "https://x.test/1", "body": mark_of(str(kept.item_id))}}

    await team.hear(delivery(body, "discussion"))
    await team.reconciler.read_asked_for()

    assert await state_of(team, kept) is TicketState.OPEN


@pytest.mark.parametrize("stand", IN_MARKDOWN, indirect=True, ids=named)
async def test_a_pull_request_that_the_ticket_links_is_kept_and_told(team: Actions, stand: Stand) -> None:
    await stand.listen()
    kept = await made(team, stand)
    link = "https://code.test/acme/payments/pull/42"

    await stand.write(f"{stand.tickets()[0]['body']}\n\nDone by {link}.")
    await hear_all(team, stand)
    await team.reconciler.run()

    assert (await team.kept(kept.item_id)).ticket.snapshot.pull_requests == (link,)
    assert await team.told() == ["created", "changed"]


@pytest.mark.parametrize("stand", WITH_TEMPLATES, indirect=True, ids=named)
async def test_a_team_says_in_one_file_which_labels_and_words_its_tickets_have(
    database: str, stand: Stand, tmp_path: Path
) -> None:
    file = tmp_path / "closeout.yaml"
    file.write_text(
        WANTED.format(name=f"{stand.kind.vendor.value}:{stand.kind.project}", field=FIELD[stand.kind.system])
    )
    if stand.kind.system not in ("github", "gitlab"):
        board = stand.state.trackers[stand.kind.system].desk.board
        board.change_project(stand.kind.project, labels=[*board.project(stand.kind.project)["labels"], "bug"])
    async with actions(database, "", **stand.settings, mapping_file=file) as team:
        await team.settled(await team.promise(**stand.promise()))

    (ticket,) = stand.tickets()
    assert {"postmortem", "bug"} <= set(ticket["labels"])
    assert "Runbook: see the wiki of Checkout API" in ticket["body"]
    method, path = stand.kind.create
    [asked] = [
        one["body"]
        for one in stand.state.journal.entries(stand.kind.system, method, path)
        if stand.kind.create_body in json.dumps(one["body"])
    ]
    name, _, value = FIELD[stand.kind.system].partition(": ")
    assert not name or json.dumps(asked).find(f'"{name}": {value if value.isdigit() else json.dumps(value)}') > 0


@pytest.mark.parametrize("stand", GITHUB, indirect=True, ids=named)
async def test_a_ticket_is_made_again_over_http_and_one_that_is_there_is_not(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    app = Starlette(
        routes=api.routes(team.db, team.settings, [Vendor.GITHUB], []), exception_handlers={Refused: on_refused}
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:7402") as http:
        url = f"/api/v1/tickets/{kept.item_id}"
        early = await http.post(f"{url}/remake")
        await stand.delete()
        await team.reconciler.run()
        again = await http.post(f"{url}/remake", params={"by": "dana"})
        await team.creator.run()
        shown = (await http.get(url)).json()
        unknown = await http.post("/api/v1/tickets/00000000-0000-4000-8000-000000000000/remake")

    assert early.status_code == 409
    assert again.status_code == 202
    assert (shown["stage"], shown["key"], shown["former"]) == ("created", "acme/payments#2", ["acme/payments#1"])
    assert unknown.status_code == 404


@pytest.mark.parametrize("stand", GITHUB, indirect=True, ids=named)
async def test_issues_that_are_switched_off_and_on_again_were_not_deleted(team: Actions, stand: Stand) -> None:
    kept = await made(team, stand)
    states = []
    for is_on in (False, True):
        change = {"has_issues": is_on}
        assert (await stand.sandbox.control.patch("/github/repositories/acme/payments", json=change)).is_success
        for _ in range(MISSES_UNTIL_LOST):
            await team.reconciler.run()
        states.append(await state_of(team, kept))

    assert states == [TicketState.PROJECT_GONE, TicketState.OPEN]
    assert (await team.told())[-2:] == ["lost", "reopened"]
