"""`closeout metrics rebuild --exports`, where the topics have forgotten what review still knows."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from closeout.broker import EmbeddedBroker
from closeout.tests.test_metrics_rebuild import rebuild
from closeout_chassis import testing
from closeout_chassis.db import Database
from closeout_chassis.settings import KafkaSettings
from closeout_judgement.patterns.quarter import Quarter
from closeout_metrics import handlers as metrics
from closeout_metrics.testing import BERLIN
from closeout_review import handlers as review
from closeout_review import testing as e
from closeout_review.api.problems import Documented
from closeout_review.app import open_doors
from closeout_review.commands.outcomes import conclude_due
from closeout_review.settings import ReviewSettings
from closeout_schemas.catalogue import TOPICS
from closeout_schemas.envelope import Event
from closeout_schemas.vocabulary import TicketState, derived_id

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
TOPIC_OF = {kind: topic.name for topic in TOPICS for kind in topic.event_classes()}
SETTINGS = ReviewSettings(default_project=e.PROJECT)
TABLES = (
    "incident", "postmortem", "action_item", "tally", "recurrence", "confirmed_recurrence", "meta_finding",
    "meta_proposal",
)  # fmt: skip


async def hear(db: Database, subscriptions: Any, events: Sequence[Event]) -> None:
    for event in events:
        await testing.deliver(db, subscriptions, TOPIC_OF[type(event)], [event])


async def reviewed(db: Database, seed: int) -> list[Event]:
    """An incident is reviewed, and comes back. What metrics hears of it: one promise ships and one is taken back."""
    now = datetime.now(UTC)
    told: list[Event] = [e.opened(), e.noted("I think it is the cache", 4), e.resolved()]
    await hear(db, review.subscriptions(SETTINGS), [*e.everybody(now), *told])
    app = Documented()
    open_doors(app, SETTINGS, db)
    url = f"/api/v1/postmortems/{e.POSTMORTEM}"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=SETTINGS.public_url) as http:
        draft = e.draft(now, e.item(now), e.item(now, text="Add a canary stage of 1 % to the checkout deploy"))
        await http.put(f"{url}/draft", json=draft, headers={"If-Match": '"0"'})
        published = (await http.post(f"{url}/publish")).json()
        first, second = (one["item"]["id"] for one in published["items"])
        target = {"target": e.week_of((now + timedelta(weeks=5)).date()), "reason": "the vendor is late"}
        put_off = await http.post(f"{url}/items/{first}/retarget", json=target)
        assert put_off.status_code < 300, put_off.text
        shipped = e.ticket(first, TicketState.COMPLETED, 1, now + timedelta(days=3))
        await hear(db, review.subscriptions(SETTINGS), [shipped])
        taken_back = await http.post(f"{url}/items/{second}/withdraw", json={"reason": "the service goes in spring"})
        assert taken_back.status_code < 300, taken_back.text
        again = await came_back(db, http, now, random.Random(seed))
        await read_the_quarter(http, now)
    await conclude_due(db, SETTINGS)
    topics = ("closeout.postmortem.v1", "closeout.metareview.v1")
    return [*told, *again, shipped, *[one for topic in topics for one in await testing.said(db, topic)]]


async def came_back(db: Database, http: httpx.AsyncClient, now: datetime, dice: random.Random) -> list[Event]:
    """More incidents, of which people say that they were the same, or not, and may change their minds."""
    told: list[Event] = []
    for n in range(1, 5):
        began = now - timedelta(hours=n)
        over = again(n, began, minutes=dice.choice([None, 7, 42]) if n > 1 else 42)
        await hear(db, review.subscriptions(SETTINGS), over)
        told += over
        for was_it in [True][n - 1 :] + [dice.random() < 0.6 for _ in range(dice.randint(0, 3))]:
            answer = f"/api/v1/incidents/{over[0].data.incident.id}/recurrences/{e.POSTMORTEM}"
            said = await http.put(answer, json={"was_it": was_it})
            assert said.status_code < 300, said.text
    return told


def again(n: int, began: datetime, minutes: float | None) -> list[Any]:
    """What is told of another incident of the same service; it is over after so many minutes, or not yet."""
    events = []
    for number, event in enumerate([e.opened(), *([e.resolved()] if minutes is not None else [])], 1):
        over = {"resolved_at": began + timedelta(minutes=minutes)} if number == 2 and minutes is not None else {}
        given = {
            "id": derived_id("incident", f"again {n}"),
            "vendor_id": f"Q{n}",
            "opened_at": began,
            "revision": number,
        }
        incident = event.data.incident.model_copy(update=given | over)
        entry = event.data.entry.model_copy(update={"id": derived_id("fact", str(n), str(number))})
        data = event.data.model_copy(update={"incident": incident, "entry": entry})
        events.append(event.model_copy(update={"id": entry.id, "subject": str(incident.id), "data": data}))
    return events


async def read_the_quarter(http: httpx.AsyncClient, now: datetime) -> None:
    """The reader sees two patterns, and drops one again; of the other comes a structural change that is promised."""
    # That of the incident which it is seen in: in a quarter's first hour that is the one before.
    quarter = str(Quarter.of(now - timedelta(hours=1)))
    url = f"/api/v1/meta-reviews/{quarter}"

    async def asked(address: str, body: dict[str, Any]) -> Any:
        answer = await http.post(address, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    await asked("/api/v1/meta-reviews", {"quarter": quarter})
    seen = {"value": "Each began at a deploy", "incidents": [str(derived_id("incident", "again 1"))], "by": "Robin"}
    (finding,) = (await asked(f"{url}/findings", seen))["record"]["findings"]
    both = (await asked(f"{url}/findings", seen | {"value": "Each was on a Tuesday"}))["record"]["findings"]
    (dropped,) = [one for one in both if one["id"] != finding["id"]]
    await asked(f"{url}/findings/{dropped['id']}", {"decision": "dismissed", "reason": "So were the others"})
    item = e.item(now, text="Give checkout a circuit breaker before each payment provider", control="circuit_breaker")
    idea = {"finding_id": finding["id"], "item": item, "cost": "weeks", "proposed_to": "the head of engineering"}
    (proposal,) = (await asked(f"{url}/proposals", idea))["record"]["proposals"]
    await asked(f"{url}/proposals/{proposal['id']}/accept", {})


async def rows(db: Database) -> dict[str, list[str]]:
    async with db.reading() as conn:
        return {
            table: sorted(
                row[0]
                for row in await conn.fetch(f"SELECT t::text FROM {table} AS t")
                if table != "tally" or not row[0].endswith(",0)")
            )
            for table in TABLES
        }


@pytest.fixture
async def kafka(data_folder: Path) -> AsyncIterator[KafkaSettings]:
    """A broker that has forgotten everything."""
    broker = EmbeddedBroker(data_folder)
    broker.start()
    yield KafkaSettings(bootstrap_servers=broker.bootstrap)
    broker.stop()


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_what_the_topics_have_forgotten_review_tells_again_and_the_rows_are_the_same(
    kafka: KafkaSettings, database_url: str, tmp_path: Path, seed: int
) -> None:
    async with testing.migrated(database_url, "review") as review_db, testing.migrated(database_url, "metrics") as db:
        await hear(db, metrics.subscriptions(BERLIN), await reviewed(review_db, seed))
        before = await rows(db)
        refused, _, _ = await rebuild(kafka, database_url, tmp_path)
        done, same, why = await rebuild(kafka, database_url, tmp_path, "--exports")
        after = await rows(db)
        async with db.transaction() as tx:
            await tx.conn.execute(f"TRUNCATE {', '.join(TABLES)}, service_name, team")
        await rebuild(kafka, database_url, tmp_path, "--exports")
        from_nothing = await rows(db)

    assert (refused, done) == (1, 0), why
    assert (same["events"], same["differing"], same["swapped"]) == (0, 0, True), json.dumps(same)
    assert [len(before[table]) for table in ("action_item", "meta_finding", "meta_proposal")] == [3, 2, 1]
    assert before["confirmed_recurrence"]
    assert after == before
    assert from_nothing == before
