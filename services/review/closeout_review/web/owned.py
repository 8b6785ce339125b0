"""Who has promised what: one's own page, people, teams."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Conn, Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import who
from closeout_review.commands import outcomes
from closeout_review.commands.team_standing import SHIPPED_LATELY, standing_of
from closeout_review.domain.outcome import Standing
from closeout_review.domain.text import comparable, without_nul
from closeout_review.settings import ReviewSettings
from closeout_review.store.incidents import Incidents
from closeout_review.store.known import Known
from closeout_review.store.lists import Lists
from closeout_review.store.owners import Owners
from closeout_review.store.postmortems import Promise
from closeout_review.web.lists import is_uuid
from closeout_review.web.render import Renderer

WEEK = timedelta(days=7)
MOST_DRAFTS, MOST_OPEN = 20, 100
# Promises that are open, and people, on a page; promises that are over.
PAGE, MOST_OVER = 60, 30
MOST_LIKE, LONGEST_NAME = 20, 200

Row = tuple[Promise, Standing]


class OwnedPages:
    """Mine, people, teams."""

    def __init__(self, settings: ReviewSettings, db: Database, renderer: Renderer) -> None:
        self._settings = settings
        self._db = db
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """Every page."""
        return [
            Route("/mine", self.mine),
            Route("/people", self.people),
            Route("/people/like", self.people_like),
            Route("/people/{person_id:uuid}", self.person),
            Route("/teams", self.teams),
            Route("/team", self.team),
        ]

    async def mine(self, request: Request) -> Response:
        """The promises of whoever asks, and the drafts that wait for them. Whom nobody knows chooses a person."""
        email = comparable(who(request).email or "")
        async with self._db.reading() as conn:
            directory = await Known(conn).directory()
            me = next((one for one in directory.people if email and comparable(one.email or "") == email), None)
            if me is None:
                return self._renderer.page(
                    "mine_whose.html", email=email, **await _owners(conn, self._settings.zone, request)
                )
            values = await self._of_person(conn, me.id, request)
        return self._renderer.page("person.html", name=me.name, mine=True, **values)

    async def people(self, request: Request) -> Response:
        """Everybody who has promised something, with how much of it is open."""
        async with self._db.reading() as conn:
            return self._renderer.page("people.html", **await _owners(conn, self._settings.zone, request))

    async def people_like(self, request: Request) -> Response:
        """Whom the words that are being typed may mean, for a field that asks for a person."""
        # The field is called as its form calls it.
        words = next(iter(request.query_params.values()), "")[:LONGEST_NAME]
        async with self._db.reading() as conn:
            found = (await Known(conn).directory()).people_named_like(words, MOST_LIKE)
        # Nobody: what the field has offered stays.
        return self._renderer.page("people_like.html", people=found) if found else Response(status_code=204)

    async def person(self, request: Request) -> Response:
        """One person's promises, by when they are due, and the drafts that wait for them."""
        person_id: UUID = request.path_params["person_id"]
        async with self._db.reading() as conn:
            values = await self._of_person(conn, person_id, request)
        name = values["counts"].name or values["known"]
        if name is None:
            raise Refused(404, "no-such-owner", "Nobody by that id has promised anything.")
        return self._renderer.page("person.html", name=name, mine=False, **values)

    async def _of_person(self, conn: Conn, person_id: UUID, request: Request) -> dict[str, Any]:
        asked, owners = request.query_params, Owners(conn)
        after, before = (
            UUID(text) if is_uuid(text) else None for text in map(asked.get, ("after", "before"), ("", ""))
        )
        still_open = await owners.still_open(person_id, after, PAGE + 1)
        over = await owners.over(person_id, before, MOST_OVER + 1)
        directory = await Known(conn).directory()
        handles = directory.handles_of(person_id)
        now = await Incidents(conn).now()
        today = now.astimezone(self._settings.zone).date()
        return {
            "person_id": person_id,
            "counts": await owners.counts(person_id),
            "known": next((one.name for one in directory.people if one.id == person_id), None),
            "open_ones": by_when([(one, outcomes.standing(one)) for one in still_open[:PAGE]], today),
            "more_open": still_open[PAGE - 1].item.id if len(still_open) > PAGE else None,
            "after": after,
            "over": [(one, outcomes.standing(one)) for one in over[:MOST_OVER]],
            "more_over": over[MOST_OVER - 1].item.id if len(over) > MOST_OVER else None,
            "before": before,
            "today": today,
            "drafts": await Lists(conn).waiting(MOST_DRAFTS, responders=handles) if handles else [],
            "now": now,
        }

    async def teams(self, request: Request) -> Response:
        """Every team that a pager has named, with how it stands; what is past its target first."""
        skip = skip_of(request)
        async with self._db.reading() as conn:
            now = await Incidents(conn).now()
            today = now.astimezone(self._settings.zone).date()
            rows = await Lists(conn).teams_standing(today, now - SHIPPED_LATELY, skip, PAGE + 1)
        if len(rows) == 1 and not skip:
            return RedirectResponse(f"/team?{urlencode({'name': rows[0]['name']})}", 303)
        return self._renderer.page("teams.html", now=now, **paged(rows, skip))

    async def team(self, request: Request) -> Response:
        """What a team has promised after its incidents, how it goes down, and what waits."""
        name = request.query_params.get("name", "")
        async with self._db.reading() as conn:
            found = await standing_of(conn, self._settings, without_nul(name))
        if found is None:
            raise Refused(404, "no-such-team", "Nobody has named a team like that.")
        return self._renderer.page("team.html", name=name, team=found, most=MOST_OPEN, today=found.today, now=found.now)


def by_when(rows: Sequence[Row], today: date) -> list[tuple[str, list[Row]]]:
    """Open promises: past their target, due within a week, later; each group by when it is due."""
    groups: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row[0].item.target.due_on):
        due = row[0].item.target.due_on
        name = "Past its target" if due < today else "Due within a week" if due <= today + WEEK else "Later"
        groups.setdefault(name, []).append(row)
    return list(groups.items())


async def _owners(conn: Conn, zone: ZoneInfo, request: Request) -> dict[str, Any]:
    """A page of everybody who has promised something."""
    skip = skip_of(request)
    return paged(await Owners(conn).all_of_them(zone, skip, PAGE + 1), skip)


def skip_of(request: Request) -> int:
    """How many rows come before the page that is asked for."""
    text = request.query_params.get("skip", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def paged(rows: Sequence[dict[str, Any]], skip: int) -> dict[str, Any]:
    """A page of rows, of which one more was read."""
    return {"rows": rows[:PAGE], "skip": skip, "next_skip": skip + PAGE if len(rows) > PAGE else None}
