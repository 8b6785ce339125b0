"""REST: teams, what each has promised, and how that goes down."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.api.cursors import before, cursor
from closeout_review.api.problems import described
from closeout_review.commands.team_standing import MOST_TEAMS, TeamStanding, standing_of
from closeout_review.domain.text import without_nul
from closeout_review.settings import ReviewSettings
from closeout_review.store.lists import Lists, TeamPromise
from closeout_schemas.vocabulary import Outcome, TicketState

Team = Annotated[str, Query(min_length=1, max_length=200, description="By the name that the pager gives it.")]


class TeamsAnswer(BaseModel):
    """Every team that a pager has named, or somebody in a review."""

    teams: list[str]


class PromiseOfTeam(BaseModel):
    """A promise after one of a team's incidents. `ended_at`: when it shipped or was taken back; null while open."""

    item_id: UUID
    postmortem_id: UUID
    text: str
    owner: str
    person_id: UUID
    due_on: date
    state: TicketState
    ticket_url: str | None
    committed_at: datetime
    ended_at: datetime | None
    withdrawn: bool


class PromisesOfTeam(BaseModel):
    """What was promised after a team's incidents, by when it is due."""

    promises: list[PromiseOfTeam]
    next_cursor: str | None


class OpenThen(BaseModel):
    """How many promises stood and had not shipped at a moment."""

    at: datetime
    open: int


class OpenOfAge(BaseModel):
    """How many open promises are so old. `late`: older than the three months that a review has."""

    age: str
    open: int
    late: bool


class FailedReview(BaseModel):
    """A review of the team's incidents that failed. `outcome` says whether it was closed late."""

    postmortem_id: UUID
    title: str
    outcome: Outcome
    failed_at: datetime | None


class TeamAnswer(BaseModel):
    """How a team stands. `shipped`: in the last 90 days. `burn_down`: half a year, by week, the last one now."""

    team: str
    open: int
    overdue: int
    shipped: int
    oldest_open_at: datetime | None
    burn_down: list[OpenThen]
    ages: list[OpenOfAge]
    failed: list[FailedReview]


def add_teams(api: APIRouter, settings: ReviewSettings, db: Database) -> None:
    """The routes."""

    @api.get("/teams", tags=["people"])
    async def teams() -> TeamsAnswer:
        """The teams that there are."""
        async with db.reading() as conn:
            return TeamsAnswer(teams=await Lists(conn).teams(MOST_TEAMS))

    @api.get("/teams/standing", tags=["people"], responses=described(404))
    async def standing(team: Team) -> TeamAnswer:
        """How a team stands: what is open, how it goes down, how old it is, and what failed."""
        async with db.reading() as conn:
            found = await standing_of(conn, settings, without_nul(team))
        if found is None:
            raise Refused(404, "no-such-team", "Nobody has named a team like that.")
        return _standing(team, found)

    @api.get("/teams/promises", tags=["people"])
    async def promises_of_team(
        team: Team,
        cursor_: Annotated[str | None, Query(alias="cursor", max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> PromisesOfTeam:
        """What was promised after a team's incidents."""
        after = before(cursor_)
        async with db.reading() as conn:
            found = await Lists(conn).promises_of_team(without_nul(team))
        rest = [one for one in found if after is None or _place(one) > after]
        page = rest[:limit]
        more = cursor(*_place(page[-1])) if len(rest) > limit else None
        return PromisesOfTeam(promises=[_promise(one) for one in page], next_cursor=more)


def _place(one: TeamPromise) -> tuple[datetime, UUID]:
    """Where it stands in the list: by when it is due."""
    return datetime.combine(one.due_on, time(), UTC), one.item_id


def _promise(one: TeamPromise) -> PromiseOfTeam:
    return PromiseOfTeam(
        item_id=one.item_id,
        postmortem_id=one.postmortem_id,
        text=one.text,
        owner=one.owner,
        person_id=UUID(one.person_id),
        due_on=one.due_on,
        state=one.state,
        ticket_url=one.url,
        committed_at=one.committed_at,
        ended_at=one.ended_at,
        withdrawn=one.withdrawn,
    )


def _standing(team: str, found: TeamStanding) -> TeamAnswer:
    failed = [
        FailedReview(postmortem_id=row["id"], title=row["title"], outcome=row["outcome"], failed_at=row["failed_at"])
        for row in found.failed
    ]
    return TeamAnswer(
        team=team,
        open=len(found.is_open),
        overdue=found.overdue,
        shipped=found.shipped,
        oldest_open_at=found.oldest,
        burn_down=[OpenThen(at=at, open=count) for at, count in found.burn.weeks] if found.burn else [],
        ages=[OpenOfAge(age=bar.label, open=bar.count, late=bar.late) for bar in found.ages],
        failed=failed,
    )
