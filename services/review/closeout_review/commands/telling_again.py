"""What review knows, told again as events: for a reader whose topics do not reach back so far.

It tells of things as they are now. What lay between, as a ticket that was dropped and opened again, the topics knew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import Any

from closeout_chassis.db import Conn
from closeout_review.commands.announcements import VERDICTS, reference
from closeout_review.commands.telling_returns import finding_decided, proposal_committed, returns_of, told_event
from closeout_review.settings import ReviewSettings
from closeout_review.store.told import Told
from closeout_schemas import incidents, postmortems, tickets
from closeout_schemas.envelope import Event
from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.postmortems import ActionItem, PostmortemRef
from closeout_schemas.tickets import TicketSnapshot
from closeout_schemas.vocabulary import FailureMode, ItemChange, Outcome, derived_id

FIRST_REVISION = 1


async def told_again(conn: Conn, settings: ReviewSettings) -> AsyncIterator[Event]:
    """Every incident, postmortem, action item, ticket, recurrence and quarterly reading. Needs a transaction."""
    told = Told(conn)
    async for row in told.incidents():
        for event in _incident(IncidentSnapshot.model_validate(row["snapshot"]), row["listed_at"]):
            yield event
    async for row in told.postmortems():
        for event in _postmortem(row, settings):
            yield event
        for event in returns_of(_reference(row, settings), row):
            yield event
    for kept, number in await told.findings():
        yield finding_decided(kept, number)
    for made in await told.proposals():
        yield proposal_committed(made)


def _incident(told: IncidentSnapshot, listed_at: datetime) -> Iterator[Event]:
    entry = incidents.TimelineEntry(
        id=derived_id("told again", str(told.id)),
        kind="opened",
        text="",
        author=None,
        occurred_at=told.opened_at or listed_at,
        received_at=listed_at,
        source=told.vendor,
        source_id="",
    )
    # Who counts an incident as what it was opened as is told that too, as far as it is known.
    first = told.model_copy(update={"revision": FIRST_REVISION})
    for snapshot in (first, told) if told.revision > FIRST_REVISION else (told,):
        data = incidents.IncidentFact(incident=snapshot, entry=entry)
        yield told_event(incidents.IncidentOpened, str(told.id), listed_at, data, str(snapshot.revision))


def _postmortem(row: Mapping[str, Any], settings: ReviewSettings) -> Iterator[Event]:
    about, draft = _reference(row, settings), row["draft"] or {}
    drafted = postmortems.Drafted(postmortem=about, drafted_at=row["drafted_at"])
    yield told_event(postmortems.PostmortemDrafted, str(about.postmortem_id), row["drafted_at"], drafted)
    if row["merged_into"] is not None:
        merged = postmortems.Merged(postmortem=about, into=row["merged_into"], merged_at=row["merged_at"])
        yield told_event(postmortems.PostmortemMerged, str(about.postmortem_id), row["merged_at"], merged)
    if row["published_at"] is None:
        return
    published = postmortems.Published(
        postmortem=about,
        published_at=row["published_at"],
        fails_at=row["fails_at"],
        failure_modes=() if about.restricted else tuple(FailureMode(mode) for mode in draft.get("failure_modes", ())),
        own_failure_modes=() if about.restricted else tuple(draft.get("own_failure_modes", ())),
        item_ids=tuple(one["item"]["id"] for one in row["items"] or () if not one["item"].get("replaces")),
        aware_of=len(draft.get("aware_of", ())),
    )
    yield told_event(postmortems.PostmortemPublished, str(about.postmortem_id), row["published_at"], published)
    for one in row["items"] or ():
        yield from _item(about, one)
    for outcome, said_at in (
        (Outcome.SUCCEEDED, row["succeeded_at"]),
        (Outcome.FAILED, row["failed_at"]),
        (Outcome.CLOSED_LATE, row["closed_late_at"]),
    ):
        if said_at is not None:
            verdict = postmortems.Concluded(postmortem=about, outcome=outcome, decided_at=said_at, open_items=0)
            yield told_event(VERDICTS[outcome], str(about.postmortem_id), said_at, verdict)


def _reference(row: Mapping[str, Any], settings: ReviewSettings) -> PostmortemRef:
    incident, facts = IncidentSnapshot.model_validate(row["snapshot"]), row["published_facts"] or {}
    title = (row["draft"] or {}).get("title") or facts.get("title") or incident.title
    then = {name: facts[name] for name in ("severity", "opened_at", "resolved_at") if name in facts}
    about = reference(incident, title, settings)
    if incident.restricted:
        return about
    return PostmortemRef.model_validate(about.model_dump() | then)


def _item(about: PostmortemRef, told: Mapping[str, Any]) -> Iterator[Event]:
    changes = told["changes"] or ()
    # As it was promised first.
    item = ActionItem.model_validate(changes[0]["was"] if changes else told["item"])
    subject = str(about.postmortem_id)
    promised_at = datetime.fromisoformat(told["committed_at"])
    committed = postmortems.ItemCommitted(postmortem=about, item=item, committed_at=promised_at)
    yield told_event(postmortems.ActionItemCommitted, subject, promised_at, committed, str(item.id))
    for one in changes:
        changed = _changed(about, one)
        yield told_event(
            postmortems.ActionItemChanged, subject, changed.changed_at, changed, str(item.id), str(one["number"])
        )
    if told["withdrawn_at"]:
        reason = told["withdrawn_reason"] or ""
        withdrawn = postmortems.ItemWithdrawn(postmortem=about, item_id=item.id, reason=reason)
        withdrawn_at = datetime.fromisoformat(told["withdrawn_at"])
        yield told_event(postmortems.ActionItemWithdrawn, subject, withdrawn_at, withdrawn, str(item.id))
    if told["ticket"]:
        ticket = TicketSnapshot.model_validate(told["ticket"])
        seen_at = ticket.closed_at or ticket.synced_at or promised_at
        fact = tickets.TicketFact(ticket=ticket)
        yield told_event(tickets.TicketChanged, str(ticket.item_id), seen_at, fact, str(ticket.revision))


def _changed(about: PostmortemRef, told: Mapping[str, Any]) -> postmortems.ItemChanged:
    was, becomes = ActionItem.model_validate(told["was"]), ActionItem.model_validate(told["becomes"])
    return postmortems.ItemChanged(
        postmortem=about,
        item=becomes,
        change=ItemChange(told["change"]),
        number=told["number"],
        slipped=told["slipped"],
        was_owner=was.owner,
        was_target=was.target,
        reason=told["reason"],
        by=told["changed_by"],
        changed_at=datetime.fromisoformat(told["changed_at"]),
    )
