"""An action item with its ticket, and what it counts for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from closeout_metrics.domain.calendar import day_of, quarter_of
from closeout_metrics.domain.incident import NO_SERVICE, RESTRICTED, service_of
from closeout_metrics.domain.row import Row
from closeout_metrics.domain.tally import Cell, cell
from closeout_schemas.postmortems import ActionItem as Promise
from closeout_schemas.postmortems import ItemChanged, ItemCleaned, ItemCommitted, PostmortemRef
from closeout_schemas.tickets import TicketSnapshot
from closeout_schemas.vocabulary import Control, ItemChange, TicketState, Vendor

WITHDRAWN, OPEN, SHIPPED = "withdrawn", "open", "shipped"
FATES = (OPEN, SHIPPED, WITHDRAWN)
STATES = (*(state.value for state in TicketState), WITHDRAWN)
DROPPED_REASONS = (*(state.value for state in TicketState if state.is_dropped), WITHDRAWN)
NO_CONTROL = "none"
NO_TRACKER = NO_TEAM = "unknown"
# In whole milliseconds a bigint holds the sum of 290 million years.
MILLISECOND = timedelta(milliseconds=1)
DAY_SECONDS = 24 * 3600
# Days, weeks, months; 13 weeks is the furthest target that the gate lets through, 92 days the longest three months.
BUCKET_DAYS = (1, 2, 3, 7, 14, 21, 28, 42, 56, 70, 91, 92, 120, 180, 365)
BUCKETS = (*(f"{days * DAY_SECONDS}.0" for days in BUCKET_DAYS), "+Inf")


class ActionItem(Row):
    """A promise and its ticket. Counted from when it is known to be committed; what is told before that is kept.

    `first_shipped_at` and `dropped_as` say what has ever happened to it: they stay when the ticket is opened again.
    """

    postmortem_id: UUID | None = None
    committed_at: datetime | None = None
    control: Control | None = None
    due_on: date | None = None
    withdrawn: bool = False
    revision: int = -1
    state: TicketState = TicketState.WANTED
    tracker: Vendor | None = None
    first_shipped_at: datetime | None = None
    dropped_as: tuple[str, ...] = ()
    incident_id: UUID | None = None
    service: str = NO_SERVICE
    team: str | None = None  # of the incident: the pager's id of it
    text: str = ""
    owner: str = ""
    target: str = ""
    promised_on: date | None = None  # the first target; `due_on`, `target` and `owner` are those that stand now
    change_number: int = 0
    furthest_due_on: date | None = None  # the latest day that it was ever due
    ticket_key: str | None = None
    ticket_url: str | None = None
    withdrawn_at: datetime | None = None
    due_days: dict[date, datetime] = {}  # each day that it was ever due, with when that was first said
    ticket_slips: int = 0  # as the service that follows the ticket has counted
    put_off_at: datetime | None = None  # when it was last said to be due later than was first promised

    @property
    def slips(self) -> int:
        """How often it was put off: days later than the first promised that it was ever due, or as the ticket says."""
        first = self.promised_on or self.due_on
        if first is None or self.furthest_due_on is None or self.furthest_due_on <= first:
            return self.ticket_slips
        return max(1, self.ticket_slips, sum(day > first for day in self.due_days))

    @property
    def fate(self) -> str:
        """open, shipped or withdrawn."""
        return SHIPPED if self.state.is_shipped else WITHDRAWN if self.withdrawn else OPEN

    @property
    def is_open(self) -> bool:
        """Promised, not taken back, and not shipped. One whose ticket was dropped is open: its promise stands."""
        return self.committed_at is not None and not self.withdrawn and not self.state.is_shipped

    @property
    def standing(self) -> str:
        """The ticket's state, or that the promise was taken back. Shipped is shipped, also after a withdrawal."""
        return WITHDRAWN if self.withdrawn and not self.state.is_shipped else self.state.value


def span(item: ActionItem) -> tuple[object, ...]:
    """What decides whether it was open when an incident began."""
    return item.postmortem_id, item.service, item.committed_at, item.first_shipped_at, item.withdrawn_at


def commit(item: ActionItem, fact: ItemCommitted) -> ActionItem:
    """The item, promised. Its ticket may be known already, and then knows better where it lives."""
    committed = item.model_copy(
        update={
            "postmortem_id": fact.postmortem.postmortem_id,
            "committed_at": fact.committed_at,
            "control": fact.item.control,
            "promised_on": fact.item.target.due_on,
            "tracker": fact.item.tracker if item.revision < 0 else item.tracker,
            "incident_id": fact.postmortem.incident_id,
            "service": service_of(fact.postmortem),
            **(_standing(fact.item, fact.postmortem) if item.change_number <= 0 else {}),
        }
    )
    return _put_off(committed)


def paged(item: ActionItem, team: str | None) -> ActionItem:
    """The item, of the team that was paged. Of a restricted one no team is told: the pager need not know that it is."""
    return item.model_copy(update={"team": None if item.service == RESTRICTED else team})


def hidden(item: ActionItem) -> ActionItem:
    """The item of a postmortem that is restricted, also where it was promised before that was so."""
    return item.model_copy(update={"service": RESTRICTED, "team": None, "text": RESTRICTED, "owner": RESTRICTED})


