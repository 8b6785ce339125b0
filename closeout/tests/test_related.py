"""`closeout related`: earlier postmortems for a page, from a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from closeout.cli import app_of

CARD = """# Cards rejected

2026-03-02

## Summary

The certificate of the card gateway expired; every handshake failed.

## Action items

- [x] Renew the certificate by machine
- [ ] Alert two weeks before a certificate expires
"""
SEARCH = "# Search [restarts]\n\nThe indexer was killed: out of memory after a leak in the parser.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "payments").mkdir()
    (tmp_path / "payments/cards.md").write_text(CARD)
    (tmp_path / "search.md").write_text(SEARCH)
    (tmp_path / "empty.md").write_text("")
    return tmp_path


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app_of(["related"]), ["related", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_a_page_finds_the_report_in_other_words_and_says_why(folder: Path) -> None:
    code, out, _ = run("x509: certificate has expired, card gateway", "--in", folder)

    assert code == 0
    assert "Cards rejected" in out
    assert "payments/cards.md" in out
    assert "promised 2 action items, 1 said to be done" in " ".join(out.split())
    assert "Expiry, certificate or credential" in " ".join(out.split())
    assert "indexer" not in out


def test_json_holds_the_promises(folder: Path) -> None:
    code, out, _ = run("certificate of the card gateway expired", "--in", folder, "--json")

    [one] = json.loads(out)
    assert code == 0
    assert one["document"] == "payments/cards.md"
    assert one["date"] == "2026-03-02"
    assert [item["done"] for item in one["action_items"]] == [True, False]


def test_what_is_not_sure_enough_is_kept_back_until_asked_for(folder: Path) -> None:
    _, out, _ = run("parser rejects the tax form of Tuesday", "--in", folder)
    _, asked, _ = run("parser rejects the tax form of Tuesday", "--in", folder, "--unsure")

    assert "Nothing that is sure enough" in out
    assert "Search [restarts]" in asked


def test_what_cannot_be_read_is_named(folder: Path) -> None:
    _, _, error = run("certificate", "--in", folder)

    assert "empty.md is left out: It is empty." in error


def test_json_of_nothing_is_an_empty_list(folder: Path) -> None:
    assert json.loads(run("elevator music", "--in", folder, "--json")[1]) == []


@pytest.mark.parametrize(("text", "where", "says"), [("disk", "nowhere", "There is no"), (" ", ".", "text is empty")])
def test_bad_input_says_what_to_do(tmp_path: Path, text: str, where: str, says: str) -> None:
    code, _, error = run(text, "--in", tmp_path / where)

    assert code == 2
    assert says in error


def test_a_teams_own_failure_mode_is_a_reason_by_its_title(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("modes:\n  high_water:\n    title: High water\n    strong: [spring tide, flooded dock]\n")
    (folder / "boats.md").write_text("# Boats late\n\nThe root cause was the spring tide at the lock.\n")

    _, told, _ = run("boats late, flooded dock", "--in", folder, "--failure-modes", own, "--unsure")

    assert "same failure mode: High water" in told
    code, _, said = run("search restarts", "--failure-modes", own)
    assert (code, "goes with --in" in said) == (2, True)


def test_copies_take_one_place(folder: Path) -> None:
    (folder / "payments" / "cards-copy.md").write_text(CARD)

    _, told, _ = run("certificate of the card gateway expired", "--in", folder, "--json")

    assert [(one["document"], one["alike"]) for one in json.loads(told)] == [
        ("payments/cards-copy.md", ["payments/cards.md"])
    ]


def test_brackets_of_a_title_are_words(folder: Path) -> None:
    title = r"Cards rejected C:\[/x] [b]"
    (folder / "payments" / "cards.html").write_text(f"<h1>{title}</h1><p>{CARD.partition('## ')[2]}</p>")

    _, told, said = run("certificate of the card gateway expired", "--in", folder, "--unsure")

    assert title in told, said
