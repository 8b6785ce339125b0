"""The quarterly reading: from records to patterns, questions, and what could not be tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from math import comb

from closeout_judgement.patterns.calendar import Calendar
from closeout_judgement.patterns.candidate import LEAST_SUPPORT, Candidate, Kind
from closeout_judgement.patterns.discovery import Tested, tested
from closeout_judgement.patterns.exact import binomial
from closeout_judgement.patterns.explained import Finding, findings
from closeout_judgement.patterns.history import BASE_QUARTERS, NO_CALENDAR, History, history_of
from closeout_judgement.patterns.kinds import (
    categories,
    clock,
    days,
    dependency,
    durations,
    on_duty,
    pairs,
    promises,
    traits,
)
from closeout_judgement.patterns.occurrence import Occurrence
from closeout_judgement.patterns.proposals import Proposal, proposals
from closeout_judgement.patterns.quarter import Quarter
from closeout_judgement.patterns.record import IncidentRecord
from closeout_judgement.patterns.renames import Rename, renamed, renames
from closeout_judgement.patterns.untested import Untested, untested

# A thing that is compared with hours alone must stand out among like hours this clearly.
SECOND_OPINION = 0.007
# A pair has two more comparisons, each of which must agree.
AGREES = 0.05
SUGGESTIVE = 0.05
# Statistics of ten thousand incidents find what nobody need act on.
LEAST_TIMES = 1.5
MOST_QUESTIONS = 8


@dataclass(frozen=True, slots=True)
class MetaReview:
    """What one person reads in one sitting."""

    history: History
    patterns: Sequence[Finding]
    questions: Sequence[Finding]
    not_tested: Sequence[Untested]
    proposals: Sequence[Proposal]
    candidates: int


def meta_review(
    records: Sequence[IncidentRecord],
    quarter: Quarter,
    zone: tzinfo,
    until: datetime | None = None,
    aliases: Mapping[str, str] | None = None,
    calendar: Calendar = NO_CALENDAR,
) -> MetaReview:
    """Read a quarter against its base line. `aliases`: the new name of each service that goes by another now."""
    told = renamed(records, aliases or {})
    guessed = renames([one for one in told if 0 <= quarter.since(Quarter.of(one.opened_at)) <= BASE_QUARTERS])
    one_name = renamed(told, {one.old: one.new for one in guessed if one.certain})
    history = history_of(one_name, quarter, zone, until, calendar)
    everything = tested(_candidates(history))
    established = [one for one in everything if _is_established(one)]
    patterns = findings(established)
    questions = [*map(_question, guessed), *_suggestive(everything, established)]
    return MetaReview(history, patterns, questions, untested(history), proposals(patterns), len(everything))


def _suggestive(everything: Sequence[Tested], established: Sequence[Tested]) -> list[Finding]:
    settled = {_name(one) for one in established}
    open_ones = {_name(one): one for one in reversed(everything) if _is_suggestive(one) and _name(one) not in settled}
    ordered = sorted(open_ones.values(), key=lambda one: one.candidate.p_value)
    return [Finding(one) for one in ordered[:MOST_QUESTIONS]]


def _question(rename: Rename) -> Finding:
    """By chance, all incidents of one name come before all of the other once in so many orders."""
    hits = [Occurrence.of([one]) for one in rename.records]
    ended = sum(one.service == rename.old for one in rename.records)
    by_chance = 1 / comb(len(hits), ended)
    details = {"old": rename.old, "new": rename.new, "counted_as_one": rename.certain}
    value = f"{rename.old} → {rename.new}"
    against = "two services of one team with the same dependencies, whose incidents come in any order"
    candidate = Candidate(
        Kind.RENAMED_SERVICE, value, hits, len(hits), 0.0, binomial(len(hits), 0.0), against, details=details
    )
    return Finding(Tested(candidate, by_chance, by_chance))


def _candidates(history: History) -> list[Candidate]:
    if len(history.now) < LEAST_SUPPORT:
        return []
    singles = [
        *(one for category in categories.ALL for one in categories.candidates(history, category)),
        *dependency.candidates(history),
        *clock.candidates(history),
        *days.candidates(history),
        *traits.candidates(history),
        *on_duty.candidates(history),
        *durations.candidates(history),
        *promises.candidates(history),
    ]
    return [*singles, *pairs.candidates(history, singles)]


def _name(one: Tested) -> tuple[Kind, str]:
    return one.candidate.kind, one.candidate.value


def _is_established(one: Tested) -> bool:
    second, agrees = one.candidate.second, AGREES if one.candidate.kind is Kind.PAIR else SECOND_OPINION
    return one.q_value <= one.most_false and one.candidate.times >= LEAST_TIMES and (second is None or second <= agrees)


def _is_suggestive(one: Tested) -> bool:
    candidate = one.candidate
    if candidate.observed < LEAST_SUPPORT:
        return False
    if candidate.kind is Kind.PAIR:
        # There are many of them: five in a hundred by chance would be all that is asked.
        return candidate.p_value <= SUGGESTIVE / 20 and (candidate.second is None or candidate.second <= AGREES)
    is_chronic = candidate.chronic is not None and candidate.chronic <= SUGGESTIVE / 10
    return candidate.p_value <= SUGGESTIVE or is_chronic
