"""A real browser on the real pages: Debian's Chromium, driven by Playwright. Skipped by name where it is missing."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
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
from tests.browser.person import PATIENCE_SECONDS, all_leave, somebody
from tests.browser.world import World

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
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS, timeout=PATIENCE_SECONDS * 1000)
        yield browser
        await browser.close()


@asynccontextmanager
async def served(db: Database) -> AsyncIterator[World]:
    """The service's doors on a port of this machine, and something behind them."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        # Who comes before the server accepts waits, and is not refused.
        listening.listen()
        port = listening.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        settings = ReviewSettings(public_url=url, default_project="github:acme/payments", port=port)
        app = Documented(openapi_url="/api/openapi.json")
        open_doors(app, settings, db)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        running = asyncio.create_task(server.serve([listening]))
        try:
            async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as http:
                yield World(db, settings, http)
        finally:
            server.should_exit = True
            await running


@pytest.fixture
async def world(chromium: Browser, database_url: str) -> AsyncIterator[World]:
    """The pages with five reviews behind them, each at another end."""
    async with migrated(database_url, "review") as db, served(db) as world:
        yield await world.furnish()
        await all_leave(chromium)


@pytest.fixture
async def person(chromium: Browser, world: World) -> BrowserContext:
    """Somebody's browser."""
    return await somebody(chromium, base_url=str(world.http.base_url), viewport={"width": 1280, "height": 900})
