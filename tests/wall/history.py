"""A history whose numbers are known, told to a real metrics service, and the health of others beside it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette

from closeout.process import LOOPBACK
from closeout_actions.telemetry import ActionsMetrics
from closeout_chassis import testing
from closeout_chassis.db import Database
from closeout_chassis.http_in import health_routes
from closeout_chassis.settings import DatabaseSettings
from closeout_chassis.telemetry import Metrics
from closeout_metrics import testing as e
from closeout_metrics.app import build
from closeout_metrics.commands import reading
from closeout_metrics.domain.calendar import quarter_begin, quarter_bounds, quarter_of, quarters_back
from closeout_metrics.handlers import subscriptions
from closeout_metrics.settings import MetricsSettings
from closeout_metrics.testing import TOPIC_OF
from closeout_metrics.testing.returns import finding_confirmed, proposal_committed, said
from closeout_schemas.vocabulary import Control, FailureMode, Outcome, RecurrenceKind, Severity, TicketState

ZONE = ZoneInfo("UTC")
NOW = datetime.now(UTC)
THIS_QUARTER, LAST_QUARTER = quarter_of(NOW, ZONE), quarters_back(NOW, ZONE, 2)
BEGAN = quarter_bounds(NOW, ZONE)[0]  # everything is promised in the quarter before: ages differ, quarters do not
FIRST = BEGAN - timedelta(days=60)
LATER = BEGAN - timedelta(days=30)
DNS = (FailureMode.DNS,)
EVENTS_PER_SECOND = 10
TRACE = "0af7651916cd43dd8448eb211c80319c"


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def day(at: datetime) -> date:
    return at.date()


BEFORE_THE_FIRST_SCRAPE: Sequence[Any] = (
    e.incident("Q1", opened_at=NOW, team="Payments"),
    e.incident("Q2", opened_at=NOW, severity=Severity.SEV2, team="Payments"),
    e.incident("Q3", opened_at=NOW, service="search"),
    # Q1: one of two shipped, the other one is overdue; it failed.
    e.drafted("Q1", FIRST),
    e.published("Q1", items=2, at=FIRST, fails_at=ago(10), modes=DNS, opened_at=FIRST - timedelta(days=2)),
    e.committed(1, "Q1", at=FIRST, due_on=day(FIRST + timedelta(days=30))),
    e.committed(2, "Q1", at=FIRST, due_on=day(ago(30))),
    e.ticket(TicketState.COMPLETED, 2, 1, "Q1", at=FIRST, closed_at=FIRST + timedelta(days=20)),
    e.ticket(TicketState.OPEN, 1, 2, "Q1", at=FIRST),
    e.concluded(Outcome.FAILED, "Q1", at=ago(10)),
    # Q2: the same again while an item of Q1 was open and after the other had shipped; its own is open, and slipped.
    e.drafted("Q2", LATER),
    e.published("Q2", items=2, at=LATER, fails_at=ago(-20), modes=DNS, opened_at=LATER - timedelta(days=2)),
    e.committed(1, "Q2", at=LATER, due_on=day(ago(-10))),
    e.committed(2, "Q2", at=LATER, due_on=day(ago(-10))),
    e.ticket(TicketState.OPEN, 1, 1, "Q2", at=LATER, due_on=day(ago(-17))),
    e.ticket(TicketState.WONT_DO, 1, 2, "Q2", at=LATER),
    e.withdrawn(2, "Q2"),
    # Q3: will ship, and succeed. Q4 is a draft.
    e.drafted("Q3", LATER),
    e.published("Q3", at=LATER, fails_at=ago(-50), opened_at=LATER),
    e.committed(1, "Q3", at=LATER, due_on=day(ago(-10)), control=Control.SLO_ALERT, service="search"),
    e.drafted("Q4", ago(3)),
    # People say that Q2 was what Q1 was about; the quarter was read, and a change promised because of it.
    said("Q2", 1, *RecurrenceKind, earlier="Q1", opened_at=LATER - timedelta(days=2)),
    finding_confirmed(LAST_QUARTER.replace("-", "")),
    proposal_committed(LAST_QUARTER.replace("-", ""), e.item_id(1, "Q2")),
)
AFTER_IT: Sequence[Any] = (
    e.ticket(TicketState.COMPLETED, 2, 1, "Q3", at=LATER, closed_at=LATER + timedelta(days=5)),
    e.concluded(Outcome.SUCCEEDED, "Q3", at=LATER + timedelta(days=5)),
)
NINETY_DAYS_ARE_OVER = timedelta(days=90) <= NOW - FIRST


async def tell(db: Database, events: Sequence[Any]) -> None:
    for event in events:
        await testing.deliver(db, subscriptions(ZONE), TOPIC_OF[type(event)], [event])


@asynccontextmanager
async def metrics_service(database_url: str) -> AsyncIterator[tuple[Database, str]]:
    """A replica over a database with the history before the first scrape."""
    async with testing.migrated(database_url, "metrics") as db:
        await tell(db, BEFORE_THE_FIRST_SCRAPE)
        async with replica(database_url) as address:
            yield db, address


@asynccontextmanager
async def replica(database_url: str) -> AsyncIterator[str]:
    """The service as it is, but for the broker: host:port."""
    service = build(MetricsSettings(database=DatabaseSettings(url=SecretStr(database_url)), port=0))
    await service._db.open()
    # On a busy machine the first read may take longer than a wall waits, which then has no number at all.
    with patch.object(reading, "LONGEST_READ_SECONDS", 60.0):
        async with answering(service._app) as address:
            yield address
    await service._db.close()


class Busy:
    """The other services' own health: ten of everything a second, however often it is asked for."""

    def __init__(self) -> None:
        self.metrics = Metrics("ingest")
        self.actions = ActionsMetrics(self.metrics)
        self._began, self._done = time.monotonic(), 0
        self.metrics.lag.labels("closeout.incident.v1").set(7)
        self.metrics.dead_letters.labels("invalid_event").set(2)
        self.metrics.outbox_records.set(3)
        self.metrics.outbox_age.set(12)
        self.actions.tickets.labels("created").set(4)
        self.actions.synced.labels("github").set(time.time() - 60)
        for tracker, paused in (("github", 1), ("linear", 1), ("jira", 0)):
            self.actions.paused.labels(tracker).set(paused)

    async def refresh(self) -> None:
        more = int((time.monotonic() - self._began) * EVENTS_PER_SECOND) - self._done
        self._done += more
        self.metrics.requests.labels("POST", "/webhooks/pagerduty", "202").inc(more)
        self.metrics.requests.labels("GET", "/other", "200").inc(more)
        self.metrics.consumed.labels("closeout.incident.v1", "handled").inc(more)
        self.metrics.loop_failures.labels("reconcile").inc(more)
        self.actions.creations.labels("created").inc(more)
        self.actions.webhooks.labels("applied").inc(more)
        for _ in range(more):
            # Each in the middle of one bucket: 99 % of the way through it is known.
            self.metrics.request_seconds.labels("/webhooks/pagerduty").observe(0.02, {"trace_id": TRACE})
            self.metrics.outbox_latency.observe(0.02)

    def app(self) -> Starlette:
        return Starlette(routes=health_routes(self.metrics, dict, self._ready, self.refresh))

    async def _ready(self) -> dict[str, Any]:
        return {"ok": True}


@asynccontextmanager
async def answering(app: Any) -> AsyncIterator[str]:
    """The app on a free port of loopback: host:port."""
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        # Who comes before the server accepts waits, and is not refused.
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        serving = asyncio.create_task(server.serve([listening]))
        try:
            yield f"{LOOPBACK}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


def begin_of(quarter: str) -> datetime:
    return quarter_begin(quarter, ZONE)
