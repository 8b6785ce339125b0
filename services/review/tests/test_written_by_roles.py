"""What people with a role write, where the database asks who may see it: not the operator, who may see everything."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest

from closeout_chassis.db import Database
from closeout_review import testing as e
from closeout_review.domain.principal import Role

from .test_access import bearing, token_of
from .test_meta_reviews import API, answer, confirmed, idea, quarter

__all__ = ["quarter"]
pytestmark = pytest.mark.integration
WRITERS = (Role.RESPONDER, Role.REVIEWER, Role.ADMIN)


async def signed_in(db: Database, http: httpx.AsyncClient, role: Role) -> httpx.AsyncClient:
    http.headers.update(bearing(await token_of(db, role)))
    return http


@pytest.mark.parametrize("role", WRITERS)
async def test_what_somebody_remembers_is_written_into_the_timeline(
    db: Database, http: httpx.AsyncClient, drafted: None, role: Role
) -> None:
    client = await signed_in(db, http, role)
    entries = f"/api/v1/incidents/{e.INCIDENT}/entries"
    body = {"text": "The provider called", "occurred_at": e.OPENED.isoformat()}

    assert (await client.post(entries, json=body)).status_code == 200

    shown = (await client.get(f"/api/v1/postmortems/{e.POSTMORTEM}")).json()
    assert "The provider called" in [link["entry"]["text"] for link in shown["timeline"]]
    form = {"entry-text": "The lights flickered", "entry-at": "2026-11-03T02:20"}
    assert (await client.post(entries.removeprefix("/api/v1"), data=form)).status_code == 303


async def test_a_reviewer_accepts_what_a_quarter_proposes(
    db: Database, http: httpx.AsyncClient, quarter: None, now: datetime
) -> None:
    client = await signed_in(db, http, Role.REVIEWER)
    finding = await confirmed(client)
    (proposal,) = (await answer(client, f"{API}/2026Q3/proposals", idea(finding["id"], now)))["record"]["proposals"]

    made = await answer(client, f"{API}/2026Q3/proposals/{proposal['id']}/accept", {})

    assert made["outcome"] == "pending"
