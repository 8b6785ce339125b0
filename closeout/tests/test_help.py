"""The help of every command, as a terminal of 80 columns shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from typer.main import get_command

from closeout.cli import COMMANDS, app_of

ROOT: Any = get_command(app_of(COMMANDS))
COLUMNS = 80


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


def help_of(path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    told = CliRunner().invoke(ROOT, [*path, "--help"], prog_name="closeout")
    assert told.exit_code == 0, told.output
    return told.output


@pytest.mark.parametrize("path", list(commands(ROOT)), ids=" ".join)
def test_it_is_no_wider_than_a_terminal(path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    assert [line for line in help_of(path, monkeypatch).splitlines() if len(line) > COLUMNS] == []


@pytest.mark.parametrize(
    ("path", "default"),
    [
        (("up",), ".closeout"),
        (("export",), "print it"),
        (("publish",), "the user's name"),
        (("backfill",), "now"),
        (("related",), "the catalogue"),
        (("ping",), "on this machine"),
        (("token", "create"), "all but admin"),
        (("topics", "refill"), "all"),
    ],
    ids=lambda given: given if isinstance(given, str) else " ".join(given),
)
def test_what_is_taken_where_nothing_is_said_is_told(
    path: tuple[str, ...], default: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Square brackets in a help text are taken for a style, and left out."""
    assert f"[default: ({default})]" in " ".join(help_of(path, monkeypatch).replace("│", " ").split())
