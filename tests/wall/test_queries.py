"""Every query of every panel, run by a real Prometheus that has scraped a real metrics service."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_metrics.domain.action_item import DROPPED_REASONS
from tests.wall import history as h
from tests.wall.prometheus_process import HOW_TO_GET_IT, PATIENCE_SECONDS, Prometheus, program

ROOT = Path(__file__).parents[2]
DAY = 86400.0
PROMISE = "Canary the checkout deploy"
TITLE = "The payment pool ran out of connections"
QUERIES = {
    (file.stem, panel["title"], target["refId"]): target["expr"]
    for file in sorted((ROOT / "deploy/grafana").glob("*.json"))
    for panel in json.loads(file.read_text())["panels"]
    if panel["type"] != "row"
    for target in panel["targets"]
}
RULES = sorted((ROOT / "deploy/prometheus").glob("*.yml"))
VARIABLES = {"$service": ".*", "$team": ".*", "$__rate_interval": "20s"}
LAST, THIS = h.LAST_QUARTER, h.THIS_QUARTER

FIGURE = re.compile(r'data-metric="([^"]*)" data-labels="([^"]*)" value="([^"]*)"')

Series = dict[str, float]  # the label values, in the order of the labels' names: the value


def age(at: Any) -> float:
    return float((datetime.now(UTC) - at).total_seconds())


def wall() -> dict[tuple[str, str], Series]:
    return {
        ("Incidents this quarter", "A"): {"": 3},
        ("Promises: open against shipped", "A"): {"": 2},
        ("Promises: open against shipped", "B"): {"": 2},
        ("Promises: open against shipped", "C"): {"": 1},
        ("Failed postmortems", "A"): {"": 1},
        ("About to fail", "A"): {"": 1},
        ("The next one fails", "A"): {"": h.ago(-20).timestamp() * 1000},
        ("Oldest open item", "A"): {"": age(h.FIRST)},
        ("Open for longest", "A"): {
            f"1 checkout Payments Canary the checkout deploy acme/payments#{2} https://tracker.example/Q1/2": age(
                h.FIRST
            ),
            f"2 checkout Payments Canary the checkout deploy acme/payments#{1} https://tracker.example/Q2/1": age(
                h.LATER
            ),
        },
        ("Overdue", "A"): {"": 1},
        ("Failed, or about to", "A"): {
            f"about_to_fail 1 checkout {TITLE} https://closeout.example/postmortems/Q2": h.ago(-20).timestamp() * 1000,
            f"failed 2 checkout {TITLE} https://closeout.example/postmortems/Q1": h.ago(10).timestamp() * 1000,
        },
        ("Closure ratio by quarter", "A"): {LAST: 2 / 5},
        ("Incidents by quarter", "A"): {THIS: 3},
        ("Incidents a week", "A"): {"sev1": 2, "sev2": 1},
        ("Drafts waiting", "A"): {"": 1},
        ("Oldest draft", "A"): {"": age(h.ago(3))},
        ("Postmortems that succeeded", "A"): {"": 1},
        ("Age of these numbers", "A"): {"": 0},
    }


def closure() -> dict[tuple[str, str], Series]:
    watched = {f"30 {LAST}": 2 / 5, f"60 {LAST}": 2 / 5}
    return {
        ("Shipped within 30, 60 and 90 days", "A"): watched | ({f"90 {LAST}": 2 / 5} if h.NINETY_DAYS_ARE_OVER else {}),
        ("Time to close", "A"): {},  # not half of them
        ("Share shipped, by team", "A"): {"Payments": 1 / 4, "unknown": 1},
        ("Share shipped, by service", "A"): {"checkout": 1 / 4, "search": 1},
        ("Open promises, by team", "A"): {"open Payments": 2, "open unknown": 0},
        ("Open promises, by service", "A"): {"checkout open": 2, "search open": 0},
        ("Promised and shipped a week", "A"): {"": 5},
        ("Promised and shipped a week", "B"): {"": 2},
        ("Share shipped, by control", "A"): {"canary": 1 / 4, "slo_alert": 1},
        ("Tickets, by state", "A"): {"completed": 2, "open": 2, "withdrawn": 1},
        ("Ended without being done", "A"): {**dict.fromkeys(DROPPED_REASONS, 0), "wont_do": 1, "withdrawn": 1},
        ("Slipped", "A"): {"": 1},
        ("Slips", "A"): {"": 1},
        ("Longest overdue", "A"): {"": (datetime.now(h.ZONE).date() - h.ago(30).astimezone(h.ZONE).date()).days * DAY},
        # After five days and after twenty: the end of the bucket to seven, and 80 % of the one from 14 to 21.
        ("Time to close of what shipped", "A"): {"": 7 * DAY},
        ("Time to close of what shipped", "B"): {"": 19.6 * DAY},
    }


def recurrence() -> dict[tuple[str, str], Series]:
    took = 90 * 60.0
    return {
        ("Time lost to what was promised", "A"): {"": took},
        ("Incidents that came back", "A"): {"": 1},
        ("Time lost, by quarter", "A"): {LAST: took},
        ("Time lost, by service", "A"): {"checkout": took},
        ("Fixes that did not hold", "A"): {"": 1},
        ("Did not hold, by quarter", "A"): {LAST: 1},
        ("Did not hold, by service", "A"): {"checkout": 1},
        ("Time lost, as confirmed", "A"): {"": 30 * 60},
        ("People paged for it", "A"): {"": 3},
        ("Confirmed, by quarter", "A"): {LAST: 1},
        ("Confirmed, by quarter", "B"): {LAST: 1},
        ("Confirmed, by quarter", "C"): {},
        ("Patterns confirmed", "A"): {f"{LAST} test": 1},
        ("Structural changes", "A"): {f"{LAST} open": 1},
        ("What they are to prevent", "A"): {LAST: 90 * 60},
        ("Incidents that came back, as they became known", "A"): {"": 1},
        ("Incidents that came back, as they became known", "B"): {"": 1},
    }


def itself() -> dict[tuple[str, str], Series]:
    rate = h.EVENTS_PER_SECOND
    nearly_all = 0.01 + 0.99 * 0.015  # of the bucket from 10 ms to 25 ms
    return {
        ("Replicas that answer", "A"): {"ingest": 1, "metrics": 2},
        ("Webhooks", "A"): {"/webhooks/pagerduty 202": rate},
        ("Time to answer a webhook, p99", "A"): {"/webhooks/pagerduty": nearly_all},
        ("Lag", "A"): {"health closeout.incident.v1": 7},
        ("Events consumed", "A"): {"handled": rate},
        ("Dead letters", "A"): {"health invalid_event": 2},
        ("Outbox", "A"): {"health": 3, "metrics": 0},
        ("Age of the outbox", "A"): {"health": 12, "metrics": 0},
        ("From commit to broker, p99", "A"): {"health": nearly_all},
        ("Tickets, by stage", "A"): {"created": 4},
        ("Trackers that are paused", "A"): {"github": 1},  # nobody has an item in the others
        ("Since a tracker was read through", "A"): {"github": 60},
        ("Attempts to make a ticket", "A"): {"created": rate},
        ("Webhooks of trackers", "A"): {"applied": rate},
        ("Background work that failed", "A"): {"health reconcile": rate},
        ("Age of the product's numbers", "A"): {"": 0},
    }


def known() -> dict[tuple[str, str, str], Series]:
    pages = {"wall": wall(), "closure": closure(), "recurrence": recurrence(), "itself": itself()}
    return {(page, *panel): series for page, panels in pages.items() for panel, series in panels.items()}


# What grows while the test runs.
AGES = {
    "Since a tracker was read through",
    "Oldest open item",
    "Open for longest",
    "Oldest draft",
    "Age of these numbers",
    "Age of the product's numbers",
}
MEMORY = ("itself", "Memory", "A")  # real processes: what they take is not ours to know


def in_words(found: dict[tuple[tuple[str, str], ...], float]) -> Series:
    # A panel leaves out what is no number, as Grafana does.
    return {" ".join(value for _, value in labels): value for labels, value in found.items() if value == value}


def asked(expr: str) -> str:
    for variable, value in VARIABLES.items():
        expr = expr.replace(variable, value)
    return expr


def is_wrong(panel: str, found: Series, wanted: Series) -> bool:
    if panel in AGES:
        return found != pytest.approx(wanted, abs=120)
    measured = h.EVENTS_PER_SECOND in wanted.values()  # over twenty seconds of scraping
    return found != pytest.approx(wanted, rel=0.2 if measured else 1e-3)


@dataclass
class Seen:
    """What was there in the end: each panel's query, the page's figures beside Prometheus' own, and the traces."""

    # Each query that came to something else than what was then known: what it came to.
    wrong: dict[tuple[str, str, str], Series]
    panels: dict[tuple[str, str, str], Series]
    page: dict[str, Series]
    scraped: dict[str, Series]
    sums: dict[str, float]
    traces: set[str]


