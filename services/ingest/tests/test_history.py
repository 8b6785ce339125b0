"""The timeline's other half: asked for, told once, and found when webhooks were lost."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from closeout_chassis.db import Database
from closeout_chassis.errors import LONGEST_AFTER_SECONDS, Retryable
from closeout_chassis.testing import deliver, migrated, said
from closeout_ingest import history
from closeout_ingest.adapters.history import Listed, Page
from closeout_ingest.adapters.pagerduty_history import LOG_ENTRIES, NOTES
from closeout_ingest.budget import LONGEST_PAUSE_SECONDS, SharedBudget
from closeout_ingest.handlers import SUBSCRIPTIONS
from closeout_ingest.rounds import FAILURES_A_ROUND
from closeout_ingest.store.history import Histories
from closeout_ingest.testing import DANA, NIGHT, SAM, delivery, event, incident, note, reference
from closeout_schemas.catalogue import DIRECTORY, INCIDENTS, PAGER_DELIVERIES
from closeout_schemas.deliveries import DeliveryReceived
from closeout_schemas.directory import KnownService
from closeout_schemas.vocabulary import Vendor, derived_id

pytestmark = pytest.mark.integration

CHECKOUT_SERVICE = reference("service", "PCHECKOUT", "checkout")


def entry(kind: str, at: str, *, by: Any = SAM, summary: str = "", **more: Any) -> dict[str, Any]:
    made = {"type": f"{kind}_log_entry", "created_at": f"2026-11-03T{at}Z", "agent": by, "summary": summary, **more}
    return {"id": f"R{abs(hash(json.dumps(made, sort_keys=True)))}", **made}


def listed(vendor_id: str = "Q1", status: str = "resolved", version: str = "1", **fields: Any) -> Listed:
    """An incident as the REST API has it."""
    known = {
        "id": vendor_id,
        "incident_number": 7,
        "title": "Checkout p99 above 2 s",
        "status": status,
        "service": CHECKOUT_SERVICE,
        "priority": {"summary": "P2"},
        "assignments": [{"assignee": SAM}],
        "created_at": "2026-11-03T03:14:00Z",
        "html_url": f"https://acme.example/incidents/{vendor_id}",
        **fields,
    }
    return Listed(vendor_id, version, known["created_at"], known)


LOG = (
    entry("trigger", "03:14:00", by=CHECKOUT_SERVICE, summary="Triggered through the API."),
    entry("notify", "03:14:01", by=CHECKOUT_SERVICE, summary="Notified Sam Oncall by phone.", user=SAM),
    entry("acknowledge", "03:16:07", summary="Acknowledged by Sam Oncall."),
    entry("annotate", "03:20:00", summary="Note added by Sam Oncall."),
    entry("resolve", "03:40:00", by=DANA, summary="Resolved by Dana Engineer."),
)
WRITTEN = ({"id": "N1", "user": SAM, "content": "It is the cache.", "created_at": "2026-11-03T03:20:00Z"},)


class Scripted:
    """A pager that has these incidents, each with this history; `asked` says for what it was asked."""

    vendor = Vendor.PAGERDUTY

    def __init__(self, *incidents: Listed, log: Iterable[Any] = LOG, notes: Iterable[Any] = WRITTEN) -> None:
        self.incidents = {one.vendor_id: one for one in incidents}
        self.log, self.notes = list(log), list(notes)
        self.asked: list[str] = []
        self.depends_on: dict[str, tuple[str, ...]] = {"checkout": ("payments",), "payments": ()}
        self.fails_after: int | None = None
        self.most_listed = 100

    async def created(self, since: datetime, until: datetime) -> AsyncIterator[Listed]:
        found = [one for one in self.incidents.values() if since <= datetime.fromisoformat(one.created_at) < until]
        if len(found) > self.most_listed:
            raise OverflowError
        for one in found:
            yield one

    async def unresolved(self) -> AsyncIterator[Listed]:
        for one in self.incidents.values():
            if one.document["status"] != "resolved":
                yield one

    async def services(self, now: datetime) -> AsyncIterator[KnownService]:
        for name, needs in self.depends_on.items():
            yield KnownService(
                vendor=Vendor.PAGERDUTY, vendor_id=f"P{name}", name=name, depends_on=needs, described_at=now
            )

    async def one(self, vendor_id: str) -> Listed | None:
        return self.incidents.get(vendor_id)

    async def history(self, of: Listed) -> AsyncIterator[Page]:
        self.asked.append(of.vendor_id)
        if self.fails_after is not None and len(self.asked) > self.fails_after:
            raise Retryable("the pager is away")
        log = [one | {"id": of.vendor_id + one["id"]} for one in reversed(self.log)]
        notes = [one | {"id": one["id"] if of.vendor_id == "Q1" else of.vendor_id} for one in self.notes]
        yield Page(LOG_ENTRIES, json.dumps({"incident": of.document, LOG_ENTRIES: log, "is_newest": True}))
        yield Page(NOTES, json.dumps({"incident": of.document, NOTES: notes}))


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        yield opened


def received(*bodies: dict[str, Any]) -> list[DeliveryReceived]:
    """Webhooks as the door hands them on."""
    return [
        DeliveryReceived(
            id=derived_id("t", json.dumps(body)), source="/t", subject="pagerduty:Q1", time=NIGHT, data=delivery(body)
        )
        for body in bodies
    ]


async def hear(db: Database, *bodies: dict[str, Any]) -> None:
    """Webhooks arrive."""
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, received(*bodies))


async def settle(db: Database) -> None:
    """What was put on its way arrives."""
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, await said(db, PAGER_DELIVERIES.name))


async def timeline(db: Database) -> list[tuple[str, str]]:
    """(kind, words), by the source's time."""
    entries = sorted((one.data.entry for one in await said(db, INCIDENTS.name)), key=lambda one: one.occurred_at)
    return [(one.kind, one.text) for one in entries]


