"""What may happen to a promise after its publication: withdraw, replace, re-target, reassign, each with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Refused
from closeout_review.commands.announcements import Announcer
from closeout_review.commands.outcomes import conclude, reference_of, standing
from closeout_review.commands.postmortems import surroundings
from closeout_review.commands.publishing import gate_refused, promised
from closeout_review.domain.change import Change, is_later, owner_for, target_for
from closeout_review.domain.choices import with_choices
from closeout_review.domain.commitment import Surroundings, Verdict, judge_items
from closeout_review.domain.draft import DraftItem
from closeout_review.domain.owners import owner_of
from closeout_review.domain.refusal import Refusal
from closeout_review.domain.targets import target_of
from closeout_review.settings import ReviewSettings
from closeout_review.store.incidents import Incidents
from closeout_review.store.known import Known
from closeout_review.store.postmortems import Kept, Postmortems, Promise
from closeout_schemas.directory import Project
from closeout_schemas.postmortems import ActionItem
from closeout_schemas.vocabulary import ItemChange, derived_id


@dataclass(frozen=True, slots=True)
class Why:
    """Why a promise changes, and who says so. Both stay visible."""

    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class _Open:
    """A promise that somebody is about to change, with its postmortem, locked."""

    kept: Kept
    promise: Promise


async def withdraw(db: Database, settings: ReviewSettings, postmortem_id: UUID, item_id: UUID, why: Why) -> None:
    """Take a promise back. The same again changes nothing.

    Raises Refused where there is no such item, or where it has shipped already.
    """
    async with db.transaction() as tx:
        at_hand = await _locked(tx, postmortem_id, item_id)
        if at_hand.promise.withdrawn_at is not None:
            return
        await Postmortems(tx.conn).withdraw(item_id, why.reason, why.by)
        (await _announcer(tx, settings, at_hand.kept)).withdrawn(item_id, why.reason, why.by)
        await conclude([at_hand.kept], settings, tx)


async def replace_item(
    db: Database, settings: ReviewSettings, postmortem_id: UUID, item_id: UUID, item: DraftItem, why: Why
) -> None:
    """Promise `item` in place of a promise that is taken back: three stay three. It passes the gate like any other.

    The replacement's id is derived from what it replaces: the same request twice makes one.
    """
    async with db.transaction() as tx:
        at_hand = await _locked(tx, postmortem_id, item_id)
        if at_hand.promise.replaced_by is not None and await _is_the_same(tx, at_hand.promise, item):
            return
        _unless_withdrawn(at_hand.promise)
        verdict = judge_items([item], await _around(tx, settings, at_hand.kept), "item")
        if verdict.refusals:
            raise gate_refused(verdict)
        new_id = derived_id("action_item", str(postmortem_id), "replaces", str(item_id))
        made = promised(postmortem_id, at_hand.promise.item.position, verdict.commitments[0], new_id)
        made = made.model_copy(update={"replaces": item_id})
        postmortems = Postmortems(tx.conn)
        await postmortems.withdraw(item_id, why.reason, why.by, new_id)
        await postmortems.commit_items(postmortem_id, [made])
        (await _announcer(tx, settings, at_hand.kept)).withdrawn(item_id, why.reason, why.by, made)
        await conclude([at_hand.kept], settings, tx)


async def retarget(
    db: Database, settings: ReviewSettings, postmortem_id: UUID, item_id: UUID, target: str, why: Why
) -> None:
    """Give a promise another target. One that is later is a slip, and is counted."""
    async with db.transaction() as tx:
        at_hand = await _open(tx, postmortem_id, item_id)
        item = at_hand.promise.item
        project = await _project_of(tx, item)
        today = at_hand.kept.now.astimezone(settings.zone).date()
        aim = target_of(target, "target", project, today)
        if isinstance(aim, Refusal):
            raise gate_refused(Verdict(tuple(with_choices([aim], DraftItem(), project, (), today)), ()))
        becomes = item.model_copy(update={"target": target_for(aim)})
        slipped = is_later(item.target, becomes.target)
        await _change(tx, settings, at_hand, becomes, ItemChange.RETARGETED, why, slipped=slipped)


async def reassign(
    db: Database, settings: ReviewSettings, postmortem_id: UUID, item_id: UUID, owner: str, why: Why
) -> None:
    """Give a promise to somebody else: one person whom the tracker knows, as at the gate."""
    async with db.transaction() as tx:
        at_hand = await _open(tx, postmortem_id, item_id)
        item = at_hand.promise.item
        project = await _project_of(tx, item)
        person = owner_of(owner, "owner", await Known(tx.conn).directory(), project)
        if isinstance(person, Refusal):
            raise gate_refused(Verdict((person,), ()))
        becomes = item.model_copy(update={"owner": owner_for(person, project)})
        await _change(tx, settings, at_hand, becomes, ItemChange.REASSIGNED, why)


async def _change(
    tx: Transaction,
    settings: ReviewSettings,
    at_hand: _Open,
    becomes: ActionItem,
    kind: ItemChange,
    why: Why,
    *,
    slipped: bool = False,
) -> None:
    """Keep and say a change; the same value again changes nothing."""
    promise = at_hand.promise
    if becomes == promise.item:
        return
    number = len(promise.changes) + 1
    change = Change(kind, number, promise.item, becomes, why.reason, why.by, at_hand.kept.now, slipped)
    await Postmortems(tx.conn).change_item(becomes.id, change)
    (await _announcer(tx, settings, at_hand.kept)).changed(change)


async def _locked(tx: Transaction, postmortem_id: UUID, item_id: UUID) -> _Open:
    """Raises Refused where the postmortem promised no such item, or where it has shipped."""
    postmortems = Postmortems(tx.conn)
    concerned = await postmortems.lock([postmortem_id])
    promises = await postmortems.promises([postmortem_id])
    promise = next((one for one in promises if one.item.id == item_id), None)
    if promise is None:
        raise Refused(404, "no-such-item", "That postmortem has no such action item.")
    if promise.withdrawn_at is None and standing(promise).state.is_shipped:
        raise Refused(409, "item-shipped", "The action item has shipped; there is nothing left to change.")
    return _Open(concerned[0], promise)


async def _open(tx: Transaction, postmortem_id: UUID, item_id: UUID) -> _Open:
    at_hand = await _locked(tx, postmortem_id, item_id)
    _unless_withdrawn(at_hand.promise)
    return at_hand


def _unless_withdrawn(promise: Promise) -> None:
    if promise.withdrawn_at is not None:
        detail = f"It was taken back: {promise.withdrawn_reason} What was taken back is not changed any more."
        raise Refused(409, "item-withdrawn", detail)


async def _is_the_same(tx: Transaction, replaced: Promise, item: DraftItem) -> bool:
    """Whether `item` is what was promised in its place: the request came twice."""
    promises = await Postmortems(tx.conn).promises([replaced.postmortem_id])
    made = next(one.item for one in promises if one.item.id == replaced.replaced_by)
    return (made.text, made.criterion) == (item.text, item.criterion)


async def _around(tx: Transaction, settings: ReviewSettings, kept: Kept) -> Surroundings:
    incident = await Incidents(tx.conn).one(kept.incident_id)
    assert incident is not None
    return surroundings(kept, incident, (), await Known(tx.conn).directory(), settings)


async def _project_of(tx: Transaction, item: ActionItem) -> Project | None:
    return (await Known(tx.conn).directory()).project(f"{item.tracker}:{item.project}")


async def _announcer(tx: Transaction, settings: ReviewSettings, kept: Kept) -> Announcer:
    return Announcer(tx, await reference_of(kept, settings, tx), kept.now, None)
