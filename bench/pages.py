"""What each page weighs and costs with 10,000 reviews and incidents, one of which has 400 entries.

Everything but the browser is real: the templates, the doors, PostgreSQL. The pages are asked for in this process, while
the services stand still.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import httpx
from pydantic import SecretStr

from bench.rows import Row, quantile
from bench.running import Running, running
from closeout_chassis import testing as chassis
from closeout_chassis.db import Database
from closeout_chassis.settings import DatabaseSettings
from closeout_review import testing as e
from closeout_review.api.problems import Documented
from closeout_review.app import open_doors
from closeout_review.handlers import subscriptions
from closeout_review.settings import ReviewSettings
from closeout_schemas.catalogue import DIRECTORY, INCIDENTS
from closeout_schemas.vocabulary import PartyKind, Vendor, derived_id

MOST_KB, SLOWEST_MS = 100.0, 100.0
REVIEWS, QUICK_REVIEWS = 10_000, 1_000
LINES = 400
PEOPLE = 1_000
TIMES, QUICK_TIMES = 30, 8
HISTORY = Path(__file__).with_suffix(".sql")
PATIENCE_SECONDS = 600.0
URL = "http://closeout.bench"
DRAFT_INCIDENT = derived_id("incident", "pagerduty", "Q2")
DRAFT = derived_id("postmortem", str(DRAFT_INCIDENT))
SAID = (
    "I think it is the cache, the hit rate fell to 60 percent when the release of 02:01 came out",
    "No, the cache is fine. Which dashboard is the real one, checkout-old or checkout-v2?",
    "The connection pool of checkout-{n} is exhausted, p99 at {n} ms, and nobody was paged for it",
    "An alert on the pool would have told us half an hour ago. We had no alert on it.",
    "Rolling back to the release of yesterday, errors went down to {n} a minute",
)
PAGES = {
    "incidents": "/",
    "an incident": f"/incidents/{DRAFT_INCIDENT}",
    "a draft": f"/postmortems/{DRAFT}",
    "a draft's form alone": f"/postmortems/{DRAFT}/draft?seen=before",
    "a published review": f"/postmortems/{e.POSTMORTEM}",
    "published": "/published",
    "search, words": "/search?q=checkout+502+pool+exhausted",
    "search, failure mode": "/search?mode=bad_deploy_or_upgrade",
    "search, service": "/search?service=service-7",
    "mine, not known": "/mine",
    "people": "/people",
    "a person": f"/people/{derived_id('nobody')}",
    "teams": "/teams",
    "a team": "/team?name=Team+7",
    "aware of": "/aware-of",
    "history": f"/postmortems/{e.POSTMORTEM}/history",
}


def rows(quick: bool) -> Sequence[Row]:
    """Of each page: kilobytes, and milliseconds from the request to the whole answer, half of them and the slowest."""
    count, times = (QUICK_REVIEWS, QUICK_TIMES) if quick else (REVIEWS, TIMES)
    with running() as system:
        return asyncio.run(_measured(system, count, times))


async def _measured(system: Running, count: int, times: int) -> list[Row]:
    settings = ReviewSettings(public_url=URL, default_project=e.PROJECT)
    db = Database(DatabaseSettings(url=SecretStr(system.database_url())), "review")
    await db.open()
    app = Documented(openapi_url="/api/openapi.json")
    open_doors(app, settings, db)
    made: list[Row] = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as http:
        await _furnish(db, settings, http, count)
        owner = await db.pool.fetchval("SELECT owner_id FROM action_item WHERE owner_id = md5('person7')::uuid::text")
        pages = PAGES | {"a person": f"/people/{owner}"}
        with system.frozen():
            for name, path in pages.items():
                made += await _of_page(http, f"page, {name}", path, times)
    await db.close()
    return made


async def _of_page(http: httpx.AsyncClient, name: str, path: str, times: int) -> list[Row]:
    took = []
    busy = 0.0
    for n in range(times + 1):
        busy = time.process_time() if n == 1 else busy
        began = time.perf_counter()
        answer = await http.get(path, headers={"Accept": "text/html"})
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
    busy = (time.process_time() - busy) / times * 1000
    kilobytes, half, most = len(answer.content) / 1000, median(took[1:]), quantile(took[1:], 1.0)
    return [
        Row(f"{name}, size", kilobytes, "kB", None, None, MOST_KB, kilobytes <= MOST_KB),
        Row(name, half, "ms", took[0], half / took[0], SLOWEST_MS, half <= SLOWEST_MS),
        Row(f"{name}, processor without PostgreSQL's", busy, "ms"),
        Row(f"{name}, slowest", most, "ms"),
    ]


async def _furnish(db: Database, settings: ReviewSettings, http: httpx.AsyncClient, count: int) -> None:
    """Two long nights, of which one is published; then the history, indexed."""
    heard = subscriptions(settings)
    now = await db.pool.fetchval("SELECT now()")
    people = [e.seen(Vendor.GITHUB, f"login{n}", f"Person Number {n}", f"person{n}@example.com") for n in range(PEOPLE)]
    teams = [e.seen(Vendor.PAGERDUTY, f"PT{n}", f"Team {n}", kind=PartyKind.TEAM) for n in range(40)]
    await chassis.deliver(db, heard, DIRECTORY.name, [*e.everybody(now), *people, *teams])
    for incident, vendor_id in ((e.INCIDENT, "Q1"), (DRAFT_INCIDENT, "Q2")):
        who = {"id": incident, "vendor_id": vendor_id}
        lines = [
            e.noted(SAID[n % 5].format(n=n), 1 + n / 4 + (vendor_id == "Q2") / 100, 2 + n, **who)
            for n in range(LINES - 2)
        ]
        opened = e.opened(**who) if vendor_id == "Q1" else lines[0]
        await chassis.deliver(db, heard, INCIDENTS.name, [opened, *lines, e.resolved(120, LINES + 5, **who)])
    items = [e.item(now, text=f"Add an alert on checkout p99 latency above {n}00 ms") for n in (3, 5, 7)]
    entry = await db.pool.fetchval("SELECT entry_id FROM timeline_entry WHERE incident_id = $1 AND seq = 9", e.INCIDENT)
    written = e.draft(now, *items)
    written["earlier_catches"][0]["entry_id"] = str(entry)
    page = f"/api/v1/postmortems/{e.POSTMORTEM}"
    (await http.put(f"{page}/draft", json=written, headers={"If-Match": "*"})).raise_for_status()
    (await http.post(f"{page}/publish")).raise_for_status()
    history = HISTORY.read_text().replace(":count", str(count))
    history = history.replace(":incident", str(e.INCIDENT)).replace(":postmortem", str(e.POSTMORTEM))
    await db.pool.execute(history, timeout=600)
    await _indexed(db, count)


async def _indexed(db: Database, count: int) -> None:
    """Wait until the service has taken all of it into its index of earlier reviews."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while await db.pool.fetchval("SELECT count(*) FROM catalogue_document WHERE is_current") <= count:
        assert time.monotonic() < deadline, "the reviews were not indexed in time"
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    from rich.console import Console

    from bench.rows import table

    Console().print(table([row.as_dict() for row in rows(quick=True)]))
