"""No page grows with what there is: each stays under 100 kB, and asks the database as often as with little in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import asyncpg
import httpx
import pytest

from closeout_review import testing as e
from closeout_review.domain.parts import MOST_ROWS
from closeout_review.testing import Page
from closeout_schemas.vocabulary import Vendor

pytestmark = pytest.mark.integration
MOST_BYTES = 100_000
LINES = 400
PAGE, INCIDENT_PAGE = f"/postmortems/{e.POSTMORTEM}", f"/incidents/{e.INCIDENT}"
# So many questions may a page ask, however much there is.
MOST_QUERIES = 40
SAID = (
    "I think it is the cache, the hit rate fell to 60 percent when the release of 02:01 came out",
    "No, the cache is fine. Which dashboard is the real one?",
    "The connection pool of checkout-{n} is exhausted, p99 at {n} ms, and nobody was paged for it",
    "An alert on the pool would have told us half an hour ago. We had no alert on it.",
)
Hear = Callable[..., Awaitable[None]]


@pytest.fixture
async def long_night(hear: Hear, now: datetime) -> None:
    """An incident with 400 entries, in an organisation of 600 people and 80 projects."""
    people = [e.seen(Vendor.GITHUB, f"login{n}", f"Person Number {n}", f"person{n}@example.com") for n in range(600)]
    projects = [e.described(now, f"acme/project-{n}") for n in range(80)]
    said = [e.noted(SAID[n % 4].format(n=n), 1 + n / 4, 2 + n, e.ALEX if n % 2 else e.SAM) for n in range(LINES - 2)]
    await hear(*e.everybody(now), *people, *projects)
    await hear(e.opened(), *said, e.resolved(120, LINES + 5))


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the database was asked, by method."""
    asked: Counter[str] = Counter()

    def counted(name: str) -> Any:
        ask = getattr(asyncpg.Connection, name)

        async def asking(self: asyncpg.Connection, *args: Any, **more: Any) -> Any:
            asked[name] += 1
            return await ask(self, *args, **more)

        return asking

    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        monkeypatch.setattr(asyncpg.Connection, name, counted(name))
    return asked


async def shown(http: httpx.AsyncClient, url: str, **headers: str) -> str:
    answer = await http.get(url, headers={"Accept": "text/html", **headers})
    assert answer.status_code == 200, (url, answer.text[:500])
    return answer.text


def entries_in(html: str) -> list[str]:
    return re.findall(r'<li id="entry-([0-9a-f-]{36})"', html)


async def test_pages_of_a_long_night_stay_light(
    http: httpx.AsyncClient, long_night: None, now: datetime, queries: Counter[str]
) -> None:
    weights: dict[str, tuple[int, int]] = {}

    async def weigh(name: str, url: str) -> None:
        queries.clear()
        weights[name] = (len((await shown(http, url)).encode()), queries.total())

    for name, url in {"incidents": "/", "incident": INCIDENT_PAGE, "draft": PAGE}.items():
        await weigh(name, url)
    await weigh("saved", f"{PAGE}/draft?seen=earlier")
    items = [e.item(now, text=f"Add an alert on checkout p99 latency above {n}00 ms") for n in (3, 5, 7)]
    draft = e.draft(now, *items) | {"earlier_catches": [e.draft(now)["earlier_catches"][0] | {"entry_id": ENTRY}]}
    saved = await http.put(f"/api/v1{PAGE}/draft", json=draft, headers={"If-Match": '"0"'})
    assert saved.status_code == 200, saved.text
    await weigh("written draft", PAGE)
    published = await http.post(f"/api/v1{PAGE}/publish")
    assert published.status_code == 200, published.text
    for name in ("published", "search", "people", "mine", "team?name=Payments", "aware-of"):
        await weigh(f"/{name}", f"/{name}")
    await weigh("published", PAGE)

    too_heavy = {name: one for name, one in weights.items() if one[0] > MOST_BYTES or not 0 < one[1] <= MOST_QUERIES}
    assert too_heavy == {}


async def test_a_long_timeline_comes_in_parts_and_whole(http: httpx.AsyncClient, long_night: None) -> None:
    html = await shown(http, PAGE)
    told = entries_in(html)
    assert 0 < len(told) <= MOST_ROWS
    assert f"all {LINES} on one page" in html

    while (more := re.search(r'hx-get="([^"]+/timeline\?from=\d+)"', html)) is not None:
        html = await shown(http, more[1], **{"HX-Request": "true"})
        assert html.lstrip().startswith("<li")
        told += entries_in(html)
    whole = entries_in(await shown(http, f"{PAGE}/timeline"))
    assert told == whole
    assert len(whole) == len(set(whole)) == LINES

    # Without a script the same link is a page, which leads on and back.
    part = Page(await shown(http, f"{INCIDENT_PAGE}/timeline?from=100"))
    assert {link.rpartition("=")[2] for link in part.links if "?from=" in link} >= {"0"}
    assert f"entry-{whole[100]}" in part.ids


async def test_what_speaks_of_a_later_entry_leads_to_where_it_stands(http: httpx.AsyncClient, long_night: None) -> None:
    last = entries_in(await shown(http, f"{PAGE}/timeline"))[-2]
    assert last not in entries_in(await shown(http, PAGE))

    noted = await http.post(f"/entries/{last}", data={"do": "annotate", "kind": "decision", "by": "Robin Reviewer"})

    address, _, place = noted.headers["location"].partition("#")
    assert place in Page(await shown(http, address)).ids
    assert Page(await shown(http, f"/entries/{last}")).links.count(f"{address}#{place}") == 1


async def test_whoever_took_part_is_offered_and_others_are_looked_up(http: httpx.AsyncClient, long_night: None) -> None:
    html = await shown(http, PAGE)
    offered = html.partition('<datalist id="people">')[2].partition("</datalist>")[0]
    assert "Alex Responder" in offered
    assert "Person Number" not in offered

    found = await shown(http, "/people/like?action_items-1-owner=person5")
    assert "person5@example.com" in found
    assert found.count("<option") <= 20
    assert (await http.get("/people/like?who=nobody+like+that")).status_code == 204


ENTRY = str(e.noted(SAID[2].format(n=2), 1.5, 4, e.SAM).data.entry.id)
