"""What an organisation says about itself in one YAML file: which incidents earn a review, what its services are."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from closeout_schemas.drafts_mapping import Condition, Day, DraftsMapping, Template
from closeout_schemas.incidents import IncidentSnapshot

PROJECT = r"^[a-z][a-z0-9-]*:\S.*$"
INCIDENT = r"^(pagerduty|opsgenie|jsm|alertmanager|grafana|generic):\S.*$"
BOARD = r"^([\w.-]+/)?[0-9]{1,9}$"
ADDRESS = r"^[^@\s]+@[^@\s]+$"
EMAIL = r"^[^@\s]+@[^@\s]+$"
CHANNEL_NAME = r"^[^{}]*\{incident\}[^{}]*$"


RoleName = Literal["reader", "responder", "reviewer", "admin"]


class _Part(BaseModel):
    """Frozen, and strict about names: a misspelt key would silently be a rule that never acts."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReviewRule(Condition):
    """Which incidents earn a review."""

    review: bool = Field(description="Whether such an incident earns a review.")


class RestrictionRule(Condition):
    """Which incidents are restricted: security, personnel. Only those who are named here see anything of them."""

    roles: tuple[RoleName, ...] = Field(("admin",), description="Who has one of these roles sees it.")
    people: tuple[Annotated[str, Field(pattern=EMAIL)], ...] = Field(
        (), description="And these people, by the e-mail address that they sign in with."
    )


class ServiceMapping(_Part):
    """What the pager does not know of a service."""

    project: str | None = Field(
        None, pattern=PROJECT, description="Where its action items go, as tracker:project: github:acme/payments."
    )
    team: str | None = Field(None, min_length=1, description="Whose it is, where the pager does not say.")
    vendor: str | None = Field(
        None, min_length=1, description="Another company that runs it: what fails through it comes through that vendor."
    )
    depends_on: tuple[str, ...] = Field((), description="Services that it cannot work without, by the pager's name.")


class ChatMapping(_Part):
    """Which chat channel is an incident's."""

    names: tuple[Annotated[str, Field(pattern=CHANNEL_NAME)], ...] = Field(
        ("inc-{incident}", "incident-{incident}"),
        description="What the names of incidents' channels begin with; {incident} is the incident's number or id at "
        "the pager: inc-{incident} is inc-7, and inc-7-checkout-is-slow.",
    )
    channels: dict[str, Annotated[str, Field(pattern=INCIDENT)]] = Field(
        {}, description="By the channel's id or name, as pager:id of the incident: C024BE91L: pagerduty:Q1ABC."
    )


class TeamMapping(_Part):
    """Where a team reads what is for all of it."""

    channel: str | None = Field(None, min_length=1, description="Its channel of the chat, by id or name: C024BE91L.")
    email: str | None = Field(None, pattern=ADDRESS, description="Its mailing list.")
    schedules: tuple[str, ...] = Field(
        (), description="The pager's on-call schedules whose people are of this team, by name: the quarterly reading."
    )
    people: tuple[str, ...] = Field(
        (), description="Who is of this team, by the pager's name or id of the person: the quarterly reading."
    )


class PersonMapping(_Part):
    """Somebody who is written to."""

    name: str = Field(min_length=1, description="What they are called.")
    email: str | None = Field(None, pattern=ADDRESS, description="Where they get e-mail.")
    slack: str | None = Field(None, min_length=1, description="Their id in Slack: U024BE7LH.")


class DeployWindow(_Part):
    """Hours in which deploys are made, in the organisation's time zone."""

    days: tuple[Day, ...] = Field(min_length=1, description="Weekdays: mon, tue …")
    begin: int = Field(alias="from", ge=0, le=23, description="The first hour that is in it.")
    end: int = Field(alias="to", ge=1, le=24, description="The first hour that is no more in it.")

    @model_validator(mode="after")
    def _forwards(self) -> DeployWindow:
        if self.begin >= self.end:
            raise ValueError("“from” is not before “to”; one over midnight is two windows")
        return self


class MetaReviewMapping(_Part):
    """Who reads the quarter, and what the calendar does not say by itself.

    Both readers may be named; with neither it is opened all the same, and nobody is told.
    """

    reader: PersonMapping | None = Field(None, description="The one person who reads it.")
    channel: str | None = Field(None, min_length=1, description="A channel of the chat that is told too.")
    deploy_windows: tuple[DeployWindow, ...] = Field((), description="When deploys are made, in whole hours.")
    releases: tuple[date, ...] = Field((), description="Days of releases, as 2026-07-03.")