async def played(prometheus: Prometheus, db: Database, address: str) -> Seen:
    """Scrape, let something ship, scrape again; then look."""
    await asyncio.to_thread(prometheus.wait)
    scrapes = "count_over_time(closeout_action_items_committed_total[1m])"
    await asyncio.to_thread(prometheus.until, scrapes, lambda seen: max(seen.values(), default=0) > 2)
    await h.tell(db, h.AFTER_IT)
    both = 'closeout:action_item_quarter_closure_ratio:max == 2/5 and on () count_over_time(up{job="health"}[1m]) > 11'
    await asyncio.to_thread(prometheus.until, both, bool)
    # A scrape that comes late, or is not answered in time, is in every rate for twenty seconds.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_right(seen := await looked_at(prometheus, address)) and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
    return seen


async def looked_at(prometheus: Prometheus, address: str) -> Seen:
    panels = {
        place: in_words(await asyncio.to_thread(prometheus.query, asked(expr))) for place, expr in QUERIES.items()
    }
    expected = known()
    wrong = {
        place: one for place, one in panels.items() if place in expected and is_wrong(place[1], one, expected[place])
    }
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        page = (await http.get(f"http://{address}/wall")).text
    figures = figures_of(page)
    scraped = {name: await asyncio.to_thread(by_labels, prometheus, name) for name in figures}
    exemplars = await asyncio.to_thread(prometheus.exemplars, "closeout_http_request_duration_seconds_bucket")
    traces = {one["labels"]["trace_id"] for series in exemplars for one in series["exemplars"]}
    sums = {name: float(number) for name, number in re.findall(r'data-sum="(\w+)" value="(\d+)"', page)}
    return Seen(wrong, panels, figures, scraped, sums, traces)


