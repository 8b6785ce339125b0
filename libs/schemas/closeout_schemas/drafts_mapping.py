"""What an organisation says of its drafts: when people work, by when one is published, which questions a team adds."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from closeout_schemas.incidents import IncidentSnapshot
from closeout_schemas.vocabulary import Severity

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
QUESTION = r"^[a-z0-9][a-z0-9_-]*$"
Day = Annotated[str, Field(pattern=f"^({'|'.join(DAYS)})$")]


class _Part(BaseModel):
    """Frozen, and strict about names: a misspelt key would silently be a rule that never acts."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Part):
    """Which incidents are meant. A condition that is left out holds for all; names are compared without case."""

    severity: tuple[Severity, ...] = Field((), description="The incident has one of these.")
    service: tuple[str, ...] = Field((), description="It is of one of these services, by the pager's name or id.")
    team: tuple[str, ...] = Field((), description="One of these teams has it, by the pager's name or id.")

    def matches(self, incident: IncidentSnapshot) -> bool:
        """Whether every condition holds."""
        service = incident.service
        services = {service.name.casefold(), service.vendor_id.casefold()} if service else set()
        teams = {word.casefold() for team in incident.teams for word in (team.name, team.vendor_id)}
        return (
            (not self.severity or incident.severity in self.severity)
            and (not self.service or not services.isdisjoint(name.casefold() for name in self.service))
            and (not self.team or not teams.isdisjoint(name.casefold() for name in self.team))
        )


class TeamQuestion(_Part):
    """A question of the team's own. It stands below those of the core, and takes none of them away."""

    id: str = Field(pattern=QUESTION, max_length=60, description="Its name in the answers; it stays when words change.")
    ask: str = Field(min_length=1, max_length=500, description="The question.")
    required: bool = Field(False, description="Whether the gate asks for an answer.")


class Template(Condition):
    """Questions that are asked about the incidents that it matches."""

    questions: tuple[TeamQuestion, ...] = Field(min_length=1, description="In the order in which they are asked.")


class DraftsMapping(_Part):
    """When somebody is asked to finish a draft, and by when it is to be published. Days are working days."""

    working_days: tuple[Day, ...] = Field(
        ("mon", "tue", "wed", "thu", "fri"), min_length=1, description="Days of work."
    )
    holidays: tuple[date, ...] = Field((), description="Days on which nobody works, as 2026-12-25.")
    morning: time = Field(time(9), description="When a working day begins, in the organisation's time zone.")
    evening: time = Field(time(18), description="Nobody is written to from then on.")
    remind_after: int = Field(2, ge=1, description="Who was asked is reminded, so many days later.")
    offer_after: int = Field(2, ge=1, description="The other responders are asked, so many days after the reminder.")
    publish_within: int = Field(
        10, ge=1, description="By when it is to be published, in days after the draft was made."
    )

    @field_validator("morning", "evening", mode="before")
    @classmethod
    def _not_a_number(cls, value: Any) -> Any:
        # YAML reads 9:00 as a number to the base of 60.
        if isinstance(value, int):
            return time(*divmod(value, 60)) if 0 <= value < 24 * 60 else value
        return value
