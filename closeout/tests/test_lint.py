"""`closeout lint` as a person, a hook and a pipeline run it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from closeout.cli import app_of

BAD = """\
# Outage

We lost orders. The limit was raised at 02:40.

## Action items

- Improve monitoring, owner: Kim Doe, due: 2026-W50
- Consider adding a limit: 5 retries, 100 % of calls, owner: Kim Doe, due: 2026-W50
"""
GOOD = """\
# Outage

We lost orders, since the limit was 200.

## Action items

- Alert when 180 of 200 connections are in use, owner: Kim Doe, due: 2026-W50
"""
WARNED = "# Outage\n\nThe limit was raised at 02:40.\n"


def run(*words: str, said: str | None = None) -> Result:
    return CliRunner().invoke(app_of(["lint"]), ["lint", *words], input=said)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    path = tmp_path / "bad one.md"
    path.write_text(BAD)
    return str(path)


def test_errors_are_exit_code_1_with_file_line_and_column(bad: str) -> None:
    answer = run(bad)

    assert answer.exit_code == 1
    assert f"{bad}:7:3: error action-item-vague: “Improve monitoring”" in answer.stdout
    assert f"{bad}:3:27: warning language-agentless: “was raised”" in answer.stdout
    assert "1 file: 2 errors, 1 warning" in answer.stderr


@pytest.mark.parametrize("text", [GOOD, WARNED, ""])
def test_clean_or_only_warned_is_exit_code_0(text: str) -> None:
    assert run("-", said=text).exit_code == 0


def test_standard_input_has_a_name_of_its_own() -> None:
    assert run("-", said=WARNED).stdout.startswith("stdin.md:3:11: warning language-agentless")


def test_json_is_a_list(bad: str) -> None:
    found = json.loads(run(bad, "--json").stdout)

    assert [one["code"] for one in found] == ["language-agentless", "action-item-vague", "action-item-investigates"]
    assert found[2]["better"].startswith("Add a limit")


def test_github_commands_are_escaped(bad: str) -> None:
    lines = run(bad, "--format", "github").stdout.splitlines()

    assert lines[1].startswith("::error file=")
    assert ",line=7,endLine=7,col=3,endColumn=20,title=action-item-vague::It names a direction" in lines[1]
    assert "100 %25 of calls" in lines[2]
    assert len(lines) == 3


def test_sarif_names_rule_place_and_fix(bad: str) -> None:
    log = json.loads(run(bad, "--format", "sarif").stdout)
    [one] = log["runs"]
    rules = [rule["id"] for rule in one["tool"]["driver"]["rules"]]
    [last] = [result for result in one["results"] if "fixes" in result]

    assert log["version"] == "2.1.0"
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in one["results"])
    assert last["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("bad%20one.md")
    region = last["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (8, 3)
    [change] = last["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["deletedRegion"] == region


@pytest.mark.parametrize(("name", "data"), [("none.md", None), ("picture.md", bytes(range(256)) * 20), (".", None)])
def test_what_cannot_be_read_is_exit_code_2_and_one_line(tmp_path: Path, name: str, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    answer = run(str(tmp_path / name))

    assert answer.exit_code == 2
    assert len(answer.stderr.splitlines()) == 1
    assert answer.stdout == ""


def test_one_that_cannot_be_read_keeps_nobody_from_hearing_of_the_others(tmp_path: Path, bad: str) -> None:
    answer = run(str(tmp_path / "none.md"), bad, str(tmp_path / "neither.md"))

    assert answer.exit_code == 2
    assert f"{bad}:" in answer.stdout
    assert answer.stdout == run(bad).stdout
    assert [one.partition(": ")[2].rpartition("/")[2] for one in answer.stderr.splitlines()[1:]] == [
        "none.md: No such file or directory",
        "neither.md: No such file or directory",
    ]


def test_an_unknown_format_is_bad_usage(bad: str) -> None:
    assert run(bad, "--format", "xml").exit_code == 2


def test_several_files_are_each_named_once(bad: str, tmp_path: Path) -> None:
    good = tmp_path / "good.md"
    good.write_text(GOOD)

    assert "2 files: 2 errors, 1 warning" in run(bad, str(good), bad).stderr


def test_a_name_that_is_no_utf_8_is_the_files_own_address_in_sarif(tmp_path: Path) -> None:
    bad = tmp_path / os.fsdecode(b"caf\xe9.md")
    bad.write_text(BAD)

    [result, *_] = json.loads(run(str(bad), "--format", "sarif").stdout)["runs"][0]["results"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("/caf%E9.md")
