"""What the words of the timeline suggest: each suggestion is a sentence that somebody wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from uuid import UUID

from closeout_judgement.earlier_catch import earlier_catch
from closeout_judgement.failure_modes import ENOUGH, SHARE, ranking
from closeout_judgement.moments import moments_in
from closeout_judgement.prose import Part, Sentence, sentences
from closeout_judgement.taxonomy import Taxonomy, published
from closeout_review.domain.annotation import AnnotationKind
from closeout_review.domain.chain import FORGOTTEN, REDACTED
from closeout_schemas.envelope import Fact
from closeout_schemas.incidents import TimelineEntry
from closeout_schemas.vocabulary import Control, FailureMode, PartyKind

MOST_MODES = 3
MOST_CATCHES = 5
# Where somebody says that something was missing, late, or would have helped, the control is near.
MISSED = re.compile(
    r"\b(?:would|could|should)(?: ?n[o'’]t)? have\b|\bif (?:only )?(?:we|there|it|somebody) had\b"
    r"|\bwe (?:had|have) no\b"
    r"|\bthere (?:is|was|were) no\b|\bno (?:alert|alarm|alarms|alerts|canary|flag|limit|test|dashboard|breaker|guard)\b"
    r"|\bnobody (?:was|had|has|got|noticed|saw|\w+ed)\b"
    r"|\b(?:did|does|had) ?n[o'’]t (?:fire|page|alert|catch|notice|test)\b"
    r"|\bstill (?:reads|points|shows|uses)\b|\bnext time\b",
    re.IGNORECASE,
)


class SuggestedMode(Fact):
    """A failure mode that the words point to. `evidence`: the sentence, as it was written."""

    mode: FailureMode
    evidence: str
    entry_id: UUID


class SuggestedOwnMode(Fact):
    """A mode of the team's own taxonomy that the words point to."""

    mode: str
    evidence: str
    entry_id: UUID


class SuggestedCatch(Fact):
    """A control that somebody spoke of, with the sentence."""

    control: Control
    text: str
    entry_id: UUID


class SuggestedAnnotation(Fact):
    """What an entry may mark, with why it is thought so. `because_of`: the later entry that shows it, if one does."""

    kind: AnnotationKind
    entry_id: UUID
    reason: str
    because_of: UUID | None = None


class Suggestions(Fact):
    """Suggestions, never filled in by themselves."""

    failure_modes: tuple[SuggestedMode, ...] = ()
    own_failure_modes: tuple[SuggestedOwnMode, ...] = ()
    earlier_catches: tuple[SuggestedCatch, ...] = ()
    annotations: tuple[SuggestedAnnotation, ...] = ()


def suggestions_from(entries: Sequence[TimelineEntry], taxonomy: Taxonomy | None = None) -> Suggestions:
    """What the judgements find in these entries; each once, at the sentence that says it most clearly."""
    said = [(sentence, entry) for entry in entries if _is_said(entry) for sentence in sentences(entry.text)]
    modes = _modes(said, taxonomy or published())
    known = {mode.value for mode in FailureMode}
    return Suggestions(
        failure_modes=tuple(
            SuggestedMode(mode=FailureMode(one.mode), evidence=one.evidence, entry_id=one.entry_id)
            for one in modes
            if one.mode in known
        ),
        own_failure_modes=tuple(one for one in modes if one.mode not in known),
        earlier_catches=tuple(_catches(said)),
        annotations=tuple(_annotations([entry for entry in entries if is_by_people(entry)])),
    )


def _is_said(entry: TimelineEntry) -> bool:
    """The pager's own line and what people wrote; not who was notified, nor what Closeout said."""
    return entry.kind == "opened" or is_by_people(entry)


def is_by_people(entry: TimelineEntry) -> bool:
    """Whether somebody wrote it about the incident."""
    if entry.kind in ("card", REDACTED, FORGOTTEN) or entry.author is None:
        return False
    return entry.author.kind is PartyKind.PERSON and bool(entry.text)


def _annotations(said: Sequence[TimelineEntry]) -> Iterator[SuggestedAnnotation]:
    for one in moments_in([entry.text for entry in said]):
        yield SuggestedAnnotation(
            kind=AnnotationKind(one.moment.value),
            entry_id=said[one.place].id,
            reason=one.reason,
            because_of=None if one.because_of is None else said[one.because_of].id,
        )


def _modes(said: Sequence[tuple[Sentence, TimelineEntry]], taxonomy: Taxonomy) -> list[SuggestedOwnMode]:
    # A place in `said` stands for the sentence's place in a document.
    document = [
        Sentence(sentence.text, place, place, Part.TITLE if entry.kind == "opened" else Part.CAUSE)
        for place, (sentence, entry) in enumerate(said)
    ]
    ranked = ranking(document, taxonomy)
    least = max(ENOUGH, SHARE * max((one.score for one in ranked), default=0.0))
    return [
        SuggestedOwnMode(mode=one.mode, evidence=one.evidence, entry_id=said[one.start][1].id)
        for one in [one for one in ranked if one.score >= least][:MOST_MODES]
    ]


def _catches(said: Sequence[tuple[Sentence, TimelineEntry]]) -> Iterator[SuggestedCatch]:
    found: set[tuple[Control, UUID]] = set()
    for sentence, entry in said:
        control = earlier_catch(sentence.text).control if MISSED.search(sentence.text) else None
        if control is not None and len(found) < MOST_CATCHES and (control, entry.id) not in found:
            found.add((control, entry.id))
            yield SuggestedCatch(control=control, text=sentence.text, entry_id=entry.id)
