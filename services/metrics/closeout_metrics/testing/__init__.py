"""What the tests begin with: events as the other services say them, as small as they may be, and a clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from closeout_chassis.db import Conn
from closeout_metrics.domain.tally import Cell, cell
from closeout_metrics.store import Store
from closeout_schemas import incidents, postmortems, tickets
from closeout_schemas.catalogue import TOPICS
from closeout_schemas.envelope import Event
from closeout_schemas.vocabulary import (
    Control,
    FailureMode,
    IncidentStatus,
    ItemChange,
    Outcome,
    PartyKind,
    Severity,
    TargetKind,
    TicketState,
    Vendor,
    derived_id,
)

BERLIN = ZoneInfo("Europe/Berlin")
TOPIC_OF = {kind: topic.name for topic in TOPICS for kind in topic.event_classes()}
Hear = Callable[..., Awaitable[None]]

NIGHT = datetime(2026, 11, 3, 3, 14, tzinfo=UTC)
PUBLISHED = NIGHT + timedelta(days=2)
FAILS = datetime(2027, 2, 5, tzinfo=UTC)
DUE = date(2026, 11, 22)


@dataclass
class Clock:
    """What time it is, for the service."""

    now: datetime

    async def of_database(self, _store: Store) -> datetime:
        return self.now

    def ticks(self) -> float:
        return self.now.timestamp()


async def tallies(conn: Conn) -> dict[Cell, int]:
    """All tallies that are not 0."""
    rows = await conn.fetch("SELECT tally, labels, value FROM tally WHERE value <> 0")
    return {cell(row["tally"], **row["labels"]): row["value"] for row in rows}


def days(count: float, after: datetime = PUBLISHED) -> datetime:
    """So many days after the publication."""
    return after + timedelta(days=count)


def _event(kind: type[Event], subject: UUID, time: datetime, data: Any, *cause: str) -> Any:
    return kind.model_validate(
        {
            "id": derived_id("test", kind.__name__, str(subject), *cause),
            "source": "/test",
            "subject": str(subject),
            "time": time,
            "data": data,
        }
    )


def incident_id(name: str = "Q1") -> UUID:
    return derived_id("incident", name)


def postmortem_id(name: str = "Q1") -> UUID:
    return derived_id("postmortem", name)


def item_id(position: int = 1, name: str = "Q1") -> UUID:
    return derived_id("action_item", name, str(position))


def incident(
    name: str = "Q1",
    revision: int = 1,
    *,
    service: str | None = "checkout",
    severity: Severity = Severity.SEV1,
    opened_at: datetime | None = NIGHT,
    kind: type[Event] = incidents.IncidentOpened,
    team: str | None = None,
    team_id: str = "PT1",
    told_at: datetime = NIGHT,
) -> Any:
    """Any event of an incident: what it is called makes no difference here, what it knows does."""
    told = incidents.IncidentSnapshot(
        id=incident_id(name),
        vendor=Vendor.PAGERDUTY,
        vendor_id=name,
        status=IncidentStatus.TRIGGERED,
        severity=severity,
        service=incidents.Service(vendor_id="P", name=service) if service is not None else None,
        opened_at=opened_at,
        teams=(incidents.Party(vendor=Vendor.PAGERDUTY, vendor_id=team_id, name=team, kind=PartyKind.TEAM),)
        if team
        else (),
        revision=revision,
    )
    entry = incidents.TimelineEntry(
        id=derived_id("entry", name, str(revision)),
        kind="opened",
        text="",
        author=None,
        occurred_at=NIGHT,
        received_at=told_at,
        source=Vendor.PAGERDUTY,
        source_id=str(revision),
    )
    return _event(kind, told.id, NIGHT, incidents.IncidentFact(incident=told, entry=entry), str(revision))


def _about(name: str, opened_at: datetime = NIGHT, service: str = "checkout") -> postmortems.PostmortemRef:
    return postmortems.PostmortemRef(
        postmortem_id=postmortem_id(name),
        incident_id=incident_id(name),
        title="The payment pool ran out of connections",
        service=service,
        opened_at=opened_at,
        resolved_at=opened_at + timedelta(minutes=90),
        url=f"https://closeout.example/postmortems/{name}",
    )


def merged(name: str = "Q1", into: str = "Q2", at: datetime = NIGHT) -> Any:
    data = postmortems.Merged(postmortem=_about(name), into=postmortem_id(into), merged_at=at)
    return _event(postmortems.PostmortemMerged, postmortem_id(name), at, data, str(at))


def split_off(name: str = "Q1", at: datetime = NIGHT) -> Any:
    data = postmortems.SplitOff(postmortem=_about(name), drafted_at=NIGHT, split_at=at)
    return _event(postmortems.PostmortemSplitOff, postmortem_id(name), at, data, str(at))


def drafted(name: str = "Q1", at: datetime = NIGHT) -> Any:
    data = postmortems.Drafted(postmortem=_about(name), drafted_at=at)
    return _event(postmortems.PostmortemDrafted, postmortem_id(name), at, data)


def published(
    name: str = "Q1",
    items: int = 1,
    at: datetime = PUBLISHED,
    fails_at: datetime = FAILS,
    *,
    modes: tuple[FailureMode, ...] = (),
    opened_at: datetime = NIGHT,
    service: str = "checkout",
) -> Any:
    data = postmortems.Published(
        postmortem=_about(name, opened_at, service),
        published_at=at,
        fails_at=fails_at,
        failure_modes=modes,
        item_ids=tuple(item_id(position, name) for position in range(1, items + 1)),
        aware_of=0,
    )
    return _event(postmortems.PostmortemPublished, postmortem_id(name), at, data)


def committed(
    position: int = 1,
    name: str = "Q1",
    *,
    at: datetime = PUBLISHED,
    due_on: date = DUE,
    control: Control | None = Control.CANARY,
    service: str = "checkout",
    text: str = "Canary the checkout deploy",
) -> Any:
    item = postmortems.ActionItem(
        id=item_id(position, name),
        position=position,
        text=text,
        criterion="A deploy with 5 % errors on the canary stops by itself",
        owner=postmortems.Owner(person_id=derived_id("person", "dana"), name="Dana"),
        target=postmortems.Target(kind=TargetKind.WEEK, value="2026-W47", due_on=due_on),
        tracker=Vendor.GITHUB,
        project="acme/payments",
        control=control,
    )
    data = postmortems.ItemCommitted(postmortem=_about(name, service=service), item=item, committed_at=at)
    return _event(postmortems.ActionItemCommitted, postmortem_id(name), at, data, str(position))


def changed(
    number: int,
    position: int = 1,
    name: str = "Q1",
    *,
    due_on: date | None = None,
    owner: str = "Dana",
    at: datetime | None = None,
) -> Any:
    """A promise as it stands after a change of its target or, where it is not Dana's any more, of its owner."""
    was = committed(position, name).data.item
    at = at or days(number)
    item = was.model_copy(
        update={
            "target": was.target.model_copy(update={"due_on": due_on or was.target.due_on}),
            "owner": was.owner.model_copy(update={"name": owner}),
        }
    )
    data = postmortems.ItemChanged(
        postmortem=_about(name),
        item=item,
        change=ItemChange.RETARGETED if owner == was.owner.name else ItemChange.REASSIGNED,
        number=number,
        slipped=due_on is not None and due_on > was.target.due_on,
        was_owner=was.owner,
        was_target=was.target,
        reason="the vendor is late",
        changed_at=at,
    )
    return _event(postmortems.ActionItemChanged, postmortem_id(name), at, data, str(position), str(number))


