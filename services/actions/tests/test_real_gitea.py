"""The Gitea adapter against a real Gitea: what the stand-in may have got wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from closeout_actions.adapters.closing import Names
from closeout_actions.adapters.gitea.reading import Reader
from closeout_actions.adapters.gitea.tracker import Gitea
from closeout_actions.adapters.trackers import TRACKERS
from closeout_actions.domain.mirror import MISSES_UNTIL_LOST
from closeout_actions.store import Kept
from closeout_actions.testing import Actions, actions, committed, delivered, item, withdrawn
from closeout_chassis.http_out import Unknown
from closeout_ingest.adapters.gitea import SOURCE
from closeout_schemas.postmortems import Owner, Target
from closeout_schemas.vocabulary import TargetKind, TicketState, Vendor, derived_id

from . import gitea_process
from .gitea_process import OWNER, RealGitea
from .github_stub import Remembering, draft, soon

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(bool(gitea_process.missing()), reason=str(gitea_process.missing())),
]

SECRET = "a-secret-of-the-webhook"


@pytest.fixture(scope="module")
def gitea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealGitea]:
    folder: Path = tmp_path_factory.mktemp("gitea")
    running = gitea_process.start(folder)
    yield running
    running.stop()


@pytest.fixture
def project(gitea: RealGitea) -> str:
    """A new repository with two labels, a milestone and an owner."""
    name = f"acme/r{uuid4().hex[:8]}"
    gitea.call("POST", "/orgs/acme/repos", {"name": name.partition("/")[2], "auto_init": False})
    gitea.call("PUT", f"/repos/{name}/collaborators/{OWNER}", {"permission": "write"})
    for label in ("postmortem", "wontfix"):
        gitea.call("POST", f"/repos/{name}/labels", {"name": label, "color": "#5319e7"})
    gitea.call("POST", f"/repos/{name}/milestones", {"title": "Sprint 9", "due_on": "2027-01-15T00:00:00Z"})
    return name


@pytest.fixture
async def team(database: str, gitea: RealGitea, project: str) -> AsyncIterator[Actions]:
    given = {"gitea_url": gitea.url, "gitea_token": SecretStr(gitea.token), "gitea_projects": (project,)}
    async with actions(database, "", github_token=None, **given) as running:
        yield running


async def made(team: Actions, project: str, **fields: Any) -> Kept:
    owner = Owner(person_id=derived_id("person", "dana"), name="Dana Engineer", handles={Vendor.GITEA: OWNER})
    given = {"tracker": Vendor.GITEA, "project": project, "owner": owner, **fields}
    kept = await team.settled(await team.promise(**given))
    await team.reconciler.read_asked_for()
    return kept


def issue(gitea: RealGitea, kept: Kept) -> str:
    assert kept.ticket.place is not None
    return f"/repos/{kept.ticket.place.project}/issues/{kept.ticket.place.number}"


async def state(team: Actions, kept: Kept) -> TicketState:
    await team.reconciler.run()
    return (await team.kept(kept.item_id)).ticket.snapshot.state


async def test_a_promise_becomes_an_issue_as_it_was_asked_for(team: Actions, gitea: RealGitea, project: str) -> None:
    kept = await made(team, project)

    shown = gitea.call("GET", issue(gitea, kept))
    assert shown["title"] == kept.committed.item.text
    assert [one["login"] for one in shown["assignees"]] == [OWNER]
    assert [one["name"] for one in shown["labels"]] == ["postmortem"]
    assert shown["due_date"].startswith("2026-12-13")
    assert await team.told() == ["created"]
    assert kept.ticket.snapshot.due_on == date(2026, 12, 13)


async def test_the_issue_is_found_by_its_mark_and_another_is_not(team: Actions, gitea: RealGitea, project: str) -> None:
    kept = await made(team, project)
    gitea.call("POST", f"/repos/{project}/issues", {"title": "another"})
    tracker = next(kind for kind in TRACKERS if kind.vendor is Vendor.GITEA).connect(
        team.settings, SecretStr(gitea.token), Remembering()
    )

    found = await tracker.find(draft(kept.committed.item))
    await tracker.close()

    assert found is not None
    assert found.place == kept.ticket.place


class AnswerLost(httpx.AsyncHTTPTransport):
    """The request arrives, and its answer does not."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if request.method == "POST":
            await answer.aclose()
            raise httpx.ReadError("the connection broke")
        return answer


