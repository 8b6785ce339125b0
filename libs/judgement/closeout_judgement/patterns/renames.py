"""A service that goes by a new name: told, or guessed from its team, its dependencies and its dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import permutations
from math import comb

from closeout_judgement.patterns.record import IncidentRecord

# All incidents of one name before all of the other would happen by chance this seldom, at the most.
NEVER_BY_CHANCE = 0.05
# From here on two names are alike enough to count as one without being asked; below, it is a question.
ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Rename:
    """`certain`: the names are alike, too, so that both are counted as one."""

    old: str
    new: str
    certain: bool
    records: tuple[IncidentRecord, ...]


def renamed(records: Iterable[IncidentRecord], names: Mapping[str, str]) -> list[IncidentRecord]:
    """The records, with the services' new names."""
    return [replace(one, service=names[one.service]) if one.service in names else one for one in records]


def renames(records: Sequence[IncidentRecord]) -> list[Rename]:
    """Pairs of names with one team and the same dependencies, of which the second begins after the first has ended."""
    by_service: dict[str, list[IncidentRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda one: one.opened_at):
        by_service[record.service].append(record)
    alike: dict[object, list[str]] = defaultdict(list)
    for service, own in by_service.items():
        sign = _sign(own)
        if sign is not None:
            alike[sign].append(service)
    found = [one for services in alike.values() for one in _pairs(services, by_service)]
    return _once_each(found)


def _sign(own: Sequence[IncidentRecord]) -> tuple[str, frozenset[str]] | None:
    """Team and dependencies, if both are told and never change."""
    signs = {(one.service_team, frozenset(one.dependencies or ())) for one in own}
    team, dependencies = next(iter(signs))
    return (team, dependencies) if len(signs) == 1 and team and dependencies else None


def _pairs(services: Sequence[str], by_service: Mapping[str, Sequence[IncidentRecord]]) -> Iterator[Rename]:
    for old, new in permutations(services, 2):
        before, after = by_service[old], by_service[new]
        apart = before[-1].opened_at < after[0].opened_at
        if apart and 1 / comb(len(before) + len(after), len(before)) <= NEVER_BY_CHANCE:
            likeness = SequenceMatcher(None, old.lower(), new.lower()).ratio()
            yield Rename(old, new, likeness >= ALIKE, (*before, *after))


def _once_each(found: Sequence[Rename]) -> list[Rename]:
    """A name has one successor and one predecessor: the most certain, then the one with the most incidents."""
    kept: list[Rename] = []
    for one in sorted(found, key=lambda one: (not one.certain, -len(one.records), one.old, one.new)):
        if not any(one.old == other.old or one.new == other.new for other in kept):
            kept.append(one)
    return kept
