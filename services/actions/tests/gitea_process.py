"""A real Gitea as a process: the one that `make gitea` built, or the one in the folder CLOSEOUT_TEST_GITEA."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

FOLDER = os.environ.get("CLOSEOUT_TEST_GITEA") or str(Path(__file__).parents[3] / "build" / "gitea")
IS_REQUIRED = os.environ.get("CLOSEOUT_TEST_REQUIRE_GITEA") == "1"
PASSWORD = "a-Pass-word-123"
BOT, OWNER = "closeout-bot", "dana-engineer"
SETTINGS = """
RUN_USER = {user}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
WORK_PATH = {data}
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = http://127.0.0.1:{port}/
DISABLE_SSH = true
OFFLINE_MODE = true
STATIC_ROOT_PATH = {folder}
[database]
DB_TYPE = sqlite3
PATH = {data}/gitea.db
[repository]
ROOT = {data}/repositories
[security]
INSTALL_LOCK = true
SECRET_KEY = only-for-tests-only-for-tests-only
[webhook]
ALLOWED_HOST_LIST = loopback
[queue]
TYPE = channel
[log]
MODE = console
LEVEL = Error
"""


@dataclass
class RealGitea:
    """A Gitea with an organisation, a repository, an account of ours and an owner."""

    url: str
    token: str
    process: subprocess.Popen[bytes]
    http: httpx.Client

    def call(self, method: str, path: str, body: Any = None, params: Any = None) -> Any:
        answer = self.http.request(method, path, json=body, params=params)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def stop(self) -> None:
        self.http.close()
        self.process.terminate()
        self.process.wait(90)  # it gives what it is at a minute


def missing() -> str | None:
    """Why there is no Gitea to be tested against; None where there is, or where there has to be one."""
    is_there = (Path(FOLDER) / "gitea").exists()
    return None if is_there or IS_REQUIRED else "there is no Gitea: `make gitea` builds one (Go 1.24+, a C compiler)"


def start(data: Path) -> RealGitea:
    """A new one, with all its data in `data`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = data / "app.ini"
    config.write_text(SETTINGS.format(user=getpass.getuser(), data=data, port=port, folder=FOLDER))

    def run(*words: str) -> str:
        command = [str(Path(FOLDER) / "gitea"), *words, "--config", str(config)]
        environment = {**os.environ, "HOME": str(data)}
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    run("migrate")
    for name, *more in ((BOT, "--admin"), (OWNER,)):
        about = ["--username", name, "--password", PASSWORD, "--email", f"{name}@example.com"]
        run("admin", "user", "create", *about, "--must-change-password=false", *more)
    token = run(*("admin", "user", "generate-access-token", "--username", BOT, "--scopes", "all", "--raw")).split()[-1]
    process = subprocess.Popen(
        [str(Path(FOLDER) / "gitea"), "web", "--config", str(config)],
        env={**os.environ, "HOME": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    http = httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"token {token}"}, timeout=60)
    made = RealGitea(url, token, process, http)
    _wait(made)
    made.call("POST", "/orgs", {"username": "acme"})
    return made


def _wait(gitea: RealGitea) -> None:
    for _ in range(1200):
        try:
            if gitea.http.get("/version").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    gitea.stop()
    raise AssertionError("Gitea does not answer")
