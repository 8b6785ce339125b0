"""The directory: whom and what the outside systems know. One person has many handles, joined by e-mail."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from uuid import UUID

from closeout_judgement.people import STAND_IN
from closeout_review.domain.text import comparable
from closeout_schemas.directory import KnownParty, Project
from closeout_schemas.incidents import Party
from closeout_schemas.vocabulary import PartyKind, Vendor, derived_id


@dataclass(frozen=True, slots=True)
class Person:
    """One human being. `handles`: the login in each system that knows them; `names`: all that they go by."""

    id: UUID
    name: str
    names: tuple[str, ...]
    email: str | None
    handles: Mapping[Vendor, tuple[str, ...]]

    def calling(self, tracker: Vendor | None) -> str:
        """What to write to mean this person and nobody else, best in the words of `tracker`."""
        if tracker is not None and tracker in self.handles:
            return f"@{self.handles[tracker][0]}"
        return self.email or f"@{next(iter(self.handles.values()))[0]}"

    def described(self) -> str:
        """The person, for somebody who has to choose among several."""
        known = ", ".join(f"{vendor} {handles[0]}" for vendor, handles in self.handles.items())
        return f"{self.name} ({', '.join(part for part in (self.email, known) if part)})"


def name_of(project: Project) -> str:
    """How people write it: github:acme/payments."""
    return f"{project.tracker}:{project.key}"


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody and everything known. `others`: teams, bots and what is unknown."""

    people: tuple[Person, ...] = ()
    others: tuple[KnownParty, ...] = ()
    projects: tuple[Project, ...] = ()
    _by_name: Mapping[str, list[Person]] = field(default_factory=dict, repr=False)
    _by_handle: Mapping[tuple[Vendor, str], Person] = field(default_factory=dict, repr=False)
    _names: Mapping[tuple[Vendor, str], str] = field(default_factory=dict, repr=False)

    def names(self) -> Mapping[tuple[Vendor, str], str]:
        """What everybody is called whom a system knows by an id."""
        return self._names

    def handles_of(self, person_id: UUID) -> list[str]:
        """What a person is called everywhere, as `pagerduty:PALEX`; empty for nobody we know."""
        person = next((one for one in self.people if one.id == person_id), None)
        handles = person.handles.items() if person else ()
        return [f"{vendor}:{handle}" for vendor, own in handles for handle in own]

    def people_named_like(self, words: str, most: int) -> list[Person]:
        """The people of whom some name, e-mail or handle has a part that begins with `words`; by name."""
        wanted = comparable(words).removeprefix("@")
        if not wanted:
            return []
        begins = re.compile(rf"\b{re.escape(wanted)}")
        found = (person for key, people in self._by_name.items() if begins.search(key) for person in people)
        return sorted({one.id: one for one in found}.values(), key=lambda one: (one.name, one.id))[:most]

    def people_called(self, words: str, tracker: Vendor | None) -> list[Person]:
        """The people whom `words` (a handle, an e-mail or a full name) may mean.

        A handle means first the one whom `tracker` knows by it, then whoever else has it.
        """
        wanted = comparable(words)
        if wanted.startswith("@"):
            return _of_tracker(self._by_name.get(wanted, []), wanted[1:], tracker)
        return list(self._by_name.get(wanted, []))

    def person_behind(self, party: Party) -> Person | None:
        """The person whom a system names so; None where nobody of that id is known."""
        return self._by_handle.get((party.vendor, party.vendor_id))

    def others_called(self, words: str) -> list[KnownParty]:
        """Teams and bots that go by that name or handle."""
        wanted = comparable(words).removeprefix("@")
        short = wanted.removeprefix("the ").removesuffix(" team")
        return [
            other
            for other in self.others
            for names in [{comparable(other.name), comparable(other.vendor_id)}]
            if wanted in names or short in names or short in {name.removesuffix(" team") for name in names}
        ]

    def people_like(self, words: str) -> list[Person]:
        """The people whose names come close, best first."""
        names = get_close_matches(comparable(words), list(self._by_name), n=3, cutoff=0.75)
        found = (person for name in names for person in self._by_name[name])
        return list({person.id: person for person in found}.values())

    def behind(self, parties: Iterable[tuple[Vendor, str]]) -> list[Person]:
        """The people whom systems know by these ids, in that order, each once."""
        found = [self._by_handle[party] for party in parties if party in self._by_handle]
        return list({person.id: person for person in found}.values())

    def project(self, name: str) -> Project | None:
        """The project that is written `tracker:key`."""
        wanted = comparable(name)
        return next((project for project in self.projects if comparable(name_of(project)) == wanted), None)


def _of_tracker(people: list[Person], handle: str, tracker: Vendor | None) -> list[Person]:
    if tracker is None:
        return list(people)
    known = [p for p in people if any(comparable(own) == handle for own in p.handles.get(tracker, ()))]
    return known or list(people)


def directory_of(parties: Iterable[KnownParty], projects: Sequence[Project]) -> Directory:
    """The directory, with everyone who has the same e-mail joined into one person."""
    by_person: dict[tuple[str, ...], list[KnownParty]] = defaultdict(list)
    others = []
    for party in sorted(parties, key=lambda party: (party.vendor, party.vendor_id)):
        if party.vendor_id.startswith(STAND_IN):
            continue  # nobody: a promise is not made by them, and they are asked nothing
        if party.kind is PartyKind.PERSON:
            email = comparable(party.email or "")
            by_person[(email,) if email else (party.vendor, party.vendor_id)].append(party)
        else:
            others.append(party)
    people = tuple(_person(key, same) for key, same in sorted(by_person.items()))
    by_name: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        for name in _keys(person):
            by_name[name].append(person)
    by_handle = {(vendor, one): who for who in people for vendor, ones in who.handles.items() for one in ones}
    names = {handle: who.name for handle, who in by_handle.items()}
    names |= {(one.vendor, one.vendor_id): one.name for one in others}
    return Directory(people, tuple(others), tuple(projects), by_name, by_handle, names)


def _person(key: tuple[str, ...], parties: Sequence[KnownParty]) -> Person:
    handles: dict[Vendor, tuple[str, ...]] = {}
    for party in parties:
        handles[party.vendor] = (*handles.get(party.vendor, ()), party.vendor_id)
    names = tuple(dict.fromkeys(party.name for party in parties))
    # The longest name is the one most likely written out in full.
    email = next((party.email for party in parties if party.email), None)
    return Person(derived_id("person", *key), max(names, key=len), names, email, handles)


def _keys(person: Person) -> set[str]:
    """Everything that means this person, as `comparable` writes it."""
    handles = {f"@{comparable(handle)}" for own in person.handles.values() for handle in own}
    return {*map(comparable, person.names), comparable(person.email or ""), *handles} - {""}
