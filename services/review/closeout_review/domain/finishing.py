"""Who is asked next to finish a draft, and when: who leads it, once more, then everybody else who was there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from closeout_review.domain.working_time import next_morning, working_days_after
from closeout_schemas.drafts_mapping import DraftsMapping


class Step(StrEnum):
    """What was said to somebody about a draft."""

    ASK = "ask"
    REMIND = "remind"
    OFFER = "offer"


@dataclass(frozen=True, slots=True)
class Asked:
    """That it was said, to whom (a lead's key) and when."""

    step: Step
    to: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Next:
    """What is to be said next, and not before when."""

    step: Step
    at: datetime


def next_step(
    drafted_at: datetime, lead: str, asked: Sequence[Asked], zone: ZoneInfo, rules: DraftsMapping
) -> Next | None:
    """The next step for a draft that `lead` leads; None when everybody has been asked."""
    to_lead = {one.step: one.asked_at for one in asked if one.to == lead}
    if Step.ASK not in to_lead:
        # Whoever takes it over from somebody who was asked already is asked at once.
        return Next(Step.ASK, next_morning(drafted_at, zone, rules) if not asked else drafted_at)
    if Step.REMIND not in to_lead:
        return Next(Step.REMIND, _morning_after(to_lead[Step.ASK], rules.remind_after, zone, rules))
    if any(one.step is Step.OFFER for one in asked):
        return None
    return Next(Step.OFFER, _morning_after(to_lead[Step.REMIND], rules.offer_after, zone, rules))


def _morning_after(moment: datetime, days: int, zone: ZoneInfo, rules: DraftsMapping) -> datetime:
    return datetime.combine(working_days_after(moment, days, zone, rules), rules.morning, zone)
