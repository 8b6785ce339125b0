"""What is counted: an incident, or a storm of incidents that is really one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from closeout_judgement.patterns.record import NO_CHANGE, IncidentRecord, Promise

# Pages of one storm follow each other this closely, at the most …
STORM_GAP = timedelta(minutes=15)
# … and far more closely than unrelated incidents do: ten times as close as the mean gap of the quarter.
CLOSER_THAN_USUAL = 10
# So many pages in a row, three times as close as that, are one storm whatever they are about.
BURST = 10
BURST_CLOSER = 3


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One incident, or one storm. It has the id and the time of its first page, and what any of its pages tell."""

    records: tuple[IncidentRecord, ...]
    services: frozenset[str]
    dependencies: frozenset[str]
    failure_modes: frozenset[str]
    controls: frozenset[str]
    promises: tuple[Promise, ...]
    alerts: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()  # NO_CHANGE is not one of them
    vendors: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        return self.records[0].id

    @property
    def opened_at(self) -> datetime:
        return self.records[0].opened_at

    @property
    def minutes(self) -> float:
        """From the first page until the last is resolved; 0 where no end is known."""
        ends = [one.resolved_at for one in self.records if one.resolved_at and not one.ends_before_it_begins]
        return (max(ends) - self.opened_at).total_seconds() / 60 if ends else 0.0

    @property
    def tells_dependencies(self) -> bool:
        """Whether any page has a list of them, be it empty."""
        return any(record.dependencies is not None for record in self.records)

    @property
    def tells_change(self) -> bool:
        """Whether it is known which change set it off, or that none did."""
        return any(record.change_type for record in self.records)

    @property
    def tells_vendors(self) -> bool:
        """Whether it is known which other companies it came through, be it none."""
        return any(record.vendors is not None for record in self.records)

    @property
    def minutes_to_detect(self) -> float | None:
        """By the first page that tells."""
        return next((told for one in self.records if (told := one.minutes_to_detect) is not None), None)

    @property
    def on_call(self) -> frozenset[str]:
        """Who was on duty, by the first page that tells."""
        for record in self.records:
            people = frozenset(one.person for one in record.responders if one.on_call and one.person)
            if people:
                return people
        return frozenset()

    @classmethod
    def of(cls, records: Sequence[IncidentRecord]) -> Occurrence:
        """One of these records, the earliest first."""
        return cls(
            tuple(records),
            frozenset(one.service for one in records),
            frozenset(name for one in records for name in one.dependencies or ()),
            frozenset(name for one in records for name in one.failure_modes),
            frozenset(name for one in records for name in one.earlier_catches),
            tuple(dict.fromkeys(promise for one in records for promise in one.action_items)),
            frozenset(one.alert for one in records if one.alert),
            frozenset(one.change_type for one in records if one.change_type and one.change_type != NO_CHANGE),
            frozenset(name for one in records for name in one.vendors or ()),
        )


@dataclass(slots=True)
class _Storm:
    records: list[IncidentRecord]
    last: datetime
    touches: set[str] = field(default_factory=set)

    def take(self, record: IncidentRecord, touched: set[str]) -> None:
        self.records.append(record)
        self.last = record.opened_at
        self.touches |= touched


def occurrences(records: Iterable[IncidentRecord], span: timedelta) -> list[Occurrence]:
    """Fold storms: a page belongs to the storm before it if it follows within the gap and has a service or a
    dependency in common with it; ten and more in quick succession need nothing in common. `span` is the time that the
    records cover, by which the usual gap is known.

    In a quarter with ten thousand incidents the gap shrinks to about a minute, so that a busy system is no storm.
    Records that tell no hour are never folded.
    """
    ordered = sorted(records, key=lambda one: (one.opened_at, one.id))
    if not ordered:
        return []
    gap = min(STORM_GAP, span / (CLOSER_THAN_USUAL * len(ordered)))
    bursts = _bursts(ordered, gap / BURST_CLOSER)
    open_storms: list[_Storm] = []
    done: list[_Storm] = []
    for record in ordered:
        touched = _touched(record) | bursts.get(record.id, set())
        still = [storm for storm in open_storms if record.has_hour and record.opened_at - storm.last <= gap]
        done += [storm for storm in open_storms if storm not in still]
        open_storms = still
        joined = next((storm for storm in still if storm.touches & touched), None)
        if joined is None:
            joined = _Storm([], record.opened_at)
            open_storms.append(joined)
        joined.take(record, touched)
    storms = sorted([*done, *open_storms], key=lambda storm: (storm.records[0].opened_at, storm.records[0].id))
    return [Occurrence.of(storm.records) for storm in storms]


def _bursts(ordered: Sequence[IncidentRecord], gap: timedelta) -> dict[str, set[str]]:
    """What the pages of each burst have in common: its first page."""
    runs: list[list[IncidentRecord]] = [[]]
    for record in ordered:
        if not record.has_hour or (runs[-1] and record.opened_at - runs[-1][-1].opened_at > gap):
            runs.append([])
        runs[-1].append(record)
    return {one.id: {f"burst of {run[0].id}"} for run in runs if len(run) >= BURST for one in run}


def _touched(record: IncidentRecord) -> set[str]:
    # A service and a dependency of the same name are the same thing, seen from two sides.
    return {record.service, *(record.dependencies or ())}