class ProjectMapping(_Part):
    """How a team wants its tickets, and who hears of those that are not done. What is left out: the tracker's own."""

    type: str | None = Field(None, min_length=1, description="Type of the tickets, where the tracker has types: Task.")
    labels: tuple[str, ...] = Field((), description="Labels, besides the one of all tickets of Closeout.")
    components: tuple[str, ...] = Field((), description="Components, where the tracker has them.")
    fields: dict[str, Any] = Field(
        {},
        description="Further fields, as the tracker takes them when a ticket is made: Jira's by their ids, Linear's "
        "priority, GitLab's weight. What Closeout itself sets stays as it is.",
    )
    template: str | None = Field(
        None,
        description="Text that comes before Closeout's own, with {title}, {criterion}, {owner}, {due}, {incident}, "
        "{service}, {url} in it.",
    )
    board: str | None = Field(
        None,
        pattern=BOARD,
        description="GitHub: the Project whose iterations are targets, as owner/number: acme/12 is "
        "https://github.com/orgs/acme/projects/12. Left out: the open Projects that the repository is linked with. "
        "Jira: the number of the board whose sprints are targets: 12 is …/boards/12. Left out: any that shows it.",
    )
    reviewer: PersonMapping | None = Field(None, description="Who is told when an owner does not act.")
    manager: PersonMapping | None = Field(None, description="Who is told when that did not help either.")

    @field_validator("board", mode="before")
    @classmethod
    def _without_quotes(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class NudgeMapping(_Part):
    """When owners are reminded. A message at most once a day for each person, whatever is due."""

    enabled: bool = Field(True, description="Whether anybody is reminded.")
    by: Literal["message", "comment"] = Field(
        "message",
        description="By chat or e-mail, or by a comment on the ticket; whoever has neither chat nor e-mail: a comment.",
    )
    days_before_target: int = Field(3, ge=0, description="The owner, so many days before the target; and on its day.")
    days_before_month_four: int = Field(14, ge=0, description="The owner, so many days before month four begins.")
    reviewer_after_days: int = Field(7, ge=1, description="The reviewer, so many days after the target.")
    manager_after_days: int = Field(14, ge=1, description="The manager, so many days after the target.")
    quiet_from: time = Field(time(18), description="Nobody is reminded from then on, in the organisation's time zone.")
    quiet_until: time = Field(time(9), description="Until then.")
    weekends: bool = Field(False, description="Whether Saturday and Sunday are days like others.")

    @field_validator("quiet_from", "quiet_until", mode="before")
    @classmethod
    def _as_yaml_reads_it(cls, value: object) -> object:
        # YAML 1.1 takes 18:00 without quotes for a number to the base of 60.
        is_minutes = isinstance(value, int) and 0 <= value < 24 * 60
        return time(value // 60, value % 60) if isinstance(value, int) and is_minutes else value


class Mapping(_Part):
    """The file. All parts may be left out."""

    reviews: tuple[ReviewRule, ...] = Field(
        (), description="The first rule that matches an incident decides; where none does, the mildest severity does."
    )
    restricted: tuple[RestrictionRule, ...] = Field(
        (), description="The first rule that matches an incident restricts it, and says who sees it all the same."
    )
    services: dict[str, ServiceMapping] = Field({}, description="By the pager's name or id of the service.")

    teams: dict[str, TeamMapping] = Field(
        {}, description="By the pager's name of the team, or by pager:id, which a renaming does not change."
    )

    projects: dict[Annotated[str, Field(pattern=PROJECT)], ProjectMapping] = Field(
        {}, description="By tracker:project: jira:PAY."
    )

    nudges: NudgeMapping = Field(NudgeMapping(), description="When owners of open promises are reminded.")

    meta_review: MetaReviewMapping = Field(
        MetaReviewMapping(), description="Who is told on the first working day of a quarter that the last one waits."
    )

    drafts: DraftsMapping = Field(
        DraftsMapping(), description="When people work, who is asked to finish a draft, and by when it is published."
    )
    templates: tuple[Template, ...] = Field(
        (), description="Questions of a team's own, asked besides those of the core. All that match an incident count."
    )

    chat: ChatMapping = Field(ChatMapping(), description="Which chat channel is an incident's.")

    @field_validator("projects")
    @classmethod
    def _boards_as_their_tracker_names_them(cls, projects: dict[str, ProjectMapping]) -> dict[str, ProjectMapping]:
        for name, one in projects.items():
            if one.board and name.startswith("github:") and "/" not in one.board:
                raise ValueError(f"{name}: the board {one.board} lacks its owner: write owner/{one.board}")
            if one.board and name.startswith("jira:") and "/" in one.board:
                raise ValueError(f"{name}: a board of Jira's is a number alone: write {one.board.partition('/')[2]}")
        return projects

    def earns_review(self, incident: IncidentSnapshot) -> bool | None:
        """What the rules say of `incident`; None where they say nothing."""
        return next((rule.review for rule in self.reviews if rule.matches(incident)), None)

    def project(self, tracker: str, key: str) -> ProjectMapping:
        """What is said of a tracker's project."""
        return self.projects.get(f"{tracker}:{key}", ProjectMapping())

    def restricts(self, incident: IncidentSnapshot) -> RestrictionRule | None:
        """The rule by which `incident` is restricted; None where it is not, by these rules."""
        return next((rule for rule in self.restricted if rule.matches(incident)), None)

    def service(self, incident: IncidentSnapshot) -> ServiceMapping | None:
        """What is said of the incident's service."""
        if incident.service is None:
            return None
        names = {incident.service.name.casefold(), incident.service.vendor_id.casefold()}
        return next((about for name, about in self.services.items() if name.casefold() in names), None)
