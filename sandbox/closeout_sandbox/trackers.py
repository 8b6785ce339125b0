"""The stand-ins for trackers other than GitHub, put together; a new one is one function and one line in STANDS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
from starlette.routing import Mount

from closeout_sandbox.board.door import Desk
from closeout_sandbox.board.sender import Sender
from closeout_sandbox.board.tickets import Board
from closeout_sandbox.faults import Faults
from closeout_sandbox.gitea import hooks as gitea_hooks
from closeout_sandbox.gitea import rest as gitea_rest
from closeout_sandbox.gitea.views import Views as GiteaViews
from closeout_sandbox.gitlab import hooks as gitlab_hooks
from closeout_sandbox.gitlab import rest as gitlab_rest
from closeout_sandbox.gitlab.views import Views as GitLabViews
from closeout_sandbox.homemade import tracker as homemade_tracker
from closeout_sandbox.jira import hooks as jira_hooks
from closeout_sandbox.jira import rest as jira_rest
from closeout_sandbox.jira.views import Views as JiraViews
from closeout_sandbox.linear import graphql_api as linear_api
from closeout_sandbox.linear import hooks as linear_hooks
from closeout_sandbox.linear.views import Views as LinearViews
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.store import Store


@dataclass(frozen=True)
class Parts:
    """What every stand-in is made of."""

    settings: SandboxSettings
    store: Store
    faults: Faults
    client: httpx.AsyncClient


@dataclass(frozen=True)
class Stand:
    """A stand-in and the routes below its address."""

    desk: Desk
    mount: Mount


def jira(parts: Parts, system: str = "jira", *, is_cloud: bool = True) -> Stand:
    """Jira Cloud, or Data Center, which is not known to repeat a webhook."""
    retries = 5 if is_cloud else 0
    sender = Sender(
        parts.store,
        system,
        parts.faults,
        parts.client,
        jira_hooks.headers,
        retries=retries,
        give_up_on=jira_hooks.FINAL,
    )
    board = Board(parts.store, system)
    views = JiraViews(board, f"{parts.settings.base_url}/{system}/api", is_cloud=is_cloud)
    board.said = lambda deed: jira_hooks.tell(views, sender, deed)
    desk = Desk(board, sender, jira_rest.error, jira_rest.limited)
    return Stand(desk, Mount(f"/{system}/api", routes=jira_rest.routes(jira_rest.Rest(desk, views, parts.settings))))


def jira_dc(parts: Parts) -> Stand:
    """Jira Data Center."""
    return jira(parts, "jira_dc", is_cloud=False)


def linear(parts: Parts) -> Stand:
    """Linear."""
    sender = Sender(
        parts.store, "linear", parts.faults, parts.client, linear_hooks.headers, retries=linear_hooks.RETRIES
    )
    board = Board(parts.store, "linear", uuids=True, comments_touch=False)
    views = LinearViews(board, f"{parts.settings.base_url}/linear/web")
    board.said = lambda deed: linear_hooks.tell(views, sender, deed)
    desk = Desk(board, sender, linear_api.error, linear_api.limited)
    api = linear_api.Api(desk, views, parts.settings)
    return Stand(desk, Mount("/linear/api", routes=linear_api.routes(api)))


def gitlab(parts: Parts) -> Stand:
    """GitLab, which repeats a webhook a few times."""
    sender = Sender(parts.store, "gitlab", parts.faults, parts.client, gitlab_hooks.headers, retries=3)
    board = Board(parts.store, "gitlab", keeps_id=False)
    views = GitLabViews(board, f"{parts.settings.base_url}/gitlab/api")
    board.said = lambda deed: gitlab_hooks.tell(views, sender, deed)
    desk = Desk(board, sender, gitlab_rest.error, gitlab_rest.limited)
    rest = gitlab_rest.Rest(desk, views, parts.settings)
    return Stand(desk, Mount("/gitlab/api", routes=gitlab_rest.routes(rest)))


def gitea(parts: Parts) -> Stand:
    """Gitea or Forgejo, which never repeat a webhook by themselves."""
    sender = Sender(parts.store, "gitea", parts.faults, parts.client, gitea_hooks.headers)
    board = Board(parts.store, "gitea")
    views = GiteaViews(board, f"{parts.settings.base_url}/gitea/api")
    board.said = lambda deed: gitea_hooks.tell(views, sender, deed)
    desk = Desk(board, sender, gitea_rest.error, gitea_rest.limited)
    return Stand(desk, Mount("/gitea/api", routes=gitea_rest.routes(gitea_rest.Rest(desk, views, parts.settings))))


def homemade(parts: Parts) -> Stand:
    """A tracker that somebody made at home."""
    sender = Sender(parts.store, "homemade", parts.faults, parts.client, homemade_tracker.headers, retries=2)
    board = Board(parts.store, "homemade")
    board.said = lambda deed: homemade_tracker.tell(board, sender, deed)
    desk = Desk(board, sender, homemade_tracker.error, homemade_tracker.limited)
    made = homemade_tracker.Homemade(desk, parts.settings)
    return Stand(desk, Mount("/homemade/api", routes=homemade_tracker.routes(made)))


STANDS: dict[str, Callable[[Parts], Stand]] = {
    "jira": jira,
    "jira_dc": jira_dc,
    "linear": linear,
    "gitlab": gitlab,
    "gitea": gitea,
    "homemade": homemade,
}


def assemble(parts: Parts) -> dict[str, Stand]:
    """All of them."""
    return {system: make(parts) for system, make in STANDS.items()}
