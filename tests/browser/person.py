"""Somebody's browser. It is patient: the machine may be busy, and a wait that ends at once costs nothing."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, BrowserContext, expect

PATIENCE_SECONDS = 60.0
expect.set_options(timeout=PATIENCE_SECONDS * 1000)


async def somebody(chromium: Browser, **options: Any) -> BrowserContext:
    """Another person, who has nothing open yet."""
    person = await chromium.new_context(**options)
    person.set_default_timeout(PATIENCE_SECONDS * 1000)
    return person


async def all_leave(chromium: Browser) -> None:
    """No page stays open: it would go on to ask, and to save, at the address of a later test."""
    for person in list(chromium.contexts):
        await person.close()
