"""Every `closeout …` line in a block of the docs is run as it stands: on a folder of files, and on a running system."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from closeout.embedded import Embedded
from closeout.settings import UpSettings
from tests.docs.test_docs import COMMAND, PAGES, ROOT, blocks
from tests.system import PATIENCE_SECONDS, System, clean_environment, free_block

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

POSTMORTEM = """# Checkout was slow

Incident of 2026-11-24 on checkout.

## Action items

- Improve monitoring of the payments team
"""
# What a reader puts their own in for.
FOLDER, FILE, ID = "FOLDER", "POSTMORTEM.md", "4d2c…"
# What they answer besides 0: a gate that stays shut, a text in which something is found, a plan with something to do.
ANSWERS = {"publish": 1, "lint": 1, "topics": 3}
# Lines of the docs that hand them no file: a hook of git and a pipeline do.
GIVEN_FILES = ("lint",)
LINES = sorted({line.strip() for page in PAGES for block in blocks(page) for line in COMMAND.findall(block)})
STAY = tuple(line for line in LINES if line.startswith(("serve", "up", "demo")))


@dataclass
class Reader:
    """Somebody with a folder of postmortems, a running system and a draft in it."""

    here: Path
    environment: dict[str, str]
    postmortem: str

    def words(self, line: str) -> str:
        """The line, with what the reader puts in."""
        if line in GIVEN_FILES:
            line += f" {FILE}"
        replaced = line.replace(FOLDER, "postmortems").replace(FILE, "postmortems/2026-11-24-checkout.md")
        return f"{sys.executable} -m closeout {replaced.replace(ID, self.postmortem)}"


@pytest.fixture(scope="module")
def reader(module_folder: Path) -> Iterator[Reader]:
    here = module_folder / "files"
    shutil.copytree(ROOT / "examples" / "postmortems", here / "postmortems")
    (here / "postmortems" / "2026-11-24-checkout.md").write_text(POSTMORTEM)
    data = module_folder / "data"
    data.mkdir()
    data.chmod(0o755)
    running = System(data)
    running.start()
    try:
        yield reader_of(running, here)
    finally:
        running.stop()


def reader_of(running: System, here: Path) -> Reader:
    """Whoever looks at it once its night is over."""
    httpx.post(f"{running.url['sandbox']}/_sandbox/night", json={"pause_seconds": 0}, timeout=60).raise_for_status()
    embedded = Embedded(UpSettings(data=running.folder, first_port=running.first_port), with_sandbox=True)
    settings = {
        "CLOSEOUT_DATABASE_URL": embedded.running_database_url(),
        "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS": embedded.running_bootstrap(),
        "CLOSEOUT_KAFKA_EMBEDDED": "true",
        "CLOSEOUT_INGEST_PORT": str(free_block(1)),
    }
    return Reader(here, clean_environment(**settings), first_draft(running))


def first_draft(system: System) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = httpx.get(f"{system.url['review']}/api/v1/postmortems", timeout=60).json()["postmortems"]
        if found:
            return str(found[0]["id"])
        time.sleep(0.2)
    raise AssertionError("nothing was drafted")


@pytest.mark.parametrize("line", [line for line in LINES if line not in STAY])
def test_it_does_what_the_docs_have_it_do(line: str, reader: Reader) -> None:
    done = subprocess.run(
        ["bash", "-c", reader.words(line)],
        cwd=reader.here,
        env=reader.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )

    _, _, file = line.partition("> ")
    told = done.stdout + done.stderr + ((reader.here / file).read_text() if file else "")
    assert done.returncode in (0, ANSWERS.get(line.split()[0])), told
    assert "Traceback" not in told
    assert told.strip()


@pytest.mark.parametrize("line", STAY)
def test_a_service_of_the_docs_gets_ready_and_ends_when_it_is_told_to(line: str, reader: Reader) -> None:
    port = reader.environment["CLOSEOUT_INGEST_PORT"]
    process = subprocess.Popen(
        ["bash", "-c", f"exec {reader.words(line)}"], cwd=reader.here, env=reader.environment, stderr=subprocess.PIPE
    )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_ready(port):
            assert process.poll() is None, process.stderr and process.stderr.read().decode()
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        process.send_signal(signal.SIGTERM)
        ended = process.wait(PATIENCE_SECONDS)

    assert ended == 0


def is_ready(port: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/livez", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
