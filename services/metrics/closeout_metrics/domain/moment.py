"""What was read at one moment, before it is made into numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from closeout_metrics.domain.action_item import NO_TEAM
from closeout_metrics.domain.calendar import day_of, quarter_begin, quarter_bounds, quarter_of, quarters_back
from closeout_metrics.domain.cohort import CohortTally
from closeout_metrics.domain.meta_review import FindingCount, ProposalCount
from closeout_metrics.domain.recurrence import Confirmed

# Label values beyond a label's budget are counted together under this one.
OTHER = "other"


class Asked(NamedTuple):
    """Of which days and quarters the numbers are, by the organisation's calendar. The same all day long."""

    today: date
    zone: str
    quarter_began_at: datetime
    quarter_ends_at: datetime
    quarter: str  # the running one: what a wrong clock has put beyond it is no quarter yet
    first_quarter: str
    first_began_at: datetime

    @classmethod
    def at(cls, now: datetime, zone: ZoneInfo, quarters: int) -> Self:
        """As of `now`, with the latest `quarters` quarters."""
        first = quarters_back(now, zone, quarters)
        bounds = quarter_bounds(now, zone)
        return cls(day_of(now, zone), zone.key, *bounds, quarter_of(now, zone), first, quarter_begin(first, zone))


@dataclass(frozen=True, slots=True)
class Opened:
    """How many incidents of one kind."""

    service: str
    severity: str
    source: str
    count: int


@dataclass(frozen=True, slots=True)
class Oldest:
    """One of the action items that are open longest. `team`: of the incident; never a person."""

    committed_at: datetime
    team: str | None
    service: str
    tracker: str | None
    ticket_key: str | None
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Recurred:
    """Incidents that came back though something against them was promised, or done. `seconds`: how long they took."""

    quarter: str
    kind: str  # while_open, after_fix
    service: str
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class AtStake:
    """`doubted`: postmortems that succeeded, but an item is open again in time."""

    about_to_fail: int
    doubted: int
    next_failure_at: datetime | None


@dataclass(frozen=True, slots=True)
class Failing:
    """A postmortem that failed, or is about to. `fails_at`: when month four begins, or began."""

    outcome: str  # about_to_fail, failed, closed_late
    title: str
    service: str
    url: str
    fails_at: datetime

    @property
    def name(self) -> str:
        """What to call it; of a restricted one, and of one that was published long ago, there is no title."""
        return self.title or self.service


@dataclass(frozen=True, slots=True)
class ByClock:
    """What goes by the clock. `version`: while it is the same, nothing else has changed."""

    version: int
    at_stake: AtStake
    about_to_fail: Sequence[Failing]  # the next first


@dataclass(frozen=True, slots=True)
class Due:
    """Open action items. `first`: of those that are overdue, the first day that was promised; None where none is."""

    open: int
    overdue: int
    first: date | None


@dataclass(frozen=True, slots=True)
class Counted:
    """A tally: each of its labels, and as how many they count."""

    tally: str
    labels: Sequence[Mapping[str, str]]
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Named:
    """The services and teams that have series of their own; the teams by id, with their names."""

    services: frozenset[str]
    teams: Mapping[str, str]

    def team(self, known_as: str | None) -> str:
        """What to call a team: its name, `unknown`, or `other` beyond the budget."""
        return NO_TEAM if known_as in (None, NO_TEAM) else self.teams.get(str(known_as), OTHER)

    def service(self, name: str) -> str:
        """What to call a service: its name, or `other` beyond the budget."""
        return name if name in self.services else OTHER


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was read at one moment. `version`: as in ByClock. `counted`: the tallies."""

    version: int
    counted: Sequence[Counted]
    cohorts: Sequence[CohortTally]
    due: Due
    opened: Sequence[Opened]  # in the running quarter
    oldest_draft_at: datetime | None
    oldest: Sequence[Oldest]
    failed: Sequence[Failing]  # the latest first
    recurred: Sequence[Recurred]
    confirmed: Sequence[Confirmed]
    findings: Sequence[FindingCount]
    proposals: Sequence[ProposalCount]
    named: Named
