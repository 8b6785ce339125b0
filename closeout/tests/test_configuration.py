from __future__ import annotations

import os

import pytest

from closeout.configuration import of_settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CLOSEOUT_"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "to_do"),
    [
        ("CLOSEOUT_KAFK_BOOTSTRAP_SERVERS", "Is CLOSEOUT_KAFKA_BOOTSTRAP_SERVERS meant?"),
        ("CLOSEOUT_SOMETHING", "Mend or unset it: docs/reference/settings.md has all names."),
    ],
)
def test_a_name_that_no_group_has_is_told(monkeypatch: pytest.MonkeyPatch, name: str, to_do: str) -> None:
    monkeypatch.setenv(name, "hunter2")

    (found,) = [one for one in of_settings() if one.what == f"setting {name}"]

    assert (found.state, found.to_do) == ("warning", to_do)
    assert "hunter2" not in found.found


@pytest.mark.parametrize("name", ["CLOSEOUT_SANDBOX_PORT", "CLOSEOUT_ENV_FILE", "CLOSEOUT_IMPORT_CONFLUENCE_USER"])
def test_what_others_read_is_left_to_them(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = of_settings()
    monkeypatch.setenv(name, "8900")

    assert of_settings() == before


def test_settings_of_the_import_are_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_IMPORT_CONFLUENCE_TOKN", "hunter2")

    (found,) = [one for one in of_settings() if one.what == "settings CLOSEOUT_IMPORT_…"]

    assert found.state == "failed"
    assert found.found.startswith("CLOSEOUT_IMPORT_CONFLUENCE_TOKN: there is no such setting. Near to it: ")
    assert "CLOSEOUT_IMPORT_CONFLUENCE_TOKEN" in found.found
