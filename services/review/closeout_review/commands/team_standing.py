"""How a team stands: what it promised after its incidents, how that goes down, what waits, what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from closeout_chassis.db import Conn
from closeout_review.domain.charts import Bar, BurnDown, Life, ages, burn_down
from closeout_review.settings import ReviewSettings
from closeout_review.store.incidents import Incidents
from closeout_review.store.lists import Lists, TeamPromise

SHIPPED_LATELY = timedelta(days=90)
MOST_DRAFTS, MOST_FAILED, MOST_TEAMS = 20, 20, 1000


@dataclass(frozen=True, slots=True)
class TeamStanding:
    """`is_open`: by when they are due. `shipped`: in the last 90 days. `burn` is None where nothing was promised."""

    is_open: Sequence[TeamPromise]
    overdue: int
    shipped: int
    oldest: datetime | None
    burn: BurnDown | None
    ages: Sequence[Bar]
    drafts: Sequence[dict[str, Any]]
    more_drafts: bool
    failed: Sequence[dict[str, Any]]
    today: date
    now: datetime


async def standing_of(conn: Conn, settings: ReviewSettings, team: str) -> TeamStanding | None:
    """How that team stands; None where nobody has named such a team."""
    lists = Lists(conn)
    promises = await lists.promises_of_team(team)
    drafts = await lists.waiting(MOST_DRAFTS + 1, team=team)
    if not (promises or drafts or team in await lists.teams(MOST_TEAMS)):
        return None
    now = await Incidents(conn).now()
    today = now.astimezone(settings.zone).date()
    lives = [Life(one.committed_at, one.ended_at) for one in promises]
    is_open = [one for one in promises if one.ended_at is None]
    over = [one for one in promises if one.ended_at and not one.withdrawn]
    return TeamStanding(
        is_open=is_open,
        overdue=sum(one.due_on < today for one in is_open),
        shipped=sum(one.ended_at > now - SHIPPED_LATELY for one in over if one.ended_at),
        oldest=min((one.committed_at for one in is_open), default=None),
        burn=burn_down(lives, now) if lives else None,
        ages=ages(lives, now),
        drafts=drafts[:MOST_DRAFTS],
        more_drafts=len(drafts) > MOST_DRAFTS,
        failed=await lists.failed_of_team(team, MOST_FAILED),
        today=today,
        now=now,
    )
