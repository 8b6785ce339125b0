"""Where `closeout export` writes, and who is told to have run a command."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from closeout import caller
from closeout.commands import dlq
from closeout.commands.records import _writing
from closeout.dead_letters import DeadLetter
from closeout_chassis.errors import CloseoutError


def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with _writing(pipe) as file:
        file.write("all of it")

    assert os.read(reader, 100) == b"all of it"
    assert pipe.is_fifo()
    os.close(reader)


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "latest.md").symlink_to("kept.md")
    with _writing(tmp_path / "latest.md") as file:
        file.write("new")

    assert (tmp_path / "latest.md").is_symlink()
    assert (tmp_path / "kept.md").read_text() == "new"


def test_the_database_that_breaks_off_is_not_taken_for_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError), _writing(tmp_path / "one.md"):
        raise ConnectionResetError
    with pytest.raises(CloseoutError, match="cannot be written: Is a directory"), _writing(Path()):
        pass

    assert list(tmp_path.iterdir()) == []


def test_two_at_once_do_not_write_into_one_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "one.md"
    with _writing(place) as first:
        first.write("first, and longer")
        monkeypatch.setattr(os, "getpid", lambda: 1)
        with _writing(place) as second:
            second.write("second")
        assert place.read_text() == "second"

    assert place.read_text() == "first, and longer"
    assert list(tmp_path.iterdir()) == [place]


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 10001")

    monkeypatch.setattr(caller, "getuser", nobody)

    assert caller.caller() == f"uid {os.getuid()}"


def test_a_dead_letter_that_is_named_twice_is_one() -> None:
    told = ("ingest", "t", 0, 0, None, b"", None, "undecodable", "", "h")
    letter = DeadLetter(UUID(int=7 << 96), *told, datetime.now(UTC), 0, None, None, None)

    assert dlq._named(["0000", "00000007"], [letter]) == [letter]
