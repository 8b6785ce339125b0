"""Trackers: what it takes to read ten thousand open tickets through, at each stand-in, in the service's own rounds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr

from bench.related import postgres
from bench.rows import Row
from closeout_actions.domain.ticket import Ticket
from closeout_actions.store import Kept
from closeout_actions.testing import Actions, actions
from closeout_sandbox import clock
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.testing import RunningSandbox, serving
from closeout_schemas.postmortems import Owner
from closeout_schemas.vocabulary import Vendor, derived_id

DANA = "dana-engineer"
COPY = (Path(__file__).parent / "trackers.sql").read_text()
MOST_ROUNDS = 200
LONG_AGO = timedelta(days=1)  # they are open, and nothing happens to them


@dataclass(frozen=True)
class At:
    """A stand-in. `an_hour`: the requests that the vendor lets through in an hour, where it names a number."""

    system: str
    vendor: Vendor
    project: str
    given: Callable[[RunningSandbox], dict[str, Any]]
    an_hour: float | None = None
    key: str = "{project}-{number}"


def _jira(system: str, **more: str) -> Callable[[RunningSandbox], dict[str, Any]]:
    return lambda sandbox: {
        "jira_url": sandbox.tracker_api(system),
        "jira_token": SecretStr("sandbox-jira-token"),
        "jira_projects": ("PAY",),
        **more,
    }


def _by_url(system: str) -> Callable[[RunningSandbox], dict[str, Any]]:
    return lambda sandbox: {
        f"{system}_url": sandbox.tracker_api(system),
        f"{system}_token": SecretStr(f"sandbox-{system}-token"),
        f"{system}_projects": ("acme/payments",),
    }


def _linear(sandbox: RunningSandbox) -> dict[str, Any]:
    token = SecretStr("lin_api_sandbox")
    return {"linear_api_url": sandbox.tracker_api("linear"), "linear_token": token, "linear_projects": ("PAY",)}


def _homemade(sandbox: RunningSandbox) -> dict[str, Any]:
    secret, url = SecretStr("sandbox-homemade-secret"), f"{sandbox.tracker_api('homemade')}/closeout"
    return {"homemade_url": url, "homemade_token": secret, "homemade_projects": ("PAY",)}


REPOSITORY = "{project}#{number}"
EVERY = (
    At("github", Vendor.GITHUB, "acme/payments", lambda _: {}, 5000, REPOSITORY),
    At("jira", Vendor.JIRA, "PAY", _jira("jira", jira_flavour="cloud", jira_email="closeout-bot@example.com")),
    At("jira_dc", Vendor.JIRA, "PAY", _jira("jira_dc", jira_flavour="data_center")),
    At("linear", Vendor.LINEAR, "PAY", _linear, 2500),
    At("gitlab", Vendor.GITLAB, "acme/payments", _by_url("gitlab"), 2000 * 60, REPOSITORY),
    At("gitea", Vendor.GITEA, "acme/payments", _by_url("gitea"), None, REPOSITORY),
    At("homemade", Vendor.HOMEMADE, "PAY", _homemade),
)


def rows(count: int) -> list[Row]:
    """For each tracker the requests, and of what it lets through in an hour the share that they take."""
    found: list[Row] = []
    for at in EVERY:
        with postgres() as url:
            found += asyncio.run(_measure(url, at, count))
    return found


async def _measure(url: str, at: At, count: int) -> list[Row]:
    async with serving(SandboxSettings()) as sandbox:
        await sandbox.control.patch("/behaviour", json={"github_hourly_limit": 1_000_000, "search_lag_seconds": 0})
        token = {} if at.system == "github" else {"github_token": None}
        async with actions(url, sandbox.github_api, **token, **at.given(sandbox), request_timeout_seconds=60.0) as team:
            kept = await team.settled(
                await team.promise(tracker=at.vendor, project=at.project, owner=_owner(sandbox, at))
            )
            await team.reconciler.read_asked_for()
            await _copy(team, sandbox, at, await team.kept(kept.item_id), count - 1)
            if at.system == "github":
                await _through(team)  # so that the ETags are known
            sandbox.state.journal.clear()
            began = time.perf_counter()
            rounds = await _through(team)
            took = time.perf_counter() - began
            asked = [one for one in sandbox.state.journal.entries(at.system) if one["status"] != 304]
            told = [one.data.reason for one in await team.tickets()]
    assert len(told) == 1, f"{at.system}: nothing changed, and something was told: {told[1:4]}"
    return _figures(at, count, rounds, took, len(asked), team.settings.reconcile_seconds)


def _owner(sandbox: RunningSandbox, at: At) -> Owner:
    is_by_id = at.vendor is Vendor.LINEAR
    account = sandbox.state.trackers["linear"].desk.board.person(DANA)["id"] if is_by_id else DANA
    return Owner(person_id=derived_id("person", "dana"), name="Dana Engineer", handles={at.vendor: account})


def _figures(at: At, count: int, rounds: int, took: float, asked: int, pause: float) -> list[Row]:
    name = f"{at.system}: {count:,} open tickets read through"
    # A round begins a pause after the one before it ended.
    hours = (rounds * pause + took) / 3600
    an_hour = asked / hours
    share = an_hour / at.an_hour if at.an_hour else None
    met = None if share is None else share <= 1
    return [
        Row(f"{name}, requests in {rounds} rounds", asked, "requests", float(count), asked / count),
        Row(f"{at.system}: requests an hour, of those it allows", an_hour, "1/h", at.an_hour, share, 1.0, met),
        Row(f"{name}, of our own time", took, "s"),
    ]


async def _through(team: Actions) -> int:
    """Rounds until each open ticket was read once."""
    async with team.db.reading() as conn:
        began = await conn.fetchval("SELECT clock_timestamp()")
    for number in range(1, MOST_ROUNDS + 1):
        await team.reconciler.run()
        async with team.db.reading() as conn:
            old = await conn.fetchval("SELECT count(*) FROM ticket WHERE read_at IS NULL OR read_at < $1", began)
        if old == 0:
            return number
    raise RuntimeError(f"not read through in {MOST_ROUNDS} rounds")


async def _copy(team: Actions, sandbox: RunningSandbox, at: At, first: Kept, count: int) -> None:
    """As many tickets more in the tracker, and as many rows that know them."""
    ids, mirrors, remote_ids = list[UUID](), list[str](), list[str]()
    for made in _in_the_tracker(sandbox, at, count):
        item_id = uuid4()
        ids.append(item_id)
        mirrors.append(_mirror(first.ticket, item_id, at, made).model_dump_json())
        remote_ids.append(str(made["id"]))
    async with team.db.transaction() as tx:
        await tx.conn.execute(COPY, first.item_id, ids, mirrors, remote_ids)


def _in_the_tracker(sandbox: RunningSandbox, at: At, count: int) -> Iterator[dict[str, Any]]:
    if at.system == "github":
        github = sandbox.state.github
        [first] = sandbox.state.store.all("github.issue")
        given = {name: first[name] for name in ("title", "body", "assignees", "labels")}
        repository = github.directory.repository(at.project)
        for _ in range(count):
            yield github.issues.open(repository, given, by=first["user"], at=clock.now() - LONG_AGO)
        return
    board = sandbox.state.trackers[at.system].desk.board
    [first] = board.tickets()
    same = ("title", "body", "assignees", "labels", "due_on", "properties")
    project, moment = board.project(at.project), (clock.now() - LONG_AGO).isoformat()
    for _ in range(count):
        made = board.open(project, by=first["author"], **{name: first[name] for name in same})
        yield board.put("ticket", made["id"], {**made, "created_at": moment, "updated_at": moment})


def _mirror(ticket: Ticket, item_id: UUID, at: At, made: dict[str, Any]) -> Ticket:
    """As if it had been made and read: nothing in the tracker is newer than what is known."""
    assert ticket.place is not None
    number, key = made["number"], at.key.format(project=at.project, number=made["number"])
    place = ticket.place.model_copy(update={"remote_id": str(made["id"]), "number": number, "key": key})
    snapshot = ticket.snapshot.model_copy(update={"item_id": item_id, "key": key})
    moment = datetime.fromisoformat(made["updated_at"])
    return ticket.model_copy(update={"place": place, "snapshot": snapshot, "comments_until": moment})