def is_right(seen: Seen) -> bool:
    """Whether there is nothing left that the next scrape may mend."""
    figures = all(figures == as_scraped(seen, metric) for metric, figures in seen.page.items())
    return not seen.wrong and figures and bool(seen.traces)


def as_scraped(seen: Seen, metric: str) -> Any:
    """What Prometheus has of the figures on the page, as close as they have to be."""
    about = 120 if "_age_" in metric else 1e-9
    return pytest.approx({labels: seen.scraped[metric].get(labels) for labels in seen.page[metric]}, abs=about)


def figures_of(page: str) -> dict[str, Series]:
    """Every figure on the page, by its metric and the values of its labels."""
    found: dict[str, Series] = {}
    for metric, labels, value in FIGURE.findall(page):
        if value:
            found.setdefault(metric, {})[" ".join(sorted(unescape(labels).split()))] = float(value)
    return found


def by_labels(prometheus: Prometheus, metric: str) -> Series:
    """What Prometheus has scraped of a metric, by the values of its own labels."""
    return {
        " ".join(sorted(word for name, value in labels if name not in ("instance", "job") for word in value.split())): n
        for labels, n in prometheus.query(metric).items()
    }


@pytest.mark.integration
@pytest.mark.timeout(600)
async def test_every_query_of_every_panel_tells_the_known_numbers(database_url: str, data_folder: Path) -> None:
    if program() is None:
        pytest.skip(f"Prometheus is not there: {HOW_TO_GET_IT}")
    busy = h.Busy()
    async with (
        h.metrics_service(database_url) as (db, address),
        h.replica(database_url) as other,  # whose numbers come to no more
        h.answering(busy.app()) as health,
    ):
        prometheus = Prometheus(data_folder, {"metrics": f"{address} {other}", "health": health}, RULES)
        try:
            seen = await played(prometheus, db, address)
        finally:
            await asyncio.to_thread(prometheus.stop)

    found = seen.panels
    assert found.pop(MEMORY).keys() == {"ingest", "metrics"}
    assert found.keys() == known().keys()
    assert seen.wrong == {}
    # The page shows what Grafana shows.
    promised = "Promises: open against shipped"
    assert seen.sums == {
        "closeout_incidents_this_quarter": found["wall", "Incidents this quarter", "A"][""],
        "completed": found["wall", promised, "B"][""],
        "withdrawn": found["wall", promised, "C"][""],
    }
    assert len(seen.page) > 10
    for metric, figures in seen.page.items():
        assert figures == as_scraped(seen, metric), metric
    # An exemplar leads from a bucket to a trace.
    assert seen.traces == {h.TRACE}
