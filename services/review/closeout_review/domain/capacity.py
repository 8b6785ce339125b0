"""What stands in the way of a promise before it is made: what its owner, its team and its sprint hold already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from closeout_review.domain.commitment import Surroundings
from closeout_review.domain.directory import Person
from closeout_review.domain.draft import DraftItem
from closeout_review.domain.owners import owner_of
from closeout_review.domain.projects import project_of
from closeout_review.domain.targets import Aim, target_of
from closeout_review.domain.text import comparable
from closeout_schemas.directory import Project

LOOKED_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom and what one item of a draft names, as far as its words mean somebody and something."""

    owner: Person | None
    aim: Aim | None
    project: Project | None


@dataclass(frozen=True, slots=True)
class Load:
    """What one person has promised in other reviews and not shipped."""

    open: int = 0
    overdue: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemCapacity:
    """Beside one item. `in_target`: open promises of other reviews for it; `in_tracker`: the tracker's own count."""

    owner: str | None
    load: Load
    target: str | None
    in_target: int
    in_tracker: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """Of what `team` had promised for the last 90 days, how much has shipped."""

    team: str
    due: int
    shipped: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """What is to be known before publishing: of each item of the draft in their order, and of the team."""

    items: Sequence[ItemCapacity] = ()
    team: Share | None = None


NOTHING_HELD = Capacity()


def asked(items: Sequence[DraftItem], around: Surroundings, today: date) -> list[Asked]:
    """What each of these items names."""
    return [_asked(item, around, today) for item in items]


def _asked(item: DraftItem, around: Surroundings, today: date) -> Asked:
    written = item.project or around.default_project
    project = project_of(written, "", around.directory, around.now, around.stale_after)
    known = project if isinstance(project, Project) else None
    owner = owner_of(item.owner, "", around.directory, known) if item.owner else None
    aim = target_of(item.target, "", known, today) if item.target else None
    return Asked(owner if isinstance(owner, Person) else None, aim if isinstance(aim, Aim) else None, known)


def capacity_of(one: Asked, loads: dict[UUID, Load], aims: dict[tuple[str, str], int]) -> ItemCapacity:
    """What `loads` and `aims` say of one item."""
    aim, project = one.aim, one.project
    return ItemCapacity(
        owner=one.owner.name if one.owner else None,
        load=loads.get(one.owner.id, Load()) if one.owner else Load(),
        target=aim.value if aim else None,
        in_target=aims.get((project.key, aim.value), 0) if project and aim else 0,
        in_tracker=_tickets_of(aim, project) if project and aim else None,
    )


def _tickets_of(aim: Aim, project: Project) -> int | None:
    wanted = comparable(aim.value)
    return next((one.open_tickets for one in project.milestones if comparable(one.title) == wanted), None)
