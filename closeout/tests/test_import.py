"""`closeout import` and `closeout related` on a database: taken in once, found again, told what was not understood."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from closeout.cli import app_of
from closeout_chassis.testing import migrated

pytestmark = pytest.mark.integration
CARD = """# Cards rejected

## Summary

The certificate of the card gateway expired; every handshake failed.

## Action items

- [x] Renew the certificate by machine
- [ ] Alert two weeks before a certificate expires (https://tracker.example/browse/OPS-12)
"""


async def migrate(url: str) -> None:
    async with migrated(url, "review"):
        pass


async def test_a_folder_is_taken_in_once_and_found_by_words(
    database_from: Callable[..., Awaitable[str]], tmp_path: Path
) -> None:
    url = await database_from("review", migrate)
    (tmp_path / "postmortems").mkdir()
    (tmp_path / "postmortems/cards.md").write_text(CARD)
    (tmp_path / "postmortems/README.md").write_text("# What is here\n\nDocuments.\n")
    (tmp_path / "postmortems/broken.md").write_bytes(b"\x00\x01\x02\x03" * 400)

    async def run(*arguments: str, columns: str = "200") -> str:
        environment = {"CLOSEOUT_DATABASE_URL": url, "COLUMNS": columns, "CLOSEOUT_UP_DATA": str(tmp_path / "none")}
        command = CliRunner(env=environment)
        result = await asyncio.to_thread(command.invoke, app_of([arguments[0]]), list(arguments))
        assert result.exit_code == 0, (result.output, result.exception)
        return result.stdout

    first = json.loads(await run("import", str(tmp_path / "postmortems"), "--json"))
    assert (first["new"], first["unchanged"]) == (1, 0)
    assert sorted(one["document"] for one in first["unreadable"]) == ["README.md", "broken.md"]
    assert [one["what"] for one in first["not_understood"]] == ["date"]
    assert json.loads(await run("import", str(tmp_path / "postmortems"), "--json"))["unchanged"] == 1

    [found] = json.loads(await run("related", "x509 handshake with the card gateway fails", "--json"))
    assert found["title"] == "Cards rejected"
    assert [one["text"][:44] for one in found["open_items"]] == ["Alert two weeks before a certificate expires"]
    assert "Nothing that is sure enough" in await run("related", "the coffee machine is out of beans")
    # In a terminal of 80 columns too the link is whole.
    assert f"  {found['url']}\n" in await run("related", "x509 handshake with the card gateway fails", columns="80")


def test_what_is_left_out_is_listed_to_a_length_that_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "postmortems"
    folder.mkdir()
    for number in range(60):
        (folder / f"guide{number}.md").write_text(f"# Guide {number}\n\nHow to paint a fence, in colour {number}.\n")
    (folder / "cards.md").write_text(CARD)

    told = CliRunner().invoke(app_of(["import"]), ["import", str(folder), "--dry-run"]).stdout

    assert told.startswith("1 would be imported.")
    assert len([line for line in told.splitlines() if line.startswith("left out: ")]) == 51
    assert "left out: 10 more; --json lists all." in told


async def test_many_batches_are_stored_each_document_once(
    database_from: Callable[..., Awaitable[str]], tmp_path: Path
) -> None:
    url = await database_from("review", migrate)
    for number in range(250):
        (tmp_path / f"incident-{number:03}.md").write_text(CARD.replace("Cards", f"Card {number}"))
    environment = {"CLOSEOUT_DATABASE_URL": url, "CLOSEOUT_UP_DATA": str(tmp_path / "none")}

    async def run() -> dict[str, int]:
        command = CliRunner(env=environment)
        result = await asyncio.to_thread(command.invoke, app_of(["import"]), ["import", str(tmp_path), "--json"])
        assert result.exit_code == 0, (result.output, result.exception)
        read: dict[str, int] = json.loads(result.stdout)
        return read

    first, again = await run(), await run()

    # Three batches, the next read while one is stored: each document is there once.
    assert (first["new"], first["unchanged"]) == (250, 0)
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 250)


@pytest.mark.parametrize("name", ["nowhere", "x" * 300])
def test_what_is_not_there_is_one_line_and_exit_code_2(tmp_path: Path, name: str) -> None:
    told = CliRunner().invoke(app_of(["import"]), ["import", str(tmp_path / name), "--dry-run"])

    assert (told.exit_code, told.output.count("\n"), told.output[:10]) == (2, 1, "closeout: ")
