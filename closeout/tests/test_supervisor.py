"""The supervisor over real processes: started together, restarted, ended in order, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from closeout.process import Child, Process, ProcessError
from closeout.supervisor import FIRST_PAUSE, Change, FolderLock, Running, Supervisor, running

# No wait here is for a time to be over: each ends when what it waits for is there.
PATIENCE_SECONDS = 60.0
# Says that it is ready after argv[2] seconds, by making the file argv[1]; on SIGTERM says when it ended.
PROGRAM = """
import pathlib, signal, sys, time
ready, seconds, on_term = pathlib.Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
def end(*_):
    if on_term == "end":
        with ready.with_name("ended").open("a") as ended: ended.write(ready.name + " ")
        sys.exit(0)
signal.signal(signal.SIGTERM, end)
time.sleep(seconds)
ready.write_text("")
while True: time.sleep(60)
"""

# A supervisor of its own process: two children, one of them PostgreSQL as whatever user it needs.
SUPERVISED = """
import asyncio, sys, pathlib
from closeout.postgres import EmbeddedPostgres
from closeout.process import Child
from closeout.supervisor import Supervisor
async def main():
    folder = pathlib.Path(sys.argv[1])
    async with Supervisor(folder) as supervisor:
        supervisor.tell_address("http://127.0.0.1:7400")
        sleeper = Child("sleeper", ["sleep", "600"], folder / "sleeper.log", ready=lambda: True)
        await supervisor.start(EmbeddedPostgres(folder / "postgres").child(), sleeper)
        print("ready", flush=True)
        await supervisor.until_stopped()
    print("stopped by", supervisor.stopped_by.name, flush=True)
asyncio.run(main())
"""


@pytest.fixture
def changes() -> list[Change]:
    return []


@pytest.fixture
def supervise(data_folder: Path, changes: list[Change]) -> Callable[[], Supervisor]:
    return lambda: Supervisor(data_folder, changes.append)


@pytest.fixture
def child(data_folder: Path) -> Callable[..., Child]:
    def made(name: str, seconds: float = 0, on_term: str = "end", **options: Any) -> Child:
        ready = data_folder / name
        return Child(
            name=name,
            argv=[sys.executable, "-c", PROGRAM, ready, str(seconds), on_term],
            log_file=data_folder / f"{name}.log",
            ready=ready.exists,
            before_start=lambda: ready.unlink(missing_ok=True),
            **options,
        )

    return made


@pytest.fixture
def supervised(data_folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A supervisor in a process of its own, ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISED, data_folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        # It may also go between the two.
        return False


def processes_of(pids: list[int]) -> list[int]:
    """`pids`, and all that descend from them."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in found.splitlines()]
    family = list(pids)
    for pid in family:
        family += [other for other, parent in parents if parent == pid]
    return family


