"""`closeout token` and `closeout log` on a terminal of 80 columns, and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from closeout_chassis.testing import migrated
from tests.system import closeout

pytestmark = pytest.mark.e2e
NOBODY = "00000000-0000-0000-0000-000000000000"


async def test_who_did_what_fits_a_terminal_and_an_empty_answer_says_so(database_url: str) -> None:
    settings = {"CLOSEOUT_DATABASE_URL": database_url, "COLUMNS": "80"}
    async with migrated(database_url, "review"):
        empty = closeout("log", **settings)
        closeout("token", "create", "for the nightly export", **settings)
        told = closeout("log", **settings)
        about_nothing = closeout("log", "--about", NOBODY, **settings)
        listed = closeout("token", "list", "--json", **settings)
        shown = closeout("token", "list", **settings)
        revoked = closeout("token", "revoke", json.loads(listed.stdout)[0]["id"][:8], **settings)
        unknown = closeout("token", "revoke", "zzzz", **settings)

    assert "Nothing was done yet" in empty.stdout
    assert "made a token" in told.stdout
    assert [line for line in told.stdout.splitlines() if len(line) > 80] == []
    assert "closeout log" in about_nothing.stdout
    (token,) = json.loads(listed.stdout)
    assert (token["name"], token["last_used_on"], token["revoked_at"]) == ("for the nightly export", None, None)
    assert token["ends_at"] > "2026"
    assert [line for line in shown.stdout.splitlines() if len(line) > 80] == []
    # What the table prints of the id is enough to take it back.
    assert f"{token['id'][:8]} " in shown.stdout
    assert token["id"] in revoked.stdout
    assert unknown.returncode == 1
    assert "closeout token list" in unknown.stderr


@pytest.mark.parametrize("command", [("log",), ("link",), ("tickets",), ("verify",)], ids=lambda words: words[0])
def test_a_folder_in_which_nothing_runs_is_said_at_once(command: tuple[str, ...], tmp_path: Path) -> None:
    told = closeout(*command, "--data", str(tmp_path))

    assert told.returncode == 1
    assert f"closeout up --data {tmp_path}" in told.stderr
    assert "Traceback" not in told.stderr
