"""What people with a role write, where the database asks who may see it: not the operator, who may see everything."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.domain.principal import Role
from closeout_schemas.vocabulary import derived_id

from .test_access import bearing, token_of
from .test_attachments import PNG
from .test_meta_reviews import API, answer, confirmed, idea, quarter

__all__ = ["quarter"]
pytestmark = pytest.mark.integration
WRITERS = (Role.RESPONDER, Role.REVIEWER, Role.ADMIN)


async def signed_in(db: Database, http: httpx.AsyncClient, role: Role) -> httpx.AsyncClient:
    http.headers.update(bearing(await token_of(db, role)))
    return http


async def timeline(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = (await http.get(f"/api/v1/postmortems/{e.POSTMORTEM}")).json()["timeline"]
    return shown


@pytest.mark.parametrize("role", WRITERS)
async def test_what_somebody_remembers_is_written_into_the_timeline(
    db: Database, http: httpx.AsyncClient, drafted: None, role: Role
) -> None:
    client = await signed_in(db, http, role)
    entries = f"/api/v1/incidents/{e.INCIDENT}/entries"
    body = {"text": "The provider called", "occurred_at": e.OPENED.isoformat()}

    assert (await client.post(entries, json=body)).status_code == 200

    assert "The provider called" in [link["entry"]["text"] for link in await timeline(client)]
    form = {"entry-text": "The lights flickered", "entry-at": "2026-11-03T02:20"}
    assert (await client.post(entries.removeprefix("/api/v1"), data=form)).status_code == 303


@pytest.mark.parametrize("role", WRITERS)
async def test_a_link_and_an_image_are_attached_to_an_entry(
    db: Database, http: httpx.AsyncClient, drafted: None, role: Role
) -> None:
    client = await signed_in(db, http, role)
    entry = f"/api/v1/timeline/{(await timeline(client))[0]['entry']['id']}"

    link = await client.post(f"{entry}/links", json={"url": "https://graphs.example.com/1", "title": "p99"})
    image = await client.post(f"{entry}/images", files={"file": ("graph.png", PNG, "image/png")})

    assert (link.status_code, image.status_code) == (200, 200), (link.text, image.text)


async def test_a_reviewer_accepts_what_a_quarter_proposes(
    db: Database, http: httpx.AsyncClient, quarter: None, now: datetime
) -> None:
    client = await signed_in(db, http, Role.REVIEWER)
    finding = await confirmed(client)
    (proposal,) = (await answer(client, f"{API}/2026Q3/proposals", idea(finding["id"], now)))["record"]["proposals"]

    made = await answer(client, f"{API}/2026Q3/proposals/{proposal['id']}/accept", {})

    assert made["outcome"] == "pending"


async def test_no_id_tells_by_trying_what_was_written(db: Database, http: httpx.AsyncClient, drafted: None) -> None:
    """An id outlives what is redacted."""
    body = {"text": "The PIN is 4711", "occurred_at": e.OPENED.isoformat()}
    entries = f"/api/v1/incidents/{e.INCIDENT}/entries"
    written = [(await http.post(entries, json=body)).json() for _ in range(2)]
    (entry,) = [one["entry"]["id"] for one in await timeline(http) if one["entry"]["text"] == body["text"]]

    beside = f"/api/v1/timeline/{entry}"
    for _ in range(2):
        await http.post(f"{beside}/links", json={"url": "https://example.com/?token=0042", "title": "It"})
        await http.post(f"{beside}/annotations", json={"kind": "decision", "note": "4711 again"})
    shown = (await http.get(beside)).json()
    (link,), (note,) = shown["attachments"], shown["annotations"]
    assert (await http.post(f"{beside}/redact", json={"what": "secret", "why": "A PIN"})).status_code == 200

    (kept,) = (await http.get(beside)).json()["annotations"]
    assert kept["id"] != note["id"]
    assert entry != str(derived_id("hand_written", str(e.INCIDENT), e.OPENED.isoformat(), body["text"]))
    assert link["id"] != str(derived_id("attachment", entry, "It", "https://example.com/?token=0042"))
    assert written[0] == written[1]
