"""Patience: at a busy machine a commit and a call may take long, and no test here is about that unless it says so."""

from __future__ import annotations

import pytest

from closeout_chassis.http_out import Outside
from closeout_ingest import commands

PATIENCE_SECONDS = 120.0


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> float:
    """Seconds that senders wait at the door, and that a call to the outside may take."""
    monkeypatch.setattr(commands, "LONGEST_WAIT_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setitem(Outside.__init__.__kwdefaults__, "timeout", PATIENCE_SECONDS)
    return PATIENCE_SECONDS
