"""Postmortems: drafted, published, what was promised in them, and what they came to."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from closeout_schemas.envelope import Event, Fact
from closeout_schemas.promises import ActionItem as ActionItem
from closeout_schemas.promises import MandatedTicket as MandatedTicket
from closeout_schemas.promises import Owner as Owner
from closeout_schemas.promises import PostmortemRef as PostmortemRef
from closeout_schemas.promises import Target as Target
from closeout_schemas.recurrence import ItemRecurred as ItemRecurred
from closeout_schemas.recurrence import Recurrence as Recurrence
from closeout_schemas.vocabulary import FailureMode, ItemChange, Outcome

TOPIC = "closeout.postmortem.v1"


class Drafted(Fact):
    """A draft stands ready to be finished."""

    postmortem: PostmortemRef
    drafted_at: AwareDatetime


class Merged(Fact):
    """A draft went into another, which covers its incidents from now on. Nobody waits for it any more."""

    postmortem: PostmortemRef
    into: UUID
    by: str | None = None
    merged_at: AwareDatetime


class SplitOff(Fact):
    """A draft that had gone into another stands by itself again."""

    postmortem: PostmortemRef
    drafted_at: AwareDatetime
    by: str | None = None
    split_at: AwareDatetime


class Published(Fact):
    """The gate let it through. `fails_at`: when month four begins, by the organisation's time zone."""

    postmortem: PostmortemRef
    published_at: AwareDatetime
    fails_at: AwareDatetime
    failure_modes: tuple[FailureMode, ...]
    item_ids: tuple[UUID, ...]
    aware_of: int  # how many things to remain aware of were kept
    own_failure_modes: tuple[str, ...] = ()  # of the team's own taxonomy


class ItemCommitted(Fact):
    """An action item is promised, and wants its ticket."""

    postmortem: PostmortemRef
    item: ActionItem
    committed_at: AwareDatetime


class ItemWithdrawn(Fact):
    """A promise is taken back, with a reason; it stays counted. `replaced_by`: the promise that stands in its place."""

    postmortem: PostmortemRef
    item_id: UUID
    reason: str
    by: str | None = None
    replaced_by: UUID | None = None


class ItemChanged(Fact):
    """A published promise was given another target or another owner, with a reason.

    `item` is the promise as it stands now. `number` counts the changes of this item from 1: the highest is the latest.
    `slipped`: its target is later than it was. Whoever follows the ticket takes owner and target over into it.
    """

    postmortem: PostmortemRef
    item: ActionItem
    change: ItemChange
    number: int
    slipped: bool = False
    was_owner: Owner
    was_target: Target
    reason: str
    by: str | None = None
    changed_at: AwareDatetime


class ItemCleaned(Fact):
    """A secret or personal data was taken out of what a promise, or its postmortem's title, says.

    `item` and `postmortem` are without it. Whoever keeps the words takes these in their place; the ticket, too.
    """

    postmortem: PostmortemRef
    item: ActionItem
    cleaned_at: AwareDatetime


class TicketMandated(Fact):
    """A mandated ticket is linked with a published postmortem."""

    postmortem: PostmortemRef
    ticket: MandatedTicket
    by: str | None = None
    linked_at: AwareDatetime


class TicketUnlinked(Fact):
    """A mandated ticket does not belong to that postmortem, or not any more; why is kept beside it."""

    postmortem: PostmortemRef
    ticket_id: UUID
    reason: str
    by: str | None = None
    unlinked_at: AwareDatetime


class TicketWanted(Fact):
    """The ticket of an action item is gone, and somebody wants another."""

    postmortem: PostmortemRef
    item_id: UUID
    asked_by: str | None = None
    asked_at: AwareDatetime


class Concluded(Fact):
    """What a published postmortem came to."""

    postmortem: PostmortemRef
    outcome: Outcome
    decided_at: AwareDatetime
    open_items: int


class PostmortemDrafted(Event):
    """A draft was made from a resolved incident."""

    type: Literal["closeout.postmortem.drafted.v1"] = "closeout.postmortem.drafted.v1"
    data: Drafted


