"""The command as a user meets it: help, and one clear line for each thing that can be wrong at the start."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from closeout.supervisor import running
from tests.system import WAIT_SECONDS, System, clean_environment, closeout, free_block

pytestmark = pytest.mark.e2e

NOWHERE = "postgresql://user:hunter2@127.0.0.1:1/closeout"


def one_line(stderr: str) -> str:
    """The single line that was printed. A traceback is not one."""
    lines = [line for line in stderr.splitlines() if line.startswith("closeout:")]
    assert len(lines) == 1, stderr
    assert "Traceback" not in stderr
    return lines[0]


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        yield somebody.getsockname()[1]


def test_help_names_every_command_and_says_what_it_is_for() -> None:
    told = closeout("--help").stdout

    for command in ("up", "demo", "serve", "migrate", "doctor"):
        assert f" {command} " in told
    assert "what is reachable" in told


@pytest.mark.parametrize("service", ["ingest", "review", "actions", "metrics"])
def test_no_postgres_at_the_start_is_one_line_without_the_password(service: str) -> None:
    # Whoever runs the demo has the usual port.
    settings = {"CLOSEOUT_DATABASE_START_TIMEOUT_SECONDS": "0.5", f"CLOSEOUT_{service.upper()}_PORT": "0"}
    ended = closeout("serve", service, CLOSEOUT_DATABASE_URL=NOWHERE, **settings)

    assert ended.returncode == 1
    assert "No PostgreSQL at 127.0.0.1:1/closeout" in one_line(ended.stderr)
    assert "hunter2" not in ended.stdout + ended.stderr


async def test_no_broker_at_the_start_is_one_line(database_url: str) -> None:
    settings = {
        "CLOSEOUT_DATABASE_URL": database_url,
        "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "CLOSEOUT_KAFKA_START_TIMEOUT_SECONDS": "1",
        "CLOSEOUT_INGEST_PORT": "0",
    }
    assert closeout("migrate", **settings).returncode == 0

    ended = closeout("serve", "ingest", **settings)

    assert ended.returncode == 1
    assert "No Kafka broker at 127.0.0.1:1" in one_line(ended.stderr)


async def test_a_database_that_was_never_migrated_is_one_line(database_url: str) -> None:
    settings = {"CLOSEOUT_DATABASE_URL": database_url, "CLOSEOUT_DATABASE_START_TIMEOUT_SECONDS": "0.5"}

    ended = closeout("serve", "ingest", **settings, CLOSEOUT_INGEST_PORT="0")

    assert ended.returncode == 1
    assert "closeout migrate" in one_line(ended.stderr)


def test_a_taken_port_is_one_line_that_names_the_setting(taken: int) -> None:
    ended = closeout("serve", "ingest", CLOSEOUT_INGEST_PORT=str(taken))

    assert ended.returncode == 1
    assert f"127.0.0.1:{taken}" in one_line(ended.stderr)
    assert "CLOSEOUT_INGEST_PORT" in ended.stderr


def test_unknown_and_bad_settings_have_a_line_each() -> None:
    ended = closeout("serve", "ingest", CLOSEOUT_INGEST_PROT="1", CLOSEOUT_KAFKA_BATCH_SIZE="many")

    assert ended.returncode == 2
    lines = [line for line in ended.stderr.splitlines() if line.startswith("closeout:")]
    assert len(lines) == 2
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_folder_that_cannot_be_written_is_one_line(command: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    ended = closeout(command, "--data", str(tmp_path / "file" / "below"))

    assert ended.returncode == 1
    assert str(tmp_path / "file" / "below") in one_line(ended.stderr)


def test_up_on_a_taken_port_is_one_line_and_leaves_nothing_running(taken: int, data_folder: Path) -> None:
    ended = closeout("up", "--data", str(data_folder), CLOSEOUT_UP_FIRST_PORT=str(taken))

    assert ended.returncode == 1
    assert str(taken) in one_line(ended.stderr)


def test_a_start_that_is_broken_off_ends_what_it_began_and_says_so(data_folder: Path) -> None:
    log = data_folder / "up.log"
    with log.open("w") as file:
        up = subprocess.Popen(
            [sys.executable, "-m", "closeout", "up", "--data", data_folder],
            env=clean_environment(CLOSEOUT_UP_FIRST_PORT=str(free_block())),
            stdout=file,
            stderr=file,
        )
    deadline = time.monotonic() + 60
    while (now := running(data_folder)) is None or not now.children:
        assert up.poll() is None, log.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    up.send_signal(signal.SIGINT)

    assert up.wait(60) == 128 + signal.SIGINT
    assert log.read_text().splitlines()[-1] == "ended by SIGINT before all was ready"
    assert running(data_folder) is None


async def test_migrate_applies_once_and_check_says_so(database_url: str) -> None:
    settings = {"CLOSEOUT_DATABASE_URL": database_url}

    before = closeout("migrate", "--check", "--json", **settings)
    first = closeout("migrate", "--json", **settings)
    again = closeout("migrate", **settings)
    after = closeout("migrate", "--check", **settings)

    assert before.returncode == 3
    assert json.loads(before.stdout)["pending"] == json.loads(first.stdout)["applied"]
    assert "up to date" in again.stdout
    assert after.returncode == 0


def test_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    ended = closeout("doctor", "--json", "--data", str(tmp_path), CLOSEOUT_DATABASE_URL=NOWHERE)

    findings = {one["what"]: one for one in json.loads(ended.stdout)}
    assert ended.returncode == 1
    assert findings["PostgreSQL"]["state"] == "failed"
    assert findings["Kafka"]["to_do"]
    assert "hunter2" not in ended.stdout


def test_one_wrong_setting_keeps_nobody_from_hearing_of_the_rest(tmp_path: Path) -> None:
    wrong = {"CLOSEOUT_KAFKA_BATCH_SIZE": "hunter2", "CLOSEOUT_UP_FIRST_PORT": "x", "CLOSEOUT_ACTIONS_NONE": "x"}
    ended = closeout("doctor", "--json", "--data", str(tmp_path), CLOSEOUT_DATABASE_URL=NOWHERE, **wrong)

    findings = {one["what"]: one for one in json.loads(ended.stdout)}
    assert ended.returncode == 1
    for setting in wrong:
        group = setting.split("_")[1]
        of_group = findings.pop(f"settings CLOSEOUT_{group}_…")
        assert of_group["state"] == "failed"
        assert of_group["found"].startswith(f"{setting}: ")
    assert {"settings CLOSEOUT_REVIEW_…", "PostgreSQL", "Kafka", "review"} <= findings.keys()
    assert findings["settings CLOSEOUT_REVIEW_…"]["state"] == "ok"
    assert "hunter2" not in ended.stdout


def test_a_broker_that_nobody_can_sign_in_at_is_not_asked(tmp_path: Path) -> None:
    settings = {"CLOSEOUT_DATABASE_URL": NOWHERE, "CLOSEOUT_KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}
    ended = closeout("doctor", "--json", "--data", str(tmp_path), **settings)

    findings = {one["what"]: one for one in json.loads(ended.stdout)}
    assert "sasl_password" in findings["settings CLOSEOUT_KAFKA_…"]["found"]
    assert "Kafka" not in findings
    assert findings["PostgreSQL"]["state"] == "failed"


def test_a_service_is_asked_where_its_settings_have_it(tmp_path: Path) -> None:
    settings = {"CLOSEOUT_DATABASE_URL": NOWHERE, "CLOSEOUT_METRICS_PORT": "1"}
    ended = closeout("doctor", "--json", "--data", str(tmp_path), **settings)

    findings = {one["what"]: one for one in json.loads(ended.stdout)}
    assert findings["metrics"]["found"].startswith("http://127.0.0.1:1/readyz")
    assert findings["review"]["found"].startswith("http://127.0.0.1:7400/readyz")


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_place_that_the_embedded_system_chooses_itself_is_refused_with_what_to_do(
    command: str, tmp_path: Path
) -> None:
    places = {"CLOSEOUT_DATABASE_URL": NOWHERE, "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS": "k:1", "CLOSEOUT_REVIEW_PORT": "1"}
    ended = closeout(command, "--data", str(tmp_path), **places)

    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == list(places)
    assert all("Unset it" in line for line in lines)
    assert "CLOSEOUT_UP_FIRST_PORT" in lines[-1]
    assert "hunter2" not in ended.stderr
    assert not (tmp_path / "postgres").exists()


def test_a_running_system_is_healthy_and_a_second_one_is_refused(data_folder: Path) -> None:
    folder, elsewhere = data_folder / "one", data_folder / "other"
    system = System(folder)
    system.start()
    try:
        port = str(system.first_port)
        # Each service makes them when it first publishes.
        deadline = time.monotonic() + WAIT_SECONDS
        while (planned := closeout("topics", "plan", "--data", str(folder))).returncode:
            assert time.monotonic() < deadline, planned.stdout + planned.stderr
        seen = closeout("doctor", "--json", "--data", str(folder), CLOSEOUT_UP_FIRST_PORT="7400")
        second = closeout("up", "--data", str(folder), CLOSEOUT_UP_FIRST_PORT=port)
        # The first one answers there, as if it were the second.
        third = closeout("up", "--data", str(elsewhere), CLOSEOUT_UP_FIRST_PORT=port)
    finally:
        ended = system.stop()

    assert {one["state"] for one in json.loads(seen.stdout)} <= {"ok", "warning"}
    told = {one["what"]: one["found"] for one in json.loads(seen.stdout)}
    assert told["review"].endswith("/readyz: database ok, consumer ok")
    assert second.returncode == 1
    assert "lready running" in one_line(second.stderr)
    assert third.returncode == 1
    assert "is taken by another program" in one_line(third.stderr)
    assert "CLOSEOUT_UP_FIRST_PORT" in third.stderr
    assert ended == 0
