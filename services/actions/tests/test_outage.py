"""A tracker that is away delays everything and loses nothing; when it is back, it is not run over."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from pydantic import SecretStr

from closeout_actions.app import build
from closeout_actions.domain.creation import Stage, backoff
from closeout_actions.store import Store
from closeout_actions.store.projects import Projects
from closeout_actions.testing import actions
from closeout_chassis.errors import Retryable
from closeout_chassis.loops import keep_running
from closeout_chassis.settings import DatabaseSettings
from closeout_sandbox.testing import RunningSandbox
from closeout_schemas.vocabulary import Vendor

PAUSE = timedelta(seconds=0.1)
RETRY_SECONDS = 0.01
PROMISES = 8


def writes(monkeypatch: pytest.MonkeyPatch) -> Sequence[datetime]:
    """When each write may be followed by another, by the clock that keeps them apart: the way to the tracker takes one
    longer than the other."""
    begun: list[datetime] = []
    take = Store.take_pen

    async def noted(self: Store, name: str, pen: UUID, lease: timedelta, pause: timedelta) -> bool:
        may_write = await take(self, name, pen, lease, pause)
        if may_write:
            begun.append(await self.conn.fetchval("SELECT next_write_at FROM credential WHERE name = $1", name))
        return may_write

    monkeypatch.setattr(Store, "take_pen", noted)
    return begun


async def test_what_waited_for_a_day_is_made_one_after_the_other_and_each_once(
    database: str, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two replicas share the credential, and its pause."""
    settings = {"write_interval_seconds": PAUSE.total_seconds(), "retry_seconds": RETRY_SECONDS}
    begun = writes(monkeypatch)
    async with (
        actions(database, sandbox.github_api, **settings) as one,
        actions(database, sandbox.github_api, **settings) as other,
    ):
        fault = {"system": "github", "method": "*", "path": "*", "kind": "status", "status": 503, "times": None}
        assert (await sandbox.control.post("/faults", json=fault)).is_success
        began = time.monotonic()
        promises = [await one.promise(text=f"Promise {number}") for number in range(PROMISES)]
        await one.creator.run()
        await one.reconciler.run()
        asked, took = len(sandbox.state.journal.entries("github")), time.monotonic() - began
        tried = len(begun)
        await sandbox.control.delete("/faults")
        sandbox.state.journal.clear()

        for promise in promises:
            await one.settled(promise)
            await other.creator.run()

        sent = sandbox.state.journal.entries("github", "POST", "/repos/acme/payments/issues")
        stages = {(await one.kept(promise)).creation.stage for promise in promises}

    # It is sent, looked for at once, and then each time after twice the pause.
    assert asked <= PROMISES * (2 + math.log2(1 + took / RETRY_SECONDS)), "each waits longer from try to try"
    assert stages == {Stage.CREATED}
    assert len(sandbox.state.store.all("github.issue")) == PROMISES
    assert len(sent) == len(begun) - tried == PROMISES
    assert min(later - earlier for earlier, later in pairwise(begun)) >= PAUSE, "one after the other, with the pause"


async def test_each_loop_that_a_tracker_holds_up_counts_it_as_a_failure(database: str, sandbox: RunningSandbox) -> None:
    async with actions(database, sandbox.github_api) as team:
        await team.settled(await team.promise())
        service = build(team.settings.model_copy(update={"database": DatabaseSettings(url=SecretStr(database))}))
        await service._db.open()
        loops = {loop.name: loop for loop in service._loops}
        names = ("tickets-github", "reconcile")

        async def failures() -> dict[str, float]:
            for name in names:
                await loops[name].run()
            counted = service._metrics.loop_failures.collect()[0].samples
            return {one.labels["loop"]: one.value for one in counted if one.name.endswith("_total")}

        quiet = await failures()
        fault = {"system": "github", "method": "*", "path": "*", "kind": "status", "status": 503, "times": None}
        assert (await sandbox.control.post("/faults", json=fault)).is_success
        await team.promise(text="Another one")
        away = await failures()
        # What a round raises is counted by whoever runs it: below.
        with pytest.raises(Retryable, match="acme/payments"):
            await loops["describe"].run()
        await service._db.close()

    assert quiet == {}
    assert away == dict.fromkeys(names, 1.0)


def test_a_day_of_outage_is_a_hundred_tries_of_a_ticket_and_not_more() -> None:
    waits, tries = 0.0, 0
    while waits < 86_400:
        waits += backoff(tries, 5, 900)
        tries += 1

    assert tries < 110


async def test_a_project_whose_tracker_was_away_at_the_start_is_known_soon_after_it_is_back(
    database: str, sandbox: RunningSandbox
) -> None:
    async with actions(database, sandbox.github_api) as team:
        settings = team.settings.model_copy(update={"database": DatabaseSettings(url=SecretStr(database))})
        service = build(settings)
        await service._db.open()
        loops = {loop.name: loop for loop in service._loops}
        fault = {"system": "github", "method": "*", "path": "*", "kind": "status", "status": 503, "times": None}
        assert (await sandbox.control.post("/faults", json=fault)).is_success
        assert settings.describe_seconds >= 60

        async def told() -> bool:
            async with service._db.reading() as conn:
                return await Projects(conn).told(Vendor.GITHUB, "acme/payments") is not None

        describing = asyncio.create_task(keep_running(loops["describe"], service._db, service._metrics))
        try:
            async with asyncio.timeout(60):
                while not service._metrics.loop_failures.labels("describe")._value.get():
                    await asyncio.sleep(0.1)
                assert not await told()
                await sandbox.control.delete("/faults")
                while not await told():
                    await asyncio.sleep(0.1)
        finally:
            describing.cancel()
            await service._db.close()
