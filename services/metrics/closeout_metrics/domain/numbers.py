"""The product's numbers at one moment, made of the tallies and of what depends on the time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import accumulate

from closeout_metrics.domain.action_item import BUCKETS, DROPPED_REASONS, FATES
from closeout_metrics.domain.cohort import Cohort, cohorts
from closeout_metrics.domain.meta_review import FindingCount, ProposalCount
from closeout_metrics.domain.moment import Asked, ByClock, Counted, Due, Failing, Named, Oldest, Opened, Recurred, Seen
from closeout_metrics.domain.postmortem import DRAFT
from closeout_metrics.domain.recurrence import Confirmed, folded
from closeout_schemas.vocabulary import Outcome

OUTCOMES = (DRAFT, *(outcome.value for outcome in Outcome))


@dataclass(frozen=True, slots=True)
class Promised:
    """How many action items stand alike."""

    state: str
    control: str
    tracker: str
    count: int


@dataclass(frozen=True, slots=True)
class Quarter:
    """The action items committed in a quarter, and how many of them are shipped now."""

    quarter: str
    committed: int
    shipped: int

    @property
    def ratio(self) -> float | None:
        """Shipped of committed; None while nothing was committed."""
        return self.shipped / self.committed if self.committed else None


@dataclass(frozen=True, slots=True)
class IncidentsOf:
    """How many incidents of one severity were opened in a quarter."""

    quarter: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True)
class Closing:
    """Time from commitment to the first shipping. `buckets`: cumulative, by upper bound in seconds."""

    buckets: tuple[tuple[str, int], ...]
    seconds: float

    @property
    def count(self) -> int:
        """How many items were ever shipped."""
        return self.buckets[-1][1]


@dataclass(frozen=True, slots=True)
class Standing:
    """How many action items of one team, or about one service, came to this: open, shipped or withdrawn."""

    whose: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """One consistent set."""

    read_at: datetime
    quarter_began_at: datetime
    incidents: tuple[Opened, ...]
    incidents_this_quarter: tuple[Opened, ...]
    postmortems: Mapping[str, int]
    oldest_draft_age: float
    about_to_fail: int
    next_failure_at: datetime | None
    action_items: tuple[Promised, ...]
    dropped: Mapping[str, int]
    incidents_of: tuple[IncidentsOf, ...]  # the oldest quarter first
    quarters: tuple[Quarter, ...]  # the oldest first; one that a wrong clock promised in may lie ahead
    quarter: str
    open_items: int
    overdue: int
    longest_overdue: float
    oldest_open: tuple[Oldest, ...]  # the oldest first
    closing: Closing
    by_team: tuple[Standing, ...]
    by_service: tuple[Standing, ...]
    slipped: int
    slips: int
    cohorts: tuple[Cohort, ...]  # the oldest first
    recurred: tuple[Recurred, ...]
    confirmed: tuple[Confirmed, ...]
    failing: tuple[Failing, ...]  # about to, the next first; then failed, the latest first
    findings: tuple[FindingCount, ...]
    proposals: tuple[ProposalCount, ...]

    @property
    def oldest_open_age(self) -> float:
        """Seconds since the oldest open action item was committed; 0 when none is open."""
        return self.age(self.oldest_open[0].committed_at) if self.oldest_open else 0.0

    def age(self, since: datetime) -> float:
        """Seconds from then to the reading; 0 where it lies ahead."""
        return max(0.0, (self.read_at - since).total_seconds())

    def latest_quarters(self, count: int) -> tuple[Quarter, ...]:
        """So many of those that have begun."""
        return tuple(one for one in self.quarters if one.quarter <= self.quarter)[-count:]

    @property
    def all_quarters(self) -> Quarter:
        """All quarters together."""
        committed = sum(quarter.committed for quarter in self.quarters)
        return Quarter("all", committed, sum(quarter.shipped for quarter in self.quarters))


def numbers(now: datetime, asked: Asked, seen: Seen, by_clock: ByClock) -> Numbers:
    """The numbers. Services and teams that are not among the named ones are counted together."""
    named, tallies, at_stake = seen.named, Tallies(seen.counted), by_clock.at_stake
    return Numbers(
        read_at=now,
        quarter_began_at=asked.quarter_began_at,
        incidents=_folded((Opened(count=count, **labels) for labels, count in tallies.of("incidents")), named),
        incidents_this_quarter=_folded(seen.opened, named),
        postmortems=_outcomes(tallies.by("postmortems", "outcome"), at_stake.doubted),
        oldest_draft_age=_age(now, seen.oldest_draft_at),
        about_to_fail=at_stake.about_to_fail,
        next_failure_at=at_stake.next_failure_at,
        action_items=_promised(tallies),
        dropped=dict.fromkeys(DROPPED_REASONS, 0) | tallies.by("dropped", "reason"),
        incidents_of=_incidents_of(tallies, asked),
        quarters=_quarters(tallies),
        quarter=asked.quarter,
        open_items=seen.due.open,
        overdue=seen.due.overdue,
        longest_overdue=_longest_overdue(seen.due, asked.today),
        oldest_open=tuple(replace(one, team=named.team(one.team)) for one in seen.oldest),
        closing=_closing(tallies),
        by_team=_standings((named.team(labels["team"]), labels, count) for labels, count in tallies.of("of_team")),
        by_service=_standings(
            (named.service(labels["service"]), labels, count) for labels, count in tallies.of("of_service")
        ),
        slipped=tallies.sum("slipped"),
        slips=tallies.sum("slips"),
        cohorts=cohorts(seen.cohorts, asked.today),
        recurred=_recurred(seen.recurred, named),
        confirmed=folded(seen.confirmed, named.service),
        failing=tuple(_named(one, named) for one in (*by_clock.about_to_fail, *seen.failed)),
        findings=tuple(seen.findings),
        proposals=tuple(seen.proposals),
    )


class Tallies:
    """The tallies by their names."""

    def __init__(self, counted: Iterable[Counted]) -> None:
        self._by_name = {one.tally: one for one in counted}

    def of(self, name: str) -> Iterable[tuple[Mapping[str, str], int]]:
        """Labels and count of each cell of a tally."""
        one = self._by_name.get(name)
        return zip(one.labels, one.counts, strict=True) if one else ()

    def by(self, name: str, label: str) -> dict[str, int]:
        """The counts of a tally that has one label, by the label's value, in order."""
        return dict(sorted((labels[label], count) for labels, count in self.of(name)))

    def sum(self, name: str) -> int:
        """All of a tally."""
        return sum(count for _, count in self.of(name))


