"""A page offers what whoever reads it may do, and nothing else: each role walks through all that pages lead to."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.access.routes import ROWS, row_for
from closeout_review.commands.outcomes import conclude_due
from closeout_review.domain.principal import Role, scopes_of
from closeout_review.settings import ReviewSettings
from closeout_schemas.vocabulary import TicketState, derived_id

from .quarters import incident, planted
from .test_access import bearing, browser, token_of
from .test_imported_whole import take
from .test_meta_reviews import only

pytestmark = pytest.mark.integration
Hear = Callable[..., Awaitable[None]]
Deed = tuple[str, str]
QUARTER = "/api/v1/meta-reviews/2026Q3"
PUBLISHED = derived_id("postmortem", str(derived_id("incident", "pagerduty", "C1")))
MORE = derived_id("incident", "pagerduty", "M1")
# What a form sends somewhere, pressed or saved by the script as one types.
SENT = re.compile(r'<form[^>]* method="post"[^>]* action="([^"]+)"|hx-post="([^"]+)"')
LED = re.compile(r' (?:href|hx-get)="(/[^"]+)"')
# What does not need a role.
NOT_WALKED = {("POST", "/was-it/{token}"), ("POST", "/sign-out")}


@pytest.fixture
async def world(hear: Hear, db: Database, settings: ReviewSettings, now: datetime) -> None:
    """A draft, a published review whose ticket is lost and which failed, a quarter, something restricted, …"""
    await hear(
        *e.everybody(now), *planted(), e.opened(), e.noted("I think it is the cache", 4),
        e.noted("No, it is not the cache", 9, 3), e.resolved(),
        incident("M1", now, "mail"), incident("M2", now, "mail", backfilled=True),
    )  # fmt: skip
    await take(db)
    headers = bearing(await token_of(db, Role.ADMIN))
    async with browser(db) as http:

        async def send(method: str, url: str, body: Any = None, **more: str) -> Any:
            answer = await http.request(method, url, json=body, headers=headers | more)
            assert answer.status_code < 300, (url, answer.text)
            return answer.json()

        api = f"/api/v1/postmortems/{PUBLISHED}"
        lost = e.draft(now, earlier_catches=[], nothing_would_have_caught_it="It was new to everybody")
        await send("PUT", f"{api}/draft", lost, **{"If-Match": "*"})
        (item,) = (await send("POST", f"{api}/publish"))["items"]
        await hear(e.ticket(item["item"]["id"], TicketState.LOST, 1, postmortem_id=PUBLISHED))
        body = {"url": "https://github.com/acme/law/issues/1", "demanded_by": "law", "why": "GDPR 32", "title": "Keys"}
        await send("POST", f"{api}/mandated", {"ticket": body})
        await send("POST", f"/api/v1/postmortems/{e.POSTMORTEM}/incidents", {"incident_id": str(MORE)})
        guess = e.entry("note", "I think it is the cache", 4).id
        await send("POST", f"/api/v1/timeline/{guess}/annotations", {"kind": "confusion", "note": "Two dashboards"})
        await send("POST", f"/api/v1/timeline/{guess}/links", {"url": "https://g.example"})
        seen_by = {"restricted": True, "roles": [role.value for role in Role], "people": [], "why": "a test"}
        await send("PUT", f"/api/v1/incidents/{derived_id('incident', 'pagerduty', 'C2')}/restriction", seen_by)
        finding = only(await send("POST", "/api/v1/meta-reviews", {"quarter": "2026Q3"}), "service")
        await send("POST", f"{QUARTER}/findings/{finding['id']}", {"decision": "confirmed"})
        idea = {"finding_id": finding["id"], "item": {"text": "Give checkout two providers"}, "proposed_to": "the CTO"}
        await send("POST", f"{QUARTER}/proposals", idea | {"cost": "weeks"})
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE postmortem SET fails_at = now() WHERE published_at IS NOT NULL")
    await conclude_due(db, settings)


async def walk(http: httpx.AsyncClient, headers: dict[str, str]) -> tuple[set[Deed], set[Deed]]:
    """Each row that a page leads to, with those that were refused; from the first page wherever links lead."""
    offered: set[Deed] = set()
    refused: set[Deed] = set()
    waiting, had = ["/", "/tokens", "/meta-reviews/2026Q3"], set[str]()
    while waiting:
        path = waiting.pop()
        if path in had:
            continue
        had.add(path)
        row, _ = row_for("GET", path.partition("?")[0])
        offered.add(("GET", row.path))
        answer = await http.get(path, headers=headers | {"Accept": "text/html"})
        if answer.status_code == 403:
            refused.add(("GET", row.path))
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        links = {html.unescape(one).partition("#")[0] for one in LED.findall(answer.text)}
        waiting += [one for one in links - had if "?" not in one or one.startswith(("/team", "/search"))]
        sent = {html.unescape(pressed or live) for pressed, live in SENT.findall(answer.text)}
        offered |= {("POST", row_for("POST", path)[0].path) for path in sent}
        if 'value="publish"' in answer.text:
            offered.add(("POST", "/api/v1/postmortems/{postmortem_id}/publish"))
    return offered, refused


@pytest.mark.parametrize("role", list(Role))
async def test_pages_offer_a_role_all_that_it_may_and_nothing_else(db: Database, world: None, role: Role) -> None:
    async with browser(db) as http:
        offered, refused = await walk(http, bearing(await token_of(db, role)))
    assert refused == set()
    needs = {(row.method, row.path): row.needs for row in ROWS}
    assert {deed for deed in offered if needs[deed] not in {None, *scopes_of([role])}} == set()
    may = {deed for deed, scope in needs.items() if scope in scopes_of([role]) and not deed[1].startswith("/api/")}
    assert {deed for deed in may if deed[0] == "POST"} - offered - NOT_WALKED == set()


async def test_a_reader_reads_a_draft_and_is_told_who_writes(db: Database, world: None) -> None:
    async with browser(db) as http:
        headers = bearing(await token_of(db, Role.READER))
        shown = e.Page((await http.get(f"/postmortems/{e.POSTMORTEM}", headers=headers)).text)
        published = e.Page((await http.get(f"/postmortems/{PUBLISHED}", headers=headers)).text)
    text = " ".join(shown.text.split())
    assert "To write in it takes the role responder, reviewer or admin." in text
    assert "between this draft and its publication" in text
    assert "Checkout answers 502" in text
    assert shown.to_label | {one for one in shown.attributes if one.startswith("hx-post")} == set()
    assert "To change a promise takes the role reviewer or admin." in " ".join(published.text.split())


async def test_who_may_restrict_an_incident_is_led_there(db: Database, drafted: None) -> None:
    async with browser(db) as http:
        pages = {
            role: e.Page((await http.get(f"/incidents/{e.INCIDENT}", headers=bearing(await token_of(db, role)))).text)
            for role in (Role.RESPONDER, Role.REVIEWER)
        }
    led = {role: f"/incidents/{e.INCIDENT}/restriction" in page.links for role, page in pages.items()}
    assert led == {Role.RESPONDER: False, Role.REVIEWER: True}
