"""One child process: it cannot outlive us, says when it is ready, and is ended with grace.

On Linux the kernel signals a child when we die (PR_SET_PDEATHSIG), kill -9 included. Elsewhere a child survives
kill -9 of its parent; the next start finds the folder taken and names the pid.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from closeout_chassis.errors import CloseoutError

LOOPBACK = "127.0.0.1"
LARGEST_LOG_BYTES = 20 * 1024 * 1024
POLL_SECONDS = 0.02
SECONDS_TO_LET_GO = 0.5
# One that works but does not get ready is given up after so many times its `start_timeout`.
LONGEST_START = 5

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class ProcessError(CloseoutError):
    """A process could not be started or kept. The message is one line: what, where, why, and what to do."""


async def nothing_more() -> None:
    """For a child that is ready when it says so."""


class Owner(NamedTuple):
    """Whom a process runs as, where that is not us."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Child:
    """How to run one process.

    `ready` is asked again and again, from a thread, until it is true. `before_start` and `after_start` (what others
    need before it counts as ready) run at each start, the first and every restart; both may raise ProcessError.
    Times are seconds. `start_timeout` counts from the last sign of work: on a busy machine a start takes long, and has
    not failed. `orphan_signal` is what the process gets when we die unawares: by default the one that nothing
    can ignore.
    """

    name: str
    argv: Sequence[str | Path]
    log_file: Path
    ready: Callable[[], bool]
    env: Mapping[str, str] | None = None
    folder: Path | None = None
    owner: Owner | None = None
    before_start: Callable[[], None] = lambda: None
    after_start: Callable[[], Awaitable[None]] = nothing_more
    start_timeout: float = 30.0
    stop_timeout: float = 10.0
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL


class Process:
    """A started child. Start it from a thread that lives as long as it may: its end is taken for ours."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.started_at = time.monotonic()
        _keep_log_short(child.log_file)
        self._popen = _spawn(child)
        self._work = self._work_done()
        self._worked_at = self.started_at

    @property
    def pid(self) -> int:
        return self._popen.pid

    def ended(self) -> bool:
        return self._popen.poll() is not None

    def how_it_ended(self) -> str:
        """`exit code 1`, or `killed by SIGKILL`, with the last line it wrote."""
        code = self._popen.returncode
        how = f"exit code {code}" if code is None or code >= 0 else f"killed by {signal.Signals(-code).name}"
        last = last_line(self.child.log_file)
        return f"{how}; its last words: {last}" if last else how

    def is_late(self, now: float) -> bool:
        """Whether it has not worked for `start_timeout`, or works in vain. `now`: seconds of the monotonic clock."""
        work = self._work_done()
        if work != self._work:
            self._work, self._worked_at = work, now
        patience = self.child.start_timeout
        return now - self._worked_at > patience or now - self.started_at > LONGEST_START * patience

    def _work_done(self) -> tuple[int, int]:
        """Whole seconds of processor time, where the platform tells, and bytes in its log."""
        log = self.child.log_file
        return _processor_seconds(self.pid), log.stat().st_size if log.exists() else 0

    def failed_to_start(self) -> ProcessError:
        """Why it is not ready: it ended, does nothing, or takes too long."""
        patience = self.child.start_timeout
        if self.ended():
            why = f"it ended with {self.how_it_ended()}"
        elif time.monotonic() - self._worked_at > patience:
            why = f"it is not ready, and does nothing for {patience:g} s"
        else:
            why = f"it works, but is not ready after {LONGEST_START * patience:g} s"
        return ProcessError(f"{self.child.name} did not start: {why}. Its log: {self.child.log_file}")

    def wait_until_ready(self) -> None:
        """Raises ProcessError when it ends first, or is late."""
        while not self.child.ready():
            if self.ended() or self.is_late(time.monotonic()):
                raise self.failed_to_start()
            time.sleep(POLL_SECONDS)
        if self.ended():
            # Something else answered in its place.
            raise self.failed_to_start()

    def signal(self, which: signal.Signals) -> None:
        self._popen.send_signal(which)

    def stop(self) -> None:
        """Ask it to end; kill it when the grace is over."""
        self.signal(self.child.stop_signal)
        try:
            self._popen.wait(self.child.stop_timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it now (SIGKILL), and wait until it is gone."""
        self._popen.kill()
        self._popen.wait()


