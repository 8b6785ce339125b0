"""A git repository by its address: its latest tree, read as a folder and gone afterwards."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from closeout.audit.folder import NothingToReadError
from closeout.settings import environment_with
from closeout.sources.files import Files
from closeout.sources.source import Batch, SourceError

ADDRESS = re.compile(r"^(?:(?:git|ssh|file)://|git\+|[\w.-]+@[\w.-]+:)|^https?://.*\.git/?$")
LONGEST_SECONDS = 1800


def is_git(where: str) -> bool:
    """Whether this is the address of a repository, not of anything else."""
    try:
        return bool(ADDRESS.match(where)) or (Path(where) / "HEAD").is_file()
    except OSError:
        return False  # who reads it as a folder says why it cannot be


class Git:
    """A repository by its address, with git's own credentials; of its history only the last commit is fetched."""

    def __init__(self, where: str) -> None:
        self._where = where.removeprefix("git+")
        shown = re.sub(r"^[a-z]+://(?:[^/]*@)?|^[\w.-]+@|\.git/?$", "", self._where).replace(":", "/")
        self.label = f"git:{shown.strip('/')}"
        self.total: int | None = None
        self.unread: tuple[str, ...] = ()

    def batches(self, cursor: str | None) -> Iterator[Batch]:
        """Clone, then read file by file."""
        folder = tempfile.mkdtemp(prefix="closeout-import-")
        try:
            tree = Path(folder) / "tree"
            self._clone(tree)
            try:
                files = Files(tree, prefix=f"{self.label}/")
            except NothingToReadError as error:
                raise NothingToReadError(str(error).replace(str(tree), self.label)) from None
            self.total, self.unread = files.total, files.unread
            yield from files.batches(None)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _clone(self, tree: Path) -> None:
        # `--` so that an address is never an option; no prompt, since nobody may be there to answer.
        shallow = ("--quiet", "--depth", "1", "--no-tags", "--single-branch")
        command = ["git", "clone", *shallow, "--", self._where, str(tree)]
        quiet = {**environment_with({}), "GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1"}
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_SECONDS, env=quiet)
        except FileNotFoundError:
            raise SourceError("git is not installed: clone the repository elsewhere, and import its folder.") from None
        except subprocess.TimeoutExpired:
            raise SourceError(f"{self.label} took longer than {LONGEST_SECONDS // 60} minutes to clone.") from None
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip().splitlines()
            why = re.sub(r"//[^/\s]*@", "//", said[-1]) if said else "git does not say why"
            raise SourceError(f"{self.label} cannot be cloned: {why}") from None
