"""The draft: what people write into a postmortem before it is published. It may be saved unfinished."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from closeout_review.domain.text import OneLine, Written
from closeout_schemas.vocabulary import ChangeType, Control, Demand, FailureMode, RunbookUse

FieldId = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.:/-]+$")]

QuestionId = Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*$")]


BEGAN_AT = r"^$|^[0-9]{4}-(0[1-9]|1[0-2])-([0-2][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]$"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


OwnId = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")]


class DraftItem(_Part):
    """An action item as it is being written. `id` is its own and stays; it is given at the first save."""

    id: OwnId = ""
    text: Annotated[OneLine, Field(max_length=2000)] = ""
    criterion: Annotated[Written, Field(max_length=2000)] = ""
    owner: Annotated[OneLine, Field(max_length=200, description="@handle, e-mail or full name of one person.")] = ""
    target: Annotated[OneLine, Field(max_length=200, description="2026-W50, or a milestone of the project.")] = ""
    project: Annotated[
        OneLine, Field(max_length=200, description="tracker:project; empty takes the default project.")
    ] = ""
    control: Control | None = None
    check: Annotated[
        OneLine,
        Field(
            max_length=500,
            description="How Closeout itself sees that it is done: promql, alert, file, merged, http or flag, a colon "
            "and what, as in alert: CheckoutBudgetBurns.",
        ),
    ] = ""
    fields: Annotated[
        dict[FieldId, Annotated[Written, Field(max_length=1000)]],
        Field(max_length=50, description="What the project requires beyond these, by the field's id in the tracker."),
    ] = {}


class Mandated(_Part):
    """A ticket that exists already, because law, security or an auditor demands it. It is no promise."""

    id: OwnId = ""
    demanded_by: Demand | None = None
    why: Annotated[OneLine, Field(max_length=300, description="Which law, which finding, which audit.")] = ""
    title: Annotated[OneLine, Field(max_length=300)] = ""
    url: Annotated[OneLine, Field(max_length=1000, description="The ticket's address in its tracker.")] = ""


class EarlierCatch(_Part):
    """What would have caught this earlier. `entry_id`: the timeline entry at which it would have acted."""

    id: OwnId = ""
    control: Control | None = None
    text: Annotated[Written, Field(max_length=2000)] = ""
    entry_id: UUID | None = None


Row = TypeVar("Row", DraftItem, EarlierCatch, Mandated)


class Dismissal(_Part):
    """Why a finding about language does not hold. It speaks of that text only; where the text changes, it is void."""

    code: Annotated[str, Field(max_length=100, pattern=r"^[a-z0-9-]+$")]
    text: Annotated[Written, Field(max_length=2000)]
    where: Annotated[str, Field(max_length=100)] = ""
    reason: Annotated[Written, Field(max_length=1000)] = ""


class Draft(_Part):
    """The editable part of a postmortem."""

    title: Annotated[OneLine, Field(max_length=300)] = ""
    summary: Annotated[Written, Field(max_length=20_000)] = ""
    action_items: Annotated[tuple[DraftItem, ...], Field(max_length=20)] = ()
    earlier_catches: Annotated[tuple[EarlierCatch, ...], Field(max_length=20)] = ()
    nothing_would_have_caught_it: Annotated[
        Written, Field(max_length=2000, description="Why nothing would have; empty where something would.")
    ] = ""
    contributing_conditions: Annotated[
        tuple[Annotated[Written, Field(max_length=1000)], ...],
        Field(max_length=20, description="What had to be so for it to happen. There is no root cause to fill in."),
    ] = ()
    answers: Annotated[
        dict[QuestionId, Annotated[Written, Field(max_length=4000)]],
        Field(max_length=60, description="By the question's id: guard rails, and those of the team's templates."),
    ] = Field(default={})
    runbook: Annotated[
        RunbookUse | None, Field(description="Whether there was one for this, and whether it was used.")
    ] = None
    change_type: Annotated[
        ChangeType | None, Field(description="The change that set it off; none: nothing was changed.")
    ] = None
    began_at: Annotated[
        str,
        Field(
            pattern=BEGAN_AT,
            description="When it began to do harm, seen or not, in the organisation's time zone: 2026-07-03T14:05.",
        ),
    ] = ""
    failure_modes: Annotated[tuple[FailureMode, ...], Field(max_length=len(FailureMode))] = ()
    own_failure_modes: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")], ...],
        Field(max_length=20, description="Modes of the team's own taxonomy, by name."),
    ] = ()
    aware_of: Annotated[tuple[Annotated[Written, Field(max_length=1000)], ...], Field(max_length=50)] = ()
    mandated: Annotated[tuple[Mandated, ...], Field(max_length=20)] = ()
    dismissals: Annotated[tuple[Dismissal, ...], Field(max_length=200)] = ()

    @field_validator("failure_modes", "own_failure_modes")
    @classmethod
    def _each_once(cls, modes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(modes))

    @field_validator("began_at")
    @classmethod
    def _of_the_calendar(cls, moment: str) -> str:
        if moment:
            datetime.fromisoformat(moment)
        return moment

    @field_validator("answers")
    @classmethod
    def _given(cls, answers: dict[str, str]) -> dict[str, str]:
        return {question: answer for question, answer in answers.items() if answer}

    @field_validator("action_items", "earlier_catches", "mandated")
    @classmethod
    def _own_ids(cls, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        given = [row.id for row in rows if row.id]
        if len(given) != len(set(given)):
            raise ValueError("two of them have the same id")
        return rows
