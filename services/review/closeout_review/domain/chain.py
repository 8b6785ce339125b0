"""The hash chain of a timeline: what each link is computed from, and how a break is found."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from closeout_review.domain.annotation import Tombstone
from closeout_schemas.incidents import Party, TimelineEntry

NOTHING_BEFORE = b""
# docs/decisions/0047-a-person-can-leave-the-chain.md
VERSION, SALT_BYTES = 2, 16
AUTHOR, SOURCE_ID, URL, ABOUT, WORDS = "author", "source_id", "url", "about.", "words"
# The kind of the entry that says whose words were redacted, and the name under which it says so.
REDACTED, ABOUT_ENTRY = "redacted", "entry"
# The kind of the entry that says where a person was forgotten: its `about` has digests of what is left, by `erased_in`.
FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its chain. `salt` keeps a redacted text from being guessed by its digest.

    `has_words` is False where they were taken away; `tombstone` then says by whom. `salts`: those of what may name a
    person, by field; a link of version 1 has none. `erased`: what the chain holds of fields, and of the words, out of
    which a person was taken since; what stands there now has a salt of its own.
    """

    incident_id: UUID
    seq: int
    entry: TimelineEntry
    salt: bytes
    content_digest: bytes
    prev_hash: bytes
    hash: bytes
    has_words: bool = True
    tombstone: Tombstone | None = None
    version: int = VERSION
    salts: Mapping[str, bytes] = field(default_factory=dict)
    erased: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain: how many there are, and the last hash."""

    seq: int = 0
    hash: bytes = NOTHING_BEFORE


@dataclass(frozen=True, slots=True)
class Broken:
    """A place at which a chain does not hold, and why."""

    incident_id: UUID
    seq: int
    why: str


def appended(incident_id: UUID, head: Head, entry: TimelineEntry, random: bytes) -> Link:
    """The link that `entry` becomes after `head`. Its salts come from `random`: 32 bytes, which nobody keeps."""
    seq = head.seq + 1
    salt = _salt(random, WORDS)
    salts = {name: _salt(random, name) for name in fields_of(entry)}
    link = Link(incident_id, seq, entry, salt, digest_of(salt, entry.text), head.hash, b"", salts=salts)
    return replace(link, hash=hash_of(link))


def _salt(random: bytes, of: str) -> bytes:
    # By one salt none of the others is found.
    return hmac.digest(random, of.encode(), "sha256")[:SALT_BYTES]


def digest_of(salt: bytes, text: str) -> bytes:
    """What the chain holds of the words, and of each field that may name a person."""
    return hashlib.sha256(salt + text.encode()).digest()


def fields_of(entry: TimelineEntry) -> dict[str, str]:
    """What of an entry may say who somebody is, besides its words: by the name of the field, as it is digested."""
    found = {AUTHOR: _json(_author(entry.author)), SOURCE_ID: entry.source_id, URL: entry.url}
    return {name: told for name, told in found.items() if told} | {
        ABOUT + name: told for name, told in entry.about.items()
    }


def hash_of(link: Link) -> bytes:
    """What the next link holds on to: everything about an entry.

    Of the words it takes a salted digest, and, from version 2 on, of each field that may name a person.
    """
    entry = link.entry
    who, rest = (
        ([_author(entry.author)], [entry.source_id, entry.url, dict(entry.about)])
        if link.version == 1
        else ([f"version {link.version}"], [{name: digest.hex() for name, digest in _digests(link).items()}])
    )
    told = [
        str(link.incident_id),
        link.seq,
        str(entry.id),
        entry.kind,
        *who,
        _time(entry.occurred_at),
        _time(entry.received_at),
        entry.source.value,
        *rest,
        link.content_digest.hex(),
        link.prev_hash.hex(),
    ]
    return hashlib.sha256(_json(told).encode()).digest()


def _digests(link: Link) -> dict[str, bytes]:
    there = fields_of(link.entry)
    found = {name: digest_of(salt, there.get(name, "")) for name, salt in link.salts.items()}
    return found | {name: digest for name, digest in link.erased.items() if name != WORDS}


def without_person(link: Link, entry: TimelineEntry, random: bytes) -> tuple[Link, dict[str, str]]:
    """The link with `entry` in the place of its own, and what a further entry has to say of it: `erased_in`, digests.

    Its hash stays what it was. The salt of what has changed is gone, and nobody finds by trying what stood there.
    A link of version 1 holds its fields themselves: of those none may differ.
    """
    digests, there, left = _digests(link), fields_of(link.entry), fields_of(entry)
    names = [name for name in link.salts if there.get(name, "") != left.get(name, "")]
    salts = {name: _salt(random, name) for name in names}
    erased = {name: digests[name] for name in names}
    said = {name: digest_of(salts[name], left.get(name, "")) for name in names}
    salt = link.salt
    if entry.text != link.entry.text:
        salt = _salt(random, WORDS)
        erased[WORDS] = link.content_digest
        said[WORDS] = digest_of(salt, entry.text)
    # What was taken out of before is held as it was at first.
    erased |= link.erased
    after = replace(link, entry=entry, salt=salt, salts={**link.salts, **salts}, erased=erased)
    return after, {erased_in(link.seq, name): digest.hex() for name, digest in said.items()}


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":")) if value is not None else ""


def _author(author: Party | None) -> list[str] | None:
    return [author.vendor.value, author.vendor_id, author.name, author.kind.value] if author else None


def _time(moment: datetime) -> str:
    # PostgreSQL keeps microseconds and gives back UTC.
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def breaks(incident_id: UUID, links: Iterable[Link], head: Head | None) -> Iterator[Broken]:
    """Every place at which the chain of an incident does not hold. `links` come by seq."""
    links = list(links)
    said_to_be_redacted = {link.entry.about.get(ABOUT_ENTRY) for link in links if link.entry.kind == REDACTED}
    left = {name: told for link in links if link.entry.kind == FORGOTTEN for name, told in link.entry.about.items()}
    before = Head()
    for link in links:
        if link.seq != before.seq + 1:
            yield Broken(incident_id, before.seq + 1, f"entries are missing before number {link.seq}")
        elif link.prev_hash != before.hash:
            yield Broken(incident_id, link.seq, "it does not follow from the entry before it")
        yield from _of_words(incident_id, link, said_to_be_redacted, left)
        yield from _of_fields(incident_id, link, left)
        if hash_of(link) != link.hash:
            yield Broken(incident_id, link.seq, "author, time or another field is not what was recorded")
        before = Head(link.seq, link.hash)
    if head != before:
        yield Broken(incident_id, before.seq, "the chain does not end where it was recorded to end")


def _of_words(
    incident_id: UUID, link: Link, said_to_be_redacted: Set[str | None], left: Mapping[str, str]
) -> Iterator[Broken]:
    there = digest_of(link.salt, link.entry.text).hex()
    recorded = left.get(erased_in(link.seq, WORDS)) if WORDS in link.erased else link.content_digest.hex()
    if link.has_words and there != recorded:
        yield Broken(incident_id, link.seq, "the words are not those that were recorded")
    if link.has_words and link.tombstone is not None:
        yield Broken(incident_id, link.seq, "the words are there, though they are said to be redacted")
    if not link.has_words and (link.tombstone is None or str(link.entry.id) not in said_to_be_redacted):
        yield Broken(incident_id, link.seq, "the words are gone, and no entry says who redacted them")


def _of_fields(incident_id: UUID, link: Link, left: Mapping[str, str]) -> Iterator[Broken]:
    """`left`: digests of what stands where a person was taken out, as the chain itself says."""
    there = fields_of(link.entry)
    for name in link.erased.keys() - {WORDS}:
        if digest_of(link.salts.get(name, b""), there.get(name, "")).hex() != left.get(erased_in(link.seq, name)):
            yield Broken(incident_id, link.seq, f"{name} changed, and no entry says that somebody was forgotten there")
    # Else the beginning of what was said could be moved into the salt, and the digest would stay what it was.
    salts = [*link.salts.values(), *([link.salt] if link.has_words else [])]
    if link.version > 1 and any(len(salt) != SALT_BYTES for salt in salts):
        yield Broken(incident_id, link.seq, "a salt is not as long as it was made")
    if link.version > 1 and there.keys() - link.salts.keys():
        yield Broken(incident_id, link.seq, "something was added to what was recorded")


def erased_in(seq: int, name: str) -> str:
    """How the entry that says so names a field of another entry: 12.author."""
    return f"{seq}.{name}"
