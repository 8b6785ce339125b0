"""`closeout demo`, as `make demo EXIT=1` runs it: twice, on the same folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system import closeout, free_block

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

STEPS = [
    "page received",
    "incident opened",
    "draft with its verbatim timeline",
    "publication refused",
    "mended and published",
    "exactly 3",
    "completed there",
    "postmortem succeeded",
    "the numbers changed",
]


def test_the_demo_tells_every_step_and_again_on_the_data_of_last_time(data_folder: Path) -> None:
    for _ in range(2):
        settings = {"CLOSEOUT_UP_FIRST_PORT": str(free_block())}
        ended = closeout("demo", "--exit", "--data", str(data_folder), seconds=110, **settings)

        assert ended.returncode == 0, ended.stdout + ended.stderr
        places = [ended.stdout.find(step) for step in STEPS]
        assert -1 not in places, ended.stdout
        assert places == sorted(places)


def test_a_step_that_does_not_come_true_ends_the_demo_with_a_line(data_folder: Path) -> None:
    """The pager signs with another secret, and answers no question: the demo must not say that a page was received."""
    settings = {
        "CLOSEOUT_UP_FIRST_PORT": str(free_block()),
        "CLOSEOUT_INGEST_PAGERDUTY_SECRETS": "not-the-secret-that-signs",
        "CLOSEOUT_INGEST_PAGERDUTY_API_TOKEN": "not-the-token-either",
    }
    ended = closeout("demo", "--exit", "--data", str(data_folder), seconds=110, **settings)

    assert ended.returncode == 1
    assert "page received" not in ended.stdout
    assert "closeout: not seen within" in ended.stderr
