"""A source that is down does not slow another: the loops of the service itself, against one that never answers."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
import respx
from pydantic import SecretStr

from closeout_chassis.db import Database
from closeout_chassis.loops import Turns, keep_running
from closeout_chassis.settings import DatabaseSettings
from closeout_chassis.telemetry import Metrics
from closeout_chassis.testing import migrated
from closeout_ingest.app import build
from closeout_ingest.settings import IngestSettings

pytestmark = pytest.mark.integration

SETTINGS = IngestSettings(
    pagerduty_api_url="https://pagerduty.example",
    pagerduty_api_token=SecretStr("k"),
    opsgenie_api_url="https://opsgenie.example/v2",
    opsgenie_api_key=SecretStr("k"),
    slack_api_url="https://slack.example/api",
    slack_api_token=SecretStr("k"),
    smtp_host="127.0.0.1",
    smtp_port=1,
    smtp_from="closeout@example.com",
)


async def reconciled(db: Database) -> list[str]:
    async with db.reading() as conn:
        rows = await conn.fetch("SELECT vendor FROM source WHERE reconciled_at IS NOT NULL")
    return [row["vendor"] for row in rows]


async def test_while_one_pager_hangs_the_other_is_asked_and_heard(database_url: str, patience: float) -> None:
    hanging = asyncio.Event()

    async def never(_request: httpx.Request) -> httpx.Response:
        hanging.set()
        await asyncio.sleep(3600)
        raise AssertionError

    async with migrated(database_url, "ingest") as db:
        database = DatabaseSettings(url=SecretStr(database_url))
        service = build(SETTINGS.model_copy(update={"database": database}))
        await service._db.open()
        turns = Turns(service._db)
        with respx.mock(assert_all_called=False) as router:
            router.route(host="pagerduty.example").respond(json={"incidents": [], "services": [], "more": False})
            router.route(host="opsgenie.example").mock(side_effect=never)
            router.route(host="slack.example").mock(side_effect=never)
            loops = [loop for loop in service._loops if loop.name not in ("intake", "housekeeping")]
            metrics = Metrics("ingest")
            running = [asyncio.create_task(keep_running(loop, service._db, metrics, turns)) for loop in loops]
            # Less than Opsgenie's call takes to be given up.
            deadline = time.monotonic() + patience - 10
            while "pagerduty" not in await reconciled(db) or not hanging.is_set():
                assert time.monotonic() < deadline, "PagerDuty waited for Opsgenie"
                await asyncio.sleep(0.05)
            assert await reconciled(db) == ["pagerduty"]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        await turns.close()
        await service._db.close()
