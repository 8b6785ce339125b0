"""What people said came back, and what the quarterly readings came to, told again as events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from closeout_review.commands.announcements import SOURCE
from closeout_review.commands.telling_findings import told_decision
from closeout_review.domain.meta_review import Idea, Kept
from closeout_review.domain.recurrence import Promised, kind_of, people_paged
from closeout_schemas.envelope import Event
from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.metareviews import Confirmed, ProposalCommitted, Proposed
from closeout_schemas.postmortems import ItemRecurred, PostmortemRef, Recurrence, RecurrenceLinked, RecurrenceUnlinked
from closeout_schemas.tickets import TicketSnapshot
from closeout_schemas.vocabulary import derived_id


def told_event(kind: type[Event], subject: str, at: datetime, data: object, *more: str) -> Event:
    """An event that tells again of what was."""
    event_id = derived_id("told again", kind.__name__, subject, *more)
    return kind.model_validate({"id": event_id, "source": SOURCE, "subject": subject, "time": at, "data": data})


def returns_of(about: PostmortemRef, row: Mapping[str, Any]) -> Iterator[Event]:
    """What was said of incidents that were, or were not, what this postmortem was to prevent: of each the last word."""
    returns = row["returns"] or ()
    for one in returns:
        again = IncidentSnapshot.model_validate(one["incident"])
        if not one["said_revision"] or again.restricted or again.resolved_at is None:
            continue
        began = again.opened_at or again.resolved_at
        said = Recurrence(
            postmortem=about,
            incident_id=again.id,
            incident_title=again.title,
            service=again.service.name if again.service else None,
            severity=again.severity,
            opened_at=began,
            resolved_at=again.resolved_at,
            people_paged=people_paged(again),
            time=2 + _before(returns, one, began),
            confirmed_by=one["source"],
            items=tuple(_recurred(row["items"] or (), began)),
            revision=one["said_revision"],
        )
        # With each revision the answer is the other one: what was said last may not be what is answered now.
        linked = one["answer"] == ((one["revision"] - one["said_revision"]) % 2 == 0)
        kind = RecurrenceLinked if linked else RecurrenceUnlinked
        at = datetime.fromisoformat(one["answered_at"])
        yield told_event(kind, str(about.postmortem_id), at, said, str(again.id), str(said.revision))


def _before(returns: Sequence[Mapping[str, Any]], one: Mapping[str, Any], began: datetime) -> int:
    others = (
        other for other in returns if other is not one and other["answer"] and not other["incident"]["restricted"]
    )
    return sum(datetime.fromisoformat(other["listed_at"]) < began for other in others)


def _recurred(items: Sequence[Mapping[str, Any]], began: datetime) -> Iterator[ItemRecurred]:
    for one in items:
        item_id, committed_at = UUID(one["item"]["id"]), datetime.fromisoformat(one["committed_at"])
        ticket = TicketSnapshot.model_validate(one["ticket"]) if one["ticket"] else None
        shipped_at = (ticket.closed_at or committed_at) if ticket and ticket.state.is_shipped else None
        withdrawn_at = datetime.fromisoformat(one["withdrawn_at"]) if one["withdrawn_at"] else None
        kind = kind_of(Promised(item_id, committed_at, withdrawn_at, shipped_at), began)
        if kind is not None:
            yield ItemRecurred(item_id=item_id, kind=kind)


def finding_decided(kept: Kept, number: int) -> Event:
    """What was decided about this pattern, the so-manieth time."""
    kind, data = told_decision(kept, number)
    at = data.confirmed_at if isinstance(data, Confirmed) else data.dismissed_at
    return told_event(kind, kept.quarter, at, data, str(kept.id), str(number))


def proposal_committed(row: Mapping[str, Any]) -> Event:
    """This structural change was promised."""
    idea = Idea.model_validate(row["idea"])
    data = Proposed(
        quarter=row["quarter"],
        proposal_id=row["id"],
        finding_id=row["finding_id"],
        kind=row["kind"],
        value=row["value"],
        change=row["change"],
        postmortem_id=row["postmortem_id"],
        item_id=row["item_id"],
        would_have_prevented=tuple(UUID(one) for one in idea.prevents),
        minutes=idea.minutes,
        cost=idea.cost.value,
        proposed_by=row["proposed_by"],
        proposed_to=idea.proposed_to,
        committed_at=row["decided_at"],
    )
    return told_event(ProposalCommitted, row["quarter"], row["decided_at"], data, str(row["id"]))
