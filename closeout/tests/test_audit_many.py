"""An audit of many files: on several processes, the same as on one; ended by Ctrl-C, it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from closeout.audit.folder import look_into
from closeout.audit.pool import FEW_BYTES, read_all

# No wait here is for a time to be over: each ends when what it waits for is there.
PATIENCE_SECONDS = 120.0
WORDS = "node host queue worker region table shard cache lease quota probe route".split()  # noqa: SIM905


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """So many postmortems that they are read by several processes."""
    for number in range(300):
        told = " ".join(f"{word}{(number * 7919 + place) % 997}" for place in range(70) for word in WORDS)
        text = f"# Outage {number}\n\n{told}\n\n## Timeline\n\n- 10:00 down\n\n## Actions\n\n- Alert on {told[:30]}\n"
        (tmp_path / f"2025-03-{number % 28 + 1:02}-outage-{number}.md").write_text(text)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) > FEW_BYTES
    return tmp_path


def test_several_processes_find_what_one_finds_in_the_same_order(many: Path) -> None:
    files = look_into(many).files
    told: list[int] = []

    assert read_all(files, told.append, workers=2) == read_all(files, lambda _files: None, workers=1)
    assert sum(told) == len(files) == 300


def test_ctrl_c_ends_it_at_once_without_a_traceback_and_without_leftovers(many: Path) -> None:
    command = [sys.executable, "-m", "closeout", "audit", str(many), "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as ran:
        group = os.getpgid(ran.pid)
        _wait_for_workers(ran.pid)
        os.killpg(group, signal.SIGINT)
        _, said = ran.communicate(timeout=PATIENCE_SECONDS)

    assert "Traceback" not in said
    assert ran.returncode in (0, 130), said
    assert _alive_in(group) == []


def _wait_for_workers(pid: int) -> None:
    """Until the command has started a process of its own, or has ended."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    until = time.monotonic() + PATIENCE_SECONDS
    while children.exists() and not children.read_text().strip() and time.monotonic() < until:
        time.sleep(0.05)


def _alive_in(group: int) -> list[str]:
    """What of the process group still runs, if it does not end. What has ended and waits to be reaped does not."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (left := _running(group)) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def _running(group: int) -> list[str]:
    told = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in told.splitlines())
    return [row[-1] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]
