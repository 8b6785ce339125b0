"""Which database and broker a command talks to, where a system runs in a folder and where something is set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from closeout import reach
from closeout.process import ProcessError
from closeout.reach import broker_of, database_of, opened, review_settings
from closeout.supervisor import FolderLock, Running
from closeout_chassis.db import where
from closeout_chassis.errors import CloseoutError, StartError
from closeout_chassis.settings import DatabaseSettings

HERE, ELSEWHERE = "127.0.0.1:7/closeout", "db.example:5432/closeout"


@pytest.fixture
def starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose system has begun to start, and made nothing yet; commands look there where none is named."""
    for name in ("CLOSEOUT_DATABASE_URL", "CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOSEOUT_UP_DATA", str(tmp_path))
    lock = FolderLock(tmp_path)
    lock.take()
    yield tmp_path
    lock.release()


@pytest.fixture
def running(starting: Path) -> Path:
    for part, port in (("postgres", "7"), ("broker", "9")):
        (starting / part).mkdir()
        (starting / part / "port").write_text(port)
    (starting / "postgres" / "password").write_text("secret")
    return starting


def test_what_runs_in_the_folder_is_meant_where_nothing_is_set(running: Path) -> None:
    assert where(database_of(None)) == where(database_of(running)) == HERE
    assert broker_of(None).bootstrap_servers == broker_of(running).bootstrap_servers == "127.0.0.1:9"
    # It keeps no settings of topics: a plan must not ask for them.
    assert broker_of(None).embedded


def test_what_is_set_goes_before_a_folder_that_nobody_named(running: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", f"postgresql://user@{ELSEWHERE}")
    monkeypatch.setenv("CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9092")

    assert (where(database_of(None)), broker_of(None).bootstrap_servers) == (ELSEWHERE, "kafka.example:9092")
    assert (where(database_of(running)), broker_of(running).bootstrap_servers) == (HERE, "127.0.0.1:9")


def test_a_folder_in_which_nothing_runs_is_refused_where_nothing_is_set(starting: Path) -> None:
    for asked, setting in ((database_of, "DATABASE_URL"), (broker_of, "KAFKA_BOOTSTRAP_SERVERS")):
        with pytest.raises(CloseoutError, match=f"Nothing runs in the folder .*CLOSEOUT_{setting} is not set"):
            asked(starting / "other")


@pytest.mark.parametrize(("set_to", "told"), [("", True), ("postgresql://user@127.0.0.1:1/closeout", False)])
async def test_where_nothing_is_set_and_nothing_is_there_a_command_says_how_to_start_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_to: str, told: bool
) -> None:
    monkeypatch.setenv("CLOSEOUT_UP_DATA", str(tmp_path))
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", set_to)
    # On this machine somebody else's may be at the address that is the default.
    nowhere = DatabaseSettings(url=SecretStr("postgresql://user@127.0.0.1:1/closeout"))
    monkeypatch.setattr(reach, "read", lambda _: nowhere)
    monkeypatch.setattr(reach, "QUICKLY_SECONDS", 0.1)

    with pytest.raises(StartError, match=r"No PostgreSQL at 127\.0\.0\.1:1/closeout after 0\.1 s") as refused:
        async with opened(None, "review"):
            pytest.fail("there is none")

    hint = f"No address is set, and nothing runs in the folder {tmp_path}: `closeout up` starts it there."
    assert (hint in str(refused.value)) is told


async def test_of_what_runs_and_has_lost_its_database_it_is_not_said_that_nothing_runs(
    running: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "QUICKLY_SECONDS", 0.1)

    with pytest.raises(StartError, match="No PostgreSQL at") as refused:
        async with opened(None, "review"):
            pytest.fail("there is none")

    assert "nothing runs" not in str(refused.value)


def test_who_asks_while_it_starts_makes_no_password_of_their_own(starting: Path) -> None:
    with pytest.raises(ProcessError, match="Wait until `closeout up` is ready"):
        database_of(starting)
    (starting / "postgres").mkdir()
    with pytest.raises(ProcessError, match="Wait until `closeout up` is ready"):
        database_of(starting)

    assert list((starting / "postgres").iterdir()) == []


def test_links_lead_to_the_pages_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOSEOUT_REVIEW_PUBLIC_URL", raising=False)
    lock = FolderLock(tmp_path)
    lock.take()
    lock.write(Running(1, "http://127.0.0.1:27400", {}))
    here = review_settings(tmp_path).public_url
    monkeypatch.setenv("CLOSEOUT_REVIEW_PUBLIC_URL", "https://closeout.example")
    told = review_settings(tmp_path).public_url
    lock.release()

    assert (here, told) == ("http://127.0.0.1:27400", "https://closeout.example")
