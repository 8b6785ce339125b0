"""HTML in and out: incidents, postmortems, and the form in which a draft is finished."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Conn, Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import who
from closeout_review.commands import postmortems, remaking
from closeout_review.commands.catalogue import Catalogue
from closeout_review.commands.neighbours import NONE_NEAR, neighbours, related_to
from closeout_review.commands.postmortems import Postmortem
from closeout_review.commands.recurrences import came_back
from closeout_review.commands.timelines import verify_timeline
from closeout_review.domain.strip import rows_of, strip_of
from closeout_review.domain.timeline import in_order
from closeout_review.settings import ReviewSettings
from closeout_review.store.incidents import Incidents
from closeout_review.store.known import Known
from closeout_review.store.postmortems import Postmortems
from closeout_review.store.recurrences import Recurrences
from closeout_review.web import forms, static
from closeout_review.web.drafting import Drafting
from closeout_review.web.lists import is_uuid
from closeout_review.web.promised import beside_promises
from closeout_review.web.render import Renderer
from closeout_review.web.showing import shared
from closeout_review.web.timelines import first_part
from closeout_schemas.incidents import IncidentSnapshot

PAGE = 30


class Pages:
    """The pages, over the same commands as the REST API."""

    def __init__(self, settings: ReviewSettings, db: Database, catalogue: Catalogue) -> None:
        self._settings = settings
        self._db = db
        self._catalogue = catalogue
        self.renderer = Renderer(settings.zone)
        self.drafting = Drafting(settings, db, self.renderer)

    def routes(self) -> list[Route]:
        """Every page, and what pages load."""
        return [
            Route("/", self.incidents),
            Route("/incidents/{incident_id:uuid}", self.incident),
            Route("/postmortems/{postmortem_id:uuid}", self.postmortem, methods=["GET"]),
            *self.drafting.routes(),
            Route("/postmortems/{postmortem_id:uuid}/items/{item_id:uuid}/remake", self.remake, methods=["POST"]),
            Route("/wall", self.wall),
            static.ROUTE,
        ]

    async def wall(self, _request: Request) -> Response:
        """The big numbers are counted by metrics, and shown there: one source for each number."""
        if self._settings.wall_url:
            return RedirectResponse(self._settings.wall_url, 303)
        return self.renderer.page("wall.html")

    async def incidents(self, request: Request) -> Response:
        """Incidents, newest first, with what became of each."""
        text = request.query_params.get("older_than", "")
        async with self._db.reading() as conn:
            before = await Incidents(conn).place_of(UUID(text)) if is_uuid(text) else None
            rows = await Incidents(conn).newest(before, PAGE + 1)
        listed = [row | {"incident": IncidentSnapshot.model_validate(row["snapshot"])} for row in rows[:PAGE]]
        older = listed[-1]["incident"].id if len(rows) > PAGE else None
        return self.renderer.page("incidents.html", rows=listed, older=older, newest=before is None)

    async def incident(self, request: Request) -> Response:
        """One incident with its timeline."""
        incident_id = request.path_params["incident_id"]
        async with self._db.reading() as conn:
            incident = await Incidents(conn).one(incident_id)
            if incident is None:
                raise Refused(404, "no-such-incident", "Nobody has told Closeout of such an incident.")
            entries = [link.entry for link in in_order(await Incidents(conn).chain(incident_id))]
            of = await Postmortems(conn).of_incident(incident_id)
            service = await Known(conn).service(incident)
            names = (await Known(conn).directory()).names()
            seen_before = await related_to(conn, self._settings, self._catalogue, incident)
            said = await Recurrences(conn).about(incident_id)
        mapped = self._settings.mapping.service(incident)
        return self.renderer.page(
            "incident.html",
            incident=incident,
            postmortem_id=of,
            mildest=self._settings.mildest_severity,
            by_rule=self._settings.mapping.earns_review(incident),
            seen_before=seen_before,
            said=said,
            teams=service.teams if service else (),
            depends_on=sorted({*(mapped.depends_on if mapped else ()), *(service.depends_on if service else ())}),
            **first_part(rows_of(entries, self._settings.zone, names), f"/incidents/{incident_id}", _at(request)),
            strip=strip_of(entries, self._settings.zone),
        )

    async def postmortem(self, request: Request) -> Response:
        """The draft as a form, or what was published."""
        async with self._db.reading() as conn:
            one = await postmortems.postmortem(conn, self._settings, request.path_params["postmortem_id"])
            since = await _since(conn, one) if one.is_published else None
            near = await neighbours(conn, self._settings, self._catalogue, one) if since is None else NONE_NEAR
        if one.kept.merged_into is not None:
            return RedirectResponse(f"/postmortems/{one.kept.merged_into}", 303)
        if since is not None:
            return self._published(request, one, since)
        return self.drafting.form(one, forms.form_from(one.draft), beside_it=near, at=_at(request))

    async def published(self, request: Request, status: int, tried: dict[str, Any]) -> Response:
        """What was published and what became of it. `tried`: a change of a promise that the gate refused."""
        async with self._db.reading() as conn:
            one = await postmortems.postmortem(conn, self._settings, request.path_params["postmortem_id"])
            since = await _since(conn, one)
        return self._published(request, one, since, status, tried)

    def _published(
        self,
        request: Request,
        one: Postmortem,
        since: dict[str, Any],
        status: int = 200,
        tried: dict[str, Any] | None = None,
    ) -> Response:
        return self.renderer.page(
            "published.html",
            status,
            **shared(one, self._settings, _at(request)),
            **beside_promises(one, self._settings.zone),
            **since,
            tried=tried,
            may_sign=who(request).is_operator,
        )

    async def remake(self, request: Request) -> Response:
        """Ask for a lost ticket again."""
        postmortem_id, item_id = request.path_params["postmortem_id"], request.path_params["item_id"]
        await remaking.remake(self._db, self._settings, postmortem_id, item_id, who(request).name)
        return RedirectResponse(f"/postmortems/{postmortem_id}", 303)


async def _since(conn: Conn, one: Postmortem) -> dict[str, Any]:
    """Whether its timeline still is as it was recorded, and when it came back."""
    broken = await verify_timeline(conn, [covered.id for covered in one.incidents])
    return {"broken": broken, "again": await came_back(conn, one.kept.id, one.promises)}


def _at(request: Request) -> str:
    """The entry at which the timeline is to be opened."""
    return request.query_params.get("at", "")
