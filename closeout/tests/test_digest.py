"""`closeout digest`, as a user meets it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from closeout_chassis import testing
from closeout_metrics import testing as e
from closeout_metrics.handlers import subscriptions
from closeout_metrics.testing import BERLIN, TOPIC_OF
from closeout_schemas.vocabulary import TicketState

pytestmark = pytest.mark.integration
HISTORY = [e.incident("Q1", team="Payments"), e.committed(), e.ticket(TicketState.COMPLETED, 2, closed_at=e.days(5))]


async def digest(database_url: str, folder: Path, *arguments: str) -> tuple[int, str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLOSEOUT_")} | {
        "CLOSEOUT_DATABASE_URL": database_url,
        "CLOSEOUT_METRICS_TIME_ZONE": "Europe/Berlin",
    }
    command = [sys.executable, "-m", "closeout", "digest", "--data", str(folder), *arguments]
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=150
    )
    return done.returncode, done.stdout, done.stderr


async def test_a_week_is_printed_for_people_and_for_programs(database_url: str, tmp_path: Path) -> None:
    async with testing.migrated(database_url, "metrics") as db:
        for event in HISTORY:
            await testing.deliver(db, subscriptions(BERLIN), TOPIC_OF[type(event)], [event])
    code, text, _ = await digest(database_url, tmp_path, "--team", "Payments", "--week", "2026-W46")
    _, as_json, _ = await digest(database_url, tmp_path, "--team", "payments", "--week", "2026W46", "--json")
    refused, _, why = await digest(database_url, tmp_path, "--team", "Payment", "--week", "2026-W46")

    assert code == 0
    assert text.startswith("Payments, week 46: 1 shipped, 0 due next week\n\nShipped\n• Canary the checkout deploy.")
    told = json.loads(as_json)
    assert (told["week"], told["shipped"][0]["owner"], told["due"]) == ("2026-W46", "Dana", [])
    assert (refused, why) == (1, "closeout: no incident ever named a team “Payment”. Teams: Payments.\n")


async def test_a_week_that_is_none_or_has_not_begun_is_refused(database_url: str, tmp_path: Path) -> None:
    for week, why in (("47", "no ISO week; write it as 2026-W47"), ("2099-W01", "has not begun")):
        code, _, said = await digest(database_url, tmp_path, "--team", "Payments", "--week", week)
        assert code == 2
        assert why in said
