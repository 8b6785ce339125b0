"""What is told when an incident is confirmed to be what an earlier postmortem was to prevent."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from closeout_schemas.envelope import Fact
from closeout_schemas.promises import PostmortemRef
from closeout_schemas.vocabulary import RecurrenceKind as Kind
from closeout_schemas.vocabulary import Severity


class ItemRecurred(Fact):
    """A promise that was to prevent the incident, and how it stood when that began."""

    item_id: UUID
    kind: Kind


class Recurrence(Fact):
    """Somebody confirmed, or took back, that an incident is what an earlier postmortem was to prevent.

    The highest `revision` of the two is the latest. It is said once the incident is over: its length is known.
    """

    postmortem: PostmortemRef  # the earlier one
    incident_id: UUID
    incident_title: str
    service: str | None = None
    severity: Severity
    opened_at: AwareDatetime
    resolved_at: AwareDatetime
    people_paged: int
    time: int  # 2: the earlier postmortem's incident happened for the second time
    confirmed_by: Literal["reviewer", "feedback"]
    items: tuple[ItemRecurred, ...] = ()
    incident_url: str | None = None
    revision: int = 1
