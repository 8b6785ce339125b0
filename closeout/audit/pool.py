"""Reads many files on all cores. The workers are spawned, and end when the command ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from multiprocessing import resource_tracker
from pathlib import Path

from closeout.audit.examined import Aside, Examined, examine
from closeout.audit.folder import File, content_of
from closeout.own_modes import taxonomy_of
from closeout_judgement.documents.reading import read
from closeout_judgement.taxonomy import Taxonomy

Result = Examined | Aside
# Below this, starting workers costs more time than they save.
FEW_BYTES = 1_500_000
BATCH = 24  # files a message to a worker


def read_all(
    files: Sequence[File],
    advance: Callable[[int], None],
    workers: int | None = None,
    where: str = "",
    own_modes: Path | None = None,
) -> list[Result]:
    """Every document of every file, in the order of the files. `advance` is told how many files are through.

    `where`: the name of what they lie in. `own_modes`: the file with the team's failure modes; each worker reads it.
    """
    read_batch = partial(_read_batch, where, own_modes)
    count = workers if workers is not None else os.cpu_count() or 1
    if count < 2 or sum(file.size for file in files) < FEW_BYTES:
        return [result for batch in _batches(files) for result in _told(read_batch(batch), len(batch), advance)]
    context = multiprocessing.get_context("spawn")
    results: list[Result] = []
    with ExitStack() as stack:
        with _interrupts_wait():
            pool = stack.enter_context(context.Pool(count, initializer=_leave_interrupts_to_the_parent))
        batches = list(_batches(files))
        for batch, found in zip(batches, pool.imap(read_batch, batches), strict=True):
            results += _told(found, len(batch), advance)
    return results


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """No Ctrl-C until the block is left. A process that is started in it begins so, before it can say so itself."""
    # What cleans up after the workers is started first: starting it lets Ctrl-C through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _told(found: list[Result], files: int, advance: Callable[[int], None]) -> list[Result]:
    advance(files)
    return found


def _batches(files: Sequence[File]) -> Iterator[list[File]]:
    waiting = iter(files)
    while batch := list(islice(waiting, BATCH)):
        yield batch


def _leave_interrupts_to_the_parent() -> None:
    # Ctrl-C reaches every process of the terminal; the parent ends the pool, and says so once.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _read_batch(where: str, own_modes: Path | None, files: list[File]) -> list[Result]:
    taxonomy = taxonomy_of(own_modes)
    return [result for file in files for result in _read_file(file, where, taxonomy)]


def _read_file(file: File, where: str, taxonomy: Taxonomy) -> list[Result]:
    try:
        data = content_of(file)
    except OSError as error:
        return [Aside(file.name, f"It cannot be read: {error.strerror or error}.", is_unreadable=True)]
    return [examine(document, where, taxonomy) for document in read(file.name, data)]
