"""Meta-reviews: what the one reader of a quarter confirmed or dismissed, and what was promised because of it."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from closeout_schemas.envelope import Event, Fact

TOPIC = "closeout.metareview.v1"


class Confirmed(Fact):
    """A pattern of the quarter stands: one that a test found, or one that the reader saw. Both count as much."""

    quarter: str  # 2026Q3
    finding_id: UUID
    kind: str  # dependency, weekday_hour …; other: no test knows such a pattern
    value: str
    sentence: str  # what was seen, as it was read then
    incident_ids: tuple[UUID, ...]
    by_reader: bool  # no test found it
    reason: str
    by: str
    confirmed_at: AwareDatetime
    number: int = 0  # of the decisions about this finding: 1, 2 …; the highest counts


class Dismissed(Fact):
    """A pattern of the quarter does not stand, or does not any more."""

    quarter: str  # 2026Q3
    finding_id: UUID
    kind: str  # as in Confirmed
    value: str
    by_reader: bool  # no test found it
    reason: str
    by: str
    dismissed_at: AwareDatetime
    number: int  # of the decisions about this finding: 1, 2 …; the highest counts


class Proposed(Fact):
    """A structural change passed the gate, and is promised: one of at most two a quarter."""

    quarter: str
    proposal_id: UUID
    finding_id: UUID
    kind: str  # the pattern's
    value: str
    change: str
    postmortem_id: UUID  # its promise, ticket and outcome are those of this one
    item_id: UUID
    would_have_prevented: tuple[UUID, ...]  # incidents, at most
    minutes: int  # that these took, together
    cost: str
    proposed_by: str
    proposed_to: str
    committed_at: AwareDatetime


class FindingConfirmed(Event):
    """Somebody confirmed a pattern. The subject is the quarter."""

    type: Literal["closeout.metareview.finding_confirmed.v1"] = "closeout.metareview.finding_confirmed.v1"
    data: Confirmed


class FindingDismissed(Event):
    """Somebody dismissed a pattern, which may have been confirmed before. The subject is the quarter."""

    type: Literal["closeout.metareview.finding_dismissed.v1"] = "closeout.metareview.finding_dismissed.v1"
    data: Dismissed


class ProposalCommitted(Event):
    """A structural proposal was accepted. The subject is the quarter."""

    type: Literal["closeout.metareview.proposal_committed.v1"] = "closeout.metareview.proposal_committed.v1"
    data: Proposed


MetaReviewEvent = Annotated[FindingConfirmed | FindingDismissed | ProposalCommitted, Field(discriminator="type")]
