"""The quarterly reading as people decide on it: findings, what was decided about them, structural proposals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from closeout_judgement.patterns.quarter import Quarter
from closeout_review.domain.draft import DraftItem
from closeout_review.domain.text import OneLine
from closeout_review.domain.working_time import next_morning
from closeout_schemas.drafts_mapping import DraftsMapping
from closeout_schemas.vocabulary import derived_id

# A pattern that no rule knows: what the reader saw.
OTHER = "other"
FIRST_YEAR, LAST_YEAR = 1970, 2999


class Decision(StrEnum):
    """What the reader made of a finding."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Cost(StrEnum):
    """A rough class of the work of one team."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Content(_Part):
    """A finding as it was read. `expected` is None where no test found it; `minutes` is what its incidents took."""

    title: str
    sentence: str
    incidents: tuple[str, ...]
    minutes: float
    expected: float | None = None


class Idea(_Part):
    """A structural change: what changes, its rough cost, and who is asked. Which incidents it is about is computed."""

    item: DraftItem
    cost: Cost
    proposed_to: Annotated[OneLine, Field(min_length=1, max_length=200)]
    prevents: tuple[str, ...] = ()
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided last about a finding."""

    decision: Decision
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A finding that somebody decided about, or added."""

    id: UUID
    quarter: str
    kind: str
    value: str
    by_reader: bool
    content: Content
    made_by: str
    decided: Decided | None

    @property
    def stands(self) -> bool:
        """Whether it was confirmed."""
        return self.decided is not None and self.decided.decision is Decision.CONFIRMED


@dataclass(frozen=True, slots=True)
class Proposal:
    """A structural proposal with the finding it comes from. `decision`: accepted, refused, or None while it waits."""

    id: UUID
    quarter: str
    finding_id: UUID
    kind: str
    value: str
    idea: Idea
    proposed_by: str
    decision: str | None
    reason: str
    decided_by: str | None
    postmortem_id: UUID | None

    @property
    def is_refused(self) -> bool:
        """Kept with the reason; it takes no room."""
        return self.decision == "refused"


def quarter_named(text: str) -> Quarter:
    """The quarter of that name. Raises ValueError for what is none, and for one too far from our time to be read."""
    quarter = Quarter.parse(text)
    if not FIRST_YEAR <= quarter.year <= LAST_YEAR:
        raise ValueError(f"{text.strip()} is too far away; write 2026Q3, say")
    return quarter


def finding_id_of(quarter: Quarter, kind: str, value: str) -> UUID:
    """The id of a finding: the same pattern of a quarter has one."""
    return derived_id("meta_finding", str(quarter), kind, value)


def first_working_moment(day: date, zone: ZoneInfo, rules: DraftsMapping) -> datetime:
    """The morning of the first working day on or after `day`."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return next_morning(midnight, zone, rules)


def waiting_quarter(now: datetime, zone: ZoneInfo, rules: DraftsMapping) -> Quarter | None:
    """The quarter that is to be read now: the last that is over, from the first working morning of the next one."""
    running = Quarter.of(now.astimezone(zone))
    if now < first_working_moment(running.begins(zone).date(), zone, rules):
        return None
    return running.before(1)