ALL = [
    ("opened", "Checkout p99 above 2 s"),
    ("notified", "Notified Sam Oncall by phone."),
    ("acknowledged", "Acknowledged by Sam Oncall."),
    ("note", "It is the cache."),
    ("resolved", "Resolved by Dana Engineer."),
]


async def test_an_incident_that_no_webhook_told_comes_whole_and_once_however_often_it_is_asked_for(
    db: Database,
) -> None:
    pager = Scripted(listed())

    for _ in range(3):
        await history.fetch(db, pager, listed())
        await settle(db)

    assert await timeline(db) == ALL
    last = (await said(db, INCIDENTS.name))[-1].data.incident
    assert (last.status, last.severity, last.title, last.number) == ("resolved", "sev2", "Checkout p99 above 2 s", 7)
    assert {one.name for one in last.responders} == {"Sam Oncall", "Dana Engineer"}


WEBHOOKS = (
    event("incident.triggered", incident(), at="2026-11-03T03:14:00.812Z", agent=None),
    event("incident.acknowledged", incident(status="acknowledged"), at="2026-11-03T03:16:07.120Z"),
    note("It is the cache.", "2026-11-03T03:20:00.400Z"),
    event("incident.resolved", incident(status="resolved"), at="2026-11-03T03:40:01.001Z", agent=DANA),
)


@pytest.mark.parametrize("webhooks_first", [True, False])
async def test_what_a_webhook_and_the_log_both_tell_is_one_entry(db: Database, webhooks_first: bool) -> None:
    for webhooks in (webhooks_first, not webhooks_first):
        if webhooks:
            await hear(db, *WEBHOOKS)
        else:
            await history.fetch(db, Scripted(), listed())
            await settle(db)

    assert [kind for kind, _ in await timeline(db)] == [kind for kind, _ in ALL]


