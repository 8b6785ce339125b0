"""Whose people were on call: the team of a schedule or of a person, as the mapping says, else as the pager does."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from closeout_schemas.directory import KnownService
from closeout_schemas.incidents import OnCall
from closeout_schemas.mapping import TeamMapping


@dataclass(frozen=True, slots=True)
class Homes:
    """Teams by schedule and by person, without regard to case."""

    schedules: Mapping[str, str]
    people: Mapping[str, str]

    def team_of(self, one: OnCall) -> str | None:
        """The team of somebody on call; None where nobody says. A person's own team comes before the schedule's."""
        for name in (one.party.vendor_id, one.party.name):
            if name.casefold() in self.people:
                return self.people[name.casefold()]
        return self.schedules.get(one.schedule.casefold()) if one.schedule else None


def homes_of(teams: Mapping[str, TeamMapping], services: Iterable[KnownService]) -> Homes:
    """What the mapping says; of a schedule that it does not name: the team that owns most of the services it is for.

    No team has most of them: the schedule is of nobody, and what nobody knows is not counted.
    """
    owned: dict[str, Counter[str]] = defaultdict(Counter)
    for service in services:
        for schedule in service.schedules:
            owned[schedule.casefold()].update(service.teams[:1])
    found = {schedule: team for schedule, counts in owned.items() if (team := _most(counts)) is not None}
    said = {name.casefold(): team for team, about in teams.items() for name in about.schedules}
    people = {name.casefold(): team for team, about in teams.items() for name in about.people}
    return Homes(found | said, people)


def _most(counts: Counter[str]) -> str | None:
    team, count = next(iter(counts.most_common(1)), (None, 0))
    return team if 2 * count > counts.total() else None
