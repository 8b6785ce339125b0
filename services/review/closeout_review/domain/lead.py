"""Who leads a review: who did most while it happened, as the timeline shows; until somebody else is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from closeout_review.domain.directory import Directory, Person
from closeout_schemas.incidents import Party, TimelineEntry
from closeout_schemas.notices import Recipient
from closeout_schemas.vocabulary import PartyKind, Vendor


@dataclass(frozen=True, slots=True)
class Lead:
    """The one who is asked to finish a review. `why` names the facts, or who chose them."""

    name: str
    why: str
    person: Person | None = None
    party: Party | None = None

    @property
    def key(self) -> str:
        """What makes them the same one, however they are called."""
        if self.person is not None:
            return str(self.person.id)
        return f"{self.party.vendor}:{self.party.vendor_id}" if self.party else self.name

    def recipient(self) -> Recipient:
        """How they are written to."""
        return recipient_of(self.name, self.person, self.party)


def recipient_of(name: str, person: Person | None, party: Party | None) -> Recipient:
    """Somebody whom a notice is for."""
    if person is not None:
        handles = {vendor: own[0] for vendor, own in person.handles.items()}
        return Recipient(name=name, person_id=person.id, email=person.email, handles=handles)
    return Recipient(name=name, handles={party.vendor: party.vendor_id} if party else {})


def lead_from(entries: Sequence[TimelineEntry], directory: Directory) -> Lead | None:
    """Who has done or written most lines; of several, whoever came first. None where nobody did anything."""
    lines: Counter[str] = Counter()
    known: dict[str, tuple[Party, Person | None]] = {}
    for entry in entries:
        who = None if entry.kind == "card" else entry.author
        if who is None or who.kind is not PartyKind.PERSON or entry.source is Vendor.CLOSEOUT:
            continue
        person = directory.person_behind(who)
        key = str(person.id) if person else f"{who.vendor}:{who.vendor_id}"
        known.setdefault(key, (who, person))
        lines[key] += 1
    if not lines:
        return _opener(entries, directory)
    key, most = lines.most_common(1)[0]
    party, person = known[key]
    name = person.name if person else party.name
    whole = lines.total()
    return Lead(name, f"is behind {most} of the {whole} lines that people wrote or did", person, party)


def _opener(entries: Sequence[TimelineEntry], directory: Directory) -> Lead | None:
    """Of what was opened by hand: whoever opened it, where they are known."""
    for entry in entries:
        if entry.source is Vendor.CLOSEOUT and entry.author is not None:
            found = directory.people_called(entry.author.name, None)
            if len(found) == 1:
                return Lead(found[0].name, "wrote the first line by hand", found[0])
    return None


def chosen(person_id: UUID, name: str, by: str, directory: Directory) -> Lead:
    """Whoever was named to lead it."""
    person = next((one for one in directory.people if one.id == person_id), None)
    return Lead(person.name if person else name, f"chosen by {by}", person)
