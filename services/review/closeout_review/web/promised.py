"""What a published page shows beside its promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from closeout_review.commands.outcomes import standing
from closeout_review.commands.postmortems import Postmortem
from closeout_review.domain.drift import drift_of
from closeout_review.web.showing import weeks_ahead
from closeout_schemas.directory import RequiredField
from closeout_schemas.postmortems import ActionItem


def beside_promises(one: Postmortem, zone: ZoneInfo) -> Mapping[str, Any]:
    """What is no longer as it was promised, the fields that a replacement has to fill, and the weeks to choose from."""
    today = one.kept.now.astimezone(zone).date()
    return {"drift": _drift(one, today, zone), "fields_for": _fields(one), "weeks": weeks_ahead(today), "today": today}


def _drift(one: Postmortem, today: date, zone: ZoneInfo) -> dict[UUID, list[str]]:
    month_four = one.kept.fails_at.astimezone(zone).date() if one.kept.fails_at else date.max
    drift: dict[UUID, list[str]] = {}
    for promise in one.promises:
        stands = promise.withdrawn_at is None and not standing(promise).state.is_shipped
        drift[promise.item.id] = drift_of(promise.item, one.directory, today, month_four) if stands else []
    return drift


def _fields(one: Postmortem) -> Any:
    def fields_for(item: ActionItem) -> Sequence[RequiredField]:
        project = one.directory.project(f"{item.tracker}:{item.project}")
        return project.required_fields if project else ()

    return fields_for
