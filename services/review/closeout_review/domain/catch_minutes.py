"""When an earlier catch would have acted, and how much of the incident it would have saved at the most."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from closeout_review.domain.draft import EarlierCatch
from closeout_review.domain.facts import Facts
from closeout_schemas.envelope import Fact


class CatchMinutes(Fact):
    """Minutes. `after_opening` is negative where it would have acted before the page.

    `saved_at_most`: from then to the resolution. How much of that really would have been saved nobody can know; None
    while the incident is not over.
    """

    acts_at: datetime
    after_opening: int | None
    saved_at_most: int | None

    def said(self) -> str:
        """In words."""
        parts = []
        if self.after_opening is not None:
            side = "after" if self.after_opening >= 0 else "before"
            parts.append(f"acts {abs(self.after_opening)} min {side} the opening")
        if self.saved_at_most is not None:
            parts.append(f"saves {self.saved_at_most} min at the most")
        return ", ".join(parts)


def minutes_of(catch: EarlierCatch, facts: Facts, moments: Mapping[UUID, datetime]) -> CatchMinutes | None:
    """`moments`: when each timeline entry was said. None where the catch is tied to none of them."""
    at = moments.get(catch.entry_id) if catch.entry_id else None
    if at is None:
        return None
    return CatchMinutes(
        acts_at=at,
        after_opening=_minutes(facts.opened_at, at),
        saved_at_most=max(_minutes(at, facts.resolved_at) or 0, 0) if facts.resolved_at else None,
    )


def _minutes(begin: datetime | None, end: datetime | None) -> int | None:
    return round((end - begin).total_seconds() / 60) if begin and end else None
