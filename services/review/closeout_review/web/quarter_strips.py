"""What the page of a quarter draws: each incident as a strip, each pattern as observed against expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from closeout_judgement.patterns.explained import Finding
from closeout_judgement.patterns.kinds.traits import on_call_from_other_team
from closeout_judgement.patterns.occurrence import Occurrence
from closeout_judgement.patterns.pages.told import compared, inside, runbook_told, strength
from closeout_judgement.patterns.proposals import draft_of
from closeout_judgement.patterns.sentences import duration, interval, number
from closeout_review.commands.meta_reviews import as_kept
from closeout_review.commands.quarter_reading import Reading
from closeout_review.domain.meta_review import Decided, Kept, Proposal

# A page with more is no more read, and weighs more than 100 kB: those of the patterns come first, then the longest.
MOST_STRIPS = 100
WIDE = 1000
NARROWEST = 4.0
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Strip:
    """One incident, or a storm: where it lies in the quarter (of WIDE), and which patterns it is part of."""

    id: str
    title: str
    service: str
    opened: str
    took: str
    pages: int
    x: float
    width: float
    marks: tuple[int, ...]
    facts: tuple[tuple[str, str], ...]
    postmortem_id: UUID | None
    is_reviewed: bool
    lacks_review: bool
    catches: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A pattern or a question, with what was decided. `bars`: observed, expected, the interval's ends, of WIDE."""

    number: int
    kept: Kept
    decided: Decided | None
    incidents: tuple[str, ...]
    lines: tuple[str, ...]
    bars: tuple[float, float, float, float] | None
    expected: str
    suggested: tuple[str, str, str]  # what could change, at what cost, proposed to whom
    returned: tuple[Proposal, ...]


def cards_of(reading: Reading) -> list[Card]:
    """The patterns that tests found, then those that the reader added or confirmed of the questions, numbered."""
    kept = {one.id: one for one in reading.material.findings}
    found = [_tested(reading, finding, kept) for finding in reading.review.patterns]
    had = {one.kept.id for one in found}
    questions = {as_kept(reading.quarter, one).id: one for one in reading.review.questions}
    for one in reading.material.findings:
        if one.id in had or (one.id in questions and not one.stands):
            continue
        found.append(_tested(reading, questions[one.id], kept) if one.id in questions else _added(reading, one))
    return [_numbered(one, count) for count, one in enumerate(found, 1)]


def questions_of(reading: Reading) -> list[Card]:
    """What is suggestive and was not confirmed."""
    kept = {one.id: one for one in reading.material.findings}
    told = [_tested(reading, finding, kept) for finding in reading.review.questions]
    return [one for one in told if one.kept.id not in kept or not kept[one.kept.id].stands]


def _numbered(card: Card, count: int) -> Card:
    fields = {name: getattr(card, name) for name in Card.__slots__}
    return Card(**(fields | {"number": count}))


def _tested(reading: Reading, finding: Finding, kept: dict[UUID, Kept]) -> Card:
    candidate = finding.candidate
    now = as_kept(reading.quarter, finding)
    there = kept.get(now.id)
    low, high = candidate.interval
    scale = WIDE / max(high, candidate.observed, candidate.expected, 1)
    draft = draft_of(finding)
    return Card(
        0,
        now,
        there.decided if there else None,
        now.content.incidents,
        tuple(
            filter(
                None, (f"{interval(candidate)}.", compared(finding), inside(finding), f"{strength(finding.tested)}.")
            )
        ),
        (candidate.observed * scale, max(NARROWEST, candidate.expected * scale), low * scale, high * scale),
        number(candidate.expected),
        (draft.change, draft.cost, draft.proposed_to) if draft else ("", "weeks", ""),
        tuple(reading.returned(now.kind, now.value)),
    )


def _added(reading: Reading, one: Kept) -> Card:
    ids = tuple(hit.id for hit in reading.occurrences(one.content.incidents))
    who = f"Seen by {one.made_by}." if one.by_reader else "The tests do not find it any more."
    return Card(
        0, one, one.decided, ids, (who,), None, "", ("", "weeks", ""), tuple(reading.returned(one.kind, one.value))
    )


def strips_of(reading: Reading, cards: Sequence[Card]) -> list[Strip]:
    """The incidents of the quarter in order of time; of very many those that are part of a pattern, and the longest."""
    marks: dict[str, list[int]] = {}
    for card in cards:
        for one in card.incidents:
            marks.setdefault(one, []).append(card.number)
    now = reading.review.history.now
    shown = sorted(now, key=lambda one: (one.id not in marks, -one.minutes))[:MOST_STRIPS]
    return [_strip(reading, one, marks.get(one.id, [])) for one in sorted(shown, key=lambda one: one.opened_at)]


def days_of(reading: Reading) -> dict[str, str]:
    """The day of each incident that can be evidence: one of the quarters before it is told with its year."""
    history = reading.review.history
    before = {one.id: f"{one.opened_at:%d %b %Y}" for one in history.base}
    return before | {one.id: f"{one.opened_at:%d %b}" for one in history.now}


def _strip(reading: Reading, one: Occurrence, marks: Sequence[int]) -> Strip:
    zone, quarter = reading.review.history.zone, reading.quarter
    begin, end = quarter.begins(zone), quarter.ends(zone)
    whole = (end - begin).total_seconds() / WIDE
    x = max(0.0, min(WIDE - NARROWEST, (one.opened_at - begin).total_seconds() / whole))
    about = reading.about(one)
    return Strip(
        id=one.id,
        title=about.title,
        service=one.records[0].service,
        opened=f"{one.opened_at:%a %d %B, %H:%M}",
        took=duration(one.minutes) if one.minutes else "",
        pages=len(one.records),
        x=x,
        width=min(WIDE - x, max(NARROWEST, one.minutes * 60 / whole)),
        marks=tuple(marks),
        facts=_facts(one),
        postmortem_id=about.postmortem_id,
        is_reviewed=about.is_reviewed,
        lacks_review=about.lacks_review,
        catches=about.catches,
    )


def _facts(one: Occurrence) -> tuple[tuple[str, str], ...]:
    first = one.records[0]
    lines = (
        ("Severity", first.severity or ""),
        ("Services", ", ".join(sorted(one.services))),
        ("Team", first.service_team or ""),
        ("Dependencies", ", ".join(sorted(one.dependencies))),
        ("Failure modes", ", ".join(sorted(one.failure_modes)).replace("_", " ")),
        ("Alert", ", ".join(sorted(one.alerts))),
        ("Set off by", ", ".join(sorted(one.changes)).replace("_", " ")),
        ("Vendors", ", ".join(sorted(one.vendors))),
        ("On call", _on_call(one)),
        ("Runbook", runbook_told(one)),
        ("Took to detect", "" if one.minutes_to_detect is None else duration(one.minutes_to_detect)),
        ("Earlier catch", ", ".join(sorted(one.controls)).replace("_", " ")),
        ("Promised", "; ".join(f"{item.text} ({item.state or 'state not known'})" for item in one.promises)),
    )
    return tuple((name, text) for name, text in lines if text)


def _on_call(one: Occurrence) -> str:
    """The teams of those who were called first, and whether none of them is the service's own."""
    teams = sorted({who.team for record in one.records for who in record.responders if who.on_call and who.team})
    other = " (not the service's own)" if on_call_from_other_team(one) else ""
    return f"{', '.join(teams)}{other}" if teams else ""
