"""The directory: whom and what the outside systems know. The gate asks it who is a person, what a real target."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from closeout_schemas.envelope import Event, Fact
from closeout_schemas.vocabulary import FieldKind, PartyKind, Vendor

TOPIC = "closeout.directory.v1"


class KnownParty(Fact):
    """A person, team or bot as one vendor knows it. The same e-mail is the same person."""

    vendor: Vendor
    vendor_id: str  # what the vendor's API takes: a user id, a login
    name: str
    email: str | None = None
    kind: PartyKind = PartyKind.PERSON


class Milestone(Fact):
    """A sprint, cycle, iteration or milestone that exists. `due_on` is None where nobody set a date.

    `open_tickets`: how many tickets it holds that are not done, by the tracker's own count; None where it did not say.
    """

    title: str
    due_on: date | None = None
    open_tickets: int | None = None


class RequiredField(Fact):
    """A field of the team's own without which the tracker takes no ticket. The gate asks for it.

    `id` is what the tracker's API takes (customfield_10042), `name` what people read. `allowed`: the values that may
    stand in it, as people read them; none: whatever fits `kind`.
    """

    id: str
    name: str
    kind: FieldKind = FieldKind.TEXT
    allowed: tuple[str, ...] = ()


class Project(Fact):
    """A tracker's project as it was seen. Where a ticket cannot be created, `why_not` says why."""

    tracker: Vendor
    key: str  # acme/payments
    url: str | None = None
    can_create: bool = True
    why_not: str | None = None
    is_archived: bool = False
    is_readable: bool = True  # False: it does not exist, or our account may not read it
    assignable: tuple[KnownParty, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    # Beyond title, text, assignee and target, which every ticket of ours has.
    required_fields: tuple[RequiredField, ...] = ()
    described_at: AwareDatetime


class KnownService(Fact):
    """What a pager calls a service, whose it is, and what it says that the service cannot work without."""

    vendor: Vendor
    vendor_id: str
    name: str
    url: str | None = None
    teams: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()  # services, by name
    schedules: tuple[str, ...] = ()  # who is called for it, by the schedules' names
    described_at: AwareDatetime


class ServiceDescribed(Event):
    """A pager's service was read. The subject is `vendor:service:vendor_id`."""

    type: Literal["closeout.directory.service_described.v1"] = "closeout.directory.service_described.v1"
    data: KnownService


class PartySeen(Event):
    """A vendor told who somebody is. The subject is `vendor:vendor_id`."""

    type: Literal["closeout.directory.party_seen.v1"] = "closeout.directory.party_seen.v1"
    data: KnownParty


class ProjectDescribed(Event):
    """A tracker's project was read. The subject is `tracker:key`."""

    type: Literal["closeout.directory.project_described.v1"] = "closeout.directory.project_described.v1"
    data: Project


DirectoryEvent = Annotated[PartySeen | ProjectDescribed | ServiceDescribed, Field(discriminator="type")]
