"""What the API answers of a promise: what was promised, what became of it, and what was changed in it since."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from closeout_review.commands.outcomes import standing
from closeout_review.domain.change import Change, slips, told
from closeout_review.store.postmortems import Promise
from closeout_schemas.postmortems import ActionItem
from closeout_schemas.tickets import TicketSnapshot
from closeout_schemas.vocabulary import ItemChange, TicketState


class ChangedPromise(BaseModel):
    """A change after publication. `slipped`: the target was put off."""

    number: int
    change: ItemChange
    slipped: bool
    was: str
    becomes: str
    reason: str
    by: str
    at: datetime


class CommittedItem(BaseModel):
    """A promise with what became of it. `ticket` is None until the tracker has been heard.

    `item` is the promise as it stands now; `changes` say what it was. `slips`: how often its target was put off.
    """

    item: ActionItem
    state: TicketState
    ticket: TicketSnapshot | None
    committed_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    withdrawn_by: str | None
    replaced_by: UUID | None
    changes: list[ChangedPromise]
    slips: int


def committed(promise: Promise) -> CommittedItem:
    """A promise as the API has it."""
    return CommittedItem(
        item=promise.item,
        state=standing(promise).state,
        ticket=promise.ticket,
        committed_at=promise.committed_at,
        withdrawn_at=promise.withdrawn_at,
        withdrawn_reason=promise.withdrawn_reason,
        withdrawn_by=promise.withdrawn_by,
        replaced_by=promise.replaced_by,
        changes=[_changed(one) for one in promise.changes],
        slips=slips(promise.changes),
    )


def _changed(one: Change) -> ChangedPromise:
    was, becomes = (told(one.change, item) for item in (one.was, one.becomes))
    return ChangedPromise(
        number=one.number,
        change=one.change,
        slipped=one.slipped,
        was=was,
        becomes=becomes,
        reason=one.reason,
        by=one.by,
        at=one.at,
    )
