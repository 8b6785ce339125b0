"""What an incident has or has not: an on-call from another team, a runbook that was missing or not used.

Null, with a base line: the share of the year before, known only as well as that year tells it (Jeffreys' prior).
Without: at most half. No exposure says how often a runbook should be missing; that it was missing more often than not
needs no year to compare with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from closeout_judgement.patterns.candidate import Candidate, Kind
from closeout_judgement.patterns.exact import beta_binomial, binomial
from closeout_judgement.patterns.expectation import predicted
from closeout_judgement.patterns.history import History
from closeout_judgement.patterns.occurrence import Occurrence

MORE_OFTEN_THAN_NOT = 0.5
ALL = "all"
# What the whole organisation's year weighs for one team, in incidents.
BORROWED = 10.0


@dataclass(frozen=True)
class Trait:
    """`has` answers None where nobody told."""

    kind: Kind
    value: str
    has: Callable[[Occurrence], bool | None]


def on_call_from_other_team(occurrence: Occurrence) -> bool | None:
    """Whether nobody of those on call was of the service's own team, by the first page that tells."""
    for record in occurrence.records:
        teams = {one.team for one in record.responders if one.on_call and one.team}
        if teams and record.service_team:
            return record.service_team not in teams
    return None


def runbook_missing(occurrence: Occurrence) -> bool | None:
    """Whether there was none."""
    told = [one.runbook.existed for one in occurrence.records if one.runbook and one.runbook.existed is not None]
    return not told[0] if told else None


def runbook_unused(occurrence: Occurrence) -> bool | None:
    """Whether there was one and nobody used it. Not told where there was none."""
    books = [one.runbook for one in occurrence.records if one.runbook and one.runbook.existed]
    told = [book.used for book in books if book.used is not None]
    return not any(told) if told else None


def candidates(history: History) -> Iterator[Candidate]:
    """The traits, and on-call from another team also for each team's services."""
    yield from _candidate(history, Trait(Kind.ON_CALL, ALL, on_call_from_other_team))
    yield from _by_team(history)
    yield from _candidate(history, Trait(Kind.RUNBOOK, "missing", runbook_missing))
    yield from _candidate(history, Trait(Kind.RUNBOOK, "unused", runbook_unused))


def _candidate(history: History, trait: Trait) -> Iterator[Candidate]:
    now, base = history.told(lambda one: trait.has(one) is not None)
    if not now:
        return
    hits = [one for one in now if trait.has(one)]
    half = binomial(len(now), MORE_OFTEN_THAN_NOT)
    if not base:
        against = "half of the incidents; there is no year before to compare with"
        yield Candidate(trait.kind, trait.value, hits, len(now), half.mean, half, against)
        return
    before = sum(bool(trait.has(one)) for one in base)
    tail = beta_binomial(len(now), before + 0.5, len(base) - before + 0.5)
    against = f"{before} of {len(base)} in the year before"
    yield Candidate(trait.kind, trait.value, hits, len(now), tail.mean, tail, against, chronic=half.of(len(hits)))


def _by_team(history: History) -> Iterator[Candidate]:
    """One team's services against their own year, which a thin year borrows from the whole organisation's."""
    now, base = history.told(lambda one: on_call_from_other_team(one) is not None)
    teams = {_team(one) for one in [*now, *base]}
    if len(teams) < 2:
        return
    everywhere = sum(bool(on_call_from_other_team(one)) for one in base) + 0.5
    share = everywhere / (len(base) + 1)
    for team in sorted(teams):
        own = [one for one in now if _team(one) == team]
        year = [one for one in base if _team(one) == team]
        hits = [one for one in own if on_call_from_other_team(one)]
        before = sum(bool(on_call_from_other_team(one)) for one in year)
        against = "half of the incidents; there is no year before to compare with"
        tail = binomial(len(own), MORE_OFTEN_THAN_NOT)
        if base:
            against = f"{before} of {len(year)} of this team's in the year before"
            tail = predicted(len(own), share, BORROWED, before, len(year))
        yield Candidate(Kind.ON_CALL, team, hits, len(own), tail.mean, tail, against, details={"service_team": team})


def _team(occurrence: Occurrence) -> str:
    return occurrence.records[0].service_team or ""
