"""A tracker that another package brings: the example is installed, held to the published kit, and connected."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from closeout_schemas.vocabulary import Vendor

EXAMPLE = Path(__file__).parents[2] / "examples" / "folder-tracker"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a machine on which the example was installed."""
    folder: Path = tmp_path_factory.mktemp("installed")
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--offline"]
    done = subprocess.run(
        [*command, "--python", sys.executable, "--target", str(folder), str(EXAMPLE)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return {**os.environ, "PYTHONPATH": str(folder)}


def test_the_example_passes_the_published_kit(installed: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(EXAMPLE / "pyproject.toml"), str(EXAMPLE / "tests")]

    done = subprocess.run(command, env=installed, capture_output=True, text=True, cwd=EXAMPLE)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "19 passed" in done.stdout


def test_an_installed_tracker_is_listed_and_its_projects_are_checked(installed: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "PAY").mkdir()
    more = {"FOLDER_TRACKER_ROOT": str(tmp_path), "CLOSEOUT_ACTIONS_MORE_PROJECTS": "x-folder:PAY,x-folder:OPS"}

    def run(*words: str) -> tuple[int, list[dict[str, object]]]:
        command = [sys.executable, "-m", "closeout", "trackers", *words, "--json"]
        done = subprocess.run(command, env=installed | more, capture_output=True, text=True)
        return done.returncode, json.loads(done.stdout)

    _, listed = run("list")
    code, checked = run("check")

    (folder,) = [one for one in listed if one["tracker"] == "x-folder"]
    assert (folder["connected"], folder["news"], folder["projects"]) == (True, "polling only", ["PAY", "OPS"])
    assert code == 1
    assert [(one["project"], one["ok"]) for one in checked] == [("x-folder:PAY", True), ("x-folder:OPS", False)]


def test_a_name_of_another_package_is_one_value_and_a_misspelt_one_of_ours_is_none() -> None:
    assert Vendor("x-folder") is Vendor("x-folder")
    assert Vendor("x-folder") not in list(Vendor)
    with pytest.raises(ValueError, match="githbu"):
        Vendor("githbu")