async def test_an_issue_whose_answer_never_came_is_there_once_and_is_found(gitea: RealGitea, project: str) -> None:
    def connected(transport: httpx.AsyncHTTPTransport | None = None) -> Gitea:
        names = Reader(Names.of((), ()))
        return Gitea(
            gitea.url,
            SecretStr(gitea.token),
            Remembering(),
            reader=names,
            wont_do_label=None,
            timeout=60,
            transport=transport,
        )

    promise = draft(item(tracker=Vendor.GITEA, project=project))
    with pytest.raises(Unknown):
        await connected(AnswerLost()).create(promise, soon())

    found = await connected().find(promise)

    assert found is not None
    assert found.mark == promise.mark
    assert len(gitea.call("GET", f"/repos/{project}/issues")) == 1


async def test_a_milestone_goes_along_and_the_repository_is_described(
    team: Actions, gitea: RealGitea, project: str
) -> None:
    await team.describer.run()
    described = next(one.data for one in await team.directory() if one.type.startswith("closeout.directory.project"))
    target = Target(kind=TargetKind.MILESTONE, value="Sprint 9", due_on=date(2027, 1, 15))

    kept = await made(team, project, target=target)

    assert described.can_create, described.why_not
    assert OWNER in {one.vendor_id for one in described.assignable}
    assert [(one.title, one.due_on) for one in described.milestones] == [("Sprint 9", date(2027, 1, 15))]
    assert gitea.call("GET", issue(gitea, kept))["milestone"]["title"] == "Sprint 9"
    assert kept.ticket.snapshot.due_on == date(2027, 1, 15)
    assert await team.told() == ["created"]


async def test_closed_reopened_and_closed_with_a_label_are_told_apart(
    team: Actions, gitea: RealGitea, project: str
) -> None:
    kept = await made(team, project)
    await asyncio.sleep(1.1)  # Gitea's clock has seconds
    gitea.call("PATCH", issue(gitea, kept), {"state": "closed"})
    assert await state(team, kept) is TicketState.COMPLETED

    await asyncio.sleep(1.1)
    gitea.call("PATCH", issue(gitea, kept), {"state": "open"})
    assert await state(team, kept) is TicketState.OPEN

    await asyncio.sleep(1.1)
    labels = gitea.call("GET", f"/repos/{project}/labels")
    wontfix = next(one["id"] for one in labels if one["name"] == "wontfix")
    gitea.call("POST", f"{issue(gitea, kept)}/labels", {"labels": [wontfix]})
    gitea.call("PATCH", issue(gitea, kept), {"state": "closed"})
    assert await state(team, kept) is TicketState.WONT_DO
    assert await team.told() == ["created", "completed", "reopened", "dropped"]


async def test_a_renamed_repository_is_followed(team: Actions, gitea: RealGitea, project: str) -> None:
    kept = await made(team, project)
    gitea.call("PATCH", f"/repos/{project}", {"name": f"{project.partition('/')[2]}-new"})

    assert await state(team, kept) is TicketState.OPEN
    assert (await team.kept(kept.item_id)).ticket.snapshot.project == f"{project}-new"
    assert await team.told() == ["created", "moved"]


async def test_a_deleted_issue_is_lost_after_three_rounds(team: Actions, gitea: RealGitea, project: str) -> None:
    kept = await made(team, project)
    gitea.call("DELETE", issue(gitea, kept))

    for _ in range(MISSES_UNTIL_LOST):
        found = await state(team, kept)

    assert found is TicketState.LOST


async def test_a_withdrawn_promise_is_told_labelled_and_closed(team: Actions, gitea: RealGitea, project: str) -> None:
    kept = await made(team, project)
    await team.hear(withdrawn(committed(kept.committed.item), "The service is switched off in May."))

    for _ in range(4):
        await team.creator.run()

    shown = gitea.call("GET", issue(gitea, kept))
    comments = gitea.call("GET", f"{issue(gitea, kept)}/comments")
    assert shown["state"] == "closed"
    assert "wontfix" in {one["name"] for one in shown["labels"]}
    assert len(comments) == 1
    assert "switched off in May" in comments[0]["body"]


