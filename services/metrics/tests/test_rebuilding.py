"""A rebuild comes to what was there, whatever the history, and mends what was not as it should be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from closeout_chassis.db import Database
from closeout_metrics import testing as e
from closeout_metrics.commands.rebuilding import Incomplete, Rebuilding, Rebuilt, rebuilding
from closeout_metrics.handlers import subscriptions
from closeout_metrics.testing import BERLIN, TOPIC_OF, Hear
from closeout_metrics.testing.returns import finding_confirmed, proposal_committed, said
from closeout_schemas.envelope import Event
from closeout_schemas.vocabulary import FailureMode, RecurrenceKind, Severity, TicketState

pytestmark = pytest.mark.integration
HANDLERS = {one.topic.name: one.handler for one in subscriptions(BERLIN)}
TABLES = (
    "incident", "postmortem", "action_item", "tally", "recurrence", "confirmed_recurrence", "meta_finding",
    "meta_proposal",
)  # fmt: skip
DNS = (FailureMode.DNS,)


def year(seed: int) -> list[Event]:
    """A history of a few incidents, in the order of its happening, with something of everything."""
    dice = random.Random(seed)
    events: list[Event] = []
    for n in range(dice.randint(1, 6)):
        name, opened = f"Q{n}", e.days(n * 20)
        for revision in range(1, dice.randint(2, 4)):
            severity, team = dice.choice(list(Severity)[:3]), dice.choice(["Payments", "Money", None])
            events.append(e.incident(name, revision, severity=severity, team=team, told_at=e.days(revision)))
        events.append(e.drafted(name, at=opened))
        modes = dice.choice([DNS, (FailureMode.SECURITY,), ()])
        published_at = opened + timedelta(days=3)
        events.append(e.published(name, items=2, at=published_at, modes=modes, opened_at=opened))
        for position in (1, 2):
            events.append(e.committed(position, name, at=published_at))
            states = dice.sample(list(TicketState), dice.randint(0, 4))
            events += [
                e.ticket(state, r, position, name, due_on=dice.choice([None, e.DUE, e.DUE + timedelta(days=7)]))
                for r, state in enumerate(states, 1)
            ]
            for number in range(1, dice.randint(1, 3)):
                events.append(e.changed(number, position, name, due_on=dice.choice([None, e.DUE + timedelta(days=14)])))
            if dice.random() < 0.2:
                events.append(e.withdrawn(position, name))
        # Somebody says which earlier ones it was, and may take that back.
        for earlier in dice.sample(range(n), dice.randint(0, n)):
            kinds = dice.sample(list(RecurrenceKind), dice.randint(0, 2))
            for revision in range(1, dice.randint(2, 4)):
                linked = revision % 2 == 1
                events.append(said(name, revision, *kinds, linked=linked, earlier=f"Q{earlier}", opened_at=opened))
        if dice.random() < 0.3:
            events += [
                finding_confirmed(f"2026Q{n % 4 + 1}"),
                proposal_committed(f"2026Q{n % 4 + 1}", e.item_id(1, name)),
            ]
    return events


async def all_rows(db: Database) -> dict[str, list[str]]:
    """Every table, as text; tallies that are 0 left out."""
    async with db.reading() as conn:
        return {
            table: sorted(
                row[0]
                for row in await conn.fetch(f"SELECT t::text FROM {table} AS t")
                if table != "tally" or not row[0].endswith(",0)")
            )
            for table in TABLES
        }


async def forget(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.conn.execute(f"TRUNCATE {', '.join(TABLES)}, service_name, team, inbox")


async def replayed(work: Rebuilding, events: Sequence[Event], batch: int = 7) -> None:
    """As the topics tell: in the order of each key, a topic after the other."""
    for topic, handler in HANDLERS.items():
        told = [event for event in events if TOPIC_OF[type(event)] == topic]
        for begin in range(0, len(told), batch):
            await work.take_in(handler, told[begin : begin + batch])


async def rebuilt(db: Database, events: Sequence[Event], *, late: Sequence[Event] = (), **how: bool) -> Rebuilt:
    async with rebuilding(db, BERLIN, keep=how.get("keep", False)) as work:
        await replayed(work, events)
        return await work.finish(lambda: replayed(work, late), swap=how.get("swap", True))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9), keep=st.booleans())
async def test_whatever_the_history_a_rebuild_comes_to_the_same(
    db: Database, hear: Hear, seed: int, keep: bool
) -> None:
    await forget(db)
    history = year(seed)
    await hear(*history)
    before = await all_rows(db)

    outcome = await rebuilt(db, history, keep=keep)

    assert await all_rows(db) == before
    assert outcome.differing == 0
    await forget(db)
    await rebuilt(db, history, keep=keep)
    assert await all_rows(db) == before


async def test_a_rebuild_that_is_only_looked_at_changes_nothing(db: Database, hear: Hear) -> None:
    history = [*year(3), said("Q9"), finding_confirmed(), proposal_committed()]
    await rebuilt(db, history, swap=False)

    assert {table: rows for table, rows in (await all_rows(db)).items() if rows} == {}


async def test_a_rebuild_mends_rows_and_numbers(db: Database, hear: Hear) -> None:
    history = year(7)
    await hear(*history)
    before = await all_rows(db)
    async with db.transaction() as tx:
        await tx.conn.execute("UPDATE action_item SET state = 'lost', service = 'nonsense'")
        await tx.conn.execute("UPDATE tally SET value = value + 5 WHERE tally = 'committed'")

    looked = await rebuilt(db, history, swap=False)
    assert looked.differing > 0
    assert await all_rows(db) != before

    await rebuilt(db, history)
    assert await all_rows(db) == before


async def test_what_is_heard_while_the_topics_are_read_is_not_lost(db: Database, hear: Hear) -> None:
    history = year(11)
    *most, last = history
    await hear(*history)
    before = await all_rows(db)

    await rebuilt(db, most, late=[last])

    assert await all_rows(db) == before


async def test_where_the_topics_have_forgotten_nothing_is_thrown_away(db: Database, hear: Hear) -> None:
    old, new = [e.published("old"), e.committed(1, "old")], [e.published("new"), e.committed(1, "new")]
    await hear(*old, *new)
    before = await all_rows(db)

    with pytest.raises(Incomplete, match="the topics do not tell of 3 any more"):
        await rebuilt(db, new)
    assert await all_rows(db) == before

    await rebuilt(db, new, keep=True)
    assert await all_rows(db) == before


async def test_names_keep_their_order_so_that_series_keep_theirs(db: Database, hear: Hear) -> None:
    async def names() -> list[Any]:
        async with db.reading() as conn:
            rows: list[Any] = await conn.fetch("SELECT name, seq FROM service_name ORDER BY seq")
            return [tuple(row) for row in rows]

    await hear(e.incident("Q1", service="zebra"))
    await hear(e.incident("Q2", service="ant"))
    before = await names()

    await rebuilt(db, [e.incident("Q2", service="ant"), e.incident("Q1", service="zebra")])

    assert await names() == before
    await hear(e.incident("Q3", service="bee"))
    assert [name for name, _ in await names()] == ["zebra", "ant", "bee"]
