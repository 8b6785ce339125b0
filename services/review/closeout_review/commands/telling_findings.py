"""What a reader decided about a pattern of a quarter, as the event that tells of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from closeout_review.domain.meta_review import Kept
from closeout_schemas.metareviews import Confirmed, Dismissed, FindingConfirmed, FindingDismissed


def told_decision(
    kept: Kept, number: int
) -> tuple[type[FindingConfirmed], Confirmed] | tuple[type[FindingDismissed], Dismissed]:
    """The event and its data for a finding that was decided about; `number` is the decision's, from 1."""
    decided = kept.decided
    if decided is None:
        raise ValueError(f"nothing was decided about the finding {kept.id}")
    about: dict[str, Any] = {
        "quarter": kept.quarter,
        "finding_id": kept.id,
        "kind": kept.kind,
        "value": kept.value,
        "by_reader": kept.by_reader,
        "reason": decided.reason,
        "by": decided.by,
        "number": number,
    }
    if not kept.stands:
        return FindingDismissed, Dismissed(**about, dismissed_at=decided.at)
    incidents = tuple(UUID(one) for one in kept.content.incidents)
    sentence = kept.content.sentence
    return FindingConfirmed, Confirmed(**about, sentence=sentence, incident_ids=incidents, confirmed_at=decided.at)
