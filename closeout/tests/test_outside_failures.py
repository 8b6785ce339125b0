"""What is not there in the middle of a command is one line; what may be our own fault keeps its stack trace."""

from __future__ import annotations

import asyncio
import errno
import io
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka.errors import NodeNotReadyError

from closeout import cli
from closeout.outside_failures import line_of
from closeout_chassis.testing import migrated
from closeout_schemas.catalogue import SERVICES


def ends(monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    """The exit code of the command as a shell runs it."""
    monkeypatch.setattr(sys, "argv", ["closeout", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (asyncpg.ConnectionDoesNotExistError("gone"), "gone"),
        (ConnectionResetError(errno.ECONNRESET, "reset by peer"), "reset by peer"),
        (TimeoutError(), "(TimeoutError)"),
        (NodeNotReadyError(), "NodeNotReadyError"),
        (asyncpg.UndefinedColumnError("no such column"), "closeout migrate"),
        (asyncpg.InsufficientPrivilegeError("permission denied"), "permission denied"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left"),
    ],
)
def test_what_is_not_there_is_one_line(error: Exception, says: str) -> None:
    assert says in line_of(error)
    assert "\n" not in line_of(error)


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), asyncpg.DataError("ours"), asyncpg.UniqueViolationError("ours"), FileNotFoundError(2, "x")],
)
def test_what_may_be_our_fault_is_none(error: Exception) -> None:
    assert line_of(error) == ""


@pytest.mark.integration
async def test_a_database_of_another_release_is_one_line(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for service in SERVICES:
        async with migrated(database_url, service):
            pass
    conn = await asyncpg.connect(database_url)
    await conn.execute("ALTER TABLE ingest.dead_letter RENAME detail TO why")
    await conn.close()
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", database_url)

    code = await asyncio.to_thread(ends, monkeypatch, "dlq", "list", "--data", str(tmp_path))

    assert code == 1
    assert capsys.readouterr().err.startswith('closeout: The database is not of this release: column "detail"')


def test_letters_that_a_terminal_does_not_have_end_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "postmortem.md"
    file.write_text("# Outage\n\n## Action items\n\n- Improve monitoring\n")
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="latin-1"))

    code = ends(monkeypatch, "lint", str(file))

    sys.stdout.flush()
    assert code == 1
    assert rb"action-item-vague: \u201cImprove monitoring\u201d" in printed.getvalue()