def all_go(pids: list[int]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(is_there(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


async def until(condition: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_children_are_started_together(
    supervise: Any, child: Any, changes: list[Change], monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine one may take long; nobody needs to be told.
    monkeypatch.setattr("closeout.supervisor.SECONDS_TO_SAY_WHY", PATIENCE_SECONDS)
    async with supervise() as supervisor:
        await supervisor.start(child("a", seconds=0.6), child("b", seconds=0.6), child("c", seconds=0.6))
        told = [(change.state, change.name) for change in changes]

    assert told[:3] == [("starting", "a"), ("starting", "b"), ("starting", "c")]
    assert sorted(told[3:]) == [("ready", "a"), ("ready", "b"), ("ready", "c")]


async def test_they_are_ended_in_reverse_order(supervise: Any, child: Any, data_folder: Path) -> None:
    async with supervise() as supervisor:
        await supervisor.start(child("database"), child("broker"))
        await supervisor.start(child("service"))

    assert (data_folder / "ended").read_text() == "service broker database "


async def test_a_killed_child_comes_back_and_is_made_ready_as_at_first(
    supervise: Any, child: Any, changes: list[Change]
) -> None:
    made_ready = []

    async def make_ready() -> None:
        made_ready.append(supervisor.pid("worker"))

    async with supervise() as supervisor:
        await supervisor.start(child("worker", after_start=make_ready))
        first = supervisor.pid("worker")
        os.kill(first, signal.SIGKILL)
        await until(lambda: len(made_ready) == 2)
        await until(lambda: changes[-1].state == "ready")

        assert made_ready == [first, supervisor.pid("worker")]
    assert "killed by SIGKILL" in next(change.why for change in changes if change.state == "died")


async def test_a_child_that_dies_again_and_again_is_tried_less_and_less_often(
    supervise: Any, child: Any, changes: list[Change]
) -> None:
    async with supervise() as supervisor:
        await supervisor.start(child("worker"))
        starts = []
        for _ in range(4):
            os.kill(supervisor.pid("worker"), signal.SIGKILL)
            began = time.monotonic()
            await until(lambda: changes[-1].state == "died")
            await until(lambda: changes[-1].state == "ready")
            starts.append(time.monotonic() - began)

    assert all(taken >= FIRST_PAUSE * 2**times for times, taken in enumerate(starts))


async def test_one_that_will_not_end_is_killed(supervise: Any, child: Any) -> None:
    async with supervise() as supervisor:
        await supervisor.start(child("stubborn", on_term="ignore", stop_timeout=0.3))
        pid = supervisor.pid("stubborn")
        began = time.monotonic()

    assert time.monotonic() - began >= 0.3
    assert not is_there(pid)


async def test_one_that_cannot_start_is_named_with_its_last_words_and_the_others_are_ended(
    supervise: Any, child: Any, data_folder: Path
) -> None:
    argv = [sys.executable, "-c", "import sys; sys.exit('no such table: page')"]
    broken = Child("broken", argv, data_folder / "broken.log", ready=lambda: False)
    supervisor = supervise()
    with pytest.raises(
        ProcessError, match=r"^broken did not start: it ended with exit code 1[^\n]*no such table: page"
    ):
        async with supervisor:
            await supervisor.start(child("sound"), broken)

    assert supervisor.pid("sound") is None
    assert (data_folder / "running.json").read_text() == ""


async def test_one_that_is_never_ready_is_given_up_and_ended(supervise: Any, child: Any) -> None:
    with pytest.raises(ProcessError, match=r"^slow did not start: it is not ready, and does nothing for 0\.3 s"):
        async with supervise() as supervisor:
            await supervisor.start(child("slow", seconds=60, start_timeout=0.3))

    assert supervisor.pid("slow") is None


@pytest.fixture
def starting(data_folder: Path) -> Iterator[Process]:
    """A process that says nothing and gets nowhere by itself."""
    process = Process(Child("slow", ["sleep", "600"], data_folder / "slow.log", ready=lambda: False, start_timeout=30))
    yield process
    process.kill()


def test_one_that_works_is_given_more_time_but_not_for_ever(starting: Process) -> None:
    began = starting.started_at
    for seconds in range(20, 160, 20):
        with starting.child.log_file.open("a") as log:
            log.write("another migration\n")
        assert starting.is_late(began + seconds) == (seconds > 30 * 5)


def test_one_that_works_no_more_is_late_after_its_time(starting: Process) -> None:
    began = starting.started_at
    starting.child.log_file.write_text("listening\n")

    assert [starting.is_late(began + seconds) for seconds in (20, 49, 51)] == [False, False, True]


def test_one_that_does_nothing_is_not_said_to_work_however_late_that_is_seen(starting: Process) -> None:
    long_ago = starting.started_at - 30 * 10
    starting.started_at = starting._worked_at = long_ago

    assert "it is not ready, and does nothing for 30 s" in str(starting.failed_to_start())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how long a process has worked")
async def test_processor_time_is_a_sign_of_work(starting: Process, data_folder: Path) -> None:
    spinning = [sys.executable, "-c", "while True: pass"]
    busy = Process(Child("busy", spinning, data_folder / "busy.log", ready=lambda: False, start_timeout=30))
    try:
        # One whole second of it, of which a busy machine gives little.
        await until(lambda: busy._work_done() > (0, 0), seconds=170)
        assert [one.is_late(one.started_at + 31) for one in (starting, busy)] == [True, False]
    finally:
        busy.kill()


async def test_who_takes_long_is_told_of_with_its_last_words(
    supervise: Any, child: Any, changes: list[Change], data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closeout.supervisor.SECONDS_TO_SAY_WHY", 0.1)
    (data_folder / "slow.log").write_text("waiting for PostgreSQL\n")
    async with supervise() as supervisor:
        await supervisor.start(child("slow", seconds=0.5))

    assert next(one.why for one in changes if one.state == "waiting") == "waiting for PostgreSQL"


async def test_a_program_that_does_not_exist_is_one_line(supervise: Any, data_folder: Path) -> None:
    with pytest.raises(ProcessError, match=r"^ghost cannot be started \(/no/such/program\)[^\n]*$"):
        async with supervise() as supervisor:
            await supervisor.start(Child("ghost", ["/no/such/program"], data_folder / "log", ready=lambda: True))


async def test_a_second_supervisor_is_told_who_has_the_folder(supervise: Any) -> None:
    async with supervise() as first:
        first.tell_address("http://127.0.0.1:7400")
        with pytest.raises(ProcessError, match=rf"^Already running as pid {os.getpid()}, at http://127.0.0.1:7400,"):
            async with supervise():
                pytest.fail("two supervisors on one folder")

    async with supervise():
        pass


@pytest.mark.integration
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_everything_in_order(
    supervised: subprocess.Popen[str], data_folder: Path, how: signal.Signals
) -> None:
    family = processes_of(list(running(data_folder).children.values()))  # type: ignore[union-attr]
    supervised.send_signal(how)
    output, errors = supervised.communicate(timeout=PATIENCE_SECONDS)

    assert (output, errors) == (f"stopped by {how.name}\n", "")
    assert supervised.returncode == 0
    assert not any(is_there(pid) for pid in family)
    assert not (data_folder / "postgres" / "data" / "postmaster.pid").exists()
    assert running(data_folder) is None


@pytest.mark.integration
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of a killed parent")
def test_a_supervisor_killed_with_9_leaves_no_process_behind(
    supervised: subprocess.Popen[str], data_folder: Path
) -> None:
    told = running(data_folder)
    assert told is not None
    assert told.pid == supervised.pid
    family = processes_of(list(told.children.values()))
    assert len(family) > 4
    supervised.kill()
    supervised.wait()

    assert all_go(family)
    assert running(data_folder) is None


@pytest.mark.integration
def test_after_a_kill_with_9_the_folder_can_be_used_at_once(
    supervised: subprocess.Popen[str], data_folder: Path
) -> None:
    supervised.kill()
    again = subprocess.Popen([sys.executable, "-c", SUPERVISED, data_folder], stdout=subprocess.PIPE, text=True)
    assert again.stdout is not None

    assert again.stdout.readline() == "ready\n"
    again.terminate()
    assert again.wait(PATIENCE_SECONDS) == 0


def test_whoever_looks_while_something_is_noted_sees_who_runs(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, looks = FolderLock(data_folder), list[Running | None]()
    lock.take()
    lock.write(Running(os.getpid(), "http://127.0.0.1:7400", {"postgres": 1234567}))
    for name in ("pwrite", "ftruncate"):
        monkeypatch.setattr(os, name, looking_after(getattr(os, name), lambda: looks.append(running(data_folder))))
    lock.write(Running(os.getpid(), "", {}))
    monkeypatch.undo()
    lock.release()

    assert looks
    assert None not in looks


def looking_after(deed: Callable[..., Any], look: Callable[[], None]) -> Callable[..., Any]:
    def both(*given: Any) -> Any:
        done = deed(*given)
        look()
        return done

    return both
