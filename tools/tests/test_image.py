"""How the image is built: which engine, and how pip's settings get into the build and no further."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import image

AUTHORITY = "/etc/ssl/certs/company.pem"
LISTED = f"""\
:env:.index-url='https://user:hunter2@packages.example.com/simple'
:env:.find-links='/opt/wheels'
global.cert='{AUTHORITY}'
global.index-url='https://old.example.com/simple'
install.extra-index-url='https://one.example.com/simple\\nhttps://two.example.com/simple'
"""


def program(folder: Path, name: str, exit_code: int) -> None:
    made = folder / name
    made.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    made.chmod(0o755)


def test_a_variable_goes_over_a_file() -> None:
    settings = image.pip_settings(LISTED)

    assert settings["index-url"] == "https://user:hunter2@packages.example.com/simple"
    assert settings["cert"] == AUTHORITY


def test_where_packages_come_from_is_a_secret_of_the_build(tmp_path: Path) -> None:
    options = image.secrets(image.pip_settings(LISTED), tmp_path)

    assert options == [
        *("--secret", f"id=ca.pem,src={AUTHORITY}"),
        *("--secret", f"id=pip.conf,src={tmp_path / 'pip.conf'}"),
    ]
    written = (tmp_path / "pip.conf").read_text().splitlines()
    assert written[0] == "[global]"
    assert "index-url = https://user:hunter2@packages.example.com/simple" in written
    assert "cert = /run/secrets/ca.pem" in written
    assert not any("/opt/wheels" in line for line in written)
    assert written[-3:] == [
        "extra-index-url = https://one.example.com/simple",
        "    https://two.example.com/simple",
        "cert = /run/secrets/ca.pem",
    ]


def test_without_settings_there_is_no_secret(tmp_path: Path) -> None:
    assert image.secrets({}, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("engine", list(image.ANSWERS))
def test_no_engine_is_told_what_an_index_is(engine: str, tmp_path: Path) -> None:
    options = image.secrets(image.pip_settings(LISTED), tmp_path)

    assert "hunter2" not in " ".join(image.command(engine, "closeout:1", "1700000000", options))


def test_an_engine_that_does_not_answer_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "docker", 1)
    program(tmp_path, "buildah", 0)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert list(image.engines()) == ["buildah"]


def test_where_there_is_none_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert image.main(["closeout:1", "--version", "1"]) == 1
    assert "apt-get install podman" in capsys.readouterr().err
