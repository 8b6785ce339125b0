"""A sandbox and a database for the tests that need them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from closeout_actions.testing import Actions, actions
from closeout_chassis.testing import migrated
from closeout_sandbox.settings import SandboxSettings
from closeout_sandbox.testing import RunningSandbox, serving

from .stands import KINDS, Stand


async def _migrate(url: str) -> None:
    async with migrated(url, "actions"):
        pass


@pytest.fixture
async def database(database_from: Callable[..., Awaitable[str]]) -> str:
    return await database_from("actions", _migrate)


@pytest.fixture
async def sandbox() -> AsyncIterator[RunningSandbox]:
    async with serving(SandboxSettings()) as running:
        yield running


@pytest.fixture
async def service(database: str, sandbox: RunningSandbox) -> AsyncIterator[Actions]:
    async with actions(database, sandbox.github_api) as running:
        yield running


@pytest.fixture(params=KINDS, ids=lambda kind: kind.system)
async def stand(request: pytest.FixtureRequest, sandbox: RunningSandbox) -> Stand:
    """Each tracker's stand-in in turn."""
    found = Stand(request.param, sandbox)
    await found.behave(search_lag_seconds=0)
    return found


@pytest.fixture
async def team(database: str, stand: Stand) -> AsyncIterator[Actions]:
    """The service, connected to `stand`."""
    async with actions(database, "", **stand.settings) as running:
        yield running
