"""A team moves from Opsgenie to its successor: no gap, and no incident twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from closeout_ingest.commands import placed
from closeout_ingest.domain.alert import OPEN_AT_MOST, Alert, Key, ended
from closeout_ingest.domain.fact import Fact, FactKind, Told
from closeout_ingest.domain.incident import Incident, begin, take_in
from closeout_ingest.store.incidents import Store
from closeout_ingest.testing import snapshot_of
from closeout_schemas.vocabulary import IncidentStatus, Vendor

OLD, NEW = Vendor.OPSGENIE, Vendor.JSM
NIGHT = datetime(2026, 11, 3, 3, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATUS = {
    FactKind.OPENED: IncidentStatus.TRIGGERED,
    FactKind.ACKNOWLEDGED: IncidentStatus.ACKNOWLEDGED,
    FactKind.RESOLVED: IncidentStatus.RESOLVED,
}


@dataclass
class Memory:
    """The alerts that are known, as the store keeps them."""

    known: dict[Key, Alert] = field(default_factory=dict)

    async def alerts(self, keys: Collection[Key]) -> dict[Key, Alert]:
        return {key: alert for key, alert in self.known.items() if key in keys}

    async def lock_aliases(self, alerts: Collection[Alert]) -> list[Alert]:
        aliases, since = {alert.alias for alert in alerts}, min(alert.created_at for alert in alerts) - OPEN_AT_MOST
        return [one for one in self.known.values() if one.alias in aliases and one.created_at >= since]

    async def add_alerts(self, alerts: Sequence[Alert]) -> None:
        assert not {alert.key for alert in alerts} & self.known.keys()
        self.known |= {alert.key: alert for alert in alerts}

    async def end_alerts(self, ends: Mapping[Key, datetime]) -> None:
        self.known = {one.key: one for one in ended(self.known.values(), ends)}


def taken_in(batches: Iterable[Sequence[Fact]]) -> dict[str, Incident]:
    """The incidents that come of facts heard in this order, each batch at once."""
    memory = Memory()
    facts: dict[str, Fact] = {}
    for batch in batches:
        for one in asyncio.run(placed(batch, cast(Store, memory))):
            facts.setdefault(str(one.id), one)
    known: dict[str, Incident] = {}
    for one in facts.values():
        known[str(one.incident_id)] = take_in(known.get(str(one.incident_id)) or begin(one), one)
    return known


def one_by_one(facts: Iterable[Fact]) -> dict[str, Incident]:
    return taken_in([one] for one in facts)


def shape(incidents: Mapping[str, Incident]) -> list[str]:
    """All that the incidents are, but for the id, which is that of the alert heard first."""
    return sorted(snapshot_of(one).model_dump_json(exclude={"id", "vendor", "vendor_id"}) for one in incidents.values())


def told(vendor: Vendor, alert: str, kind: FactKind, made: datetime, at: datetime, alias: str = "p99") -> Fact:
    return Fact(
        vendor=vendor,
        incident_vendor_id=alert,
        source_id=f"{alert}:{kind}:{at.isoformat()}",
        kind=kind,
        occurred_at=at,
        received_at=at,
        told=Told(title=f"{alias} is bad", status=STATUS.get(kind), opened_at=made),
        alias=alias,
    )


def alert(vendor: Vendor, name: str, made: datetime, lasts: timedelta | None = HOUR, alias: str = "p99") -> list[Fact]:
    """What is heard of an alert; `lasts` None: nobody closes it."""
    facts = [
        told(vendor, name, FactKind.OPENED, made, made, alias),
        told(vendor, name, FactKind.ACKNOWLEDGED, made, made + timedelta(minutes=3), alias),
        told(vendor, name, FactKind.NOTE, made, made + timedelta(minutes=5), alias),
    ]
    return facts if lasts is None else [*facts, told(vendor, name, FactKind.RESOLVED, made, made + lasts, alias)]


def test_alerts_that_a_monitor_makes_in_both_are_one_incident() -> None:
    (only,) = one_by_one([*alert(OLD, "o", NIGHT), *alert(NEW, "j", NIGHT + timedelta(seconds=4))]).values()

    assert only.facts == 8
    assert only.opened_at == NIGHT
    assert snapshot_of(only).resolved_at == NIGHT + HOUR + timedelta(seconds=4)


def test_an_alert_that_was_open_when_the_team_moved_goes_on_in_the_other_pager() -> None:
    left_open = alert(OLD, "o", NIGHT, lasts=None)
    sent_again = alert(NEW, "j", NIGHT + timedelta(days=1))

    (only,) = one_by_one([*left_open, *sent_again]).values()

    assert snapshot_of(only).resolved_at == NIGHT + timedelta(days=1) + HOUR


def test_an_alert_that_the_vendor_moved_over_with_its_id_is_one_incident() -> None:
    heard = [*alert(OLD, "same", NIGHT)[:3], *alert(NEW, "same", NIGHT, timedelta(days=30))]

    assert len(one_by_one(heard)) == 1


def test_an_alias_that_is_used_again_after_the_close_is_another_incident() -> None:
    again = NIGHT + 2 * HOUR
    both = [*alert(OLD, "o1", NIGHT), *alert(NEW, "j1", NIGHT), *alert(OLD, "o2", again), *alert(NEW, "j2", again)]

    assert len(one_by_one(both)) == 2
    assert len(one_by_one([*alert(OLD, "o1", NIGHT), *alert(NEW, "j2", again)])) == 2


def test_an_alert_that_nobody_closes_any_more_catches_its_alias_once_and_not_for_ever() -> None:
    left_open = alert(OLD, "o", NIGHT, lasts=None)
    days = [alert(NEW, f"j{day}", NIGHT + timedelta(days=day)) for day in (1, 2, 3)]

    assert len(one_by_one([*left_open, *days[0], *days[1], *days[2]])) == 3
    assert len(one_by_one([*left_open, *alert(NEW, "late", NIGHT + timedelta(days=8))])) == 2


def test_alerts_of_one_pager_and_of_other_aliases_are_not_joined() -> None:
    heard = [*alert(OLD, "o1", NIGHT), *alert(OLD, "o2", NIGHT), *alert(NEW, "j", NIGHT, alias="disk")]

    assert len(one_by_one(heard)) == 3


def test_an_escalation_that_names_only_the_alert_follows_it_into_its_incident() -> None:
    bare = Fact(
        vendor=NEW,
        incident_vendor_id="j",
        source_id="j:Escalate",
        kind=FactKind.ESCALATED,
        occurred_at=NIGHT,
        received_at=NIGHT,
    )

    assert len(one_by_one([*alert(OLD, "o", NIGHT), *alert(NEW, "j", NIGHT), bare])) == 1
    assert len(taken_in([alert(OLD, "o", NIGHT), [bare, *alert(NEW, "j", NIGHT)]])) == 1


def test_a_close_that_is_heard_after_the_alias_was_used_again_loses_nothing() -> None:
    """The one case in which the order of arrival tells: the two nights are one incident, open as the later alert is."""
    *first, closed = alert(OLD, "o1", NIGHT)
    second = alert(NEW, "j2", NIGHT + 2 * HOUR, lasts=None)

    (only,) = one_by_one([*first, *second, closed]).values()

    assert only.facts == 7
    assert only.status is IncidentStatus.ACKNOWLEDGED


SKEW = st.integers(0, 59).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def a_move(draw: st.DrawFn) -> list[list[Fact]]:
    """Nights of one alias, one after the other: told by the old pager, by both, at the end by the new one alone."""
    count = draw(st.integers(1, 4))
    old_until, new_from = draw(st.integers(0, count)), draw(st.integers(0, count))
    nights = []
    for night in range(count):
        made = NIGHT + night * 3 * HOUR
        facts = alert(OLD, f"o{night}", made + draw(SKEW)) if night <= old_until or night < new_from else []
        facts += alert(NEW, f"j{night}", made + draw(SKEW)) if night >= new_from or not facts else []
        nights.append(facts)
    return nights


@given(a_move(), st.randoms(use_true_random=False))
def test_each_night_is_one_incident_in_whatever_order_it_is_told(
    nights: list[list[Fact]], chance: random.Random
) -> None:
    shuffled = [chance.sample([*night, *night[:2]], len(night) + 2) for night in nights]
    other_aliases = [alert(NEW, "x", NIGHT, alias="disk"), alert(OLD, "y", NIGHT, alias="memory")]

    found = one_by_one(one for night in [*shuffled, *other_aliases] for one in night)

    assert len(found) == len(nights) + 2
    assert shape(found) == shape(one_by_one(one for night in [*nights, *other_aliases] for one in night))


@given(a_move(), st.randoms(use_true_random=False))
def test_history_that_is_read_in_one_batch_is_the_same_in_any_order_whatsoever(
    nights: list[list[Fact]], chance: random.Random
) -> None:
    everything = [one for night in nights for one in night]
    shuffled = chance.sample(everything, len(everything))

    assert shape(taken_in([shuffled])) == shape(one_by_one(everything))


@given(a_move(), st.randoms(use_true_random=False))
def test_no_order_whatsoever_loses_a_fact_or_makes_more_incidents_than_alerts(
    nights: list[list[Fact]], chance: random.Random
) -> None:
    everything = [one for night in nights for one in night]

    found = one_by_one(chance.sample(everything, len(everything)))

    assert sum(one.facts for one in found.values()) == len(everything)
    assert len(found) <= len({one.incident_vendor_id for one in everything})
