"""Everything a sandbox consists of, put together once."""

from dataclasses import dataclass

import httpx

from closeout_sandbox.faults import Faults
from closeout_sandbox.github import directory as github_directory
from closeout_sandbox.github import views as github_views
from closeout_sandbox.github.hooks import Hooks
from closeout_sandbox.github.issue_views import IssueViews
from closeout_sandbox.github.issues import Issues
from closeout_sandbox.github.projects import Projects
from closeout_sandbox.journal import Journal
from closeout_sandbox.pagerduty import directory as pagerduty_directory
from closeout_sandbox.pagerduty import views as pagerduty_views
from closeout_sandbox.pagerduty.history import History
from closeout_sandbox.pagerduty.incidents import Incidents
from closeout_sandbox.pagerduty.sender import Sender
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.slack.workspace import Workspace
from closeout_sandbox.store import Store
from closeout_sandbox.trackers import Parts, Stand
from closeout_sandbox.trackers import assemble as assemble_trackers


@dataclass(frozen=True)
class GitHub:
    directory: github_directory.Directory
    views: IssueViews
    issues: Issues
    hooks: Hooks
    projects: Projects


@dataclass(frozen=True)
class PagerDuty:
    directory: pagerduty_directory.Directory
    views: pagerduty_views.Views
    incidents: Incidents
    sender: Sender


@dataclass(frozen=True)
class State:
    settings: SandboxSettings
    store: Store
    faults: Faults
    journal: Journal
    client: httpx.AsyncClient
    github: GitHub
    pagerduty: PagerDuty
    slack: Workspace
    trackers: dict[str, Stand]

    def kick(self) -> None:
        """Let the webhooks go that wait; nothing happens outside an event loop."""
        self.github.hooks.kick()
        self.pagerduty.sender.kick()
        for stand in self.trackers.values():
            stand.desk.sender.kick()

    async def settle(self) -> None:
        """Returns when every webhook has been delivered or given up."""
        self.kick()
        await self.github.hooks.settle()
        await self.pagerduty.sender.settle()
        for stand in self.trackers.values():
            await stand.desk.sender.settle()

    async def close(self) -> None:
        await self.github.hooks.close()
        await self.pagerduty.sender.close()
        for stand in self.trackers.values():
            await stand.desk.sender.close()
        await self.client.aclose()
        self.store.close()


def assemble(settings: SandboxSettings, transport: httpx.AsyncBaseTransport | None = None) -> State:
    """`transport` carries the webhooks; without one they go over the network."""
    store = Store(settings.data_file)
    faults = Faults(store)
    # A proxy from the environment must not see what stays on this machine. The senders set shorter limits.
    client = httpx.AsyncClient(transport=transport, timeout=60, trust_env=False)
    people = github_directory.Directory(store, settings.id_offset)
    issue_views = IssueViews(store, github_views.Views(people, settings.base_url))
    hooks = Hooks(store, people, faults, client)
    account = pagerduty_directory.Directory(store, settings.base_url, settings.id_offset)
    incident_views = pagerduty_views.Views(store, account)
    sender = Sender(store, account, faults, client)
    history = History(store, account, incident_views, sender)
    return State(
        settings=settings,
        store=store,
        faults=faults,
        journal=Journal(store),
        client=client,
        github=GitHub(people, issue_views, Issues(store, issue_views, hooks), hooks, Projects(store, people)),
        pagerduty=PagerDuty(account, incident_views, Incidents(store, account, history), sender),
        slack=Workspace(store, settings.id_offset),
        trackers=assemble_trackers(Parts(settings, store, faults, client)),
    )
