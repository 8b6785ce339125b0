"""For the tests: events as the other services say them, the world most tests begin in, a page as a browser reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

from closeout_schemas.directory import KnownParty, Milestone, PartySeen, Project, ProjectDescribed
from closeout_schemas.incidents import (
    IncidentFact,
    IncidentOpened,
    IncidentReopened,
    IncidentResolved,
    IncidentSnapshot,
    Party,
    Service,
    TimelineEntry,
    TimelineEntryRecorded,
)
from closeout_schemas.tickets import (
    TicketChanged,
    TicketCompleted,
    TicketCreated,
    TicketFact,
    TicketReopened,
    TicketSnapshot,
)
from closeout_schemas.vocabulary import IncidentStatus, PartyKind, Severity, TicketState, Vendor, derived_id

OPENED = datetime(2026, 11, 3, 2, 14, tzinfo=UTC)
PAGERDUTY, GITHUB = Vendor.PAGERDUTY, Vendor.GITHUB
INCIDENT = derived_id("incident", "pagerduty", "Q1")
POSTMORTEM = derived_id("postmortem", str(INCIDENT))
ALEX = Party(vendor=PAGERDUTY, vendor_id="PALEX", name="Alex Responder")
SAM = Party(vendor=PAGERDUTY, vendor_id="PSAM", name="Sam Oncall")
PROJECT = "github:acme/payments"


def entry(what: str, text: str = "", minute: float = 0, author: Party | None = ALEX, **more: Any) -> TimelineEntry:
    """A saying of the pager, `minute` minutes after the opening."""
    at = OPENED + timedelta(minutes=minute)
    values: dict[str, Any] = {
        "id": derived_id("entry", what, text, str(minute), str(more)),
        "kind": what,
        "text": text,
        "author": author,
        "occurred_at": at,
        "received_at": at + timedelta(seconds=2),
        "source": PAGERDUTY,
        "source_id": f"{what}-{minute}",
    }
    return TimelineEntry(**(values | more))


def snapshot(revision: int, status: IncidentStatus = IncidentStatus.TRIGGERED, **more: Any) -> IncidentSnapshot:
    """The incident at that revision."""
    values: dict[str, Any] = {
        "id": INCIDENT,
        "vendor": PAGERDUTY,
        "vendor_id": "Q1",
        "number": 42,
        "title": "Checkout answers 502",
        "status": status,
        "severity": Severity.SEV2,
        "service": Service(vendor_id="PSVC", name="checkout"),
        "responders": (ALEX,),
        "opened_at": OPENED,
        "url": "https://acme.pagerduty.com/incidents/Q1",
        "revision": revision,
    }
    return IncidentSnapshot(**(values | more))


def _incident_event(kind: Any, incident: IncidentSnapshot, said: TimelineEntry) -> Any:
    event_id = derived_id("event", str(incident.id), str(incident.revision), str(said.id))
    data = IncidentFact(incident=incident, entry=said)
    return kind(id=event_id, source="/test", subject=str(incident.id), time=said.received_at, data=data)


def opened(revision: int = 1, **more: Any) -> IncidentOpened:
    """The page."""
    event: IncidentOpened = _incident_event(
        IncidentOpened, snapshot(revision, **more), entry("opened", author=None, about={"service": "checkout"})
    )
    return event


def noted(
    text: str, minute: float, revision: int = 2, author: Party | None = ALEX, **more: Any
) -> TimelineEntryRecorded:
    """A note."""
    event: TimelineEntryRecorded = _incident_event(
        TimelineEntryRecorded, snapshot(revision, **more), entry("note", text, minute, author)
    )
    return event


def resolved(minute: float = 60, revision: int = 5, **more: Any) -> IncidentResolved:
    """It is over."""
    at = OPENED + timedelta(minutes=minute)
    values = {"acknowledged_at": OPENED + timedelta(minutes=3), "resolved_at": at} | more
    event: IncidentResolved = _incident_event(
        IncidentResolved, snapshot(revision, IncidentStatus.RESOLVED, **values), entry("resolved", "", minute)
    )
    return event


def reopened(minute: float = 70, revision: int = 6) -> IncidentReopened:
    """It was not over."""
    event: IncidentReopened = _incident_event(IncidentReopened, snapshot(revision), entry("reopened", "", minute))
    return event


def seen(
    vendor: Vendor, vendor_id: str, name: str, email: str | None = None, kind: PartyKind = PartyKind.PERSON
) -> PartySeen:
    """A vendor told who somebody is."""
    party = KnownParty(vendor=vendor, vendor_id=vendor_id, name=name, email=email, kind=kind)
    return PartySeen(
        id=derived_id("seen", vendor, vendor_id, name),
        source="/test",
        subject=f"{vendor}:{vendor_id}",
        time=OPENED,
        data=party,
    )


def described(now: datetime, key: str = "acme/payments", **more: Any) -> ProjectDescribed:
    """The tracker's project, read at `now`."""
    values: dict[str, Any] = {
        "tracker": GITHUB,
        "key": key,
        "described_at": now,
        "assignable": (
            KnownParty(vendor=GITHUB, vendor_id="alexr", name="Alex R", email="alex@example.com"),
            KnownParty(vendor=GITHUB, vendor_id="samo", name="Sam Oncall", email="sam@example.com"),
        ),
        "milestones": (
            Milestone(title="Sprint 12", due_on=(now + timedelta(days=20)).date()),
            Milestone(title="Someday"),
            Milestone(title="Sprint 1", due_on=date(2020, 1, 1)),
        ),
    }
    project = Project(**(values | more))
    return ProjectDescribed(
        id=derived_id("described", key, str(now)), source="/test", subject=f"github:{key}", time=now, data=project
    )


