"""What a page of a postmortem shows, as values for the templates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from closeout_review.commands import outcomes
from closeout_review.commands.postmortems import Postmortem
from closeout_review.commands.remaking import can_be_made_again
from closeout_review.domain.held_back import Held
from closeout_review.domain.outcome import open_items
from closeout_review.domain.places import value_at
from closeout_review.domain.revisions import called
from closeout_review.domain.strip import Row, rows_of, strip_of
from closeout_review.domain.targets import latest_day, week_of
from closeout_review.domain.versions import OtherVersion
from closeout_review.domain.working_time import working_days_between
from closeout_review.settings import ReviewSettings
from closeout_review.web import fields_offered, forms, offers
from closeout_review.web.timelines import first_part
from closeout_schemas.directory import RequiredField
from closeout_schemas.vocabulary import ChangeType, Control, Demand, FailureMode, RunbookUse

# Blank rows to write in, below those that are filled.
CATCH_ROWS, AWARE_ROWS, ITEM_ROWS = 1, 1, 3
# Most moments that a choice offers; a longer timeline offers what people wrote, evenly.
MOST_MOMENTS = 60


def shared(one: Postmortem, settings: ReviewSettings, at: str = "") -> dict[str, Any]:
    """What a draft and a published postmortem both show. `at`: the entry with which the timeline is opened."""
    entries = [link.entry for link in one.timeline]
    rows = rows_of(entries, settings.zone, one.directory.names())
    default_project = settings.project_for(one.incident)
    projects = fields_offered.projects(one, default_project)
    standings = [outcomes.standing(promise) for promise in one.promises]
    return {
        "one": one,
        "facts": one.facts,
        "rows": rows,
        **first_part(rows, f"/postmortems/{one.kept.id}", at, one.around),
        "strip": strip_of(entries, settings.zone),
        "entries": {str(entry.id): entry for entry in entries},
        "items": list(zip(one.promises, standings, strict=True)),
        "open_items": open_items(standings),
        "now": one.kept.now,
        "can_be_made_again": can_be_made_again,
        "catch_minutes": one.catch_minutes(),
        "days_left": working_days_between(
            one.kept.now.astimezone(settings.zone).date(), one.publish_by, settings.mapping.drafts
        ),
        "reminders": offers.offered(one),
        "default_project": default_project,
        "people_offered": fields_offered.people(one),
        "projects_offered": projects,
        "milestones_offered": fields_offered.milestones(projects),
    }


def rows_to_fill(one: Postmortem, form: forms.Form, settings: ReviewSettings, rows: Sequence[Row]) -> dict[str, Any]:
    """The lists of the form with their blank rows, and what their choices offer. `rows`: of the timeline."""
    today = one.kept.now.astimezone(settings.zone).date()
    return {
        "controls": list(Control),
        "modes": list(FailureMode),
        "runbook_uses": list(RunbookUse),
        "change_types": list(ChangeType),
        "weeks": weeks_ahead(today),
        "moments": _moments(rows),
        "catch_rows": forms.with_blank(form["earlier_catches"], CATCH_ROWS),
        "item_rows": forms.with_blank(form["action_items"], 0, ITEM_ROWS),
        "mandated_rows": forms.with_blank(form["mandated"], 1),
        "demands": list(Demand),
        "required_fields": _required_fields(one, settings),
        "own_modes": settings.own_modes,
        "aware_rows": len(form["aware_of"]) + AWARE_ROWS,
    }


def _required_fields(one: Postmortem, settings: ReviewSettings) -> Callable[[str], Sequence[RequiredField]]:
    """The fields that the project of that name requires; an empty name takes the default project."""
    default = settings.project_for(one.incident)

    def required(name: str) -> Sequence[RequiredField]:
        project = one.directory.project(name or default)
        return project.required_fields if project else ()

    return required


def _moments(rows: Sequence[Row]) -> Callable[[object], list[Row]]:
    """The entries that a choice offers, with the one that is chosen."""
    offered = rows
    if len(rows) > MOST_MOMENTS:
        said = [row for row in rows if row.entry.author is not None and row.entry.text] or rows
        offered = said[:: -(-len(said) // MOST_MOMENTS)]

    def offer(chosen: object) -> list[Row]:
        ids = {str(row.entry.id) for row in offered} | {str(chosen)}
        return [row for row in rows if str(row.entry.id) in ids]

    return offer


def words_beside(one: Postmortem, held: Sequence[Held]) -> dict[str, Any]:
    """What two wrote at once, by the field that it stands at; `lost` is what has no field any more.

    `held`: words that were not saved, with what their place is called.
    """
    by_place: dict[str, list[OtherVersion]] = {}
    for other in one.versions:
        by_place.setdefault(other.place, []).append(other)
    lost = [other for place, others in by_place.items() if value_at(one.draft, place) is None for other in others]
    named = [(other, called(other.place, one.draft)) for other in held]
    return {"versions": by_place, "lost": lost, "held": named}


def weeks_ahead(today: date) -> list[str]:
    """The weeks that a promise may aim at."""
    sunday = today + timedelta(days=7 - today.isoweekday() or 7)
    return [week_of(sunday + timedelta(weeks=n)) for n in range((latest_day(today) - sunday).days // 7 + 1)]