def withdrawn(position: int = 1, name: str = "Q1") -> Any:
    data = postmortems.ItemWithdrawn(postmortem=_about(name), item_id=item_id(position, name), reason="obsolete")
    return _event(postmortems.ActionItemWithdrawn, postmortem_id(name), days(5), data, str(position))


VERDICTS: dict[Outcome, type[Event]] = {
    Outcome.SUCCEEDED: postmortems.PostmortemSucceeded,
    Outcome.FAILED: postmortems.PostmortemFailed,
    Outcome.CLOSED_LATE: postmortems.PostmortemClosedLate,
}


def concluded(outcome: Outcome, name: str = "Q1", at: datetime = FAILS) -> Any:
    data = postmortems.Concluded(postmortem=_about(name), outcome=outcome, decided_at=at, open_items=0)
    return _event(VERDICTS[outcome], postmortem_id(name), at, data)


TICKET_EVENTS: dict[TicketState, type[Event]] = {
    TicketState.OPEN: tickets.TicketCreated,
    TicketState.REFUSED: tickets.TicketCreationRefused,
    TicketState.COMPLETED: tickets.TicketCompleted,
    TicketState.LOST: tickets.TicketLost,
}


def ticket(
    state: TicketState,
    revision: int,
    position: int = 1,
    name: str = "Q1",
    *,
    at: datetime | None = None,
    closed_at: datetime | None = None,
    due_on: date | None = None,
) -> Any:
    """What a ticket became. Without `at`, each revision is a day after the one before."""
    at = at or days(revision)
    told = tickets.TicketSnapshot(
        item_id=item_id(position, name),
        postmortem_id=postmortem_id(name),
        tracker=Vendor.GITHUB,
        project="acme/payments",
        state=state,
        closed_at=closed_at,
        due_on=due_on,
        key=f"acme/payments#{position}",
        url=f"https://tracker.example/{name}/{position}",
        revision=revision,
    )
    kind = TICKET_EVENTS.get(state, tickets.TicketDropped if state.is_dropped else tickets.TicketChanged)
    return _event(kind, told.item_id, at, tickets.TicketFact(ticket=told), str(revision))
