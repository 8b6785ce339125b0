"""`closeout tickets`, `sync`, `remake` and `snooze`, on a real Postgres."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from closeout.cli import app_of
from closeout_actions.domain.creation import Stage
from closeout_actions.testing import Actions, actions, withdrawn
from closeout_chassis.testing import migrated
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.testing import RunningSandbox, serving
from closeout_schemas.vocabulary import TicketState


async def _migrate(url: str) -> None:
    async with migrated(url, "actions"):
        pass


@pytest.fixture
async def sandbox() -> AsyncIterator[RunningSandbox]:
    async with serving(SandboxSettings()) as running:
        yield running


@pytest.fixture
async def service(
    database_from: Callable[..., Awaitable[str]], sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Actions]:
    url = await database_from("actions", _migrate)
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", url)
    async with actions(url, sandbox.github_api) as running:
        yield running


async def closeout(*words: str) -> str:
    """The command has an event loop of its own."""
    result = await asyncio.to_thread(CliRunner().invoke, app_of([words[0]]), list(words))
    assert result.exit_code == 0, result.output
    return result.output


async def listed() -> dict[str, Any]:
    (one,) = json.loads(await closeout("tickets", "--json"))
    return dict(one)


async def test_a_lost_ticket_is_listed_with_what_to_do_and_made_again_by_one_command(
    service: Actions, sandbox: RunningSandbox
) -> None:
    kept = await service.made()
    await service.reconciler.run()
    assert await closeout("tickets", "--problems") == "There are no such tickets.\n"
    await sandbox.control.post("/github/issues/1/delete", json={})
    await closeout("sync", "acme/payments#1")
    await service.reconciler.read_asked_for()
    lost = await listed()

    table = await closeout("tickets", "--problems")
    told = await closeout("remake", str(kept.item_id)[:8])
    await service.creator.run()

    assert lost["state"] == TicketState.DELETED.value
    assert "Make it again" in lost["problem"]["text"]
    assert "deleted" in table
    assert told == "acme/payments#1 is made again.\n"
    assert (await service.kept(kept.item_id)).creation.stage is Stage.CREATED
    assert (await listed())["key"] == "acme/payments#2"


@pytest.mark.parametrize("is_terminal", [True, False])
async def test_a_key_is_never_cut_and_what_is_wrong_stands_below_it(
    service: Actions, sandbox: RunningSandbox, is_terminal: bool
) -> None:
    await service.made()
    await sandbox.control.post("/github/issues/1/delete", json={})
    await closeout("sync", "acme/payments#1")
    await service.reconciler.read_asked_for()
    problem = (await listed())["problem"]["text"]

    terminal = CliRunner(env={"COLUMNS": "80", "FORCE_COLOR": "1" if is_terminal else ""})
    result = await asyncio.to_thread(terminal.invoke, app_of(["tickets"]), ["tickets"])

    _, row, *below = result.output.splitlines()
    assert "acme/payments#1 " in row
    assert " ".join(" ".join(below).split()) == problem
    if is_terminal:
        assert all(len(line) <= 80 for line in (row, *below))
        assert row.endswith("…")
    else:
        assert len(below) == 1


async def test_a_withdrawn_promise_is_told_as_withdrawn_and_not_as_a_problem(service: Actions) -> None:
    event = await service.promise()
    kept = await service.settled(event)
    await service.hear(withdrawn(event, "Replaced by another promise."))
    for _ in range(3):
        await service.creator.run()
    await closeout("sync", "acme/payments#1")
    await service.reconciler.read_asked_for()

    assert (await service.kept(kept.item_id)).ticket.snapshot.state is TicketState.WONT_DO
    assert " withdrawn " in await closeout("tickets")
    assert await closeout("tickets", "--problems") == "There are no such tickets.\n"
    assert (await listed())["withdrawn_because"] == "Replaced by another promise."


async def test_a_ticket_that_is_there_is_not_made_again(service: Actions) -> None:
    await service.made()

    result = await asyncio.to_thread(CliRunner().invoke, app_of(["remake"]), ["remake", "acme/payments#1"])

    assert result.exit_code != 0
    assert "acme/payments#1 is open" in str(result.exception)


async def test_a_promise_is_snoozed_with_a_reason_that_is_kept_and_one_without_is_refused(service: Actions) -> None:
    await service.made()
    until = (datetime.now(UTC) + timedelta(days=7)).date()

    told = await closeout("snooze", "acme/payments#1", "--until", str(until), "--because", "Waits for the new proxy")
    empty = ["snooze", "acme/payments#1", "--until", str(until), "--because", " "]
    refused = await asyncio.to_thread(CliRunner().invoke, app_of(["snooze"]), empty)

    assert told == f"Nobody is reminded of acme/payments#1 until {until}.\n"
    snoozed = (await listed())["snooze"]
    assert (snoozed["until"], snoozed["reason"]) == (str(until), "Waits for the new proxy")
    assert refused.exit_code != 0
