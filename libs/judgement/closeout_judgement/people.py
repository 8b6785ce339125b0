"""Who is being forgotten, by name; and who was, as digests: nothing that is kept says who it was."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from closeout_schemas.vocabulary import derived_id

# What stands where somebody's name stood.
FORGOTTEN = "a forgotten person"
# What begins with it is nobody's id.
STAND_IN = "forgotten-"
UUID_LENGTH = 36
# A shorter or a common one is a word of every text.
LETTERS_ONLY = re.compile(r"[a-z]+")


def stand_in_person(stand_in: str) -> UUID:
    """The id under which what a forgotten person promised is found, and nothing else."""
    return derived_id("person", stand_in)


def digest_of(kind: str, *parts: str) -> bytes:
    """By what somebody who was forgotten is known again, and by nothing else: `handle`, `address` or `person`."""
    return hashlib.sha256("\0".join(("closeout forgotten", kind, *(one.casefold() for one in parts))).encode()).digest()


@dataclass(frozen=True, slots=True)
class Known:
    """Who was forgotten: digests of handles, addresses and person ids, each with what stands in its place."""

    digests: Mapping[bytes, str]
    words: None = None

    def by_handle(self, vendor: str | None, account: str) -> str | None:
        """What stands in the place of somebody's id at that vendor; None where it is nobody's who was forgotten."""
        return self.digests.get(digest_of("handle", vendor, account)) if vendor else None

    def by_address(self, address: str) -> str | None:
        """The same, by an e-mail address."""
        return self.digests.get(digest_of("address", address)) if "@" in address else None

    def by_person(self, person_id: str) -> str | None:
        """The same, by the id of a person."""
        return self.digests.get(digest_of("person", person_id)) if len(person_id) == UUID_LENGTH else None

    def by_name(self, name: str) -> str | None:
        """Nobody: a name is not kept, not even as a digest."""
        return None

    def in_words(self, found: re.Match[str]) -> str:
        """The words stay: there are none to be looked for."""
        return found[0]


@dataclass(frozen=True)
class Named:
    """Somebody who is being forgotten, with all that they are known by. `handles`: (vendor, account)."""

    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    handles: tuple[tuple[str, str], ...] = ()
    persons: tuple[str, ...] = ()
    stand_in: str = ""

    def by_handle(self, vendor: str | None, account: str) -> str | None:
        """As `Known.by_handle`; where nobody says of which vendor it is, of any."""
        wanted = account.casefold()
        is_theirs = any(own.casefold() == wanted and vendor in (None, of) for of, own in self.handles)
        return self.stand_in if is_theirs else None

    def by_address(self, address: str) -> str | None:
        """As `Known.by_address`."""
        return self.stand_in if address.casefold() in self._addresses else None

    def by_person(self, person_id: str) -> str | None:
        """As `Known.by_person`."""
        return self.stand_in if person_id in self.persons else None

    def by_name(self, name: str) -> str | None:
        """Whether that is the whole name of them."""
        return self.stand_in if " ".join(name.split()).casefold() in self._names else None

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(one.casefold() for one in self.names)

    @cached_property
    def _addresses(self) -> frozenset[str]:
        return frozenset(one.casefold() for one in self.addresses)

    @cached_property
    def words(self) -> re.Pattern[str] | None:
        """Where in a text they are named: by their whole name, or an id that is no word of any language."""
        full = {one for one in self.names if " " in one.strip()}
        ways = [
            rf"(?i:(?<!\w){spaced}(?!\w))"
            for name in full
            for one in dict.fromkeys((name, html.escape(name, quote=False), html.escape(name)))
            for spaced in [r"\s+".join(map(re.escape, one.split()))]
        ]
        for vendor, account in self.handles:
            own = re.escape(account)
            is_word = LETTERS_ONLY.fullmatch(account) or account.isdigit()
            before = rf"(?:(?<!\w)(?<=@)|(?<=/)|(?<={re.escape(vendor)}:))" if is_word else r"(?<!\w)"
            ways.append(rf"{before}{own}(?![\w/-])")
        return re.compile("|".join(sorted(ways, key=len, reverse=True))) if ways else None

    def in_words(self, found: re.Match[str]) -> str:
        """What stands in the place of such words."""
        return self.stand_in if self.by_handle(None, found[0]) else FORGOTTEN

    def traces(self) -> list[str]:
        """By which whatever may name them is found, in whatever way it is written."""
        told = [*self.names, *self.addresses, *self.persons, *(account for _, account in self.handles)]
        ways = {way for one in told for way in (one, one.lower(), one.upper(), one.title(), one.casefold())}
        escaped = {json.dumps(one)[1:-1] for one in ways}
        twice = {json.dumps(one)[1:-1] for one in escaped}
        return sorted({one for one in (*ways, *map(html.escape, ways), *escaped, *twice) if one})

    def digests(self) -> dict[bytes, str]:
        """By which they are known again."""
        found = [digest_of("handle", vendor, account) for vendor, account in self.handles]
        found += [digest_of("address", one) for one in self.addresses]
        found += [digest_of("person", one) for one in self.persons]
        return dict.fromkeys(found, self.stand_in)
