"""`closeout token create`: a name is what somebody can see in the list."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from closeout.cli import app_of


@pytest.mark.parametrize(
    ("name", "says"),
    [("", "nobody would see"), (" \u200b", "nobody would see"), ("a\x01b", "control character U+0001")],
)
def test_a_name_that_cannot_be_shown_is_refused(name: str, says: str) -> None:
    told = CliRunner().invoke(app_of(["token"]), ["token", "create", name])

    assert told.exit_code == 2
    assert says in " ".join(told.output.replace("│", " ").split())
