"""`closeout trackers`: which trackers are connected, and whether tickets can be made in each of their projects now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.table import Table

from closeout_actions.adapters.kind import Kind
from closeout_actions.adapters.port import (
    KnowsAssignable,
    KnowsByKey,
    ReadsComments,
    ReadsLinks,
    ReadsMany,
    ReadsRepositories,
    Rejected,
    TakesChanges,
    TellsWebhooks,
    Tracker,
    Unauthorized,
    Webhook,
)
from closeout_actions.adapters.trackers import every_tracker
from closeout_actions.settings import ActionsSettings
from closeout_chassis.errors import Retryable
from closeout_chassis.settings import read
from closeout_ingest.settings import IngestSettings
from closeout_schemas.directory import Project

app = typer.Typer(
    help="Trackers: which are connected, and whether tickets can be made in their projects.", no_args_is_help=True
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


ABILITIES = {
    "reads many": ReadsMany,
    "takes changes": TakesChanges,
    "follows duplicates": KnowsByKey,
    "reads comments": ReadsComments,
    "reads links": ReadsLinks,
    "sees leavers": KnowsAssignable,
    "checks code": ReadsRepositories,
    "tells webhooks": TellsWebhooks,
}


@dataclass(frozen=True, slots=True)
class Connection:
    """A tracker that could be connected. `news`: how it tells of changes."""

    tracker: str
    connected: bool
    address: str | None
    projects: tuple[str, ...]
    news: str
    to_do: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a tracker says of one project now."""

    project: str
    ok: bool
    says: str
    people: int = 0
    milestones: int = 0
    required_fields: tuple[str, ...] = ()  # what the gate asks for, by name
    news: str = ""
    can: tuple[str, ...] = ()  # what the adapter does beyond what each has to


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """Every tracker, by the settings alone: nothing is asked."""
    found = list(_connections(read(ActionsSettings), read(IngestSettings)))
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
        return
    table = Table("tracker", "address", "projects", "news of changes", "to do", box=None)
    for one in found:
        table.add_row(one.tracker, one.address or "not connected", ", ".join(one.projects), one.news, one.to_do)
    Console(highlight=False, markup=False).print(table)


@app.command()
def check(as_json: AsJson = False) -> None:
    """Ask each connected tracker for each of its projects. Exit code 1 when a ticket could not be made in one."""
    found = asyncio.run(_check_all(read(ActionsSettings), read(IngestSettings)))
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
    elif not found:
        print("No tracker with a project is connected: see `closeout trackers list`.")
    else:
        table = Table("project", "", "people", "milestones", "asks for", "news of changes", "can", "", box=None)
        for one in found:
            numbers = (str(one.people), str(one.milestones)) if one.ok else ("", "")
            more = (", ".join(one.required_fields), one.news, ", ".join(one.can))
            table.add_row(one.project, "ok" if one.ok else "failed", *numbers, *more, one.says)
        Console(highlight=False, markup=False).print(table)
    if not found or not all(one.ok for one in found):
        raise typer.Exit(1)


def _connections(actions: ActionsSettings, ingest: IngestSettings) -> Iterator[Connection]:
    for kind in every_tracker():
        name, access, projects = kind.vendor.value, kind.access(actions), actions.projects(kind.vendor)
        prefix = f"CLOSEOUT_ACTIONS_{name.upper()}"
        is_outside = name.startswith("x-")
        where = "CLOSEOUT_ACTIONS_MORE_PROJECTS" if is_outside else f"{prefix}_PROJECTS"
        to_do = "" if access is None or projects else f"name its projects in {where}"
        yield Connection(
            tracker=name,
            connected=access is not None,
            address=access[0] if access else None,
            projects=projects,
            news=_news(kind, ingest) if access else "",
            to_do=to_do if access else f"docs/howto/{name}.md",
        )


