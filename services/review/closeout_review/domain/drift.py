"""What a promise named when it was made, and what is no longer there: an owner who has left, a sprint that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from closeout_review.domain.directory import Directory, name_of
from closeout_review.domain.text import comparable
from closeout_schemas.directory import Project
from closeout_schemas.postmortems import ActionItem
from closeout_schemas.vocabulary import TargetKind


def drift_of(item: ActionItem, directory: Directory, today: date, month_four: date) -> list[str]:
    """What stands in the way of an open promise, a sentence each, with what to do about it."""
    project = directory.project(f"{item.tracker}:{item.project}")
    if project is None:
        return [
            f"The tracker has no project {item.tracker}:{item.project} any more. Replace the promise, or take it back."
        ]
    return [*_owner(item, project), *_target(item, project, today, month_four)]


def _owner(item: ActionItem, project: Project) -> Iterator[str]:
    known = {comparable(party.vendor_id) for party in project.assignable}
    handle = comparable(item.owner.handles.get(item.tracker, ""))
    if known and handle not in known:
        yield f"{item.owner.name} cannot be assigned anything in {name_of(project)} any more. Who takes it over?"


def _target(item: ActionItem, project: Project, today: date, month_four: date) -> Iterator[str]:
    target = item.target
    there = {comparable(milestone.title) for milestone in project.milestones}
    if target.kind is TargetKind.MILESTONE and target.due_on >= today and comparable(target.value) not in there:
        yield f"{name_of(project)} has no “{target.value}” any more. By when is it done instead?"
    if target.due_on >= month_four:
        yield f"Its target, {target.due_on}, is too late: what is open on {month_four}, in month four, has failed."
