"""The actions service, put together. The only file here that wires."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from starlette.applications import Starlette

from closeout_actions import api, web
from closeout_actions.adapters.port import Hear
from closeout_actions.adapters.trackers import every_tracker
from closeout_actions.commands.budget import SharedBudget, credential_name
from closeout_actions.commands.checking import Checker
from closeout_actions.commands.creating import Connected, Creator
from closeout_actions.commands.describing import Describer
from closeout_actions.commands.mandated import Mandated
from closeout_actions.commands.nudging import Nudger
from closeout_actions.commands.numbers import refresh
from closeout_actions.commands.reconciling import Reconciler
from closeout_actions.commands.recurrences import Recurrences
from closeout_actions.handlers import Handlers
from closeout_actions.settings import ActionsSettings
from closeout_actions.telemetry import ActionsMetrics
from closeout_chassis.db import Database
from closeout_chassis.loops import Loop
from closeout_chassis.service import Service
from closeout_chassis.telemetry import Metrics
from closeout_schemas.vocabulary import Vendor

# Work that nobody announces: a retry that became due, a lease that ran out.
WORK_SECONDS = 0.25
NUMBERS_SECONDS = 15
CHECK_SECONDS = 5


def build(settings: ActionsSettings) -> Service:
    """The service, not yet started."""
    db = Database(settings.database, "actions")
    metrics = Metrics("actions")
    counts = ActionsMetrics(metrics)
    trackers = connect(settings, db)
    # One worker a tracker: one that is away must not keep the others waiting.
    wakes: dict[Vendor | None, asyncio.Event] = {vendor: asyncio.Event() for vendor in trackers or (None,)}
    hears = hearing(settings)
    handlers = Handlers(hears, wakes.values(), lambda result: counts.webhooks.labels(result).inc(), settings)
    every = [one.tracker for one in trackers.values()]
    reconciler = Reconciler(db, every, settings.lease, counts.was_synced, counts.delayed)
    return Service(
        "actions",
        settings,
        db=db,
        metrics=metrics,
        app=Starlette(routes=[*api.routes(db, settings, trackers.keys(), wakes.values()), *web.routes(db, settings)]),
        subscriptions=handlers.subscriptions(),
        loops=[
            *(_worker(vendor, db, trackers, settings, wake, counts) for vendor, wake in wakes.items()),
            *(
                Loop(
                    f"recurrences-{vendor}",
                    WORK_SECONDS,
                    Recurrences(db, one, settings).run,
                    wakes[vendor],
                    alone=False,
                )
                for vendor, one in trackers.items()
            ),
            Loop("readings", WORK_SECONDS, reconciler.read_asked_for, alone=False),
            Loop("reconcile", settings.reconcile_seconds, reconciler.run),
            Loop("mandated", settings.reconcile_seconds, Mandated(db, every, counts.delayed).run),
            Loop("numbers", NUMBERS_SECONDS, lambda: refresh(db, trackers, hears, counts), alone=False),
            Loop("checks", CHECK_SECONDS, Checker(db, settings, {one.vendor: one for one in every}).run, alone=False),
            Loop("nudges", settings.nudge_seconds, Nudger(db, settings, trackers).run),
            Loop("describe", settings.describe_seconds, Describer(db, every, settings).run),
        ],
    )


def _worker(
    vendor: Vendor | None,
    db: Database,
    trackers: Mapping[Vendor, Connected],
    settings: ActionsSettings,
    wake: asyncio.Event,
    counts: ActionsMetrics,
) -> Loop:
    mine = {one: connected for one, connected in trackers.items() if one is vendor}
    name = f"tickets-{vendor}" if vendor else "tickets"
    creator = Creator(db, mine, settings, partial(counts.tried, name))
    return Loop(name, WORK_SECONDS, creator.run, wake, alone=False)


def hearing(settings: ActionsSettings) -> dict[Vendor, Hear]:
    """The readers of every tracker's webhooks: they need no credential."""
    return {kind.vendor: kind.hear(settings) for kind in every_tracker()}


def connect(settings: ActionsSettings, db: Database) -> dict[Vendor, Connected]:
    """The trackers for which there is a credential."""
    connected = {}
    for kind in every_tracker():
        access = kind.access(settings)
        if access is None:
            continue
        address, token = access
        budget = SharedBudget(
            db,
            credential_name(kind.vendor.value, address, token),
            pause_seconds=settings.pause_seconds,
            write_interval_seconds=settings.write_interval_seconds,
        )
        connected[kind.vendor] = Connected(kind.connect(settings, token, budget), budget)
    return connected
