"""Which source a path or an address names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from closeout.settings import ImportSettings
from closeout.sources.confluence import Confluence
from closeout.sources.files import Files
from closeout.sources.git import Git, is_git
from closeout.sources.opsgenie import Opsgenie
from closeout.sources.source import Source, SourceError
from closeout_chassis.settings import read


def source_of(where: str, space: str, postmortems: Sequence[str]) -> Source:
    """`space`: of a Confluence; `postmortems`: ids of Opsgenie's. Raises SourceError, NothingToReadError."""
    if postmortems:
        key = read(ImportSettings).opsgenie_api_key
        return Opsgenie(where, [line for one in postmortems for line in _lines(one)], key)
    if is_git(where):
        return Git(where)
    if where.startswith(("http://", "https://")):
        if not space:
            raise SourceError(
                f"{where} is an address: of a git repository if it ends with .git, of a Confluence with --space KEY, "
                "of Opsgenie with --postmortem ID."
            )
        settings = read(ImportSettings)
        return Confluence(where, space, settings.confluence_user, settings.confluence_token)
    return Files(Path(where))


def _lines(given: str) -> list[str]:
    path = Path(given)
    try:
        return path.read_text("utf-8", "replace").splitlines() if len(given) < 200 and path.is_file() else [given]
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from None
