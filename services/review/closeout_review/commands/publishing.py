"""Publishing: the gate's yes or no, and all that is committed with it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Refused
from closeout_review.commands.announcements import Announcer, reference
from closeout_review.commands.indexing import index_published
from closeout_review.commands.postmortems import (
    Postmortem,
    existing,
    postmortem,
    save_draft,
    unless_merged,
    unless_saved_meanwhile,
    with_all,
)
from closeout_review.commands.record import link
from closeout_review.domain.change import owner_for, target_for
from closeout_review.domain.commitment import Commitment, Verdict
from closeout_review.domain.mending import first_rewrite, mended
from closeout_review.domain.month_four import month_four_begins
from closeout_review.domain.refusal import Refusal
from closeout_review.settings import ReviewSettings
from closeout_review.store.asking import doing, quietly
from closeout_review.store.awareness import Awareness
from closeout_review.store.confirmed_modes import ConfirmedModes
from closeout_review.store.editing import Editing
from closeout_review.store.postmortems import Postmortems
from closeout_schemas.checks import Check
from closeout_schemas.postmortems import ActionItem
from closeout_schemas.vocabulary import Outcome, derived_id


async def mend_all(db: Database, settings: ReviewSettings, postmortem_id: UUID, by: str) -> list[Refusal]:
    """Take over every rewrite that the gate offers for a draft, one after the other; returns what was mended.

    A rewrite that does not help is not tried again. Raises Refused as `save_draft` does.
    """
    taken: list[Refusal] = []
    async with db.reading() as conn:
        one = await postmortem(conn, settings, postmortem_id)
    while one.verdict is not None:
        tried = {(refusal.code, refusal.where) for refusal in taken}
        left = Verdict(tuple(r for r in one.verdict.refusals if (r.code, r.where) not in tried), ())
        refusal = first_rewrite(left)
        if refusal is None:
            break
        draft = mended(one.draft, left, f"{refusal.code}:{refusal.where}")
        one = await save_draft(db, settings, postmortem_id, draft, one.kept.revision, by)
        taken.append(refusal)
    return taken


async def publish(
    db: Database, settings: ReviewSettings, postmortem_id: UUID, over: int | None = None, by: str = ""
) -> Postmortem:
    """Publish: freeze the draft and promise its items, all or nothing. Publishing again changes nothing.

    Raises Refused: 404, 412 as `save_draft` does, 409 where it has gone into another one, and 422 with every refusal of
    the gate.
    """
    async with db.transaction() as tx:
        kept = existing(await Postmortems(tx.conn).lock([postmortem_id]))
        one = await with_all(tx.conn, settings, kept)
        if one.verdict is None:
            quietly()
            return one
        unless_merged(kept)
        unless_saved_meanwhile(kept, over)
        if one.verdict.refusals:
            raise gate_refused(one.verdict)
        await commit(tx, settings, one, one.verdict.commitments, by)
        await index_published(tx.conn, [postmortem_id], settings.taxonomy)
        await Editing(tx.conn).tell(postmortem_id)
        doing("published")
        published = await Postmortems(tx.conn).one(postmortem_id)
        assert published is not None
        return await with_all(tx.conn, settings, published)


def gate_refused(verdict: Verdict) -> Refused:
    """What the gate has against it, as a problem."""
    count = len(verdict.refusals)
    detail = f"The gate stays shut for {count} reason{'s' if count > 1 else ''}. Each names what would pass."
    return Refused(422, "gate-refused", detail, refusals=[one.as_json() for one in verdict.refusals])


async def commit(
    tx: Transaction, settings: ReviewSettings, one: Postmortem, commitments: Sequence[Commitment], by: str
) -> None:
    """Freeze a locked draft, and promise what the gate let through."""
    items = [promised(one.kept.id, position, made) for position, made in enumerate(commitments, 1)]
    fails_at = month_four_begins(one.kept.now, settings.zone)
    outcome = Outcome.PENDING if items else Outcome.JOURNAL_ENTRY
    postmortems = Postmortems(tx.conn)
    await postmortems.publish(one.kept, fails_at, one.facts.model_dump(mode="json"), outcome, by)
    await postmortems.commit_items(one.kept.id, items)
    announcer = Announcer(tx, reference(one.incident, one.draft.title, settings), one.kept.now, None)
    announcer.published(fails_at, one.draft, items)
    await ConfirmedModes(tx.conn).keep(one.kept.id, settings.taxonomy.version, *modes_of(one))
    for ticket in one.draft.mandated:
        await link(tx, ticket, by, one.kept.id, announcer)
    await Awareness(tx.conn).keep(one.kept.id, one.draft, one.facts.services)


def modes_of(one: Postmortem) -> tuple[list[tuple[str, str]], list[str]]:
    """What was suggested, with the evidence, and what people confirmed."""
    confirmed = [*(mode.value for mode in one.draft.failure_modes), *one.draft.own_failure_modes]
    suggested = [(each.mode.value, each.evidence) for each in one.suggestions.failure_modes]
    suggested += [(own.mode, own.evidence) for own in one.suggestions.own_failure_modes]
    return suggested, confirmed


def promised(postmortem_id: UUID, position: int, made: Commitment, item_id: UUID | None = None) -> ActionItem:
    """The promise that the gate let through; its id is derived from the draft's item where none is given."""
    return ActionItem(
        id=item_id or derived_id("action_item", str(postmortem_id), made.item.id),
        position=position,
        text=made.item.text,
        criterion=made.item.criterion,
        owner=owner_for(made.owner, made.project),
        target=target_for(made.target),
        tracker=made.project.tracker,
        project=made.project.key,
        control=made.item.control,
        fields=made.fields,
        check=Check.parse(made.item.check) if made.item.check else None,
    )