@pytest.mark.parametrize("webhooks_first", [True, False])
async def test_what_both_ways_tell_in_one_batch_is_one_entry_and_not_none(db: Database, webhooks_first: bool) -> None:
    """After an outage the pager sends its webhooks again just when it is asked what no webhook told."""
    await history.fetch(db, Scripted(), listed())
    pages = await said(db, PAGER_DELIVERIES.name)
    webhooks = received(*WEBHOOKS)

    batch = [*webhooks, *pages] if webhooks_first else [*pages, *webhooks]
    await deliver(db, SUBSCRIPTIONS, PAGER_DELIVERIES.name, batch)

    assert [kind for kind, _ in await timeline(db)] == [kind for kind, _ in ALL]


async def test_two_people_who_acknowledge_within_a_second_are_two_entries(db: Database) -> None:
    await hear(db, event("incident.acknowledged", incident(status="acknowledged"), at="2026-11-03T03:16:07.120Z"))
    log = [entry("acknowledge", "03:16:07"), entry("acknowledge", "03:16:08", by=DANA)]

    await history.fetch(db, Scripted(log=log, notes=[]), listed(status="acknowledged"))
    await settle(db)

    entries = [one.data.entry for one in await said(db, INCIDENTS.name)]
    assert sorted(one.author.name for one in entries if one.author) == ["Dana Engineer", "Sam Oncall"]


async def test_the_whole_of_a_trimmed_note_is_asked_for_and_what_was_said_first_stays(db: Database) -> None:
    cut = note("It is the", "2026-11-03T03:20:00.400Z")
    cut["event"]["data"]["trimmed"] = True
    await hear(db, cut)

    await history.fetch(db, Scripted(log=[]), listed())
    await settle(db)

    assert await timeline(db) == [("note", "It is the cache."), ("note", "It is the")]


async def test_a_resolved_incident_is_asked_for_at_once_and_again_minutes_later(db: Database) -> None:
    pager = Scripted(listed())
    await hear(db, *WEBHOOKS)

    for _ in range(2):
        await history.fetch_due(db, pager)
    assert pager.asked == ["Q1"]

    pager.notes.append({"id": "N2", "user": DANA, "content": "Written later.", "created_at": "2026-11-03T03:45:00Z"})
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE history_due SET due_at = due_at - interval '11 minutes'")
    await history.fetch_due(db, pager)
    await settle(db)

    assert pager.asked == ["Q1", "Q1"]
    assert ("note", "Written later.") in await timeline(db)


async def test_reconciliation_finds_what_webhooks_lost_and_asks_for_nothing_twice(db: Database) -> None:
    today = datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z")
    pager = Scripted(
        listed("Q1", created_at=today),
        listed("Q2", status="acknowledged", created_at="2025-01-01T00:00:00Z"),
        listed("Q3", created_at="2025-01-01T00:00:00Z"),
    )
    await history.reconcile(db, pager)
    await settle(db)
    assert sorted(pager.asked) == ["Q1", "Q2"], "what is old and over is left to a backfill"

    await history.reconcile(db, pager)
    assert len(pager.asked) == 2

    pager.incidents["Q2"] = listed("Q2", version="2", created_at="2025-01-01T00:00:00Z")
    await history.reconcile(db, pager)
    assert pager.asked[2:] == ["Q2"], "it was open as far as we knew"

    async with db.reading() as conn:
        [source] = await Histories(conn).sources(datetime.now(UTC) - timedelta(days=1))
    assert source["reconciled_at"] is not None
    assert source["trouble"] is None


async def test_a_pager_that_goes_away_in_the_middle_is_said_and_loses_nothing(db: Database) -> None:
    today = datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z")
    pager = Scripted(*(listed(f"Q{n}", created_at=today) for n in range(4)))
    pager.fails_after = 2

    with pytest.raises(Retryable):
        await history.reconcile(db, pager)
    async with db.transaction() as tx:
        await Histories(tx.conn).saw_deliveries({Vendor.PAGERDUTY: NIGHT})
        [source] = await Histories(tx.conn).sources(NIGHT)
    assert source["trouble"] == "the pager is away"

    pager.fails_after = None
    await history.reconcile(db, pager)
    assert sorted(set(pager.asked)) == ["Q0", "Q1", "Q2", "Q3"]
    assert [pager.asked.count(one) for one in ("Q0", "Q1")] == [1, 1], "those that were in are not asked for again"


