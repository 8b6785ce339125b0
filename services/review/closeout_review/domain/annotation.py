"""What people say beside an entry of a timeline, and the tombstone of words that were taken away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class AnnotationKind(StrEnum):
    """What an entry marks."""

    WRONG_HYPOTHESIS = "wrong_hypothesis"
    CONFUSION = "confusion"
    DECISION = "decision"
    RIGHT_FOR_THE_WRONG_REASON = "right_for_the_wrong_reason"
    TURNING_POINT = "turning_point"


class Redacted(StrEnum):
    """What may be taken out of a timeline. Nothing else may."""

    SECRET = "secret"  # noqa: S105 - a word, not one
    PERSONAL_DATA = "personal_data"


@dataclass(frozen=True, slots=True)
class Annotation:
    """What somebody said of an entry. Taken back, it is still there."""

    id: UUID
    entry_id: UUID
    kind: AnnotationKind
    note: str
    by: str
    made_at: datetime
    taken_back_at: datetime | None = None
    taken_back_by: str | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """Whose words are gone, by whom, when and why."""

    what: Redacted
    why: str
    by: str
    redacted_at: datetime
