"""What a published postmortem comes to (rule 3 of the architecture page)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from closeout_schemas.vocabulary import Outcome, TicketState


@dataclass(frozen=True, slots=True)
class Standing:
    """A committed item, as far as the outcome goes. `closed_at`: when the tracker says the ticket was closed."""

    state: TicketState
    closed_at: datetime | None = None
    withdrawn: bool = False


def open_items(items: Sequence[Standing]) -> int:
    """How many promises still stand and have not shipped; a ticket that was dropped has not."""
    return sum(not item.withdrawn and not item.state.is_shipped for item in items)


def all_shipped(items: Sequence[Standing]) -> bool:
    """Whether every promise that still stands has shipped, and at least one has: taking all back changes nothing."""
    return any(item.state.is_shipped and not item.withdrawn for item in items) and open_items(items) == 0


def outcome_of(was: Outcome, items: Sequence[Standing], fails_at: datetime, now: datetime) -> Outcome:
    """The outcome at `now` of a postmortem whose outcome so far was `was`.

    Until month four begins, it follows the items: one that is opened again takes the success back. Once it has begun,
    whether the postmortem failed is settled; what is known later changes only between failed and closed late.
    """
    if not items:
        return Outcome.JOURNAL_ENTRY
    done = all_shipped(items)
    if was in (Outcome.FAILED, Outcome.CLOSED_LATE):
        return Outcome.CLOSED_LATE if done else Outcome.FAILED
    if now < fails_at:
        return Outcome.SUCCEEDED if done else Outcome.PENDING
    if was is Outcome.SUCCEEDED or (done and _before(fails_at, items)):
        return Outcome.SUCCEEDED
    return Outcome.CLOSED_LATE if done else Outcome.FAILED


def _before(fails_at: datetime, items: Sequence[Standing]) -> bool:
    """Whether the tracker says that all was closed in time, though we hear of it only now."""
    return all(item.withdrawn or (item.closed_at is not None and item.closed_at < fails_at) for item in items)