async def test_a_pager_that_wants_to_be_left_alone_for_years_is_asked_again_in_about_an_hour(db: Database) -> None:
    for seconds in (1.7e12, 1e20):  # a moment in milliseconds, taken for one in seconds; and what no calendar holds
        budget = SharedBudget(db, f"{seconds}")
        await budget.pause(seconds, "a limit")
        with pytest.raises(Retryable) as left_alone:
            await budget.admit()
        assert left_alone.value.after is not None
        assert left_alone.value.after <= LONGEST_PAUSE_SECONDS * 1.1

    assert Retryable("the pager's own words", after=1e20).after == LONGEST_AFTER_SECONDS


async def test_a_backfill_halves_what_is_too_much_goes_on_where_it_was_and_makes_history(db: Database) -> None:
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    days = [since + timedelta(days=n * 3, hours=1) for n in range(18)]
    pager = Scripted(*(listed(f"Q{n}", created_at=day.isoformat()) for n, day in enumerate(days)))
    pager.most_listed = 1
    pager.fails_after = 10
    told: list[datetime] = []

    with pytest.raises(Retryable):
        await history.backfill(db, pager, since, until, lambda at, _: told.append(at))
    pager.fails_after = None
    brought = await history.backfill(db, pager, since, until, lambda at, _: told.append(at))
    await settle(db)

    assert brought == 8
    assert len(pager.asked) == 10 + FAILURES_A_ROUND + 8
    assert told[-1] == until
    assert {one.data.incident.backfilled for one in await said(db, INCIDENTS.name)} == {True}
    assert await history.backfill(db, pager, since, until, lambda *_: None) == 0


async def test_an_incident_of_which_a_webhook_tells_is_not_mere_history(db: Database) -> None:
    await history.fetch(db, Scripted(), listed(), backfilled=True)
    await settle(db)
    await hear(db, event("incident.reopened", incident(), at="2026-11-03T05:00:00.000Z"))

    assert [one.data.incident.backfilled for one in await said(db, INCIDENTS.name)][-1] is False


async def test_all_who_use_a_credential_leave_the_pager_alone_together(db: Database) -> None:
    one, other, different = (SharedBudget(db, name) for name in ("a", "a", "b"))

    began = time.monotonic()
    await one.pause(60, "Rate Limit Exceeded")

    with pytest.raises(Retryable, match="Rate Limit Exceeded") as raised:
        await other.admit()
    assert raised.value.after is not None
    assert raised.value.after + (time.monotonic() - began) > 59
    assert raised.value.after < 67
    await different.admit()


async def test_services_are_told_when_they_change(db: Database) -> None:
    pager = Scripted()
    for _ in range(2):
        await history.describe_services(db, pager)
    pager.depends_on["payments"] = ("ledger",)
    await history.describe_services(db, pager)

    told = [(one.data.name, one.data.depends_on) for one in await said(db, DIRECTORY.name)]
    assert told == [("checkout", ("payments",)), ("payments", ()), ("payments", ("ledger",))]


async def test_a_page_soon_leads_to_asking_who_was_on_call(db: Database) -> None:
    await hear(db, WEBHOOKS[0])

    async with db.reading() as conn:
        due = await conn.fetch("SELECT vendor_id, due_at > now() AS later FROM history_due")
    assert [(row["vendor_id"], row["later"]) for row in due] == [("Q1", True)]


async def test_a_page_that_names_no_incident_is_a_dead_letter(db: Database) -> None:
    await history.fetch(db, Scripted(), Listed("Q1", "1", "", {}))
    await settle(db)

    async with db.reading() as conn:
        reasons = await conn.fetch("SELECT reason FROM dead_letter")
    assert [row["reason"] for row in reasons] == ["uninterpretable", "uninterpretable"]
