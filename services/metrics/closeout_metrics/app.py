"""The metrics service, put together. The only file here that wires."""

from __future__ import annotations

from starlette.applications import Starlette

from closeout_chassis.db import Database
from closeout_chassis.loops import Loop
from closeout_chassis.service import Service
from closeout_metrics.api import history as history_api
from closeout_metrics.api import rest
from closeout_metrics.api.exposition import EncodedOnce, ProductNumbers
from closeout_metrics.commands.counting import Counting
from closeout_metrics.commands.digests import Digests, Schedule
from closeout_metrics.commands.history import History
from closeout_metrics.commands.reading import Reading
from closeout_metrics.handlers import subscriptions
from closeout_metrics.settings import WEEKDAYS, MetricsSettings
from closeout_metrics.web import over_time, pages

# How late a digest may be for having been looked for only now and then.
DIGEST_SECONDS = 60
# How long the list of changes may grow.
CHANGES_SECONDS = 60


def build(settings: MetricsSettings) -> Service:
    """The service, not yet started."""
    db = Database(settings.database, "metrics")
    metrics = EncodedOnce("metrics")
    reading, history = Reading(db, settings.zone), History(db, settings.zone)
    metrics.registry.register(ProductNumbers(reading))
    return Service(
        "metrics",
        settings,
        db=db,
        metrics=metrics,
        app=Starlette(
            routes=[
                *rest.routes(reading),
                *history_api.routes(history),
                *pages.routes(reading, settings.zone),
                *over_time.routes(history, settings.zone),
            ]
        ),
        subscriptions=subscriptions(settings.zone, settings.mapping),
        loops=[
            Loop("counting", 3600, Counting(db, settings.zone).check),
            Loop("changes", CHANGES_SECONDS, reading.forget_changes),
            Loop("digests", DIGEST_SECONDS, _digests(settings, db).say_those_due),
        ],
        refresh=reading.refresh,
    )


def _digests(settings: MetricsSettings, db: Database) -> Digests:
    schedule = Schedule(WEEKDAYS.index(settings.digest_weekday), settings.digest_hour, settings.zone)
    return Digests(db, schedule, settings.mapping.teams)