def change(item: ActionItem, fact: ItemChanged) -> ActionItem:
    """The item with another target or owner. The highest number is what stands; a target that it had is kept."""
    changes: dict[str, object] = {"postmortem_id": fact.postmortem.postmortem_id}
    if fact.number > item.change_number:
        changes |= {"change_number": fact.number, **_standing(fact.item, fact.postmortem)}
    if fact.change is ItemChange.RETARGETED:
        changes |= _due(item, fact.item.target.due_on, fact.changed_at)
    return _put_off(item.model_copy(update=changes))


def clean(item: ActionItem, fact: ItemCleaned) -> ActionItem:
    """The item without words that were taken out of it."""
    text = fact.item.text if not fact.postmortem.restricted else RESTRICTED
    return item.model_copy(update={"postmortem_id": fact.postmortem.postmortem_id, "text": text})


def _standing(told: Promise, postmortem: PostmortemRef) -> dict[str, object]:
    # Lists and digests are read by everybody.
    is_open = not postmortem.restricted
    return {
        "due_on": told.target.due_on,
        "text": told.text if is_open else RESTRICTED,
        "owner": told.owner.name if is_open else RESTRICTED,
        "target": told.target.value,
    }


def withdraw(item: ActionItem, postmortem_id: UUID, said_at: datetime) -> ActionItem:
    """The item, its promise taken back."""
    return item.model_copy(
        update={
            "postmortem_id": postmortem_id,
            "withdrawn": True,
            "withdrawn_at": min(said_at, item.withdrawn_at or said_at),
            "dropped_as": _with(item.dropped_as, WITHDRAWN),
        }
    )


def follow(item: ActionItem, ticket: TicketSnapshot, said_at: datetime) -> ActionItem:
    """The item with its ticket as seen in `ticket`, which an event of `said_at` told."""
    changes: dict[str, object] = {
        "postmortem_id": ticket.postmortem_id,
        "ticket_slips": max(ticket.slips, item.ticket_slips),
    }
    if ticket.revision > item.revision:
        changes |= {"revision": ticket.revision, "state": ticket.state, "tracker": ticket.tracker}
        changes |= {"ticket_key": ticket.key, "ticket_url": ticket.url}
    if ticket.due_on is not None:
        changes |= _due(item, ticket.due_on, said_at)
    if ticket.state.is_dropped:
        changes["dropped_as"] = _with(item.dropped_as, ticket.state.value)
    if ticket.state.is_shipped:
        shipped_at = ticket.closed_at or said_at
        changes["first_shipped_at"] = min(shipped_at, item.first_shipped_at or shipped_at)
    return _put_off(item.model_copy(update=changes))


def _due(item: ActionItem, day: date, said_at: datetime) -> dict[str, object]:
    return {
        "furthest_due_on": max(day, item.furthest_due_on or day),
        "due_days": item.due_days | {day: min(said_at, item.due_days.get(day, said_at))},
    }


def _put_off(item: ActionItem) -> ActionItem:
    """The item, with when it was last said to be due later than was first promised."""
    first = item.promised_on or item.due_on
    later = [said_at for day, said_at in item.due_days.items() if first is not None and day > first]
    return item.model_copy(update={"put_off_at": max(later, default=None)})


def _with(known: tuple[str, ...], reason: str) -> tuple[str, ...]:
    return tuple(sorted({*known, reason}))


def cells(item: ActionItem, zone: ZoneInfo) -> dict[Cell, int]:
    """What the item counts for: as it is now, and what has ever happened to it."""
    if item.committed_at is None:
        return {}
    quarter = quarter_of(item.committed_at, zone)
    tracker = item.tracker.value if item.tracker else NO_TRACKER
    control = item.control.value if item.control else NO_CONTROL
    counts = {
        cell("committed", quarter=quarter): 1,
        cell("action_items", state=item.standing, control=control, tracker=tracker): 1,
        cell("of_service", service=item.service, state=item.fate): 1,
        cell("of_team", team=item.team or NO_TEAM, state=item.fate): 1,
    }
    if item.state.is_shipped:
        counts[cell("shipped_now", quarter=quarter)] = 1
    if item.is_open and item.due_on is not None:
        counts[cell("open", due_on=item.due_on.isoformat())] = 1
    if item.slips:
        counts |= {cell("slipped"): 1, cell("slips"): item.slips}
    counts |= {cell("dropped", reason=reason): 1 for reason in item.dropped_as}
    if item.first_shipped_at is not None:
        counts |= _time_to_close(item.first_shipped_at - item.committed_at)
    return counts | _cohort(item, item.committed_at, quarter, zone)


def _cohort(item: ActionItem, committed_at: datetime, quarter: str, zone: ZoneInfo) -> dict[Cell, int]:
    """Shipped at which age, or open since which day: what the cohort's curve is made of."""
    if item.state.is_shipped and item.first_shipped_at is not None:
        age = day_of(item.first_shipped_at, zone) - day_of(committed_at, zone)
        return {cell("shipped_after", quarter=quarter, days=str(max(0, age.days))): 1}
    since = WITHDRAWN if item.withdrawn else day_of(committed_at, zone).isoformat()
    return {cell("unshipped", quarter=quarter, since=since): 1}


def _time_to_close(took: timedelta) -> dict[Cell, int]:
    # The tracker's clock may run before ours.
    took = max(took, timedelta(0))
    le = next((le for le in BUCKETS if took.total_seconds() <= float(le)), BUCKETS[-1])
    return {cell("time_to_close", le=le): 1, cell("time_to_close_milliseconds"): took // MILLISECOND}
