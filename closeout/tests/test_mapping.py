"""`closeout mapping`, as a user meets it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

HOWTO = Path(__file__).parents[2] / "docs/howto/mapping.md"


def closeout(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "closeout", "mapping", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The file that the how-to shows."""
    found = re.search(r"```yaml\n(.*?)```", HOWTO.read_text(), re.DOTALL)
    assert found
    file = tmp_path / "closeout.yaml"
    file.write_text(found[1])
    return file


def test_the_example_of_the_docs_is_valid_and_said_in_words(example: Path) -> None:
    said = closeout("check", str(example))

    assert said.returncode == 0, said.stderr
    assert "severity sev4 or sev5, team Data" in said.stdout
    assert "github:acme/checkout" in said.stdout
    for service in ("INGEST", "REVIEW", "ACTIONS", "METRICS"):
        assert f"CLOSEOUT_{service}_MAPPING_FILE" in said.stdout


def test_as_json_it_is_the_file_as_it_is_understood(example: Path) -> None:
    understood = json.loads(closeout("check", str(example), "--json").stdout)

    assert understood["services"]["checkout"]["depends_on"] == ["payments", "redis"]
    assert [rule["review"] for rule in understood["reviews"]] == [False, True, True, False]


def test_every_mistake_has_its_line_and_the_exit_code_is_2(example: Path) -> None:
    example.write_text(example.read_text().replace("severity: [sev4, sev5]", "severty: [sev4]"))

    said = closeout("check", str(example))

    assert said.returncode == 2
    assert said.stderr == f"closeout: {example}:6:5: reviews.0.severty: Extra inputs are not permitted\n"
    assert said.stderr.replace(f"{example}", "closeout.yaml").strip() in HOWTO.read_text()


def test_what_should_be_a_list_or_names_is_said_in_words_of_yaml(example: Path) -> None:
    example.write_text("reviews: 3\nchat: 3\n")

    said = closeout("check", str(example)).stderr.splitlines()

    wanted = ("1:1: reviews: Input should be a valid list", "2:1: chat: Input should be a valid dictionary")
    assert said == [f"closeout: {example}:{one}" for one in wanted]


def test_the_schema_takes_the_example_and_refuses_what_the_command_refuses(example: Path) -> None:
    schema = json.loads(closeout("schema").stdout)
    value = yaml.safe_load(example.read_text())

    jsonschema.validate(value, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**value, "reveiws": []}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"services": {"checkout": {"project": "acme/checkout"}}}, schema)


@pytest.mark.parametrize(
    ("project", "board", "says"),
    [
        ("github:acme/payments", "12", "write owner/12"),
        ("jira:PAY", "acme/12", "write 12"),
        ("jira:PAY", "12", None),
        ("github:acme/payments", "acme/12", None),
    ],
)
def test_a_board_is_named_as_its_tracker_does(tmp_path: Path, project: str, board: str, says: str | None) -> None:
    file = tmp_path / "closeout.yaml"
    file.write_text(f"projects:\n  {project}:\n    board: {board}\n")

    said = closeout("check", str(file))

    assert (said.returncode == 0) is (says is None), said.stderr
    assert (says or "") in said.stdout + said.stderr