async def test_its_webhooks_are_signed_as_we_check_and_mean_what_we_read(
    team: Actions, gitea: RealGitea, project: str
) -> None:
    heard: list[tuple[dict[str, str], bytes]] = []

    async def door(request: Request) -> Response:
        heard.append((dict(request.headers), await request.body()))
        return Response(status_code=202)

    app = Starlette(routes=[Route("/", door, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    config = {"url": f"http://127.0.0.1:{port}/", "content_type": "json", "secret": SECRET}
    hook = {"type": "gitea", "config": config, "events": ["issues"], "active": True}
    gitea.call("POST", f"/repos/{project}/hooks", hook)
    kept = await made(team, project)
    await asyncio.sleep(1.1)
    await asyncio.to_thread(gitea.call, "PATCH", issue(gitea, kept), {"state": "closed"})
    for _ in range(600):
        if any(b'"closed"' in body for _, body in heard):
            break
        await asyncio.sleep(0.1)
    server.should_exit = True
    await serving

    for headers, body in heard:
        assert SOURCE.is_authentic(headers, body, [SECRET.encode()])
        assert not SOURCE.is_authentic(headers, body + b" ", [SECRET.encode()])
        kept_headers = {name: headers[name] for name in SOURCE.kept_headers if name in headers}
        await team.hear(delivered(Vendor.GITEA, kept_headers, body.decode()))
    assert len(heard) >= 2
    assert await team.told() == ["created", "completed"]
    assert "applied" in team.counted


async def test_a_file_and_a_merged_pull_request_are_seen(gitea: RealGitea, project: str, team: Actions) -> None:
    tracker = team.reconciler._trackers[0]
    assert isinstance(tracker, Gitea)
    content = {"content": "Y2FuYXJ5OiAxJQo=", "message": "A canary", "branch": "main", "new_branch": "canary"}
    gitea.call("POST", f"/repos/{project}/contents/README.md", {"content": "", "message": "Begin"})
    before = await tracker.has_file(project, "deploy/canary.yaml")
    gitea.call("POST", f"/repos/{project}/contents/deploy/canary.yaml", content)
    asked = {"title": "Canary", "head": "canary", "base": "main"}
    number = gitea.call("POST", f"/repos/{project}/pulls", asked)["number"]
    open_ = await tracker.is_merged(project, number)
    for _ in range(300):
        answer = gitea.http.post(f"/repos/{project}/pulls/{number}/merge", json={"Do": "merge"})
        if answer.is_success:
            break
        await asyncio.sleep(0.2)  # it is still being looked at for conflicts

    assert (before, open_) == (False, False)
    assert await tracker.is_merged(project, number)
    assert await tracker.has_file(project, "deploy/canary.yaml")
    assert not await tracker.is_merged(project, 99)


async def test_its_webhooks_are_told_with_what_they_tell(team: Actions, gitea: RealGitea, project: str) -> None:
    url = "https://closeout.example/webhooks/gitea"
    hook = {"type": "gitea", "active": True, "config": {"url": url, "content_type": "json", "secret": SECRET}}
    for events in (["issues", "issue_comment"], ["push"]):
        gitea.call("POST", f"/repos/{project}/hooks", {**hook, "events": events})

    tracker = team.reconciler._trackers[0]
    assert isinstance(tracker, Gitea)
    issues, pushes = sorted(await tracker.webhooks(project), key=lambda one: not one.tells_tickets)

    assert (issues.url, issues.is_active, issues.tells_tickets, issues.tells_comments) == (url, True, True, True)
    assert (pushes.tells_tickets, pushes.tells_comments) == (False, False)


async def test_a_pull_request_that_mentions_the_issue_is_told(team: Actions, gitea: RealGitea, project: str) -> None:
    kept = await made(team, project)
    assert kept.ticket.place is not None
    gitea.call("PATCH", f"/repos/{project}", {"has_pull_requests": True})
    file = {"content": "eA==", "message": "begin", "branch": "main", "new_branch": "main"}
    gitea.call("POST", f"/repos/{project}/contents/README.md", {"content": "eA==", "message": "begin"})
    gitea.call("POST", f"/repos/{project}/contents/canary.yaml", {**file, "branch": "main", "new_branch": "canary"})
    pull = {"head": "canary", "base": "main", "title": "Canary", "body": f"Closes #{kept.ticket.place.number}"}
    made_pull = gitea.call("POST", f"/repos/{project}/pulls", pull)

    tracker = team.reconciler._trackers[0]
    assert isinstance(tracker, Gitea)
    assert await tracker.pull_requests(kept.ticket.place) == [made_pull["html_url"]]
