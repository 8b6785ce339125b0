"""The whole system as a user starts it: `closeout up --sandbox`, as a process, on a folder and ports of its own."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from closeout.embedded import DATABASE, SERVICE_START_SECONDS
from closeout.postgres import EmbeddedPostgres
from closeout.process import LONGEST_START
from closeout_actions.settings import ActionsSettings
from closeout_schemas.vocabulary import Vendor

PAGER_SECRET = "demo-webhook-secret"
# As long as the product itself gives a service that works at its start.
PATIENCE_SECONDS = LONGEST_START * SERVICE_START_SECONDS
# A creation of which nobody knows whether it took effect, as where the tracker was too slow, is looked for after the
# lease, and done again after the last look.
_ACTIONS = ActionsSettings.model_construct()
DOUBT_SECONDS = _ACTIONS.lease.total_seconds() + _ACTIONS.settle(Vendor.GITHUB)[-1]
# For what happens at once unless the machine is very busy. Shorter than the time that a test may take.
WAIT_SECONDS = 120
ANSWER_SECONDS = 30
PARTS = ("review", "ingest", "actions", "metrics", "sandbox")


def free_block(size: int = len(PARTS)) -> int:
    """The first of `size` ports in a row on which nobody listens, and which no other worker of this run takes."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for first in range(21000 + 2500 * worker + os.getpid() % 2000, 60000, size):
        sockets = []
        try:
            for port in range(first, first + size):
                probe = socket.socket()
                sockets.append(probe)
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        else:
            return first
        finally:
            for probe in sockets:
                probe.close()
    raise RuntimeError("no free ports")


def clean_environment(**more: str) -> dict[str, str]:
    """This environment without settings of Closeout, and with `more`."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("CLOSEOUT_")}, **more}


def closeout(*arguments: str, seconds: float = 60, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "closeout", *arguments],
        env=clean_environment(**settings),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


class System:
    """`closeout up --sandbox`. `url[name]` is where a part answers. Most tests are about other things than sign-in."""

    def __init__(self, folder: Path, sign_in: str = "open", **settings: str) -> None:
        self.folder = folder
        self._settings = {"CLOSEOUT_REVIEW_SIGN_IN": sign_in, **settings}
        self.first_port = free_block()
        self.url = {name: f"http://127.0.0.1:{self.first_port + n}" for n, name in enumerate(PARTS)}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Return when all is ready."""
        log = (self.folder / "up.log").open("w") if self.folder.is_dir() else subprocess.DEVNULL
        self._process = subprocess.Popen(
            [sys.executable, "-m", "closeout", "up", "--sandbox", "--data", str(self.folder)],
            env=clean_environment(CLOSEOUT_UP_FIRST_PORT=str(self.first_port), **self._settings),
            stdout=log,
            stderr=log,
            text=True,
        )
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self) -> None:
        """Return when every service says that it can do all of its work."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all(self._is_ready(name) for name in PARTS):
            if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                raise AssertionError(f"the system did not get ready; see {self.folder}/*.log")
            time.sleep(0.1)

    def _is_ready(self, name: str) -> bool:
        path = "/_sandbox/" if name == "sandbox" else "/readyz"
        try:
            answer = httpx.get(self.url[name] + path, timeout=2)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and bool(answer.json().get("consumer", True))

    def pid(self, name: str) -> int | None:
        """The pid of a part, as the supervisor wrote it down."""
        try:
            children = json.loads((self.folder / "running.json").read_text())["children"]
        except (OSError, ValueError):
            return None
        return int(children[name]) if name in children else None

    def kill(self, name: str) -> None:
        """kill -9."""
        pid = self.pid(name)
        if pid is not None:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    async def come_due(self, table: str) -> None:
        """What is left alone for a while in this table of ingest's is so no more, as if the while were over."""
        url = EmbeddedPostgres(self.folder / "postgres").running_url(DATABASE)
        conn = await asyncpg.connect(url)
        await conn.execute(f"UPDATE ingest.{table} SET next_at = now() WHERE next_at > now()")
        await conn.close()

    async def ask_the_pager_now(self) -> None:
        """Return when it was asked for what it is otherwise asked for one and ten minutes later."""
        url = EmbeddedPostgres(self.folder / "postgres").running_url(DATABASE)
        sooner = "UPDATE ingest.history_due SET due_at = due_at - interval '11 minutes' WHERE due_at > now()"
        deadline = time.monotonic() + PATIENCE_SECONDS
        conn = await asyncpg.connect(url)
        try:
            while await conn.fetchval(f"WITH sooner AS ({sooner}) SELECT EXISTS (SELECT FROM ingest.history_due)"):
                assert time.monotonic() < deadline, "the pager was not asked"
                await asyncio.sleep(0.3)
        finally:
            await conn.close()

    def stop(self) -> int:
        """Ctrl-C, and the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(40)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise


async def deliver(http: httpx.AsyncClient, ingest: str, body: dict[str, Any], webhook_id: str) -> None:
    """Send a webhook as PagerDuty does: again and again, with the same id, until it is accepted."""
    raw = json.dumps(body).encode()
    headers = {
        "X-PagerDuty-Signature": "v1=" + hmac.digest(PAGER_SECRET.encode(), raw, "sha256").hex(),
        "X-Webhook-Id": webhook_id,
        "Content-Type": "application/json",
    }
    while True:
        try:
            answer = await http.post(f"{ingest}/webhooks/pagerduty", content=raw, headers=headers, timeout=5)
        except httpx.HTTPError:
            await asyncio.sleep(0.1)
            continue
        if answer.status_code == 202:
            return
        assert answer.status_code == 503, f"a webhook was answered {answer.status_code}: {answer.text}"
        assert answer.headers["retry-after"]
        await asyncio.sleep(0.1)
