"""The guard-rail questions that this incident's own facts raise. Each names the fact, or the words, that raise it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from closeout_judgement.guard_rails import Rail, signs_in
from closeout_review.domain.strip import is_night
from closeout_review.domain.suggestions import is_by_people
from closeout_schemas.envelope import Fact
from closeout_schemas.incidents import IncidentSnapshot, TimelineEntry

NIGHT = "night"


class GuardQuestion(Fact):
    """A question about the system, never about a person. `because` says which fact raises it, `entry_id` where."""

    id: str
    ask: str
    because: str
    entry_id: UUID | None = None


ASKS = {
    NIGHT: "What had to be decided in the dark that could wait for the morning, if the system held still until then?",
    Rail.BY_HAND.value: "What let this be done by hand, and what would have stopped a wrong argument?",
    Rail.PRODUCTION.value: "What gave rights on production at that moment, and what would have asked first?",
    Rail.NO_CONFIRMATION.value: "Which step ran without a confirmation or a dry run, and where would one belong?",
    Rail.ONE_PAIR_OF_EYES.value: "What let one pair of eyes be enough here, and who could have been the second?",
    Rail.OTHER_TEAM.value: "What did somebody from elsewhere have to know that no runbook told them?",
}


@dataclass(frozen=True, slots=True)
class Said:
    """Words in an entry that speak of a guard rail."""

    rail: Rail
    words: str
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class _Raised:
    because: str
    entry_id: UUID | None = None


def guard_questions(
    incidents: Sequence[IncidentSnapshot],
    entries: Sequence[TimelineEntry],
    zone: ZoneInfo,
    signs: Sequence[Said],
) -> list[GuardQuestion]:
    """The questions, each once, with the first fact that raises it. `entries` as they are read; `signs` in them."""
    raising: dict[str, Callable[[], Iterator[_Raised]]] = {
        NIGHT: lambda: _at_night(incidents, zone),
        Rail.BY_HAND.value: lambda: _said(signs, Rail.BY_HAND),
        Rail.PRODUCTION.value: lambda: _said(signs, Rail.PRODUCTION),
        Rail.NO_CONFIRMATION.value: lambda: _said(signs, Rail.NO_CONFIRMATION),
        Rail.ONE_PAIR_OF_EYES.value: lambda: _alone(entries, signs),
        Rail.OTHER_TEAM.value: lambda: _from_elsewhere(incidents, entries, signs),
    }
    found = ((name, next(raised(), None)) for name, raised in raising.items())
    return [
        GuardQuestion(id=name, ask=ASKS[name], because=one.because, entry_id=one.entry_id) for name, one in found if one
    ]


def _at_night(incidents: Sequence[IncidentSnapshot], zone: ZoneInfo) -> Iterator[_Raised]:
    for one in incidents:
        if one.opened_at is not None and is_night(one.opened_at, zone):
            yield _Raised(f"It was {one.opened_at.astimezone(zone):%H:%M} ({zone.key}) when it was opened.")


def signs_said(entries: Sequence[TimelineEntry]) -> tuple[Said, ...]:
    """Each guard rail that people's words speak of, with the entry; in the order of `entries`."""
    return tuple(
        Said(sign.rail, sign.words, entry.id)
        for entry in entries
        if is_by_people(entry)
        for sign in signs_in(entry.text)
    )


def _said(signs: Sequence[Said], rail: Rail) -> Iterator[_Raised]:
    return (_Raised(f"Somebody wrote “{sign.words}”.", sign.entry_id) for sign in signs if sign.rail is rail)


def _alone(entries: Sequence[TimelineEntry], signs: Sequence[Said]) -> Iterator[_Raised]:
    yield from _said(signs, Rail.ONE_PAIR_OF_EYES)
    written = [entry for entry in entries if is_by_people(entry)]
    people = {(entry.author.vendor, entry.author.vendor_id) for entry in written if entry.author}
    # One line alone tells nothing of how many looked.
    if len(people) == 1 and len(written) > 1:
        yield _Raised(f"All {len(written)} lines that people wrote are by one person.", written[0].id)


def _from_elsewhere(
    incidents: Sequence[IncidentSnapshot], entries: Sequence[TimelineEntry], signs: Sequence[Said]
) -> Iterator[_Raised]:
    yield from _said(signs, Rail.OTHER_TEAM)
    on_call = {one.party.vendor_id for incident in incidents for one in incident.on_call}
    vendors = {one.party.vendor for incident in incidents for one in incident.on_call}
    for entry in entries:
        who = entry.author
        if is_by_people(entry) and who and who.vendor in vendors and who.vendor_id not in on_call:
            yield _Raised("Somebody who was not on call for it took part.", entry.id)
