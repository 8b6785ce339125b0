"""Structural proposals: one or two a quarter, each from a pattern. Accepted, one is a promise like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from closeout_chassis.db import Database, Transaction
from closeout_chassis.errors import Refused
from closeout_judgement.patterns.proposals import refusal
from closeout_judgement.patterns.quarter import Quarter
from closeout_review.commands.covering import ByHand, Occasion, begin_by_hand, incident_by_hand
from closeout_review.commands.indexing import index_published
from closeout_review.commands.postmortems import Postmortem, save, surroundings, with_all
from closeout_review.commands.publishing import commit, gate_refused, promised
from closeout_review.commands.quarter_reading import Reading
from closeout_review.domain.commitment import Commitment, judge_items
from closeout_review.domain.draft import Draft, DraftItem
from closeout_review.domain.meta_review import Idea, Kept, Proposal
from closeout_review.settings import ReviewSettings
from closeout_review.store.asking import doing
from closeout_review.store.incidents import Incidents
from closeout_review.store.meta_reviews import MetaReviews
from closeout_review.store.postmortems import Postmortems, Promise
from closeout_schemas.catalogue import META_REVIEWS
from closeout_schemas.metareviews import ProposalCommitted, Proposed
from closeout_schemas.vocabulary import FailureMode, derived_id

SOURCE = "/closeout/review"


async def propose(db: Database, reading: Reading, finding_id: UUID, idea: Idea, by: str) -> UUID:
    """Propose a structural change because of a confirmed finding. What it would have prevented is computed.

    Raises Refused: 404, 409 where the quarter has two already or the finding was not confirmed, 422 without a text.
    """
    if not idea.item.text:
        raise Refused(422, "change-missing", "Say what changes in the system or the organisation.")
    async with db.transaction() as tx:
        store = MetaReviews(tx.conn)
        await _hold(tx, reading.quarter)
        found = next((one for one in await store.findings(reading.quarter) if one.id == finding_id), None)
        if found is None or not found.stands:
            raise Refused(409, "not-confirmed", "A proposal comes from a pattern that was confirmed; confirm it first.")
        proposal_id = derived_id("meta_proposal", str(finding_id), idea.item.text)
        there = await _of_quarter(tx, reading.quarter)
        if proposal_id in {one.id for one in there}:
            return proposal_id
        no_room = refusal(await _taking_room(tx, there))
        if no_room:
            raise Refused(409, "two-proposals", f"{no_room[0].upper()}{no_room[1:]}.")
        hits = reading.occurrences(found.content.incidents)
        minutes = round(sum(one.minutes for one in hits))
        told = idea.model_copy(update={"prevents": tuple(one.id for one in hits), "minutes": minutes})
        await store.add_proposal(_proposal(proposal_id, found, told, by))
        return proposal_id


async def unless_it_carries(tx: Transaction, quarter: Quarter, finding_id: UUID) -> None:
    """Raises Refused(409) where a proposal stands on a finding, which must not be dismissed below it."""
    for one in await _taking_room(tx, await _of_quarter(tx, quarter)):
        if one.finding_id == finding_id:
            place = f"/postmortems/{one.postmortem_id}"
            way = f"It is promised: withdraw it first, at {place}." if one.postmortem_id else "Refuse that first."
            raise Refused(409, "carries-a-proposal", f"“{one.idea.item.text}” is proposed because of it. {way}")


async def _of_quarter(tx: Transaction, quarter: Quarter) -> list[Proposal]:
    return [one for one in await MetaReviews(tx.conn).proposals(quarter) if one.quarter == str(quarter)]


async def _taking_room(tx: Transaction, proposals: Sequence[Proposal]) -> list[Proposal]:
    made = await Postmortems(tx.conn).promises([one.postmortem_id for one in proposals if one.postmortem_id])
    return taking_room(proposals, {one.postmortem_id: one for one in made})


def taking_room(proposals: Sequence[Proposal], promises: Mapping[UUID, Promise]) -> list[Proposal]:
    """Those of a quarter that count: neither refused, nor withdrawn after they were promised."""
    gone = {which for which, promise in promises.items() if promise.withdrawn_at is not None}
    return [one for one in proposals if not one.is_refused and one.postmortem_id not in gone]


def _proposal(proposal_id: UUID, found: Kept, idea: Idea, by: str) -> Proposal:
    told = (proposal_id, found.quarter, found.id, found.kind, found.value, idea, by)
    return Proposal(*told, decision=None, reason="", decided_by=None, postmortem_id=None)


async def refuse(db: Database, quarter: Quarter, proposal_id: UUID, reason: str, by: str) -> None:
    """Keep a proposal with the reason. When its pattern comes back, so does it. Raises Refused: 404, 409, 422."""
    if not reason:
        raise Refused(422, "reason-missing", "Say why it is refused: it comes back when the pattern does.")
    async with db.transaction() as tx:
        await _undecided(tx, quarter, proposal_id)
        await MetaReviews(tx.conn).refuse(proposal_id, reason, by)
        doing("refused a structural proposal")


async def accept(
    db: Database, settings: ReviewSettings, quarter: Quarter, proposal_id: UUID, item: DraftItem | None, by: str
) -> Postmortem:
    """Promise a proposal: all or nothing, by the gate's rules for an item. `item`: as it was completed for the gate.

    It becomes a postmortem of its own, so that ticket, metrics and month four are those of every promise.
    Raises Refused: 404, 409, and 422 with every refusal of the gate.
    """
    async with db.transaction() as tx:
        proposal = await _undecided(tx, quarter, proposal_id)
        idea = proposal.idea.model_copy(update={"item": item}) if item is not None else proposal.idea
        found = next(one for one in await MetaReviews(tx.conn).findings(quarter) if one.id == proposal.finding_id)
        if not found.stands:
            raise Refused(409, "not-confirmed", "The pattern that it comes from was dismissed; confirm it first.")
        told = await _told(tx, proposal, idea, found)
        about = {"occasion": "meta_review", "quarter": proposal.quarter}
        incident = incident_by_hand(told, by)
        postmortem_id = await begin_by_hand(tx, settings, incident, told, by, about)
        (kept,) = await Postmortems(tx.conn).lock([postmortem_id])
        kept = await save(tx, kept, _draft(idea, found), by)
        one = await with_all(tx.conn, settings, kept)
        entries = [link.entry for link in one.timeline]
        around = surroundings(kept, one.incident, entries, one.directory, settings)
        verdict = judge_items(one.draft.action_items, around)
        if verdict.refusals:
            raise gate_refused(verdict)
        await commit(tx, settings, one, verdict.commitments, by)
        await index_published(tx.conn, [postmortem_id], settings.taxonomy)
        await MetaReviews(tx.conn).accept(proposal_id, idea, by, incident.id, postmortem_id)
        await _say(tx, replace(proposal, idea=idea, postmortem_id=postmortem_id), found, verdict.commitments[0])
        doing("accepted a structural proposal")
        (kept,) = await Postmortems(tx.conn).lock([postmortem_id])
        return await with_all(tx.conn, settings, kept)


async def _told(tx: Transaction, proposal: Proposal, idea: Idea, found: Kept) -> ByHand:
    now = await Incidents(tx.conn).now()
    return ByHand(
        title=f"{proposal.quarter}: {idea.item.text}"[:300],
        what_happened=f"{found.content.title}. {found.content.sentence}",
        occasion=Occasion.OTHER,
        opened_at=now,
        resolved_at=now,
        key=f"meta_proposal {proposal.id}",
    )


def _draft(idea: Idea, found: Kept) -> Draft:
    modes = [FailureMode(found.value)] if found.value in set(FailureMode) else []
    count = len(idea.prevents)
    return Draft(
        title=f"{found.quarter}: {idea.item.text}"[:300],
        summary=f"{found.content.sentence}\n\nIt would have prevented at most {count} incident{'s' * (count != 1)}, "
        f"{idea.minutes} minutes from opened to resolved. Rough cost: {idea.cost.value} of one team. "
        f"Proposed to {idea.proposed_to}.",
        action_items=(idea.item,),
        failure_modes=tuple(modes),
    )


async def _say(tx: Transaction, proposal: Proposal, found: Kept, made: Commitment) -> None:
    now = await Incidents(tx.conn).now()
    assert proposal.postmortem_id is not None
    item = promised(proposal.postmortem_id, 1, made)
    data = Proposed(
        quarter=proposal.quarter,
        proposal_id=proposal.id,
        finding_id=found.id,
        kind=found.kind,
        value=found.value,
        change=item.text,
        postmortem_id=proposal.postmortem_id,
        item_id=item.id,
        would_have_prevented=tuple(UUID(one) for one in proposal.idea.prevents),
        minutes=proposal.idea.minutes,
        cost=proposal.idea.cost.value,
        proposed_by=proposal.proposed_by,
        proposed_to=proposal.idea.proposed_to,
        committed_at=now,
    )
    event_id = derived_id("event", "ProposalCommitted", str(proposal.id))
    event = ProposalCommitted(id=event_id, source=SOURCE, subject=proposal.quarter, time=now, data=data)
    tx.publish(META_REVIEWS, event)


async def _hold(tx: Transaction, quarter: Quarter) -> None:
    if not await MetaReviews(tx.conn).hold(quarter):
        raise Refused(404, "not-opened", f"The reading of {quarter} was not opened yet; open it first.")


async def _undecided(tx: Transaction, quarter: Quarter, proposal_id: UUID) -> Proposal:
    await _hold(tx, quarter)
    proposal = next((one for one in await _of_quarter(tx, quarter) if one.id == proposal_id), None)
    if proposal is None:
        raise Refused(404, "no-such-proposal", f"{quarter} has no such proposal.")
    if proposal.decision is not None:
        raise Refused(409, "decided-already", f"It was {proposal.decision} by {proposal.decided_by}.")
    return proposal
