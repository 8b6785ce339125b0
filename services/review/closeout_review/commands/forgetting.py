"""Forgetting a person: finding who is meant, and taking them out of all that is kept here, with every chain intact."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from closeout_chassis.db import Conn, Transaction
from closeout_judgement.forgetting import without_person
from closeout_judgement.people import STAND_IN, Named, digest_of
from closeout_judgement.taxonomy import published as shipped_taxonomy
from closeout_review.commands.access import by_command_line
from closeout_review.commands.beside import entry_by_hand
from closeout_review.commands.indexing import index_imported
from closeout_review.commands.redacting import go_on_cleaned, index_anew, lock_timelines
from closeout_review.commands.timelines import RANDOM_BYTES, append
from closeout_review.domain.chain import FORGOTTEN, Link
from closeout_review.domain.chain import without_person as without_person_in_chain
from closeout_review.domain.directory import Directory, Person
from closeout_review.domain.principal import LOCAL_OPERATOR
from closeout_review.domain.text import comparable
from closeout_review.store.asking import record
from closeout_review.store.copies import Copies
from closeout_review.store.forgetting import Forgetting
from closeout_review.store.imported import ImportedReviews
from closeout_review.store.incidents import Incidents
from closeout_review.store.known import Known
from closeout_schemas.incidents import Party, TimelineEntry
from closeout_schemas.vocabulary import derived_id

STAND_IN_BYTES = 6


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who may be meant. `described`: for whoever has to choose; `namesakes`: names that others have too, and keep."""

    named: Named
    described: str
    principals: tuple[UUID, ...] = ()
    namesakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """Out of how many cells of each table a person was taken. Entries of chain version 1 keep what names them."""

    cells: Counter[str]
    kept_by_chain: int = 0


async def who_is_meant(conn: Conn, words: str) -> list[Somebody]:
    """Everybody whom `words` may mean: a name, an address, `vendor:id` or an id; none where nobody is known so."""
    directory = await Known(conn).directory()
    people = list({one.id: one for one in _people_called(words, directory)}.values())
    if people:
        return [await _somebody(conn, one, directory) for one in people]
    found = await Forgetting(conn).principals([words], [words], words)
    by_identity = {row["email"] or row["subject"]: row for row in found}
    return [
        Somebody(
            Named(names=(row["name"],), addresses=(row["email"],) if row["email"] else (), stand_in=_stand_in()),
            f"{row['name']} ({row['email'] or row['subject']}, who signed in)",
            tuple(one["id"] for one in found if (one["email"] or one["subject"]) == key),
        )
        for key, row in by_identity.items()
    ]


def by_words_alone(words: str) -> Somebody:
    """Somebody whom nobody knows, and who is named all the same: whoever wrote a name where nobody signs in."""
    told = Named(addresses=(words,)) if "@" in words else Named(names=(" ".join(words.split()),))
    return Somebody(replace(told, stand_in=_stand_in()), f"{words} (whom neither pager nor tracker knows)")


def _people_called(words: str, directory: Directory) -> list[Person]:
    vendor, _, account = words.partition(":")
    of_vendor = [one for one in directory.people for of, own in one.handles.items() if of == vendor and account in own]
    return [*of_vendor, *directory.people_called(words, None), *directory.people_called(f"@{words}", None)]


async def _somebody(conn: Conn, person: Person, directory: Directory) -> Somebody:
    handles = tuple((vendor.value, account) for vendor, own in person.handles.items() for account in own)
    persons = {str(person.id), *(str(derived_id("person", *one)) for one in handles)}
    signed_in = await Forgetting(conn).principals([person.email] if person.email else [], [], "")
    called = dict.fromkeys((*person.names, *(one["name"] for one in signed_in)))
    others = {comparable(name) for one in directory.people if one.id != person.id for name in one.names}
    namesakes = tuple(name for name in called if comparable(name) in others)
    named = Named(
        tuple(name for name in called if name not in namesakes),
        (person.email,) if person.email else (),
        handles,
        tuple(sorted(persons)),
        _stand_in(),
    )
    # Who was broken off is gone on with under the same stand-in.
    before = await Forgetting(conn).before(named.digests())
    named = replace(named, stand_in=before[0]) if before else named
    return Somebody(named, person.described(), tuple(one["id"] for one in signed_in), namesakes)


