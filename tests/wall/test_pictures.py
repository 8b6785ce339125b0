"""The pictures of the dashboards: the files' own panels, over what a real Prometheus answers to their own queries.

`make pictures` puts what is drawn here into docs/pictures.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from closeout_chassis import testing
from closeout_chassis.db import Database
from closeout_metrics.api.exposition import ProductNumbers
from closeout_metrics.commands.reading import Reading
from closeout_metrics.handlers import subscriptions
from closeout_metrics.testing import BERLIN, TOPIC_OF, Clock
from tests.wall.backfill import Past
from tests.wall.prometheus_process import HOW_TO_GET_IT, Prometheus, program
from tests.wall.year import DAYS, END, HEALTH_MINUTES, Traffic, told
from tools.dashboards.drawing import Drawn, Line, svg
from tools.dashboards.panels import INCIDENTS_MARKED, META_REVIEWS_MARKED

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build/pictures"
STEP = timedelta(hours=12)
MARKS = (INCIDENTS_MARKED, META_REVIEWS_MARKED)
LOOKBACK = "--query.lookback-delta=13h"
RULES = yaml.safe_load((ROOT / "deploy/prometheus/recording.yml").read_text())["groups"][0]["rules"]
RECORDED = {rule["record"]: f"({rule['expr'].strip()})" for rule in RULES}
SPANS = {"wall": 90, "closure": 90, "recurrence": 90, "itself": 0.25}  # days
VARIABLES = {"$service": ".*", "$team": ".*", "$__rate_interval": "5m"}


async def past_numbers(db: Database, past: Past) -> None:
    """Tell the story step by step, and keep what a scrape would have found after each."""
    clock = Clock(END - timedelta(days=DAYS))
    reading = Reading(db, BERLIN, clock.of_database, clock.ticks)
    numbers, waiting = ProductNumbers(reading), told()
    while clock.now < END:
        clock.now += STEP
        due = [one for one in waiting if one.time <= clock.now]
        waiting = waiting[len(due) :]
        for topic in dict.fromkeys(TOPIC_OF[type(one)] for one in due):
            some = [one for one in due if TOPIC_OF[type(one)] == topic]
            await testing.deliver(db, subscriptions(BERLIN), topic, some)
        await reading.refresh()
        past.scraped(clock.now, "metrics", numbers.collect())


def past_health(past: Past) -> None:
    traffic = Traffic()
    for n in range(HEALTH_MINUTES):
        traffic.minute(n)
        for job, metrics in traffic.services.items():
            past.scraped(END - timedelta(minutes=HEALTH_MINUTES - n - 1), job, metrics.registry)


def asked(expr: str) -> str:
    for name, value in (VARIABLES | RECORDED).items():
        expr = expr.replace(name, value)
    return expr


def lines_of(prometheus: Prometheus, target: Any, begin: datetime, step: float) -> list[Line]:
    """What a query came to, named as the panel names it."""
    times = {"time": END.timestamp()} if target["instant"] else {"start": begin.timestamp(), "end": END.timestamp()}
    kind = "query" if target["instant"] else "query_range"
    given = {"query": asked(target["expr"]), **times, **({} if target["instant"] else {"step": step})}
    answer = httpx.post(f"{prometheus.url}/api/v1/{kind}", data=given, timeout=60).json()
    assert answer["status"] == "success", (answer, given)
    return [_line(one, target["legendFormat"]) for one in answer["data"]["result"]]


def _line(one: Any, legend: str) -> Line:
    labels, points = one["metric"], one.get("values") or [one["value"]]
    known = " ".join(value for name, value in labels.items() if name != "__name__")
    name = known if legend == "__auto" else re.sub(r"{{(\w+)}}", lambda found: labels.get(found[1], ""), legend)
    return Line(name, [(moment, float(value)) for moment, value in points if value != "NaN"], labels)


def drawn(prometheus: Prometheus, dashboard: Any, days: float) -> Drawn:
    begin, step = END - timedelta(days=days), 60.0 if days < 1 else STEP.total_seconds()
    lines = {
        panel["id"]: [
            line for target in panel["targets"] for line in lines_of(prometheus, target, begin, step) if line.points
        ]
        for panel in dashboard["panels"]
        if panel["type"] != "row"
    }
    marks = {mark["iconColor"]: marked(prometheus, mark, begin, step) for mark in MARKS} if days > 1 else {}
    return Drawn(lines, marks, begin.timestamp(), END.timestamp())


def marked(prometheus: Prometheus, mark: Any, begin: datetime, step: float) -> list[float]:
    """The moments that are marked, as Grafana marks them, but by the step of this past."""
    asked_for = mark | {"instant": False, "legendFormat": "", "expr": mark["expr"].replace("5m", "12h")}
    return sorted({at for line in lines_of(prometheus, asked_for, begin, step) for at, _ in line.points})


def nothing_there(dashboard: Any, seen: Drawn) -> set[str]:
    return {
        panel["title"] for panel in dashboard["panels"] if panel["type"] != "row" and not seen.lines.get(panel["id"])
    }


@pytest.mark.integration
async def test_each_dashboard_is_drawn_from_its_file_and_a_real_prometheus(
    database_url: str, data_folder: Path
) -> None:
    promtool = shutil.which("promtool")
    if program() is None or promtool is None:
        pytest.skip(f"Prometheus is not there: {HOW_TO_GET_IT}")
    past = Past()
    async with testing.migrated(database_url, "metrics") as db:
        await past_numbers(db, past)
    past_health(past)
    await asyncio.to_thread(past.into, data_folder, promtool)
    prometheus = Prometheus(data_folder, {}, [], LOOKBACK, "--storage.tsdb.retention.time=100y")
    PICTURES.mkdir(parents=True, exist_ok=True)
    empty: dict[str, set[str]] = {}
    try:
        await asyncio.to_thread(prometheus.wait)
        for name, days in SPANS.items():
            dashboard = json.loads((ROOT / f"deploy/grafana/{name}.json").read_text())
            seen = await asyncio.to_thread(drawn, prometheus, dashboard, days)
            empty[name] = nothing_there(dashboard, seen)
            (PICTURES / f"{name}.svg").write_text(svg(dashboard, seen), encoding="utf-8")
    finally:
        await asyncio.to_thread(prometheus.stop)

    # In a good half year these have nothing to show.
    assert empty == {
        "wall": set(), "closure": set(), "recurrence": set(),
        "itself": {"Dead letters", "Background work that failed"},
    }  # fmt: skip
