"""Who sees an incident, as a page."""

from __future__ import annotations

import re
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from closeout_chassis.db import Database
from closeout_chassis.errors import Refused
from closeout_review.access.who import who
from closeout_review.commands import restricting
from closeout_review.domain.principal import Role
from closeout_review.domain.text import written_by_people
from closeout_review.store.principals import Principals
from closeout_review.web import forms
from closeout_review.web.render import Renderer

MOST_PEOPLE = 100


class Restricted:
    """A form for reviewers: who sees an incident, and why."""

    def __init__(self, db: Database, renderer: Renderer) -> None:
        self._db = db
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The page, and its button."""
        path = "/incidents/{incident_id:uuid}/restriction"
        return [Route(path, self.ask, methods=["GET"]), Route(path, self.decide, methods=["POST"])]

    async def ask(self, request: Request) -> Response:
        """Who sees it now."""
        incident_id: UUID = request.path_params["incident_id"]
        async with self._db.reading() as conn:
            found = await restricting.restriction(conn, incident_id)
            title = (await Principals(conn).titles([str(incident_id)])).get(str(incident_id))
        return self._renderer.page(
            "restriction.html", incident_id=incident_id, title=title, now=found, roles=list(Role)
        )

    async def decide(self, request: Request) -> Response:
        """Who sees it from now on."""
        incident_id: UUID = request.path_params["incident_id"]
        fields = forms.fields_of(await request.body())
        told = dict(fields)
        roles = [Role(value) for name, value in fields if name == "roles" and value in set(Role)]
        people = told.get("people", "").replace(",", " ").split()
        wrong = [one for one in people if not re.fullmatch(r"[^@\s]+@[^@\s]+", one)]
        if wrong or len(people) > MOST_PEOPLE:
            raise Refused(422, "bad-people", "People are named by the e-mail address they sign in with, 100 at most.")
        why = _why(told.get("why", ""))
        restricted = told.get("restricted") == "yes"
        await restricting.restrict(self._db, who(request), incident_id, restricted, roles, people, why)
        return RedirectResponse(f"/incidents/{incident_id}", 303)


def _why(text: str) -> str:
    try:
        why = written_by_people(text)
    except ValueError as error:
        raise Refused(422, "bad-reason", f"The reason {error}.") from None
    if not 0 < len(why) <= 1000:
        raise Refused(422, "reason-missing", "Say in 1 to 1,000 characters why; whoever sees the incident reads it.")
    return why
