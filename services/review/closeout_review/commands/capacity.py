"""Asking, before anything is promised, what the owners, the team and the targets hold already."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from closeout_chassis.db import Conn
from closeout_review.domain.capacity import LOOKED_BACK, Capacity, asked, capacity_of
from closeout_review.domain.commitment import Surroundings
from closeout_review.domain.draft import DraftItem
from closeout_review.store.capacity import Capacities
from closeout_schemas.incidents import IncidentSnapshot


async def capacity(
    conn: Conn, postmortem_id: UUID, incident: IncidentSnapshot, items: Sequence[DraftItem], around: Surroundings
) -> Capacity:
    """What stands beside these items of a draft."""
    today = around.now.astimezone(around.zone).date()
    named = asked(items, around, today)
    counts = Capacities(conn)
    loads = await counts.loads({one.owner.id for one in named if one.owner}, postmortem_id, today)
    targets = [(one.project.key, one.aim.value) for one in named if one.project and one.aim]
    aims = await counts.aims(targets, postmortem_id)
    return Capacity(
        items=[capacity_of(one, loads, aims) for one in named],
        team=await counts.share(incident, today - LOOKED_BACK, today),
    )
