"""Which files of a folder may be postmortems."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from closeout_chassis.errors import CloseoutError
from closeout_judgement.documents.blocks import LARGEST_FILE
from closeout_judgement.documents.reading import SUFFIXES

# Folders that hold other people's texts, or none.
LEFT_OUT = {"node_modules", "vendor", "venv", "site-packages", "__pycache__", "_site", "dist", "target"}
# What postmortems are often kept in, and what is not read. Said, so that nobody thinks it was counted.
OTHER_FORMATS = {".docx", ".doc", ".pdf", ".odt", ".pages", ".rtf", ".pptx", ".xlsx"}
OUTSIDE = "it is a link that leads out of the folder, or into one that is not read"


class NothingToReadError(CloseoutError):
    """The path does not exist, or holds nothing that can be read. Exit code 2."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to read. `name` is its path below the folder that was given, in letters that every page can hold.

    `is_outside`: it is a link to what the folder does not show, and reading it raises OSError that says so.
    """

    path: Path
    name: str
    size: int
    is_outside: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """What was found. `unread` are documents in formats that are not read."""

    root: Path
    files: tuple[File, ...]
    unread: tuple[str, ...] = ()


def look_into(root: Path, also: tuple[str, ...] = ()) -> Folder:
    """The files below `root`, or `root` itself; of names that end like those of documents, or `also` like these.

    Links to folders are not followed, and links to files only within `root`: whoever writes into a repository is not to
    choose which files of this machine are read. A folder that may not be read is among them: reading it says why.
    Raises NothingToReadError.
    """
    try:
        status = root.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise NothingToReadError(f"There is no {root}. Give a folder, a git working tree or one file.") from None
    except OSError as error:
        raise NothingToReadError(f"{root} cannot be read: {error.strerror}.") from None
    if stat.S_ISREG(status.st_mode):
        return Folder(root, (File(root, in_letters(root.name), status.st_size),))
    if not stat.S_ISDIR(status.st_mode):
        raise NothingToReadError(f"{root} is neither a folder nor a file.")
    if not os.access(root, os.R_OK | os.X_OK):
        raise NothingToReadError(f"{root} cannot be read: its permissions do not allow it.")
    files, unread = _below(root, also)
    if not files:
        seen = f"; {len(unread)} files are in formats that are not read ({_kinds(unread)})" if unread else ""
        raise NothingToReadError(f"{root} holds no Markdown, HTML, text or JSONL file{seen}.")
    return Folder(root, tuple(files), tuple(unread))


def _below(root: Path, also: tuple[str, ...]) -> tuple[list[File], list[str]]:
    files: list[File] = []
    unread: list[str] = []
    real_root = Path(os.path.realpath(root))

    def closed(error: OSError) -> None:
        path = Path(error.filename)
        files.append(File(path, f"{in_letters(path.relative_to(root).as_posix())}/", 0))

    for folder, folders, names in os.walk(root, onerror=closed):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in LEFT_OUT)
        for name in sorted(names):
            path = Path(folder) / name
            relative = in_letters(path.relative_to(root).as_posix())
            if path.suffix.lower() in OTHER_FORMATS:
                unread.append(relative)
            elif not name.lower().endswith((*SUFFIXES, *also)) or name.startswith("."):
                continue
            elif path.is_symlink() and not _shows(real_root, path):
                files.append(File(path, relative, 0, is_outside=True))
            elif (size := _size_of(path)) is not None:
                files.append(File(path, relative, size))
    return files, unread


def _shows(real_root: Path, link: Path) -> bool:
    """Whether what a link leads to lies below the root, and not in a hidden folder: `.git/config` has a credential."""
    # Not `Path.resolve`, which raises where links lead round.
    target = Path(os.path.realpath(link))
    return target.is_relative_to(real_root) and not any(
        part.startswith(".") for part in target.relative_to(real_root).parts
    )


def _size_of(path: Path) -> int | None:
    """In bytes; None where it is no file. A link that leads nowhere or to itself, and what may not be looked at, is
    taken for one: reading it says why."""
    try:
        status = path.stat()
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def in_letters(name: str) -> str:
    """A file's name as it can be shown: bytes of it that are no UTF-8 are written out, as in `caf\\xe9.md`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _kinds(names: list[str]) -> str:
    return ", ".join(sorted({Path(name).suffix.lower() for name in names}))


def must_be_inside(file: File) -> None:
    """Raises OSError where it is a link to what the folder does not show."""
    if file.is_outside:
        raise OSError(errno.EPERM, OUTSIDE)


def content_of(file: File) -> bytes:
    """The bytes of a file, one more than is read at the most. Raises OSError."""
    must_be_inside(file)
    with file.path.open("rb") as stream:
        return stream.read(LARGEST_FILE + 1)