async def _news_of(tracker: Tracker, kind: Kind, key: str, ingest: IngestSettings) -> str:
    """How a project's changes come here, as the tracker itself says; by the settings where it does not say."""
    by_settings = _news(kind, ingest)
    if not isinstance(tracker, TellsWebhooks):
        return by_settings
    try:
        found = await tracker.webhooks(key)
    except (Rejected, Retryable, Unauthorized) as error:
        return f"{by_settings}, by our settings: the tracker does not show its webhooks ({error})"
    has_secret = bool(ingest.secrets_of(kind.vendor))
    return told_of_webhooks([one for one in found if _is_ours(one, kind)], kind.vendor.value, has_secret=has_secret)


def told_of_webhooks(found: Sequence[Webhook], vendor: str, *, has_secret: bool) -> str:
    """What a tracker's webhooks that lead here are good for, and what is to do. Their addresses may hold a secret."""
    working = [one for one in found if one.is_active and one.tells_tickets]
    if not found:
        return f"polling only: the tracker has no webhook to …/webhooks/{vendor}"
    if not working:
        why = next((one.trouble for one in found if one.trouble), None) or (
            "it is switched off" if not any(one.is_active for one in found) else "it does not tell of issues"
        )
        return f"polling only: the tracker has a webhook, and {why}"
    if not has_secret:
        return f"polling only: the tracker has a webhook, and CLOSEOUT_INGEST_{vendor.upper()}_SECRETS is not set here"
    trouble = next((one.trouble for one in working if one.trouble), None)
    lacks = "" if any(one.tells_comments for one in working) else "; it does not tell of comments"
    return f"webhooks and polling{lacks}{f'; {trouble}' if trouble else ''}"


def _is_ours(webhook: Webhook, kind: Kind) -> bool:
    """Whether it leads to a door of Closeout's; one without an address is of the app that our token is of."""
    return webhook.url is None or f"/webhooks/{kind.vendor.value}" in urlsplit(webhook.url).path


def _news(kind: Kind, ingest: IngestSettings) -> str:
    is_outside = kind.vendor.value.startswith("x-")
    return "polling only" if is_outside or not ingest.secrets_of(kind.vendor) else "webhooks and polling"


def _abilities(tracker: Tracker) -> tuple[str, ...]:
    return tuple(name for name, protocol in ABILITIES.items() if isinstance(tracker, protocol))


async def _check_all(settings: ActionsSettings, ingest: IngestSettings) -> list[Checked]:
    found = []
    for kind in every_tracker():
        tracker = _connected(kind, settings)
        if tracker is None:
            continue
        try:
            for key in settings.projects(kind.vendor):
                checked = await _check(tracker, key)
                news = await _news_of(tracker, kind, key, ingest) if checked.ok else ""
                found.append(replace(checked, news=news, can=_abilities(tracker)))
        finally:
            await tracker.close()
    return found


def _connected(kind: Kind, settings: ActionsSettings) -> Tracker | None:
    access = kind.access(settings)
    return kind.connect(settings, access[1], _OneOff()) if access else None


async def _check(tracker: Tracker, key: str) -> Checked:
    name = f"{tracker.vendor.value}:{key}"
    try:
        project: Project = await tracker.describe(key, datetime.now(UTC))
    except (Rejected, Retryable, Unauthorized) as error:
        return Checked(name, ok=False, says=str(error))
    people, milestones = len(project.assignable), len(project.milestones)
    fields = tuple(field.name for field in project.required_fields)
    return Checked(name, project.can_create, project.why_not or "", people, milestones, fields)


class _OneOff:
    """The budget of a few questions asked by hand: none is kept, and nothing is waited for."""

    async def admit(self, *, is_write: bool) -> None:
        """Anything may be asked."""

    async def blocked(self, seconds: float | None, why: str) -> float:
        """The answer itself says it."""
        return seconds or 0.0

    async def unauthorized(self, why: str) -> None:
        """The answer itself says it."""

    async def answered(self, remaining: int | None, resets_in: float | None) -> None:
        """Nobody counts."""