class PostmortemMerged(Event):
    """A draft went into another one."""

    type: Literal["closeout.postmortem.merged.v1"] = "closeout.postmortem.merged.v1"
    data: Merged


class PostmortemSplitOff(Event):
    """A draft left the one that it had gone into."""

    type: Literal["closeout.postmortem.split_off.v1"] = "closeout.postmortem.split_off.v1"
    data: SplitOff


class PostmortemPublished(Event):
    """A postmortem passed the gate."""

    type: Literal["closeout.postmortem.published.v1"] = "closeout.postmortem.published.v1"
    data: Published


class ActionItemCommitted(Event):
    """An action item was committed with a postmortem's publication."""

    type: Literal["closeout.postmortem.action_item_committed.v1"] = "closeout.postmortem.action_item_committed.v1"
    data: ItemCommitted


class ActionItemWithdrawn(Event):
    """An action item was withdrawn after publication."""

    type: Literal["closeout.postmortem.action_item_withdrawn.v1"] = "closeout.postmortem.action_item_withdrawn.v1"
    data: ItemWithdrawn


class ActionItemChanged(Event):
    """A published action item has another target or another owner."""

    type: Literal["closeout.postmortem.action_item_changed.v1"] = "closeout.postmortem.action_item_changed.v1"
    data: ItemChanged


class ActionItemCleaned(Event):
    """The words of a promise that quoted a timeline's entry went with that entry's."""

    type: Literal["closeout.postmortem.action_item_cleaned.v1"] = "closeout.postmortem.action_item_cleaned.v1"
    data: ItemCleaned


class MandatedTicketLinked(Event):
    """A ticket that is demanded, not promised, belongs to the postmortem."""

    type: Literal["closeout.postmortem.mandated_ticket_linked.v1"] = "closeout.postmortem.mandated_ticket_linked.v1"
    data: TicketMandated


class MandatedTicketUnlinked(Event):
    """That link is taken back, with a reason."""

    type: Literal["closeout.postmortem.mandated_ticket_unlinked.v1"] = "closeout.postmortem.mandated_ticket_unlinked.v1"
    data: TicketUnlinked


class TicketWantedAgain(Event):
    """A lost ticket is to be made again, from its last known content."""

    type: Literal["closeout.postmortem.ticket_wanted_again.v1"] = "closeout.postmortem.ticket_wanted_again.v1"
    data: TicketWanted


class PostmortemSucceeded(Event):
    """All committed items shipped before month four."""

    type: Literal["closeout.postmortem.succeeded.v1"] = "closeout.postmortem.succeeded.v1"
    data: Concluded


class PostmortemFailed(Event):
    """A committed item was open when month four began."""

    type: Literal["closeout.postmortem.failed.v1"] = "closeout.postmortem.failed.v1"
    data: Concluded


class PostmortemClosedLate(Event):
    """A failed postmortem's items all shipped afterwards. It stays failed."""

    type: Literal["closeout.postmortem.closed_late.v1"] = "closeout.postmortem.closed_late.v1"
    data: Concluded


class RecurrenceLinked(Event):
    """It came back: an incident is confirmed to be what an earlier postmortem was to prevent."""

    type: Literal["closeout.postmortem.recurrence_linked.v1"] = "closeout.postmortem.recurrence_linked.v1"
    data: Recurrence


class RecurrenceUnlinked(Event):
    """That was taken back."""

    type: Literal["closeout.postmortem.recurrence_unlinked.v1"] = "closeout.postmortem.recurrence_unlinked.v1"
    data: Recurrence


PostmortemEvent = Annotated[
    PostmortemDrafted
    | PostmortemMerged
    | PostmortemSplitOff
    | PostmortemPublished
    | ActionItemCommitted
    | ActionItemWithdrawn
    | ActionItemChanged
    | ActionItemCleaned
    | MandatedTicketLinked
    | MandatedTicketUnlinked
    | TicketWantedAgain
    | PostmortemSucceeded
    | PostmortemFailed
    | PostmortemClosedLate
    | RecurrenceLinked
    | RecurrenceUnlinked,
    Field(discriminator="type"),
]
