"""Saving as people type, several at once: what each changed is done to what is there, and nobody's words are lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from closeout_chassis.db import Database, Transaction
from closeout_review.commands.postmortems import Postmortem, locked_draft, save, untouched, with_all
from closeout_review.domain.draft import Draft
from closeout_review.domain.held_back import Guarded, Held, hold_back, with_held
from closeout_review.domain.merge import merge
from closeout_review.domain.places import value_at, with_value
from closeout_review.settings import ReviewSettings
from closeout_review.store.asking import doing
from closeout_review.store.incidents import Incidents
from closeout_review.store.postmortems import Kept, Postmortems
from closeout_review.store.versions import Versions


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody typed. `base`: what they typed it into; None: what was saved as `revision`.

    `writer` is one page in one browser: its later words take the place of its earlier ones. `by` is a name.
    """

    mine: Draft
    base: Draft | None
    revision: int
    writer: str
    by: str


async def save_merged(db: Database, settings: ReviewSettings, postmortem_id: UUID, edit: Edit) -> Postmortem:
    """Save what `edit` changes. Where somebody else changed the same, theirs stays, and the words of `edit` beside it.

    Words were taken out since its revision? What may still say them is not saved: it comes back as `held`.

    Raises Refused: 404 where there is no such postmortem, 409 when it is published; ValidationError where both
    together are too long.
    """
    async with db.transaction() as tx:
        kept = await locked_draft(tx, postmortem_id)
        there = await _saved(tx, kept, kept.revision)
        before = await _saved(tx, kept, edit.revision)
        typed = Guarded(edit.base or before, edit.mine)
        if edit.revision < kept.cleaned_revision:
            typed = hold_back(edit.base, edit.mine, before, there)
        merged = merge(typed.base, typed.mine, there)
        now = await save(tx, kept, merged.draft, edit.by)
        for clash in merged.clashes:
            await Versions(tx.conn).keep(kept.id, clash.place, edit.writer, clash.words, edit.by)
        return replace(await with_all(tx.conn, settings, now), held=typed.held)


async def put_back(db: Database, settings: ReviewSettings, postmortem_id: UUID, held: Held, by: str) -> Postmortem:
    """Save words that were held back, once their writer has looked at them. A place that is gone changes nothing.

    Raises Refused and ValidationError as `save_merged` does.
    """
    async with db.transaction() as tx:
        kept = await locked_draft(tx, postmortem_id)
        there = await _saved(tx, kept, kept.revision)
        now = await save(tx, kept, with_held(there, held), by)
        doing("put words back that were held back", place=held.place)
        return await with_all(tx.conn, settings, now)


async def _saved(tx: Transaction, kept: Kept, revision: int) -> Draft:
    if revision == 0:
        incident = await Incidents(tx.conn).one(kept.incident_id)
        assert incident is not None
        return untouched(incident)
    # Of a revision that never was nothing is known: whatever differs then stands beside the draft.
    return await Postmortems(tx.conn).draft(kept.id, revision) or Draft()


async def settle(
    db: Database, settings: ReviewSettings, postmortem_id: UUID, chosen: tuple[str, str, str], by: str
) -> Postmortem:
    """Choose between two versions. `chosen`: the place, the writer of the other version, and saved, other or both.

    The same again, or about what is not there any more, changes nothing. Raises Refused as `save_merged` does.
    """
    place, writer, which = chosen
    async with db.transaction() as tx:
        kept = await locked_draft(tx, postmortem_id)
        versions = Versions(tx.conn)
        found = [one for one in await versions.beside(kept.id) if (one.place, one.writer) == (place, writer)]
        for other in found:
            draft = await _saved(tx, kept, kept.revision)
            there = value_at(draft, place)
            words = {"other": other.words, "both": f"{there}\n{other.words}"}.get(which)
            if words is not None and there is not None:
                kept = await save(tx, kept, with_value(draft, place, words), by)
            await versions.settle(kept.id, place, writer, by)
        if found:
            doing("chose between two versions", place=place)
        return await with_all(tx.conn, settings, kept)
