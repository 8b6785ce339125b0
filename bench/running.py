"""The system that is measured: `closeout up` in a folder of its own, on free ports of this machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import senders
from bench.load import SECRET
from closeout.embedded import PORTS, Embedded
from closeout.settings import UpSettings
from closeout_schemas.catalogue import SERVICES

START_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """Where it answers. Its broker and database serve the base lines as well."""

    folder: Path
    supervisor: int
    embedded: Embedded

    def url(self, part: str) -> str:
        """http://127.0.0.1:21401"""
        return self.embedded.addresses[part].url

    def port(self, part: str) -> int:
        """Of a service."""
        return self.embedded.addresses[part].port

    def environment(self) -> dict[str, str]:
        """For a process that uses the same broker and database."""
        return {
            **os.environ,
            "CLOSEOUT_DATABASE_URL": self.database_url(),
            "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS": self.bootstrap(),
            "CLOSEOUT_KAFKA_FETCH_MAX_WAIT_MS": "50",
            # As `closeout up` has it: a group forgets members that were stopped after so long.
            "CLOSEOUT_KAFKA_SESSION_TIMEOUT_MS": "1000",
        }

    def database_url(self) -> str:
        """As its owner."""
        return self.embedded.running_database_url()

    def bootstrap(self) -> str:
        """host:port"""
        return self.embedded.running_bootstrap()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The services stand still, for a base line that is to have the machine for itself."""
        # Their keeper first: it would start again what does not answer.
        pids = [self.supervisor, *(self._children()[name] for name in SERVICES)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def resident_mb(self, part: str) -> float:
        """Resident memory of a part's process, in megabytes of 1,000,000 bytes."""
        status = Path(f"/proc/{self._children()[part]}/status").read_text()
        kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
        return int(kilobytes) * 1024 / 1e6

    def cpu_seconds(self, part: str) -> float:
        """How long a part's process has kept a processor busy: the same however busy the machine is otherwise."""
        fields = Path(f"/proc/{self._children()[part]}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _children(self) -> dict[str, int]:
        children: dict[str, int] = json.loads((self.folder / "running.json").read_text())["children"]
        return children


@contextmanager
def running(more: Mapping[str, str] = {}) -> Iterator[Running]:
    """Start it, with `more` settings, wait until every service can do all of its work, end it, remove its data."""
    folder = Path(tempfile.mkdtemp(prefix="closeout-bench-"))
    # PostgreSQL, which does not run as root, has to get to its data in there.
    folder.chmod(0o755)
    embedded = Embedded(UpSettings(data=folder, first_port=free_ports(len(PORTS))), with_sandbox=False)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CLOSEOUT_")},
        "CLOSEOUT_UP_FIRST_PORT": str(embedded.addresses[PORTS[0]].port),
        **{f"CLOSEOUT_INGEST_{vendor.upper()}_SECRETS": senders.SECRET for vendor in senders.BODIES},
        "CLOSEOUT_INGEST_PAGERDUTY_SECRETS": SECRET,
        **more,
    }
    command = [sys.executable, "-m", "closeout", "up", "--data", str(folder)]
    with (folder / "up.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    system = Running(folder, process.pid, embedded)
    try:
        _wait(system, process)
        yield system
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(40)
        data = folder / "postgres/data"
        if data.is_symlink():
            shutil.rmtree(data.resolve().parent, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(system: Running, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not all(_is_ready(system.url(name)) for name in SERVICES):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"Closeout did not start for the bench:\n{(system.folder / 'up.log').read_text()}")
        time.sleep(0.1)


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            return bool(json.load(answer).get("consumer", True))
    except (urllib.error.URLError, OSError, ValueError):
        return False


def free_ports(size: int) -> int:
    """The first of `size` ports in a row on which nobody listens."""
    for first in range(26000 + os.getpid() % 5000, 60000, size):
        if all(_is_free(port) for port in range(first, first + size)):
            return first
    raise SystemExit("No free ports for the bench.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
