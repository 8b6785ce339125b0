"""The consumer on a real Postgres: every record ends as an effect, a duplicate or a dead letter."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from closeout import dead_letters
from closeout.dead_letters import DeadLetter, DeadLetters
from closeout_chassis.bus import Record
from closeout_chassis.consume import Consumer, Subscription
from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Poison, Reason, Retryable
from closeout_chassis.telemetry import Metrics
from closeout_chassis.testing import migrated
from closeout_schemas.catalogue import PAGER_DELIVERIES, TOPICS
from closeout_schemas.deliveries import Delivery, DeliveryReceived
from closeout_schemas.vocabulary import Vendor, derived_id

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 3, 3, 14, tzinfo=UTC)
TOPIC = PAGER_DELIVERIES.name


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with migrated(database_url, "ingest") as opened:
        async with opened.transaction() as tx:
            await tx.conn.execute("CREATE TABLE effect (n serial, event_id uuid, body text)")
        yield opened


def event(body: str) -> DeliveryReceived:
    data = Delivery(vendor=Vendor.PAGERDUTY, headers={}, body=body, received_at=NOW)
    return DeliveryReceived(id=derived_id("test", body), source="/test", subject="pagerduty:Q1", time=NOW, data=data)


def record(body: str, offset: int = 0) -> Record:
    return raw(event(body).model_dump_json(), offset)


def raw(value: str | bytes, offset: int = 0) -> Record:
    return Record(TOPIC, 0, offset, "k", value if isinstance(value, bytes) else value.encode(), None)


class Handling:
    """Writes each event down; does to some what their body says."""

    def __init__(self, poison: bool = True) -> None:
        self.poison = poison
        self.tries: dict[str, int] = {}
        self.batches: list[int] = []

    async def handle(self, events: Sequence[DeliveryReceived], tx: Transaction) -> None:
        self.batches.append(len(events))
        for one in events:
            await tx.conn.execute("INSERT INTO effect (event_id, body) VALUES ($1, $2)", one.id, one.data.body)
            self.tries[one.data.body] = self.tries.get(one.data.body, 0) + 1
            match one.data.body.partition(" ")[0]:
                case "poison" if self.poison:
                    raise Poison(Reason.UNINTERPRETABLE, "it makes no sense")
                case "defect":
                    raise KeyError("a bug")
                case "later" if self.tries[one.data.body] < 3:
                    raise Retryable("not yet", after=0.01)
                case "never":
                    raise Retryable("not yet", after=0.01)


async def effects(db: Database) -> list[str]:
    async with db.reading() as conn:
        return [row["body"] for row in await conn.fetch("SELECT body FROM effect ORDER BY n")]


async def dead(db: Database) -> dict[str, tuple[str, str]]:
    async with db.reading() as conn:
        rows = await conn.fetch("SELECT value, reason, detail FROM dead_letter")
    return {bytes(row["value"]).decode(errors="replace"): (row["reason"], row["detail"]) for row in rows}


def consumer(db: Database, handling: Handling) -> Consumer:
    return Consumer(db, [Subscription(PAGER_DELIVERIES, handling.handle)], "closeout.ingest", Metrics("ingest"))


async def test_a_batch_is_handled_in_one_transaction_and_in_order(db: Database) -> None:
    handling = Handling()

    await consumer(db, handling).on_records([record(f"ok {n}", n) for n in range(20)])

    assert await effects(db) == [f"ok {n}" for n in range(20)]
    assert handling.batches == [20]


async def test_lanes_are_worked_on_side_by_side_and_keep_the_order_of_a_key(db: Database) -> None:
    handling, both_are_there = Handling(), asyncio.Barrier(2)

    async def handle(events: Sequence[DeliveryReceived], tx: Transaction) -> None:
        async with asyncio.timeout(60):
            await both_are_there.wait()
        await handling.handle(events, tx)

    keys = [f"Q{number}" for number in range(8)]
    records = [replace(record(f"{key} {n}", n), key=key) for n in range(5) for key in keys]
    listening = Consumer(db, [Subscription(PAGER_DELIVERIES, handle, lanes=2)], "closeout.ingest", Metrics("ingest"))

    await listening.on_records(records)

    assert len(handling.batches) == 2
    done = await effects(db)
    for key in keys:
        assert [one for one in done if one.startswith(f"{key} ")] == [f"{key} {n}" for n in range(5)]


async def test_no_transaction_handles_more_than_it_is_to(db: Database) -> None:
    handling = Handling()
    listening = Consumer(
        db, [Subscription(PAGER_DELIVERIES, handling.handle, lanes=4)], "closeout.ingest", Metrics("ingest"), most=3
    )
    assert listening.batch_size == 12

    await listening.on_records([record(f"ok {n}", n) for n in range(10)])  # all of one key

    assert handling.batches == [3, 3, 3, 1]
    assert await effects(db) == [f"ok {n}" for n in range(10)]


async def test_a_poison_record_in_one_lane_holds_up_no_other(db: Database) -> None:
    bodies = ["ok 0", "poison", "ok 2", "ok 3", "ok 4", "ok 5"]
    records = [replace(record(body, n), key=f"Q{n}") for n, body in enumerate(bodies)]
    subscription = Subscription(PAGER_DELIVERIES, Handling().handle, lanes=3)

    await Consumer(db, [subscription], "closeout.ingest", Metrics("ingest")).on_records(records)

    assert sorted(await effects(db)) == [body for body in bodies if body != "poison"]
    assert list((await dead(db)).values()) == [("uninterpretable", "it makes no sense")]


async def test_an_event_that_comes_again_is_handled_once(db: Database) -> None:
    handling = Handling()
    listening = consumer(db, handling)

    await listening.on_records([record("ok", 0), record("ok", 1)])
    await listening.on_records([record("ok", 2)])

    assert await effects(db) == ["ok"]


async def test_a_poison_record_among_good_ones_is_the_only_one_left_out(db: Database) -> None:
    bodies = [f"ok {n}" for n in range(7)] + ["poison"] + [f"ok {n}" for n in range(7, 13)]

    await consumer(db, Handling()).on_records([record(body, n) for n, body in enumerate(bodies)])

    assert await effects(db) == [body for body in bodies if body != "poison"]
    assert list((await dead(db)).values()) == [("uninterpretable", "it makes no sense")]


async def test_a_dead_letter_is_also_said_on_the_dead_letter_topic_once(db: Database) -> None:
    listening = consumer(db, Handling())

    await listening.on_records([record("poison", 3)])
    await listening.on_records([record("poison", 3)])

    async with db.reading() as conn:
        rows = await conn.fetch("SELECT topic, value FROM outbox")
    assert [row["topic"] for row in rows] == ["closeout.delivery.pager.v1.closeout.ingest.dlq"]
    assert rows[0]["value"] == record("poison").value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\xff\x00", "undecodable"),
        (b"", "undecodable"),
        (b"{", "undecodable"),
        (b"[1]", "invalid_event"),
        (b'{"type": "closeout.delivery.received.v1"}', "invalid_event"),
        (json.dumps({**json.loads(event("x").model_dump_json()), "data": 7}).encode(), "invalid_event"),
    ],
)
async def test_what_does_not_parse_is_a_dead_letter_and_the_rest_flows(db: Database, value: bytes, reason: str) -> None:
    await consumer(db, Handling()).on_records([record("ok 1", 0), raw(value, 1), record("ok 2", 2)])

    assert await effects(db) == ["ok 1", "ok 2"]
    assert [found for found, _ in (await dead(db)).values()] == [reason]


async def test_a_type_that_only_a_newer_release_knows_is_skipped_and_counted(db: Database) -> None:
    metrics = Metrics("ingest")
    for topic in TOPICS:
        newer = {**json.loads(event("x").model_dump_json()), "type": "closeout.thing.happened.v9"}
        subscription = Subscription(topic, Handling().handle)
        await Consumer(db, [subscription], "g", metrics).on_records(
            [Record(topic.name, 0, 0, "k", json.dumps(newer).encode(), None)]
        )
        counted = metrics.registry.get_sample_value(
            "closeout_events_consumed_total", {"topic": topic.name, "result": "unknown_type"}
        )
        assert counted == 1, topic.name
    assert await dead(db) == {}


async def test_fields_that_only_a_newer_release_knows_are_ignored(db: Database) -> None:
    newer = json.loads(event("ok").model_dump_json())
    newer["extension"] = newer["data"]["mood"] = "new"

    await consumer(db, Handling()).on_records([raw(json.dumps(newer))])

    assert await effects(db) == ["ok"]


async def test_what_may_pass_is_tried_again_until_it_does(db: Database) -> None:
    handling = Handling()

    await consumer(db, handling).on_records([record("ok", 0), record("later", 1)])

    assert sorted(await effects(db)) == ["later", "ok"]
    assert handling.tries["later"] == 3


async def test_what_never_passes_is_a_dead_letter_after_some_tries(db: Database) -> None:
    handling = Handling()

    await consumer(db, handling).on_records([record("never", 0), record("ok", 1)])

    assert await effects(db) == ["ok"]
    assert [reason for reason, _ in (await dead(db)).values()] == ["retries_exhausted"]
    assert handling.tries["never"] > 3


async def test_a_defect_of_ours_is_a_dead_letter_that_names_the_error(db: Database) -> None:
    await consumer(db, Handling()).on_records([record("defect")])

    assert list((await dead(db)).values()) == [("handler_error", "KeyError: 'a bug'")]


@pytest.mark.parametrize("word", ["a\x00b", "a\ud800b"], ids=["NUL", "half of a surrogate pair"])
async def test_a_reason_with_what_no_database_takes_is_a_dead_letter_and_the_rest_flows(
    db: Database, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    # What a test has logged travels from one process of the suite to another, as UTF-8.
    caplog.set_level(logging.CRITICAL, "closeout_chassis.consume")

    async def handle(events: Sequence[DeliveryReceived], tx: Transaction) -> None:
        if "raise" in {one.data.body for one in events}:
            raise LookupError(word)
        await Handling().handle(events, tx)

    listening = Consumer(db, [Subscription(PAGER_DELIVERIES, handle)], "closeout.ingest", Metrics("ingest"))
    await listening.on_records([record("raise", 0), record("ok", 1)])

    assert await effects(db) == ["ok"]
    assert [reason for reason, _ in (await dead(db)).values()] == ["handler_error"]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("INSERT INTO effect (body) VALUES ($1), ($1)", 'violates unique constraint "effect_body"'),
        ("INSERT INTO effect (n, body) VALUES (NULL, $1)", 'null value in column "n" of relation "effect"'),
        ("SELECT $1::text::uuid", "invalid input syntax for type uuid"),
        ("SELECT $1::text::jsonb", "invalid input syntax for type json"),
        ("SELECT $1::integer", "invalid input for query argument $1"),
    ],
)
async def test_what_the_database_refuses_is_named_and_the_values_are_not(
    db: Database, caplog: pytest.LogCaptureFixture, statement: str, told: str
) -> None:
    async def handle(events: Sequence[DeliveryReceived], tx: Transaction) -> None:
        await tx.conn.execute(statement, events[0].data.body)

    async with db.reading() as conn:
        await conn.execute("CREATE UNIQUE INDEX effect_body ON effect (body)")
    listening = Consumer(db, [Subscription(PAGER_DELIVERIES, handle)], "closeout.ingest", Metrics("ingest"))
    await listening.on_records([record("hunter2")])

    [(reason, detail)] = (await dead(db)).values()
    assert reason == "handler_error"
    assert told in detail
    assert "hunter2" not in detail + caplog.text


async def test_no_record_is_given_up_because_postgres_is_away(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    handling = Handling()
    away = 8
    transaction = db.transaction

    def failing() -> Any:
        nonlocal away
        away -= 1
        if away > 0:
            raise ConnectionRefusedError("away")
        return transaction()

    monkeypatch.setattr(db, "transaction", failing)
    monkeypatch.setattr("closeout_chassis.consume._waits", lambda: iter([0.001] * 100))
    await asyncio.wait_for(consumer(db, handling).on_records([record("ok")]), 60)

    assert await effects(db) == ["ok"]
    assert await dead(db) == {}


async def test_nothing_is_said_and_nothing_is_remembered_of_a_transaction_that_fails(db: Database) -> None:
    async def half(events: Sequence[DeliveryReceived], tx: Transaction) -> None:
        tx.publish(PAGER_DELIVERIES, events[0])
        raise Poison(Reason.UNINTERPRETABLE, "after publishing")

    listening = Consumer(db, [Subscription(PAGER_DELIVERIES, half)], "closeout.ingest", Metrics("ingest"))
    await listening.on_records([record("x")])

    async with db.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM inbox") == 0
        assert await conn.fetchval("SELECT count(*) FROM outbox WHERE topic = $1", TOPIC) == 0


async def test_the_trace_of_a_record_goes_on_in_what_is_said_because_of_it(db: Database) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    async def answer(events: Sequence[DeliveryReceived], tx: Transaction) -> None:
        for one in events:
            tx.publish(PAGER_DELIVERIES, one, because_of=one)

    records = [record("a", 0), Record(TOPIC, 0, 1, "k", event("b").model_dump_json().encode(), trace)]
    await Consumer(db, [Subscription(PAGER_DELIVERIES, answer)], "g", Metrics("ingest")).on_records(records)

    async with db.reading() as conn:
        said = await conn.fetch("SELECT traceparent FROM outbox ORDER BY seq")
    assert [row["traceparent"] for row in said] == [None, trace]


async def test_a_service_cannot_read_another_services_tables(db: Database, database_url: str) -> None:
    async with migrated(database_url, "review"), db.reading() as conn:
        with pytest.raises(Exception, match="permission denied"):
            await conn.fetch("SELECT * FROM review.outbox")


def test_ids_are_derived_so_that_a_replay_converges() -> None:
    assert event("x").id == event("x").id != event("y").id
    assert isinstance(event("x").id, UUID)


async def test_a_replayed_dead_letter_is_handled_once_its_cause_is_mended(db: Database) -> None:
    broken, mended = Handling(), Handling(poison=False)
    await consumer(db, broken).on_records([record("poison", 3)])
    [waiting] = await waiting_letters(db)

    async with db.transaction() as tx:
        assert await dead_letters.replay(tx, [waiting.id]) == [waiting.id]
    async with db.transaction() as tx:
        assert await dead_letters.replay(tx, [waiting.id]) == []

    async with db.reading() as conn:
        rows = await conn.fetch("SELECT key, value FROM outbox WHERE topic = $1", PAGER_DELIVERIES.name)
    assert [bytes(row["value"]) for row in rows] == [record("poison").value]
    await consumer(db, mended).on_records([record("poison", 9)])
    await consumer(db, mended).on_records([record("poison", 3)])
    assert await effects(db) == ["poison"]
    assert await waiting_letters(db) == []


async def test_a_replayed_dead_letter_that_fails_again_waits_again_and_a_discarded_one_does_not(db: Database) -> None:
    listening = consumer(db, Handling())
    await listening.on_records([record("poison", 3)])
    [first] = await waiting_letters(db)
    async with db.transaction() as tx:
        await dead_letters.replay(tx, [first.id])

    await listening.on_records([record("poison", 8)])

    [again] = await waiting_letters(db)
    assert (again.id, again.offset, again.replays) == (first.id, 8, 1)
    async with db.transaction() as tx:
        await dead_letters.discard(tx, [again.id], "a test message")
    await listening.on_records([record("poison", 9)])
    assert await waiting_letters(db) == []
    async with db.reading() as conn:
        [settled] = await DeadLetters(conn, "ingest").listed(settled=True)
    assert (settled.settled_as, settled.settled_because) == ("discarded", "a test message")


async def waiting_letters(db: Database) -> list[DeadLetter]:
    async with db.reading() as conn:
        return await DeadLetters(conn, "ingest").listed()
