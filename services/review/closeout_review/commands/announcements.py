"""The events that review says, each with an id derived from what caused it, so that a replay says the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from closeout_chassis.db import Transaction
from closeout_review.domain.change import Change
from closeout_review.domain.draft import Draft
from closeout_review.settings import ReviewSettings
from closeout_schemas import postmortems as said
from closeout_schemas.catalogue import POSTMORTEMS
from closeout_schemas.envelope import Event
from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.postmortems import ActionItem, MandatedTicket, PostmortemRef
from closeout_schemas.vocabulary import Outcome, derived_id

SOURCE = "/closeout/review"
VERDICTS: dict[Outcome, type[Event]] = {
    Outcome.SUCCEEDED: said.PostmortemSucceeded,
    Outcome.FAILED: said.PostmortemFailed,
    Outcome.CLOSED_LATE: said.PostmortemClosedLate,
}


def postmortem_id_of(incident_id: UUID) -> UUID:
    """The id of the one postmortem that an incident can have."""
    return derived_id("postmortem", str(incident_id))


def reference(incident: IncidentSnapshot, title: str, settings: ReviewSettings) -> PostmortemRef:
    """Which postmortem, for those who keep no copy."""
    postmortem_id = postmortem_id_of(incident.id)
    if incident.restricted:
        url = f"{settings.public_url}/postmortems/{postmortem_id}"
        return PostmortemRef(postmortem_id=postmortem_id, incident_id=incident.id, title="", url=url, restricted=True)
    return PostmortemRef(
        postmortem_id=postmortem_id,
        incident_id=incident.id,
        title=title,
        service=incident.service.name if incident.service else None,
        severity=incident.severity,
        opened_at=incident.opened_at,
        resolved_at=incident.resolved_at,
        url=f"{settings.public_url}/postmortems/{postmortem_id}",
    )


class Announcer:
    """Says what became of one postmortem, if and only if the transaction commits."""

    def __init__(self, tx: Transaction, postmortem: PostmortemRef, at: datetime, because_of: Event | None) -> None:
        self._tx = tx
        self._postmortem = postmortem
        self._at = at
        self._because_of = because_of

    def drafted(self) -> None:
        """A draft stands ready."""
        self._say(said.PostmortemDrafted, said.Drafted(postmortem=self._postmortem, drafted_at=self._at))

    def merged(self, into: UUID, by: str) -> None:
        """The draft went into another one."""
        data = said.Merged(postmortem=self._postmortem, into=into, by=by, merged_at=self._at)
        self._say(said.PostmortemMerged, data, self._at.isoformat())

    def split_off(self, drafted_at: datetime, by: str) -> None:
        """The draft stands by itself again."""
        data = said.SplitOff(postmortem=self._postmortem, drafted_at=drafted_at, by=by, split_at=self._at)
        self._say(said.PostmortemSplitOff, data, self._at.isoformat())

    def published(self, fails_at: datetime, draft: Draft, items: Sequence[ActionItem]) -> None:
        """It passed the gate, and promises these items."""
        data = said.Published(
            postmortem=self._postmortem,
            published_at=self._at,
            fails_at=fails_at,
            # By them others are found to be like it, and counted.
            failure_modes=() if self._postmortem.restricted else draft.failure_modes,
            own_failure_modes=() if self._postmortem.restricted else draft.own_failure_modes,
            item_ids=tuple(item.id for item in items),
            aware_of=len(draft.aware_of),
        )
        self._say(said.PostmortemPublished, data)
        for item in items:
            self._committed(item)

    def withdrawn(self, item_id: UUID, reason: str, by: str, replacement: ActionItem | None = None) -> None:
        """A promise is taken back; another may be made in its place."""
        replaced_by = replacement.id if replacement else None
        data = said.ItemWithdrawn(
            postmortem=self._postmortem, item_id=item_id, reason=reason, by=by, replaced_by=replaced_by
        )
        self._say(said.ActionItemWithdrawn, data, str(item_id))
        if replacement is not None:
            self._committed(replacement)

    def changed(self, change: Change) -> None:
        """A promise has another owner or another target."""
        data = said.ItemChanged(
            postmortem=self._postmortem,
            item=change.becomes,
            change=change.change,
            number=change.number,
            slipped=change.slipped,
            was_owner=change.was.owner,
            was_target=change.was.target,
            reason=change.reason,
            by=change.by,
            changed_at=self._at,
        )
        self._say(said.ActionItemChanged, data, str(change.becomes.id), str(change.number))

    def cleaned(self, item: ActionItem, entry_id: UUID) -> None:
        """Words of that entry were taken out of a promise, or of the postmortem's title."""
        data = said.ItemCleaned(postmortem=self._postmortem, item=item, cleaned_at=self._at)
        self._say(said.ActionItemCleaned, data, str(item.id), str(entry_id))

    def wanted_again(self, item_id: UUID, revision: int, by: str | None) -> None:
        """The ticket that was last seen in this revision is gone, and wanted."""
        data = said.TicketWanted(postmortem=self._postmortem, item_id=item_id, asked_by=by, asked_at=self._at)
        self._say(said.TicketWantedAgain, data, str(item_id), str(revision))

    def concluded(self, outcome: Outcome, open_items: int) -> None:
        """It came to that."""
        data = said.Concluded(postmortem=self._postmortem, outcome=outcome, decided_at=self._at, open_items=open_items)
        self._say(VERDICTS[outcome], data)

    def mandated(self, ticket: MandatedTicket, by: str) -> None:
        """A ticket is demanded, not promised."""
        data = said.TicketMandated(postmortem=self._postmortem, ticket=ticket, by=by or None, linked_at=self._at)
        self._say(said.MandatedTicketLinked, data, str(ticket.id))

    def unlinked(self, ticket_id: UUID, reason: str, by: str) -> None:
        """It does not belong there, or not any more."""
        data = said.TicketUnlinked(
            postmortem=self._postmortem, ticket_id=ticket_id, reason=reason, by=by or None, unlinked_at=self._at
        )
        self._say(said.MandatedTicketUnlinked, data, str(ticket_id))

    def _committed(self, item: ActionItem) -> None:
        data = said.ItemCommitted(postmortem=self._postmortem, item=item, committed_at=self._at)
        self._say(said.ActionItemCommitted, data, str(item.id))

    def _say(self, event: type[Event], data: object, *more: str) -> None:
        subject = str(self._postmortem.postmortem_id)
        event_id = derived_id("event", event.__name__, subject, *more)
        one = event.model_validate(
            {"id": event_id, "source": SOURCE, "subject": subject, "time": self._at, "data": data}
        )
        self._tx.publish(POSTMORTEMS, one, because_of=self._because_of)