def _spawn(child: Child) -> subprocess.Popen[bytes]:
    try:
        with child.log_file.open("ab") as log:
            return subprocess.Popen(
                [str(part) for part in child.argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=child.env,
                cwd=child.folder,
                user=child.owner.uid if child.owner else None,
                group=child.owner.gid if child.owner else None,
                extra_groups=[] if child.owner else None,
                # Ctrl-C in the terminal must reach us alone: we end the children in their order.
                start_new_session=True,
                preexec_fn=_end_with_parent(child.orphan_signal),
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise ProcessError(f"{child.name} cannot be started ({child.argv[0]}): {error}") from None


def _end_with_parent(orphan_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def bind() -> None:
        # Called after the change of user, which would clear it.
        if libc.prctl(_PR_SET_PDEATHSIG, int(orphan_signal)) != 0 or os.getppid() != parent:
            os._exit(127)

    return bind


def _processor_seconds(pid: int) -> int:
    try:
        # proc_pid_stat(5): after the name, which may hold anything, utime and stime are the 12th and 13th.
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(told[11]) + int(told[12])) // os.sysconf("SC_CLK_TCK")


def last_line(log_file: Path) -> str:
    """The last line of a log that says something, cut to 300 characters."""
    try:
        tail = log_file.read_bytes()[-4096:].decode(errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def _keep_log_short(log_file: Path) -> None:
    if log_file.exists() and log_file.stat().st_size > LARGEST_LOG_BYTES:
        log_file.replace(log_file.with_suffix(log_file.suffix + ".1"))


def own_folder(folder: Path) -> Path:
    """Make `folder` where it is missing; answer its absolute path. Raises ProcessError when we cannot write there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ProcessError(
            f"The folder {folder} cannot be written: {error.strerror}. Mend its permissions, or name another folder."
        ) from None
    return folder.resolve()


def kept_secret(file: Path) -> str:
    """What was made at the first start and is kept. A file that somebody left empty, who died over it, is made anew."""
    if not file.exists() or not file.stat().st_size:
        new = file.with_name(f"{file.name}-{os.getpid()}")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as making:
            making.write(secrets.token_urlsafe(32))
            making.flush()
            os.fsync(making.fileno())
        new.replace(file)
    return file.read_text()


def chosen_port(wanted: int, memory: Path) -> int:
    """The port to listen on: `wanted`; where that is 0, last time's (kept in `memory`) or else a free one.

    Raises ProcessError when `wanted` is taken.
    """
    if wanted:
        require_free(wanted)
        return wanted
    last_time = remembered_port(memory)
    port = last_time if last_time and _is_free(last_time) else free_port()
    memory.write_text(f"{port}\n")
    return port


def require_free(port: int, setting: str = "") -> None:
    """Raises ProcessError when somebody listens on `port`, or we may not. `setting`: what chooses another."""
    # One that was just killed has its port a moment longer.
    deadline = time.monotonic() + SECONDS_TO_LET_GO
    while not _is_free(port):
        if time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            continue
        raise ProcessError(
            f"Port {port} of {LOOPBACK} is taken by another program. End that program, or choose another port"
            f"{f' with {setting}' if setting else ''}."
        )


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: connections of last time that still linger are no reason to refuse.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    """Does somebody listen on this port of 127.0.0.1?"""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def remembered_port(memory: Path) -> int:
    """Last time's port; 0 where there was none."""
    try:
        return int(memory.read_text())
    except (OSError, ValueError):
        return 0
