"""Events of what came back, as people said, and of what the quarterly readings came to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from closeout_metrics import testing as e
from closeout_schemas.metareviews import (
    Confirmed,
    Dismissed,
    FindingConfirmed,
    FindingDismissed,
    ProposalCommitted,
    Proposed,
)
from closeout_schemas.postmortems import (
    ItemRecurred,
    PostmortemRef,
    Recurrence,
    RecurrenceLinked,
    RecurrenceUnlinked,
)
from closeout_schemas.vocabulary import RecurrenceKind, Severity, derived_id

ITEM = e.item_id(1)


def said(
    again: str,
    revision: int = 1,
    *kinds: RecurrenceKind,
    linked: bool = True,
    service: str = "checkout",
    earlier: str = "Q1",
    opened_at: datetime = e.NIGHT,
) -> Any:
    """Somebody said that an incident was, or was not, what an earlier postmortem was to prevent."""
    incident_id = e.incident_id(again)
    data = Recurrence(
        postmortem=PostmortemRef(
            postmortem_id=e.postmortem_id(earlier), incident_id=e.incident_id(earlier), title="Checkout is down"
        ),
        incident_id=incident_id,
        incident_title="Checkout is down again",
        service=service,
        severity=Severity.UNKNOWN,
        opened_at=opened_at,
        resolved_at=opened_at + timedelta(minutes=30),
        people_paged=3,
        time=2,
        confirmed_by="reviewer",
        items=tuple(ItemRecurred(item_id=e.item_id(n), kind=kind) for n, kind in enumerate(kinds, 1)),
        revision=revision,
    )
    kind = RecurrenceLinked if linked else RecurrenceUnlinked
    return kind(
        id=derived_id("said", earlier, again, str(revision)),
        source="/closeout/review",
        subject=str(e.postmortem_id(earlier)),
        time=opened_at + timedelta(minutes=30),
        data=data,
    )


def finding_confirmed(quarter: str = "2026Q3", number: int = 1) -> FindingConfirmed:
    """Somebody confirmed a pattern of that quarter: the so-manieth decision about it."""
    data = Confirmed(
        quarter=quarter,
        finding_id=derived_id("meta_finding", quarter),
        kind="dependency",
        value="ledger",
        sentence="4 of 9 incidents involve the dependency ledger",
        incident_ids=(e.incident_id(),),
        by_reader=False,
        reason="",
        by="Robin",
        confirmed_at=e.NIGHT,
        number=number,
    )
    event_id = derived_id("said", "finding", quarter, str(number))
    return FindingConfirmed(id=event_id, source="/closeout/review", subject=quarter, time=e.NIGHT, data=data)


def finding_dismissed(quarter: str = "2026Q3", number: int = 2) -> FindingDismissed:
    """Somebody dismissed that pattern."""
    data = Dismissed(
        quarter=quarter,
        finding_id=derived_id("meta_finding", quarter),
        kind="dependency",
        value="ledger",
        by_reader=False,
        reason="A migration that is over",
        by="Robin",
        dismissed_at=e.NIGHT,
        number=number,
    )
    event_id = derived_id("said", "finding", quarter, str(number))
    return FindingDismissed(id=event_id, source="/closeout/review", subject=quarter, time=e.NIGHT, data=data)


def proposal_committed(quarter: str = "2026Q3", item: UUID = ITEM) -> ProposalCommitted:
    """A structural change was promised because of it."""
    data = Proposed(
        quarter=quarter,
        proposal_id=derived_id("meta_proposal", quarter),
        finding_id=derived_id("meta_finding", quarter),
        kind="dependency",
        value="ledger",
        change="Put a circuit breaker before the ledger",
        postmortem_id=e.postmortem_id(),
        item_id=item,
        would_have_prevented=(e.incident_id(),),
        minutes=90,
        cost="weeks",
        proposed_by="Robin",
        proposed_to="the head of engineering",
        committed_at=e.NIGHT,
    )
    return ProposalCommitted(
        id=derived_id("said", "proposal", quarter), source="/closeout/review", subject=quarter, time=e.NIGHT, data=data
    )