def everybody(now: datetime) -> list[PartySeen | ProjectDescribed]:
    """Two people whom both systems know, one whom only the pager knows, a team, a bot, a project."""
    return [
        seen(PAGERDUTY, "PALEX", "Alex Responder", "alex@example.com"),
        seen(PAGERDUTY, "PSAM", "Sam Oncall", "Sam@example.com"),
        seen(PAGERDUTY, "PDANA", "Dana Engineer", "dana@example.com"),
        seen(PAGERDUTY, "PTEAM", "Payments", kind=PartyKind.TEAM),
        seen(GITHUB, "deploy-bot", "deploy-bot", kind=PartyKind.BOT),
        described(now),
    ]


def week_of(day: date) -> str:
    """The ISO week of a day."""
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02}"


def item(now: datetime, **more: Any) -> dict[str, Any]:
    """An action item that the gate lets through."""
    return {
        "text": "Add an alert on checkout p99 latency above 500 ms over 5 minutes",
        "criterion": "The alert fires in the staging drill within 5 minutes and pages the on-call",
        "owner": "@alexr",
        "target": week_of((now + timedelta(weeks=3)).date()),
        "project": PROJECT,
        "control": "slo_alert",
    } | more


def draft(now: datetime, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A draft that the gate lets through, with one item where none are given."""
    return {
        "title": "Checkout answered 502 for an hour",
        "summary": "Alex rolled the release back at 02:40.",
        "action_items": list(items) or [item(now)],
        "earlier_catches": [
            {
                "control": "slo_alert",
                "text": "An SLO alert on checkout p99 latency at 500 ms",
                "entry_id": str(entry("note", "I think it is the cache", 4).id),
            }
        ],
        "failure_modes": ["bad_deploy_or_upgrade"],
        "aware_of": ["The retry library hides the first error"],
    } | more


def ticket(item_id: UUID, state: TicketState, revision: int, closed_at: datetime | None = None, **more: Any) -> Any:
    """What the tracker says of an item's ticket."""
    kind = {
        TicketState.COMPLETED: TicketCompleted,
        TicketState.OPEN: TicketCreated if revision == 1 else TicketReopened,
    }
    data = TicketSnapshot(
        item_id=item_id,
        tracker=GITHUB,
        project="acme/payments",
        key="acme/payments#12",
        url="https://github.com/acme/payments/issues/12",
        **{"postmortem_id": POSTMORTEM, "state": state, "closed_at": closed_at, "revision": revision, **more},
    )
    return kind.get(state, TicketChanged)(
        id=derived_id("ticket", str(item_id), str(revision)),
        source="/test",
        subject=str(item_id),
        time=OPENED,
        data=TicketFact(ticket=data),
    )


# Elements that have no end.
VOID = {"meta", "link", "input", "br", "img", "rect", "line"}


class Page(HTMLParser):
    """A page as a browser reads it: every tag closed, every id once; its forms' fields and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.attributes: set[str] = set()
        self.fields: list[tuple[str, str]] = []
        self.buttons: list[str] = []
        self.labelled: set[str] = set()
        self.to_label: set[str] = set()
        self.text = ""
        self._select: str | None = None
        self._textarea: str | None = None
        self.feed(html)
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.open.append(tag)
        self.tags.append(tag)
        self.attributes |= set(values)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "script":
            # What stands in the page itself has no address.
            self.scripts.append(values.get("src", ""))
        if "href" in values:
            self.links.append(values["href"])
        self._field(tag, values)

    def _field(self, tag: str, values: dict[str, str]) -> None:
        match tag, values.get("type"):
            case "input", "checkbox":
                if "checked" in values:
                    self.fields.append((values["name"], values["value"]))
            case "input", kind:
                self.fields.append((values["name"], values.get("value", "")))
                if kind != "hidden":
                    self.to_label.add(values["id"])
            case "select", _:
                self._select = values["name"]
                self.to_label.add(values["id"])
            case "option", _ if self._select and "selected" in values:
                self.fields.append((self._select, values["value"]))
            case "textarea", _:
                self._textarea = values["name"]
                self.fields.append((values["name"], ""))
                self.to_label.add(values["id"])
            case "button", _:
                self.buttons.append(values.get("value", ""))
            case "label", _ if "for" in values:
                self.labelled.add(values["for"])

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag
        self._select = None if tag == "select" else self._select
        self._textarea = None if tag == "textarea" else self._textarea

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._textarea:
            name, before = self.fields[-1]
            # A browser drops the line end that follows the tag.
            self.fields[-1] = (name, (before + data).removeprefix("\n"))
