"""Taking a secret or personal data out of a timeline, and out of everything that was made from it.

The one exception to the rule that nothing goes: who, when and why stays in its place, and the chain still verifies.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from closeout_chassis.db import Conn, Database, Transaction
from closeout_chassis.errors import Refused
from closeout_judgement.redaction import alone, distinctive, passages_of
from closeout_judgement.taxonomy import published as shipped_taxonomy
from closeout_review.commands.announcements import SOURCE, Announcer
from closeout_review.commands.beside import entry_by_hand, incident_of
from closeout_review.commands.indexing import index_published
from closeout_review.commands.outcomes import reference_of
from closeout_review.commands.postmortems import untouched
from closeout_review.commands.timelines import append
from closeout_review.domain.annotation import Redacted
from closeout_review.domain.chain import ABOUT_ENTRY, REDACTED
from closeout_review.domain.held_back import is_cut
from closeout_review.settings import ReviewSettings
from closeout_review.store.asking import doing
from closeout_review.store.beside import Beside
from closeout_review.store.copies import Copies
from closeout_review.store.incidents import Incidents
from closeout_review.store.postmortems import Postmortems
from closeout_review.store.recurrences import Recurrences
from closeout_review.store.restrictions import seeing_all
from closeout_schemas.catalogue import REDACTIONS
from closeout_schemas.redactions import EntryRedacted, Redaction, cleaned_of
from closeout_schemas.vocabulary import derived_id


@dataclass(frozen=True, slots=True)
class Taking:
    """What is taken out, by whom and why. `named`: words of the entry that go wherever they stand."""

    what: Redacted
    why: str
    by: str
    named: Sequence[str] = ()


async def redact(db: Database, settings: ReviewSettings, entry_id: UUID, taking: Taking) -> None:
    """Take the words of an entry out: of the timeline, drafts, annotations, the index, exports, and what others keep.

    A further entry says who did, and why. It can be done to a published timeline too; done twice, the first stands.
    Raises Refused: 404 no such entry; 422 where a named word is not in the entry, or the reason repeats
    what is taken out.
    """
    async with db.transaction() as tx:
        incident_id = await incident_of(tx, entry_id)
        # What is written elsewhere is taken out also where whoever does it may not look.
        async with seeing_all(tx.conn):
            await _redact(tx, settings, incident_id, entry_id, taking)


async def _redact(tx: Transaction, settings: ReviewSettings, incident_id: UUID, entry_id: UUID, taking: Taking) -> None:
    copies = Copies(tx.conn)
    await lock_timelines(tx.conn, [incident_id])
    words = await copies.words_of(entry_id)
    _unless_repeated(words, taking)
    known = await copies.known()
    passages = passages_of(words, taking.named, known)
    same = distinctive(words, taking.named, known) if words else ()
    others = await copies.saying(incident_id, entry_id, same) if same else {}
    await lock_timelines(tx.conn, others.values())
    before = await Incidents(tx.conn).one(incident_id)
    gone = {entry_id: incident_id} | others
    buried = [one for one in gone if await Beside(tx.conn).bury(one, taking.what, taking.why, taking.by)]
    if entry_id not in buried:
        return
    doing("redacted an entry")
    now = await Incidents(tx.conn).now()
    await _say_so(tx, {one: gone[one] for one in buried}, taking, now)
    written, records = await copies.take_out(entry_id, passages) if passages else (set(), [])
    await Beside(tx.conn).rename_annotations(set(gone.values()))
    await go_on_cleaned(tx.conn, written, gone.values(), taking.by)
    await _tell_of_promises(tx, settings, written, entry_id)
    await index_anew(tx.conn, written, gone.values())
    after = await Incidents(tx.conn).one(incident_id)
    assert before is not None
    assert after is not None
    for one in buried:
        title = after.title if after.title != before.title and one == entry_id else None
        tx.publish(REDACTIONS, _event(gone[one], one, taking, now, title))
    for cleaned in cleaned_of(records, entry_id, incident_id, SOURCE, now):
        tx.publish(REDACTIONS, cleaned)


async def lock_timelines(conn: Conn, incident_ids: Collection[UUID]) -> None:
    """Nobody publishes what is written about these, and nobody adds to their timelines, until this is done."""
    ids = sorted(set(incident_ids))
    # In the order in which whoever hears of incidents locks them, so that neither waits for the other.
    for one in ids:
        await Recurrences(conn).lock_incident(one)
    postmortems = [of for one in ids if (of := await Postmortems(conn).of_incident(one)) is not None]
    if postmortems:
        await Postmortems(conn).lock(sorted(set(postmortems)))
    await Incidents(conn).lock_heads(ids)


def _unless_repeated(words: str, taking: Taking) -> None:
    missing = [one for one in taking.named if one not in words]
    if words and missing:
        count = len(missing)
        detail = f"{count} of the words to take out everywhere {'is' if count == 1 else 'are'} not in this entry. "
        raise Refused(422, "not-in-the-entry", detail + "Copy them from it, one a line.")
    told = [one for one in (words.strip(), *taking.named, *alone(words)) if one]
    if any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", taking.why, re.IGNORECASE) for one in told):
        detail = "The reason repeats what is taken out, and it stays visible. Say why without the words themselves."
        raise Refused(422, "reason-repeats-it", detail)


async def _say_so(tx: Transaction, buried: dict[UUID, UUID], taking: Taking, now: datetime) -> None:
    """A further entry for each, so that the chain itself says who did it."""
    said = [
        (
            incident_id,
            entry_by_hand(
                derived_id("redacted", str(entry_id)),
                REDACTED,
                taking.why,
                now,
                now,
                taking.by,
                {ABOUT_ENTRY: str(entry_id), "what": taking.what.value},
            ),
        )
        for entry_id, incident_id in buried.items()
    ]
    await append(Incidents(tx.conn), said)


async def go_on_cleaned(conn: Conn, drafts: set[UUID], incident_ids: Collection[UUID], by: str) -> None:
    """Drafts that had the words go on with a further revision, so that no page that still shows them is up to date."""
    postmortems = Postmortems(conn)
    about = {of for one in incident_ids if (of := await postmortems.of_incident(one))}
    for kept in await postmortems.lock(sorted(drafts | about)):
        incident = await Incidents(conn).one(kept.incident_id)
        assert incident is not None
        left = await postmortems.draft(kept.id, kept.revision) or untouched(incident)
        if kept.published_at is None and (kept.id in drafts or is_cut(left.title)):
            await postmortems.save_cleaned(kept.id, kept.revision + 1, left, by)


async def _tell_of_promises(tx: Transaction, settings: ReviewSettings, written: set[UUID], entry_id: UUID) -> None:
    """Promises of published postmortems that had the words are kept elsewhere, too, and stand in a tracker."""
    postmortems = Postmortems(tx.conn)
    for kept in await postmortems.lock(sorted(written)):
        if kept.published_at is not None:
            announcer = Announcer(tx, await reference_of(kept, settings, tx), kept.now, None)
            for promise in await postmortems.promises([kept.id]):
                announcer.cleaned(promise.item, entry_id)


async def index_anew(conn: Conn, drafts: set[UUID], incident_ids: Collection[UUID]) -> None:
    """What was published with these words is found by what is left, and by nothing else."""
    copies, postmortems = Copies(conn), Postmortems(conn)
    about = {of for one in incident_ids if (of := await postmortems.of_incident(one))}
    published = await copies.published(drafts | about)
    if published:
        await copies.out_of_the_catalogue(published)
        # Where the team has failure modes of its own, they are read from what is left when the catalogue catches up.
        await index_published(conn, published, shipped_taxonomy())


def _event(incident_id: UUID, entry_id: UUID, taking: Taking, now: datetime, title: str | None) -> EntryRedacted:
    return EntryRedacted(
        id=derived_id("entry_redacted", str(entry_id)),
        source=SOURCE,
        subject=str(incident_id),
        time=now,
        data=Redaction(
            incident_id=incident_id,
            entry_id=entry_id,
            what=taking.what.value,
            why=taking.why,
            by=taking.by,
            redacted_at=now,
            title=title,
        ),
    )
