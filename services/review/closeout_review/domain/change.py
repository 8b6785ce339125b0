"""What may still change in a promise after its publication: its target and its owner, each time with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from closeout_review.domain.directory import Person
from closeout_review.domain.owners import handle_in
from closeout_review.domain.targets import Aim
from closeout_schemas.directory import Project
from closeout_schemas.postmortems import ActionItem, Owner, Target
from closeout_schemas.vocabulary import ItemChange


@dataclass(frozen=True, slots=True)
class Change:
    """One change; `number` counts those of an item from 1."""

    change: ItemChange
    number: int
    was: ActionItem
    becomes: ActionItem
    reason: str
    by: str
    at: datetime
    slipped: bool = False


def slips(changes: Sequence[Change]) -> int:
    """How often its target was put off."""
    return sum(change.slipped for change in changes)


def owner_for(person: Person, project: Project | None) -> Owner:
    """`person` as the one who promises something in `project`."""
    handles = {vendor: own[0] for vendor, own in person.handles.items()}
    handle = handle_in(person, project) if project is not None else None
    if project is not None and handle is not None:
        handles[project.tracker] = handle
    return Owner(person_id=person.id, name=person.name, email=person.email, handles=handles)


def target_for(aim: Aim) -> Target:
    """`aim` as a promise holds it."""
    return Target(kind=aim.kind, value=aim.value, due_on=aim.due_on)


def is_later(before: Target, after: Target) -> bool:
    """Whether a new target puts the promise off."""
    return after.due_on > before.due_on


def told(change: ItemChange, item: ActionItem) -> str:
    """The part of `item` that a change of that kind concerns, for people."""
    return item.target.value if change is ItemChange.RETARGETED else item.owner.name
