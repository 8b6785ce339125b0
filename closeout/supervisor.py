"""Keeps child processes running: starts them together, restarts what dies, ends them in reverse order.

Signals end the block under `async with Supervisor(…)`. Killed with -9, it takes its children along (see process.py).
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from closeout.process import POLL_SECONDS, Child, Process, ProcessError, last_line, own_folder

State = Literal["starting", "waiting", "ready", "died", "stopping", "stopped"]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
SECONDS_TO_TRUST = 30.0
SECONDS_TO_LOOK = 0.2
SECONDS_TO_SAY_WHY = 10.0


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of a child. `seconds`: how long it took to get there; `why`, where there is something to say."""

    name: str
    state: State
    seconds: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """Who supervises a folder: its pid, the address it told, and the pids of its children by name."""

    pid: int
    at: str
    children: dict[str, int]


class FolderLock:
    """One supervisor a folder. The lock is the kernel's, so it is gone with its holder, however that ended."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "running.json"
        self._descriptor = -1

    def take(self) -> None:
        """Raises ProcessError, naming who has it."""
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o644)
        # `running` takes it for the moment of a look.
        deadline = time.monotonic() + SECONDS_TO_LOOK
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise _already(self._file)
            time.sleep(POLL_SECONDS)
        self._descriptor = descriptor
        self.write(Running(os.getpid(), "", {}))

    def write(self, running: Running) -> None:
        text = json.dumps({"pid": running.pid, "at": running.at, "children": running.children}).encode()
        # In one step, so that nobody reads it with the end of what was there before: spaces take its place.
        os.pwrite(self._descriptor, text.ljust(os.fstat(self._descriptor).st_size), 0)

    def release(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def running(folder: Path) -> Running | None:
    """Who supervises `folder` now, or None."""
    try:
        with (folder / "running.json").open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return Running(**json.load(file))
    except (OSError, ValueError, TypeError):
        pass
    return None


def _already(file: Path) -> ProcessError:
    who = running(file.parent)
    name = f"as pid {who.pid}{f', at {who.at}' if who.at else ''}" if who else "and is about to start or to end"
    return ProcessError(f"Already running {name}, on the folder {file.parent}. Stop it first, or name another folder.")


class Supervisor:
    """Owns the children that are started under it, and the folder.

    ::

        async with Supervisor(folder, print) as supervisor:
            await supervisor.start(database, broker)
            await supervisor.start(web, worker)
            await supervisor.until_stopped()

    SIGINT, SIGTERM and SIGHUP cancel the block, wherever it is; `stopped_by` then names the signal. Leaving the block
    ends the children one by one, the last first. A further signal kills what is left. To be used from the main thread.
    """

    def __init__(self, folder: Path, on_change: Callable[[Change], None] = lambda change: None) -> None:
        self._folder = folder
        self._on_change = on_change
        self._children: list[Child] = []
        self._processes: dict[str, Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False
        self._running = Running(os.getpid(), "", {})
        self.stopped_by: signal.Signals | None = None

    async def __aenter__(self) -> Supervisor:
        self._lock = FolderLock(own_folder(self._folder))
        self._lock.take()
        self._block = asyncio.current_task()
        for which in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(which, self._on_signal, which)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> bool:
        self._stopping = True
        try:
            await self._stop_all()
        finally:
            for which in SIGNALS:
                asyncio.get_running_loop().remove_signal_handler(which)
            self._lock.release()
        if self.stopped_by and kind is asyncio.CancelledError and self._block:
            self._block.uncancel()
            return True
        return False

    def pid(self, name: str) -> int | None:
        """The pid of the child `name`, where it runs."""
        process = self._processes.get(name)
        return process.pid if process and not process.ended() else None

    def tell_address(self, at: str) -> None:
        """What a second supervisor on this folder is told, beside our pid."""
        self._note(at=at)

    async def start(self, *children: Child) -> None:
        """Start `children` together; return when all are ready, and keep them running from then on.

        Raises ProcessError when one of them ends, or is late. Who takes long is told of as waiting, again and again.
        """
        self._children += children
        launches = [asyncio.create_task(self._launch(child)) for child in children]
        try:
            await asyncio.gather(*launches)
        finally:
            for launch in launches:
                launch.cancel()
            await asyncio.gather(*launches, return_exceptions=True)
        self._keepers += [asyncio.create_task(self._keep(child)) for child in children]

    async def until_stopped(self) -> None:
        """Wait for a signal, which cancels this. Raises what an `after_start` raised at a restart, but ProcessError."""
        await asyncio.gather(*self._keepers)

    async def _launch(self, child: Child) -> None:
        began = time.monotonic()
        self._on_change(Change(child.name, "starting"))
        await asyncio.to_thread(child.before_start)
        process = self._processes[child.name] = Process(child)
        self._note(children={**self._running.children, child.name: process.pid})
        try:
            await self._until_ready(process)
        except ProcessError:
            process.kill()
            raise
        self._on_change(Change(child.name, "ready", time.monotonic() - began))

    async def _until_ready(self, process: Process) -> None:
        child, told = process.child, 0
        while not await asyncio.to_thread(child.ready):
            now = time.monotonic()
            if process.ended() or process.is_late(now):
                raise process.failed_to_start()
            taken = now - process.started_at
            if taken // SECONDS_TO_SAY_WHY > told:
                told = int(taken // SECONDS_TO_SAY_WHY)
                self._on_change(Change(child.name, "waiting", taken, last_line(child.log_file)))
            await asyncio.sleep(POLL_SECONDS)
        await child.after_start()
        if process.ended():
            # Something else answered in its place.
            raise process.failed_to_start()

    async def _keep(self, child: Child) -> None:
        pause = FIRST_PAUSE
        while True:
            process = self._processes[child.name]
            while not process.ended():  # noqa: ASYNC110 -- not every platform makes an event of it
                await asyncio.sleep(POLL_SECONDS)
            lived = time.monotonic() - process.started_at
            self._on_change(Change(child.name, "died", lived, process.how_it_ended()))
            pause = FIRST_PAUSE if lived > SECONDS_TO_TRUST else pause
            pause = await self._launch_again(child, pause)

    async def _launch_again(self, child: Child, pause: float) -> float:
        """Try until it is ready, more and more patiently; answer how long to wait should it die again soon."""
        while True:
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            try:
                await self._launch(child)
            except ProcessError as error:
                self._on_change(Change(child.name, "died", why=str(error)))
            else:
                return pause

    async def _stop_all(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for child in reversed(self._children):
            await self._stop(child.name)

    async def _stop(self, name: str) -> None:
        process = self._processes.get(name)
        if process is None or process.ended():
            return
        began = time.monotonic()
        self._on_change(Change(name, "stopping"))
        process.signal(process.child.stop_signal)
        while not process.ended():
            if time.monotonic() - began > process.child.stop_timeout:
                process.kill()
            await asyncio.sleep(POLL_SECONDS)
        self._on_change(Change(name, "stopped", time.monotonic() - began))

    def _on_signal(self, which: signal.Signals) -> None:
        if self._stopping:
            for process in self._alive():
                process.kill()
        elif self.stopped_by is None and self._block:
            self.stopped_by = which
            self._block.cancel()

    def _alive(self) -> Iterable[Process]:
        return [process for process in self._processes.values() if not process.ended()]

    def _note(self, **changes: Any) -> None:
        self._running = replace(self._running, **changes)
        self._lock.write(self._running)
