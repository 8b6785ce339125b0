"""What the API answers of what owners, team and targets hold already."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel


class OwnerLoad(BaseModel):
    """What the owner has promised in other reviews and not shipped. `overdue`: past its target."""

    open: int
    overdue: int
    oldest_at: datetime | None


class HeldByItem(BaseModel):
    """Beside one item of the draft. Null: its words mean nobody, or nothing, yet.

    `in_target`: open promises of other reviews for the same week or milestone; `in_tracker`: what the tracker counts
    in the milestone, null where it does not say.
    """

    owner: str | None
    load: OwnerLoad
    target: str | None
    in_target: int
    in_tracker: int | None


class TeamShare(BaseModel):
    """Of what the team had promised for the last 90 days, how much has shipped. What was taken back was promised."""

    team: str
    due: int
    shipped: int


class CapacityAnswer(BaseModel):
    """Shown before publishing: of each item in their order, and of the team; null where nothing was due."""

    items: list[HeldByItem]
    team: TeamShare | None
