"""What Jira tells of its fields, workflows and sprints, and what that means for a ticket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from closeout_actions.adapters.closing import Names
from closeout_actions.adapters.jira import fields
from closeout_actions.adapters.jira.reading import sprint_of
from closeout_schemas.directory import Milestone, RequiredField

Doc = Mapping[str, Any]

SPRINT = "com.pyxis.greenhopper.jira:gh-sprint"


def lacking(project: str, screen: Sequence[Doc] | str, given: Mapping[str, Any]) -> str | None:
    """Why no issue can be made; None where one can. `given`: the fields that the settings fill."""
    if isinstance(screen, str):
        return screen
    if "labels" not in {fields.id_of(one) for one in screen}:
        return f"The create screen of {project} has no Labels field: add it, tickets are found by it."
    never = [one for one in fields.unfilled(screen, given) if fields.asked_for(one) is None]
    if not never:
        return None
    named = ", ".join(f"{one.get('name', fields.id_of(one))} ({fields.id_of(one)})" for one in never)
    return (
        f"{project} requires {named}, which nobody can write in words. Fill it in the mapping file, under "
        f"projects, jira:{project}, fields, or in CLOSEOUT_ACTIONS_JIRA_FIELDS; or give it a default in Jira."
    )


def required(screen: Sequence[Doc] | str, given: Mapping[str, Any]) -> Iterator[RequiredField]:
    """What the gate has to ask for."""
    for one in fields.unfilled(screen if not isinstance(screen, str) else (), given):
        field = fields.asked_for(one)
        if field is not None:
            yield field


def milestone(found: Doc) -> Milestone:
    """A sprint as a target."""
    sprint = sprint_of(found)
    return Milestone(title=sprint.name, due_on=sprint.due_on)


def sprint_field(every: Iterable[Doc]) -> str | None:
    """The id of the field that holds an issue's sprints."""
    return next((str(one["id"]) for one in every if (one.get("schema") or {}).get("custom") == SPRINT), None)


def transition(transitions: Sequence[Doc], names: Names) -> dict[str, Any] | None:
    """What to post to close an issue as not planned: best by a status or resolution that says so, else by any status of
    the category “done”; None where the workflow has no way."""
    ways = [one for one in transitions if one["to"]["statusCategory"]["key"] == "done"]
    ways.sort(key=lambda one: (not names.says_wont_do(str(one["to"].get("name"))), not _resolution(one, names)))
    if not ways:
        return None
    resolution = _resolution(ways[0], names)
    fields = {"fields": {"resolution": {"name": resolution}}} if resolution else {}
    return {"transition": {"id": str(ways[0]["id"])}, **fields}


def _resolution(way: Doc, names: Names) -> str | None:
    """A resolution that the transition's screen offers and that says that it was not done."""
    field = (way.get("fields") or {}).get("resolution") or {}
    offered = [str(one.get("name")) for one in field.get("allowedValues") or ()]
    return next((name for name in offered if names.says_wont_do(name)), None)
