"""A real browser on the real pages: Debian's Chromium, driven by Playwright. Skipped by name where it is missing."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, async_playwright

from closeout_chassis.db import Database
from closeout_chassis.testing import migrated
from closeout_review.api.problems import Documented
from closeout_review.app import open_doors
from closeout_review.settings import ReviewSettings
from tests.browser.world import World
from tests.system import free_block

IS_REQUIRED = os.environ.get("CLOSEOUT_TEST_REQUIRE_BROWSER") == "1"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAYS = "no Chromium on this machine; on Debian: apt-get install chromium"


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser, started once."""
    program = shutil.which("chromium")
    if program is None:
        if IS_REQUIRED:
            pytest.fail(f"CLOSEOUT_TEST_REQUIRE_BROWSER=1, but there is {WAYS}")
        pytest.skip(WAYS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def served(db: Database) -> AsyncIterator[World]:
    """The service's doors on a port of this machine, and something behind them."""
    url = f"http://127.0.0.1:{free_block(1)}"
    settings = ReviewSettings(public_url=url, default_project="github:acme/payments", port=int(url.rpartition(":")[2]))
    app = Documented(openapi_url="/api/openapi.json")
    open_doors(app, settings, db)
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=settings.port, log_level="warning", lifespan="off")
    )
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    try:
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            yield World(db, settings, http)
    finally:
        server.should_exit = True
        await running


@pytest.fixture
async def world(chromium: Browser, database_url: str) -> AsyncIterator[World]:
    """The pages with five reviews behind them, each at another end."""
    async with migrated(database_url, "review") as db, served(db) as world:
        yield await world.furnish()


@pytest.fixture
async def person(chromium: Browser, world: World) -> AsyncIterator[BrowserContext]:
    """Somebody's browser."""
    context = await chromium.new_context(base_url=str(world.http.base_url), viewport={"width": 1280, "height": 900})
    yield context
    await context.close()