def _age(now: datetime, since: datetime | None) -> float:
    """Seconds since then; 0 where there is nothing, or where it lies ahead."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _named(one: Failing, named: Named) -> Failing:
    return replace(one, service=named.service(one.service))


def _longest_overdue(due: Due, today: date) -> float:
    return (today - due.first).total_seconds() if due.first else 0.0


def _standings(counted: Iterable[tuple[str, Mapping[str, str], int]]) -> tuple[Standing, ...]:
    together: Counter[tuple[str, str]] = Counter()
    for whose, labels, count in counted:
        together[whose, labels["state"]] += count
    # All three for everybody: a state that nothing is in is 0, not absent.
    names = sorted({name for name, _ in together})
    return tuple(Standing(name, state, together[name, state]) for name in names for state in FATES)


def _recurred(rows: Iterable[Recurred], named: Named) -> tuple[Recurred, ...]:
    together: Counter[tuple[str, str, str]] = Counter()
    seconds: defaultdict[tuple[str, str, str], float] = defaultdict(float)
    for one in rows:
        key = one.quarter, one.kind, named.service(one.service)
        together[key] += one.count
        seconds[key] += one.seconds
    return tuple(Recurred(*key, count, seconds[key]) for key, count in sorted(together.items()))


def _promised(tallies: Tallies) -> tuple[Promised, ...]:
    found = (Promised(count=count, **labels) for labels, count in tallies.of("action_items"))
    return tuple(sorted(found, key=lambda one: (one.control, one.state, one.tracker)))


def _folded(opened: Iterable[Opened], named: Named) -> tuple[Opened, ...]:
    together: Counter[tuple[str, str, str]] = Counter()
    for one in opened:
        together[named.service(one.service), one.severity, one.source] += one.count
    return tuple(Opened(*kind, count=count) for kind, count in sorted(together.items()))


def _incidents_of(tallies: Tallies, asked: Asked) -> tuple[IncidentsOf, ...]:
    found = (IncidentsOf(count=count, **labels) for labels, count in tallies.of("incidents_of"))
    shown = (one for one in found if asked.first_quarter <= one.quarter <= asked.quarter)
    return tuple(sorted(shown, key=lambda one: (one.quarter, one.severity)))


def _outcomes(known: Mapping[str, int], doubted: int) -> dict[str, int]:
    outcomes = {outcome: known.get(outcome, 0) for outcome in OUTCOMES}
    outcomes[Outcome.SUCCEEDED] -= doubted
    outcomes[Outcome.PENDING] += doubted
    return outcomes


def _quarters(tallies: Tallies) -> tuple[Quarter, ...]:
    shipped = tallies.by("shipped_now", "quarter")
    committed = tallies.by("committed", "quarter")
    return tuple(Quarter(quarter, count, shipped.get(quarter, 0)) for quarter, count in committed.items())


def _closing(tallies: Tallies) -> Closing:
    by_bound = tallies.by("time_to_close", "le")
    cumulative = accumulate(by_bound.get(le, 0) for le in BUCKETS)
    return Closing(tuple(zip(BUCKETS, cumulative, strict=True)), tallies.sum("time_to_close_milliseconds") / 1000)
