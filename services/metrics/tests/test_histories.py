"""Whatever the order in which events come, and however often: the same rows, the same tallies, the same numbers."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from closeout_chassis import testing
from closeout_chassis.db import Database
from closeout_metrics import testing as e
from closeout_metrics.commands.counting import Counting
from closeout_metrics.commands.reading import Reading
from closeout_metrics.domain.action_item import BUCKETS
from closeout_metrics.domain.tally import Cell, cell
from closeout_metrics.handlers import subscriptions
from closeout_metrics.testing import BERLIN, TOPIC_OF, Clock
from closeout_schemas.envelope import Event
from closeout_schemas.postmortems import ActionItemCommitted, ActionItemWithdrawn
from closeout_schemas.tickets import TicketFact
from closeout_schemas.vocabulary import FailureMode, Outcome, Severity, TicketState

STATES = [*TicketState]
NAMES = ("Q1", "Q2")


@st.composite
def incident_histories(draw: st.DrawFn, name: str) -> list[Event]:
    severities = draw(st.lists(st.sampled_from(list(Severity)[:3]), max_size=3))
    services = st.sampled_from(["checkout", "payments", None])
    teams = st.sampled_from(["Payments", "Checkout", None])
    return [
        e.incident(name, n, severity=one, service=draw(services), team=draw(teams), told_at=e.days(n))
        for n, one in enumerate(severities, 1)
    ]


@st.composite
def item_histories(draw: st.DrawFn, name: str, position: int) -> list[Event]:
    """What happens to one action item: its tickets in order, and perhaps its promise and its withdrawal."""
    states = draw(st.lists(st.sampled_from(STATES), max_size=4))
    due = st.sampled_from([None, e.DUE, e.DUE + timedelta(days=7)])
    history: list[Event] = [e.ticket(state, n, position, name, due_on=draw(due)) for n, state in enumerate(states, 1)]
    if draw(st.booleans()):
        history.append(e.committed(position, name, at=e.days(draw(st.integers(-60, 0)))))
    owners = st.sampled_from(["Dana", "Robin"])
    for number in range(1, 1 + draw(st.integers(0, 2))):
        history.append(e.changed(number, position, name, due_on=draw(due), owner=draw(owners)))
    if draw(st.booleans()):
        history.append(e.withdrawn(position, name))
    return history


@st.composite
def postmortem_histories(draw: st.DrawFn, name: str) -> list[Event]:
    modes = tuple(draw(st.sets(st.sampled_from([FailureMode.DNS, FailureMode.SECURITY]))))
    began = e.days(draw(st.integers(-70, 20)))
    publication = e.published(name, items=draw(st.integers(0, 2)), modes=modes, opened_at=began)
    gone = [e.merged(name, at=e.days(0.1)), e.split_off(name, at=e.days(0.2)), e.merged(name, at=e.days(0.3))]
    if draw(st.booleans()):  # the draft goes into another, and back
        return [e.drafted(name), *gone[: draw(st.integers(0, 3))]]
    whole: list[Event] = [e.drafted(name), publication]
    whole += [e.concluded(Outcome.FAILED, name), e.concluded(Outcome.CLOSED_LATE, name, e.days(1, e.FAILS))]
    return whole[: draw(st.integers(0, len(whole)))]


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """All that happens to two incidents, in the order of its happening."""
    parts: list[list[Event]] = []
    for name in NAMES:
        parts += [draw(incident_histories(name)), draw(postmortem_histories(name))]
        parts += [draw(item_histories(name, position)) for position in (1, 2)]
    return list(itertools.chain.from_iterable(parts))


@st.composite
def retold(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """A history, and the same with some of it repeated and all of it shuffled."""
    history = draw(histories())
    again = draw(st.lists(st.sampled_from(history), max_size=5)) if history else []
    return history, draw(st.permutations([*history, *again]))


def with_other_ids(events: Sequence[Event]) -> list[Event]:
    """The same facts under ids that no inbox knows: as after a replay of years, when the inbox has forgotten them."""
    return [event.model_copy(update={"id": uuid4()}) for event in events]


async def tell(db: Database, events: Sequence[Event], batch: int) -> None:
    for begin in range(0, len(events), batch):
        by_topic: dict[str, list[Event]] = {}
        for event in events[begin : begin + batch]:
            by_topic.setdefault(TOPIC_OF[type(event)], []).append(event)
        for topic, some in by_topic.items():
            await testing.deliver(db, subscriptions(BERLIN), topic, some)


async def forget(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.conn.execute(
            "TRUNCATE incident, postmortem, action_item, tally, tally_basis, service_name, team, recurrence, inbox"
        )


async def tallies(db: Database) -> dict[Cell, int]:
    """The tallies that are not zero; with them, as a cell each, what came back and what the teams are called."""
    async with db.reading() as conn:
        came_back = await conn.fetch("SELECT postmortem_id::text, item_id::text, kind, seconds::text FROM recurrence")
        return {
            **await e.tallies(conn),
            **{cell("recurrence", **dict(row)): 1 for row in came_back},
            **{cell("team", **{row["id"]: row["name"]}): 1 for row in await conn.fetch("SELECT id, name FROM team")},
        }


def counted_plainly(history: Sequence[Event]) -> Counter[str]:
    """What the action items must come to, counted from the whole history at once and in another way."""
    taken_back = {event.data.item_id for event in history if isinstance(event, ActionItemWithdrawn)}
    counts: Counter[str] = Counter()
    for promise in (event.data for event in history if isinstance(event, ActionItemCommitted)):
        told = [
            (event.data.ticket.revision, event.data.ticket.state, event.time)
            for event in history
            if isinstance(event.data, TicketFact) and event.data.ticket.item_id == promise.item.id
        ]
        state = max(told)[1] if told else TicketState.WANTED
        withdrawn = promise.item.id in taken_back
        shipped = [at for _, one, at in told if one is TicketState.COMPLETED]
        counts["committed"] += 1
        counts["open"] += not withdrawn and state is not TicketState.COMPLETED
        counts["shipped now"] += state is TicketState.COMPLETED
        counts["dropped"] += len({one for _, one, _ in told if one.is_dropped}) + withdrawn
        counts["ever shipped"] += bool(shipped)
        if shipped:
            counts["milliseconds"] += (min(shipped) - promise.committed_at) // timedelta(milliseconds=1)
    return counts


def as_kept(kept: dict[Cell, int]) -> Counter[str]:
    """The same, from the tallies."""
    name = {
        "committed": "committed",
        "open": "open",
        "shipped_now": "shipped now",
        "dropped": "dropped",
        "time_to_close": "ever shipped",
        "time_to_close_milliseconds": "milliseconds",
    }
    counts: Counter[str] = Counter()
    for one, value in kept.items():
        if one.tally in name:
            counts[name[one.tally]] += value
    return counts


async def open_items(db: Database) -> dict[str, tuple[int, int]]:
    """For each postmortem, the open items as kept with it, and as its items say."""
    query = """
        SELECT p.id::text, p.open_items, count(i.id) AS counted FROM postmortem AS p LEFT JOIN action_item AS i
        ON i.postmortem_id = p.id AND i.committed_at IS NOT NULL AND NOT i.withdrawn AND i.state <> 'completed'
        GROUP BY p.id
    """
    async with db.reading() as conn:
        return {row["id"]: (row["open_items"], row["counted"]) for row in await conn.fetch(query)}


@pytest.mark.integration
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=retold(), batch=st.integers(1, 8))
async def test_a_shuffled_and_repeated_history_comes_to_the_same(
    db: Database, told: tuple[list[Event], list[Event]], batch: int
) -> None:
    history, shuffled = told
    await forget(db)
    await tell(db, history, 100)
    in_order = await tallies(db)
    assert +as_kept(in_order) == +counted_plainly(history)

    await forget(db)
    await tell(db, shuffled, batch)
    assert await tallies(db) == in_order
    assert all(kept == counted for kept, counted in (await open_items(db)).values())

    # A replay whose events no inbox remembers changes nothing, and counting the rows anew finds what was kept.
    await tell(db, with_other_ids(shuffled), batch)
    assert await tallies(db) == in_order
    await Counting(db, BERLIN).rebuild()
    assert await tallies(db) == in_order


@pytest.mark.integration
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=retold())
async def test_no_counter_ever_falls(db: Database, told: tuple[list[Event], list[Event]]) -> None:
    await forget(db)
    before: dict[Cell, int] = {}
    for event in told[1]:
        await tell(db, [event], 1)
        now = cumulative(await tallies(db))
        assert all(now.get(one, 0) >= value for one, value in before.items()), event
        before = now


def cumulative(kept: dict[Cell, int]) -> dict[Cell, int]:
    """The counters among the tallies; the histogram's buckets as they are shown."""
    counters = {one: value for one, value in kept.items() if one.tally in ("incidents", "dropped")}
    committed = sum(value for one, value in kept.items() if one.tally == "committed")
    buckets = {
        cell("bucket", le=le): sum(
            value for one, value in kept.items() if one.tally == "time_to_close" and float(one.label("le")) <= float(le)
        )
        for le in BUCKETS
    }
    return {**counters, cell("committed"): committed, **buckets}


@pytest.mark.integration
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=retold(), batch=st.integers(1, 8))
async def test_who_reads_after_every_batch_sees_what_who_reads_for_the_first_time_sees(
    db: Database, clock: Clock, told: tuple[list[Event], list[Event]], batch: int
) -> None:
    await forget(db)
    kept = Reading(db, BERLIN, clock.of_database, clock.ticks)
    _, shuffled = told
    for begin in range(0, len(shuffled), batch):
        await tell(db, shuffled[begin : begin + batch], batch)
        await kept.refresh()
        fresh = Reading(db, BERLIN, clock.of_database, clock.ticks)
        await fresh.refresh()
        assert kept.last == fresh.last
