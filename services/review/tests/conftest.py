"""A migrated database, the REST API over it, and events delivered as the consumer delivers them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from closeout_chassis import testing
from closeout_chassis.db import Database
from closeout_chassis.testing import migrated
from closeout_review import testing as e
from closeout_review.api.problems import Documented
from closeout_review.app import open_doors
from closeout_review.handlers import subscriptions
from closeout_review.settings import ReviewSettings
from closeout_schemas.catalogue import TOPICS
from closeout_schemas.envelope import Event

TOPIC_OF = {kind: topic.name for topic in TOPICS for kind in topic.event_classes()}
Hear = Callable[..., Awaitable[None]]


@pytest.fixture
async def review_url(database_from: Callable[..., Awaitable[str]]) -> str:
    """A database of this test's own, migrated once a run."""

    async def migrate(url: str) -> None:
        async with migrated(url, "review"):
            pass

    return await database_from("review", migrate)


@pytest.fixture
async def db(review_url: str) -> AsyncIterator[Database]:
    async with migrated(review_url, "review") as opened:
        yield opened


@pytest.fixture
def settings() -> ReviewSettings:
    return ReviewSettings(public_url="http://closeout.test", default_project=e.PROJECT)


@pytest.fixture
def hear(db: Database, settings: ReviewSettings) -> Hear:
    """Deliver events of one topic as one batch."""

    async def deliver(*events: Event) -> None:
        batches: dict[str, list[Event]] = {}
        for event in events:
            batches.setdefault(TOPIC_OF[type(event)], []).append(event)
        for topic, batch in batches.items():
            await testing.deliver(db, subscriptions(settings), topic, batch)

    return deliver


@pytest.fixture
def said(db: Database) -> Callable[[], Awaitable[Sequence[Any]]]:
    """What the service has said so far."""

    async def all_of_it() -> Sequence[Any]:
        return await testing.said(db)

    return all_of_it


@pytest.fixture
async def http(db: Database, settings: ReviewSettings) -> AsyncIterator[httpx.AsyncClient]:
    app = Documented(openapi_url="/api/openapi.json")
    open_doors(app, settings, db)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://closeout.test") as client:
        yield client


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def drafted(hear: Hear, now: datetime) -> None:
    """An incident that is over, with a note, in a world where everybody is known."""
    await hear(*e.everybody(now), e.opened(), e.noted("I think it is the cache", 4), e.resolved())