def _stand_in() -> str:
    return STAND_IN + secrets.token_hex(STAND_IN_BYTES)


async def forgotten_already(conn: Conn, words: str) -> bool:
    """Whether somebody of this address or id was forgotten; a name is not kept."""
    vendor, _, account = words.partition(":")
    digests = [digest_of("address", words), digest_of("handle", vendor, account)]
    return await Forgetting(conn).before(digests) is not None


async def forget(tx: Transaction, somebody: Somebody, why: str) -> Taken:
    """Take them out of timelines, drafts, promises, the directory, the audit log and all else.

    A further entry of each timeline says so, and why. Done twice, the second finds nothing. The caller's transaction
    has no viewer: it sees everything.
    """
    conn, who = tx.conn, somebody.named
    run = uuid4()
    forgetting = Forgetting(conn)
    await forgetting.begin(run)
    naming = await forgetting.entries_naming(who)
    await lock_timelines(conn, naming.values())
    cells, kept = await _out_of_timelines(conn, naming, who, why, run)
    cells += await forgetting.drop(who, somebody.principals)
    rows = await forgetting.take_out(who)
    await go_on_cleaned(conn, rows.ids["draft_revision"], set(naming.values()), LOCAL_OPERATOR.name)
    await index_anew(conn, rows.ids["draft_revision"], set(naming.values()))
    await _imported_anew(conn, rows.ids["imported"])
    cells += rows.cells
    if cells:
        await record(conn, by_command_line("forgot a person"))
    return Taken(cells, kept)


async def _out_of_timelines(
    conn: Conn, naming: dict[UUID, UUID], who: Named, why: str, run: UUID
) -> tuple[Counter[str], int]:
    cells: Counter[str] = Counter()
    kept = 0
    said = []
    now = await Incidents(conn).now()
    for incident_id in sorted(set(naming.values())):
        links = [link for link in await Incidents(conn).chain(incident_id) if link.entry.id in naming]
        about: dict[str, str] = {}
        for link in links:
            left = _without(link, who)
            kept += link.version == 1 and _without(replace(link, version=2), who) != left
            after, digests = without_person_in_chain(link, left, secrets.token_bytes(RANDOM_BYTES))
            if digests:
                await Forgetting(conn).write_entry(after, has_new_words=left.text != link.entry.text)
                cells["timeline_entry"] += len(digests)
                about |= digests
        if about:
            entry_id = derived_id(FORGOTTEN, str(run), str(incident_id))
            said.append((incident_id, entry_by_hand(entry_id, FORGOTTEN, why, now, now, LOCAL_OPERATOR.name, about)))
    await append(Incidents(conn), said)
    return cells, kept


def _without(link: Link, who: Named) -> TimelineEntry:
    """What is left of an entry. One of chain version 1 loses no more than words: the rest stands in its hash."""
    entry = link.entry
    text = without_person(entry.text, who)
    if link.version == 1:
        return entry.model_copy(update={"text": text})
    vendor = entry.source.value
    author = entry.author and Party.model_validate_json(without_person(entry.author.model_dump_json(), who))
    return entry.model_copy(
        update={
            "text": text,
            "author": author,
            "source_id": without_person(entry.source_id, who, "source_id", vendor),
            "url": entry.url and without_person(entry.url, who),
            "about": {name: without_person(told, who, "assignee", vendor) for name, told in entry.about.items()},
        }
    )


async def _imported_anew(conn: Conn, ids: Collection[UUID]) -> None:
    if ids:
        await Copies(conn).out_of_the_catalogue(ids)
        await index_imported(conn, await ImportedReviews(conn).some(sorted(ids)), shipped_taxonomy())
