"""`closeout meta-review` as somebody runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from closeout.cli import app_of


def meta_review(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app_of(["meta-review"]), ["meta-review", *map(str, arguments)])


def line(name: str, **fields: object) -> str:
    return json.dumps({"id": name, "opened_at": "2026-07-03T14:05:00Z", "service": "checkout", **fields})


def export(folder: Path, *lines: str) -> Path:
    file = folder / "export.jsonl"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_json_has_the_agreed_form_without_a_server(tmp_path: Path) -> None:
    file = export(tmp_path, line("A"), line("B", opened_at="2026-08-03T14:05:00Z"))

    answer = json.loads(meta_review("--from", file, "--json").stdout)

    assert answer["quarter"] == "2026Q3"
    assert {"patterns", "questions", "not_tested", "proposals"} <= answer.keys()
    assert {"kind", "why"} == answer["not_tested"][0].keys()


def test_a_bad_line_is_named_with_file_and_line(tmp_path: Path) -> None:
    file = export(tmp_path, line("A"), line("B", opened_at="soon"), line("A"))

    result = meta_review("--from", file, "--json")

    assert result.exit_code == 2
    assert f'{file}:2: “opened_at” is "soon"' in result.stderr
    assert f"{file}:3: “id” A is there already, in line 1" in result.stderr
    assert result.stdout == ""


def test_bad_lines_can_be_left_out(tmp_path: Path) -> None:
    file = export(tmp_path, line("A"), "{")

    result = meta_review("--from", file, "--json", "--skip-bad")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["incidents"] == 1
    assert ":2: not JSON" in result.stderr


def test_a_quarter_without_incidents_is_an_answer(tmp_path: Path) -> None:
    result = meta_review("--from", export(tmp_path, line("A")), "--json", "--quarter", "2025Q1")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["patterns"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--quarter", "2026Q5"], "“2026Q5” is no quarter; write 2026Q3, say"),
        (["--timezone", "Mars/Base"], "there is no time zone “Mars/Base”"),
    ],
)
def test_a_bad_option_is_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    result = meta_review("--from", export(tmp_path, line("A")), *arguments)

    assert result.exit_code == 2
    assert said in result.stderr


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    result = meta_review("--from", tmp_path / "none.jsonl")

    assert result.exit_code == 2
    assert "cannot be read: No such file" in result.stderr


def test_a_calendar_says_what_else_can_be_tested(tmp_path: Path) -> None:
    file = export(tmp_path, *(line(f"A{n}", opened_at=f"2026-07-{n + 10}T14:05:00Z") for n in range(4)))
    calendar = tmp_path / "calendar.yaml"
    calendar.write_text("deploy_windows: [{days: [tue], from: 10, to: 12}]\nreleases: [2026-07-03]\n")

    answer = json.loads(meta_review("--from", file, "--json", "--calendar", calendar).stdout)

    kinds = {one["kind"] for one in answer["not_tested"]}
    assert not kinds & {"deploy_window", "day_after_release"}
    assert "day_after_holiday" in kinds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("releases: soon\n", "“releases” is 'soon'; a list is wanted"),
        ("holidays: [2026-02-30]\n", "day is out of range for month"),
        ("[" * 9000, "recursion"),
    ],
    ids=["a word", "no day", "too deep"],
)
def test_a_bad_calendar_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    calendar = tmp_path / "calendar.yaml"
    calendar.write_text(text)

    result = meta_review("--from", export(tmp_path, line("A")), "--calendar", calendar)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"closeout: {calendar}: ")
    assert says in result.stderr


def test_two_ways_to_print_it_at_once_are_refused(tmp_path: Path) -> None:
    result = meta_review("--from", export(tmp_path, line("A")), "--json", "--format", "markdown")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "leave one out" in result.stderr


def test_what_goes_with_an_export_is_not_taken_without_one() -> None:
    result = meta_review("--alias", "a=b")

    assert result.exit_code == 2
    assert "go with --from" in result.stderr


@pytest.mark.parametrize("quarter", ["9999Q4", "0001Q1"])
def test_a_quarter_too_far_from_our_time_is_one_line(tmp_path: Path, quarter: str) -> None:
    named = meta_review("--from", export(tmp_path, line("A")), "--quarter", quarter)

    newest = meta_review("--from", export(tmp_path, line("A", opened_at=f"{quarter[:4]}-01-01T12:00:00Z")))
    assert [(one.exit_code, one.stderr.count("\n")) for one in (named, newest)] == [(2, 1), (2, 1)]
    assert f"{quarter} is too far away" in named.stderr
    assert f"opened at {quarter[:4]}-01-01" in newest.stderr
