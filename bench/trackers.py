"""Trackers: reading many open tickets through, how soon a webhook is mirrored, how near creation comes to a limit.

The stand-ins count the requests. Writes into PostgreSQLs of its own.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bench import trackers_open
from bench.related import postgres
from bench.rows import Row, latency, quantile
from closeout_actions.testing import Actions, actions, delivered
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.testing import RunningSandbox, serving
from closeout_schemas.postmortems import Owner
from closeout_schemas.vocabulary import Vendor, derived_id

OPEN, QUICK_OPEN = 10_000, 200
WEBHOOKS, QUICK_WEBHOOKS = 500, 100
A_MINUTE = 120  # the limit; the stand-in takes any number
CREATED, QUICK_CREATED = 60, 20
LEAST_OF_LIMIT = 0.95
DANA = Owner(person_id=derived_id("person", "dana"), name="Dana Engineer")


def rows(quick: bool) -> list[Row]:
    """Requests to read open tickets through, milliseconds of a webhook, creations of the limit."""
    with postgres() as url:
        others = asyncio.run(_measure(url, quick))
    return [*trackers_open.rows(QUICK_OPEN if quick else OPEN), *others]


async def _measure(url: str, quick: bool) -> list[Row]:
    found: list[Row] = []
    async with serving(SandboxSettings()) as sandbox:
        found.append(await _mirrored(url, sandbox, QUICK_WEBHOOKS if quick else WEBHOOKS))
        found.append(await _created(url, sandbox, QUICK_CREATED if quick else CREATED))
    return found


async def _mirrored(url: str, sandbox: RunningSandbox, count: int) -> Row:
    """From a webhook in the consumer's hands to its ticket's state committed and told."""
    await sandbox.control.put("/webhooks", json={"github": {"url": "http://127.0.0.1:9/", "secret": "s"}})
    async with actions(url, sandbox.github_api) as team:
        kept = await team.made(owner=DANA)
        assert kept.ticket.place is not None
        path = f"/github/issues/{kept.ticket.place.number}"
        for number in range(count):
            await sandbox.control.post(f"{path}/{'reopen' if number % 2 else 'close'}", json={})
        took = [await _hear(team, one) for one in sandbox.state.store.all("github.delivery")]
    return latency("webhook mirrored and told, p99", quantile(took, 0.99), quantile(took, 0.5))


async def _hear(team: Actions, one: Any) -> float:
    event = delivered(
        Vendor.GITHUB, {"x-github-event": one["event"], "x-github-delivery": one["guid"]}, one["body"], one["guid"]
    )
    began = time.perf_counter()
    await team.hear(event)
    return (time.perf_counter() - began) * 1000


async def _created(url: str, sandbox: RunningSandbox, count: int) -> Row:
    """Tickets a minute with a pause of 60 / N seconds, of the N that the limit lets through."""
    async with actions(url, sandbox.github_api, write_interval_seconds=60 / A_MINUTE) as team:
        for _ in range(count):
            await team.promise(owner=DANA)
        began = time.perf_counter()
        await team.creator.run()
        a_minute = (count - 1) / (time.perf_counter() - began) * 60
    share = a_minute / A_MINUTE
    name = f"creations a minute under a limit of {A_MINUTE}"
    return Row(name, a_minute, "1/min", float(A_MINUTE), share, LEAST_OF_LIMIT, share >= LEAST_OF_LIMIT)
