"""The sandbox as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from .conftest import GITHUB_HEADERS, ISSUES


@contextmanager
def sandbox(**changes: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    environment = {**os.environ, **{f"CLOSEOUT_SANDBOX_{name.upper()}": value for name, value in changes.items()}}
    command = [sys.executable, "-m", "closeout_sandbox"]
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    try:
        assert process.stdout
        yield process, process.stdout.readline().strip().rpartition(" ")[2]
    finally:
        process.kill()
        process.communicate()


def test_it_prints_its_address_answers_and_ends_in_good_order(tmp_path: Path) -> None:
    with sandbox(port="0", data_file=str(tmp_path / "s.sqlite")) as (process, url):
        answer = httpx.post(f"{url}/github/api{ISSUES}", json={"title": "x"}, headers=GITHUB_HEADERS, trust_env=False)
        process.send_signal(signal.SIGTERM)

        assert answer.status_code == 201
        assert answer.json()["url"].startswith(url)
        assert process.wait(timeout=10) == 0
        assert process.stderr
        assert process.stderr.read() == ""


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    file = str(tmp_path / "s.sqlite")
    with sandbox(port="0", data_file=file) as (process, url):
        httpx.post(f"{url}/github/api{ISSUES}", json={"title": "x"}, headers=GITHUB_HEADERS, trust_env=False)
        process.kill()
        process.wait(timeout=10)

    with sandbox(port="0", data_file=file) as (_, url):
        listed = httpx.get(f"{url}/github/api{ISSUES}", headers=GITHUB_HEADERS, trust_env=False).json()

    assert [one["title"] for one in listed] == ["x"]


def one_line(**changes: str) -> str:
    with sandbox(**changes) as (process, _):
        assert process.wait(timeout=10) == 1
        assert process.stderr
        (line,) = process.stderr.read().splitlines()
        return line


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert f"cannot listen on 127.0.0.1:{port}" in one_line(port=str(port))


def test_a_setting_that_nobody_knows_is_one_clear_line() -> None:
    assert "CLOSEOUT_SANDBOX_PROT" in one_line(prot="1")
    assert "port" in one_line(port="many")


def test_a_folder_that_cannot_hold_data_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    assert "cannot keep data" in one_line(port="0", data_file=str(tmp_path / "file" / "s.sqlite"))
