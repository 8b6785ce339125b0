"""Apache Kafka as a plain process, for tests where there is no Docker: broker and controller in one, on free ports.

`make kafka` fetches it. It needs Java 17 or newer.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path

from closeout.process import LOOPBACK, Child, Process, ProcessError, answers, free_port, last_line

ROOT = Path(__file__).parents[2]
HOW_TO_GET_IT = "make kafka, needs Java 17+ and Maven"
JAVA_OPTIONS = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")


def libraries() -> Path:
    """Kafka's jars, below CLOSEOUT_TEST_KAFKA_HOME or build/kafka. Raises ProcessError naming what is missing."""
    home = Path(os.environ.get("CLOSEOUT_TEST_KAFKA_HOME") or ROOT / "build" / "kafka")
    if not list(home.glob("libs/kafka_*.jar")):
        raise ProcessError(f"Apache Kafka is not in {home} ({HOW_TO_GET_IT})")
    java = shutil.which("java")
    version = subprocess.run([java, "-version"], capture_output=True, text=True).stderr if java else ""
    if _major(version) < 17:
        raise ProcessError(f"Java 17+ is not on the PATH, Apache Kafka cannot run ({HOW_TO_GET_IT})")
    return home / "libs"


def _major(version: str) -> int:
    digits = version.partition('"')[2].partition(".")[0].partition("-")[0].partition('"')[0]
    return int(digits) if digits.isdigit() else 0


class KafkaProcess:
    """A broker that keeps its records and its ports when it is killed and started again. Raises ProcessError."""

    name = "kafka"

    def __init__(self, folder: Path) -> None:
        self._libraries = libraries()
        self._folder = folder
        self._port, controller = free_port(), free_port()
        self._settings = folder / "server.properties"
        self._settings.write_text(_properties(folder / "data", self._port, controller, self._extra()))
        self._format()
        self._process: Process | None = None

    def _extra(self) -> dict[str, object]:
        """Further listeners and settings, for a broker that is more than this one."""
        return {}

    def _format_options(self) -> list[str]:
        return []

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self._port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and not self._process.ended() else None

    def start(self) -> None:
        if self._process:
            # Killed by the test, but perhaps not gone yet.
            self._process.kill()
        self._process = Process(
            Child(
                name="Apache Kafka",
                argv=self._java("kafka.Kafka", self._settings),
                log_file=self._folder / "kafka.log",
                ready=lambda: answers(self._port),
                folder=self._folder,
                start_timeout=60,
                stop_timeout=15,
            )
        )
        self._process.wait_until_ready()

    def stop(self) -> None:
        if self._process:
            self._process.stop()

    def _java(self, program: str, *arguments: str | Path) -> list[str | Path]:
        logging = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return ["java", *JAVA_OPTIONS, logging, "-cp", f"{self._libraries}/*", program, *arguments]

    def _format(self) -> None:
        log = self._folder / "format.log"
        # One that begins with a dash would be taken for an option.
        cluster = "c" + urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
        options = ["-t", cluster, "-c", self._settings, *self._format_options()]
        command = self._java("kafka.tools.StorageTool", "format", *options)
        with log.open("wb") as output:
            answer = subprocess.run(command, stdout=output, stderr=output, timeout=60)
        if answer.returncode:
            raise ProcessError(f"Apache Kafka's storage cannot be formatted: {last_line(log)}")


def _properties(data: Path, port: int, controller: int, extra: Mapping[str, object]) -> str:
    settings: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data,
        # One machine holds every copy.
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        # Topics are made by their owners; a typing error must fail.
        "auto.create.topics.enable": "false",
        # A group is complete at once: the tests start few consumers, and wait for each.
        "group.initial.rebalance.delay.ms": 0,
        # The embedded broker's clients ask for less than the 6 s that Kafka grants by default.
        "group.min.session.timeout.ms": 500,
        # A killed broker is let in again only when its former life has timed out.
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 200,
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    }
    for name, value in extra.items():
        # Listeners are added to those of every broker; all else is as it is said.
        is_list = name in ("listeners", "listener.security.protocol.map")
        settings[name] = f"{settings[name]},{value}" if is_list else value
    settings["advertised.listeners"] = ",".join(
        one for one in str(settings["listeners"]).split(",") if not one.startswith("CONTROLLER")
    )
    return "".join(f"{name}={value}\n" for name, value in settings.items())
